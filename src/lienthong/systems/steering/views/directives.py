"""Documents: the list, one with its chain and coverage, entering, assigning, bodies."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.web.roles import requires

from ..forms.documents import BodyForm, DocumentForm, HandOverForm
from ..forms.tasks import TaskForm
from ..models import AddedBody, DirectiveDocument, DocumentLink, Reception
from ..queries import directives as reading
from ..queries import tasks as boards
from ..services import directives, tasks
from . import board
from .acting import READER, around, needs_secretary, told_in, uploaded
from .history import history_shown
from .words import how_words, kind_words

ROWS_A_PAGE = 30
MOST_TASKS = 100


@requires(READER)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Documents with how their tasks stand, newest first."""
    context = around(request, "documents")
    text = request.GET.get("q", "").replace("\0", "").strip()[:120]
    rows = reading.documents()
    if text:
        rows = rows.filter(subject__icontains=text) | rows.filter(symbol__icontains=text)
        number = text.partition("/")[0]
        if number.isascii() and number.isdigit():
            rows |= reading.documents().filter(number=int(number[:6]))
    listing = Paginator(rows.distinct(), ROWS_A_PAGE).get_page(request.GET.get("trang"))
    shown = boards.standing_on(context["day"]).filter(document__in=list(listing.object_list))
    overdue = {row["document"]: row["n"] for row in _counted(shown.filter(standing="overdue"))}
    context |= {
        "text": text,
        "listing": listing,
        "rows": [
            {
                "document": one,
                "kind": kind_words(one.kind),
                "issuer": context["bodies"].name(one.issuer),
                "overdue": overdue.get(one.pk, 0),
            }
            for one in listing.object_list
        ],
    }
    return render(request, "steering/tasks/documents.html", context)


def _counted(rows: Any) -> Any:
    from django.db.models import Count

    return rows.order_by().values("document").annotate(n=Count("pk"))


@requires(READER)
@require_GET
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """One document: the line it stands in, its tasks, and what it leaves out of an earlier one."""
    found = reading.document(pk)
    return render(request, "steering/tasks/document.html", document_context(request, found))


def document_context(
    request: HttpRequest, found: DirectiveDocument, **forms: Any
) -> dict[str, Any]:
    context = around(request, "documents")
    bodies, mine = context["bodies"], context["mine"]
    rows = boards.board(boards.Filter(document=found.pk, sort="code"), context["day"])
    codes = _paragraphs(rows, context)
    withdrawn = boards.board(boards.Filter(document=found.pk, standing="withdrawn"), context["day"])
    gone = DocumentLink.every.filter(later=found).select_related("earlier")
    gone = gone.exclude(withdrawn_at=None)
    follows = found.followed_by in mine
    return (
        context
        | {
            "document": found,
            "kind": kind_words(found.kind),
            "issuer": bodies.name(found.issuer),
            "follower": bodies.name(found.followed_by),
            "chain": [(step, how_words(step.how)) for step in reading.chain(found)],
            "cited": [
                link.earlier
                for link in found.earlier_links.filter(how="cites").select_related("earlier")
            ],
            "citing": [
                link.later for link in found.later_links.filter(how="cites").select_related("later")
            ],
            "gone_links": [
                (link, how_words(link.how))
                for link in gone.select_related("earlier").order_by("pk")
            ],
            "tally": boards.tally(rows),
            "paragraphs": codes,
            "withdrawn": [board.shown(task, context) for task in withdrawn[:MOST_TASKS]],
            "coverage": reading.coverage_of(found, _body_passing_on(found, bodies)),
            "passer": bodies.name(_body_passing_on(found, bodies)),
            "may_edit": context["is_secretary"] and follows,
            "may_receive": context["is_secretary"]
            and found.issuer not in mine
            and not Reception.objects.filter(document=found, office__in=mine).exists(),
            "may_hand_over": context["is_secretary"] and (follows or found.issuer in mine),
            "hand_over_form": HandOverForm(
                bodies=bodies,
                prefix="h",
                initial={
                    "version": found.version,
                    "to": "" if follows else bodies.name(found.issuer),
                },
            ),
            "history": history_shown(found, context),
        }
        | forms
    )


@requires(READER)
@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Let another body follow this document from now on."""
    by, found = needs_secretary(request), reading.document(pk)
    bodies = around(request, "documents")["bodies"]
    form = HandOverForm(request.POST, bodies=bodies, prefix="h")
    if form.is_valid():
        with told_in(form):
            data = form.cleaned_data
            version = data["version"] or 0
            directives.hand_over(found, data["to"], data["reason"], version=version, by=by)
            messages.success(request, _("The document is handed over."))
            return redirect("steering:document", pk=pk)
    context = document_context(request, reading.document(pk), hand_over_form=form)
    return render(request, "steering/tasks/document.html", context, status=400)


def _body_passing_on(document: DirectiveDocument, bodies: Any) -> str:
    """A letter of the committee's office passes on what was given to the committee."""
    served = next((body.code for body in bodies if body.served_by == document.issuer), "")
    return served or document.issuer


def _paragraphs(rows: Any, context: dict[str, Any]) -> list[dict[str, Any]]:
    """Tasks by their code: a paragraph given to 89 bodies is one line with a count."""
    found: dict[str, dict[str, Any]] = {}
    for task in rows.order_by("pk"):
        line = found.setdefault(
            task.code, {"first": board.shown(task, context), "leads": 0, "overdue": 0, "done": 0}
        )
        line["leads"] += 1
        line["overdue"] += task.standing == "overdue"
        line["done"] += task.standing.startswith("done")
    return list(found.values())


@requires(READER)
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a document by hand."""
    by = needs_secretary(request)
    context = around(request, "documents")
    form = DocumentForm(request.POST or None, request.FILES or None, bodies=context["bodies"])
    if request.method == "POST" and form.is_valid():
        with told_in(form), transaction.atomic():
            made = directives.enter_document(form.entry, by=by, file=uploaded(request, by))
            messages.success(request, _("The document is entered. Now give its tasks."))
            return redirect("steering:document", pk=made.pk)
    return render(request, "steering/tasks/document_form.html", context | {"form": form})


@requires(READER)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a document; who saves second is told and keeps what was typed."""
    by, found = needs_secretary(request), reading.document(pk)
    context = around(request, "documents")
    bodies = context["bodies"]
    if request.method == "POST":
        form = DocumentForm(request.POST, request.FILES, bodies=bodies, document=found)
        if form.is_valid():
            with told_in(form), transaction.atomic():
                directives.edit_document(
                    found,
                    form.entry,
                    version=form.cleaned_data["version"] or 0,
                    by=by,
                    file=uploaded(request, by),
                )
                messages.success(request, _("The document is changed."))
                return redirect("steering:document", pk=pk)
    else:
        initial = DocumentForm.initial_of(found, bodies)
        form = DocumentForm(initial=initial, bodies=bodies, document=found)
    context |= {"form": form, "document": found}
    return render(request, "steering/tasks/document_form.html", context)


@requires(READER)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a task out of a document, to one body or to each of a group."""
    by, found = needs_secretary(request), reading.document(pk)
    context = around(request, "documents")
    form = TaskForm(
        request.POST or None, bodies=context["bodies"], above=board.possible_parents(found)
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = tasks.assign(found, form.entry, by=by)
            messages.success(
                request,
                ngettext("%(n)s task is given.", "%(n)s tasks are given.", len(made))
                % {"n": len(made)},
            )
            return redirect("steering:document", pk=pk)
    context |= {"form": form, "document": found, "fields_used": boards.fields_used()}
    return render(request, "steering/tasks/task_form.html", context)


@requires(READER)
@require_http_methods(["GET", "POST"])
def bodies(request: HttpRequest) -> HttpResponse:
    """Bodies the catalogues do not have, and the way to add one under one's own."""
    context = around(request, "bodies")
    form = BodyForm(request.POST or None)
    if request.method == "POST":
        by = needs_secretary(request)
        if form.is_valid():
            data = form.cleaned_data
            with told_in(form):
                directives.add_body(
                    code=data["code"],
                    name=data["name"],
                    serves_parent=data["serves_parent"],
                    abbreviation=data["abbreviation"],
                    by=by,
                )
                messages.success(request, _("The body is added."))
                return redirect("steering:bodies")
    rows = [(one, context["bodies"].name(one.parent)) for one in AddedBody.objects.all()]
    return render(request, "steering/tasks/bodies.html", context | {"form": form, "rows": rows})

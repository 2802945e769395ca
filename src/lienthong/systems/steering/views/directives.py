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
from django.views.decorators.http import require_GET, require_http_methods

from lienthong.web.roles import requires

from ..domain.symbols import Kind
from ..forms.tasks import LINKS, BodyForm, DocumentForm, TaskForm
from ..models import AddedBody, DirectiveDocument
from ..queries import directives as reading
from ..queries import tasks as boards
from ..services import directives, tasks
from . import board
from .acting import READER, around, needs_secretary, told_in, uploaded

ROWS_A_PAGE = 30
MOST_TASKS = 100


def kind_words(kind: str) -> str:
    words = {
        Kind.RESOLUTION: _("Resolution"),
        Kind.DECREE: _("Decree"),
        Kind.DECISION: _("Decision"),
        Kind.DIRECTIVE: _("Directive"),
        Kind.TELEGRAM: _("Telegram"),
        Kind.NOTICE: _("Notice"),
        Kind.PROGRAMME: _("Programme"),
        Kind.PLAN: _("Plan"),
        Kind.REPORT: _("Report"),
        Kind.GUIDANCE: _("Guidance"),
        Kind.SUBMISSION: _("Submission"),
        Kind.LETTER: _("Official letter"),
        Kind.OTHER: _("Document"),
    }
    return words[Kind(kind)]


def how_words(how: str) -> str:
    return next((str(label) for _name, key, label in LINKS if key.value == how), "")


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
    context = around(request, "documents")
    found = reading.document(pk)
    bodies = context["bodies"]
    rows = boards.board(boards.Filter(document=found.pk, sort="code"), context["day"])
    codes = _paragraphs(rows, context)
    withdrawn = boards.board(boards.Filter(document=found.pk, standing="withdrawn"), context["day"])
    context |= {
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
        "tally": boards.tally(rows),
        "paragraphs": codes,
        "withdrawn": [board.shown(task, context) for task in withdrawn[:MOST_TASKS]],
        "coverage": reading.coverage_of(found, _body_passing_on(found, bodies)),
        "passer": bodies.name(_body_passing_on(found, bodies)),
        "may_edit": context["is_secretary"] and found.followed_by in context["mine"],
        "history": board.history_shown(found, context),
    }
    return render(request, "steering/tasks/document.html", context)


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
        form = DocumentForm(request.POST, request.FILES, bodies=bodies)
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
        form = DocumentForm(initial=DocumentForm.initial_of(found, bodies), bodies=bodies)
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

"""Received documents at a body's desk: the leader's opinion, the letter, its quotations."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel.actor import Actor
from lienthong.web.actors import officer_name
from lienthong.web.papers.page import to_html
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx
from lienthong.web.roles import requires

from ..domain.quoting import Code
from ..errors import LetterClosed
from ..forms.letters import DraftForm, ItemForm, LetterForm, OpinionForm, ReceptionForm
from ..forms.tasks import ReasonForm
from ..models import DirectiveDocument, Letter, Opinion, Reception
from ..queries import letters as reading
from ..queries.tasks import standing_on
from ..services import letters, receiving
from ..services.evidence import LARGEST, keep_file
from . import board
from .acting import READER, actor, around, needs_secretary, told, told_in
from .history import history_shown
from .words import kind_words

ROWS_A_PAGE = 30
MOST_ITEMS = letters.MOST_ITEMS
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@requires(READER)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What this desk received, with how far each is."""
    context = around(request, "letters")
    rows = reading.receptions(context["mine"])
    listing = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("trang"))
    context |= {"listing": listing, "rows": [row_shown(one, context) for one in listing]}
    return render(request, "steering/letters/index.html", context)


def row_shown(one: Reception, context: dict[str, Any]) -> dict[str, Any]:
    written = [letter for letter in one.letters.all() if letter.state != Letter.State.DROPPED]
    letter = written[0] if written else None
    opinions = [opinion for opinion in one.opinions.all() if opinion.withdrawn_at is None]
    if letter is not None and not letter.is_draft:
        look = ("success", "circle-check", _("Letter issued"))
    elif letter is not None:
        look = ("info", "pencil", _("Letter drafted"))
    elif opinions:
        look = ("warning", "hourglass", _("Waits for its letter"))
    else:
        look = ("warning", "hourglass", _("Waits for an opinion"))
    return {
        "one": one,
        "kind": kind_words(one.document.kind),
        "issuer": context["bodies"].name(one.document.issuer),
        "letter": letter,
        "look": dict(zip(("colour", "icon", "state"), look, strict=True)),
    }


@requires(READER)
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """Enter a document that arrived into the incoming register."""
    by = needs_secretary(request)
    context = around(request, "letters")
    initial = {"number": request.GET.get("number", "").replace("\0", "")[:200]}
    form = ReceptionForm(
        request.POST or None, request.FILES or None, bodies=context["bodies"], initial=initial
    )
    if request.method == "POST" and form.is_valid():
        document: DirectiveDocument = form.cleaned_data["number"]
        with told_in(form), transaction.atomic():
            file = None
            if (given := request.FILES.get("file")) is not None:
                content = given.read(LARGEST + 1)
                receiving.refuse_another(content, document, context["bodies"])
                file = keep_file(given.name or "", content, by=by)
            made = receiving.receive(document, on=form.cleaned_data["on"], file=file, by=by)
            messages.success(request, _("The document is in the incoming register."))
            return redirect("steering:reception", pk=made.pk)
    status = 400 if form.is_bound else 200
    return render(request, "steering/letters/receive.html", context | {"form": form}, status=status)


@requires(READER)
@require_GET
def reception(request: HttpRequest, pk: int) -> HttpResponse:
    """One received document: its tasks for this body, the opinion, the letters."""
    context = around(request, "letters")
    found = reading.reception(pk, context["mine"])
    page = reception_context(request, found, context)
    return render(request, "steering/letters/reception.html", page)


def reception_context(
    request: HttpRequest, found: Reception, context: dict[str, Any], **forms: Any
) -> dict[str, Any]:
    bodies = context["bodies"]
    given = reading.given_tasks(found)
    rows = standing_on(context["day"]).select_related("document").in_bulk([t.pk for t in given])
    opinions = list(found.opinions.all())
    in_force = [one for one in opinions if one.withdrawn_at is None]
    drafting = found.letters.filter(state=Letter.State.DRAFT).exists()
    mine = context["is_secretary"] and found.office in context["mine"]
    return (
        context
        | {
            "reception": found,
            "document": found.document,
            "kind": kind_words(found.document.kind),
            "issuer": bodies.name(found.document.issuer),
            "body": bodies.name(found.body),
            "given": [board.shown(rows[task.pk], context) for task in given],
            "opinions": [(one, officer_name(one.recorded_by)) for one in opinions],
            "letters": list(found.letters.all()),
            "may_record": mine,
            "may_draft": mine and bool(in_force) and not drafting,
            "opinion_form": OpinionForm(prefix="o"),
            "draft_form": DraftForm(prefix="d", bodies=bodies, given=given),
        }
        | forms
    )


@requires(READER)
@require_POST
def opinion(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what a leader said."""
    by, context = needs_secretary(request), around(request, "letters")
    found = reading.reception(pk, context["mine"])
    form = OpinionForm(request.POST, prefix="o")
    if form.is_valid():
        with told_in(form):
            receiving.record_opinion(found, **form.cleaned_data, by=by)
            messages.success(request, _("The opinion is recorded."))
            return redirect("steering:reception", pk=pk)
    page = reception_context(request, found, context, opinion_form=form)
    return render(request, "steering/letters/reception.html", page, status=400)


@requires(READER)
@require_POST
def withdraw_opinion(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a wrong record of an opinion back."""
    by, context = needs_secretary(request), around(request, "letters")
    found = Opinion.objects.filter(pk=pk, reception__office__in=context["mine"]).first()
    if found is None:
        raise Http404
    with told(request):
        receiving.withdraw_opinion(found, request.POST.get("reason", ""), by=by)
        messages.success(request, _("The record is withdrawn; it stays readable."))
    return redirect("steering:reception", pk=found.reception_id)


@requires(READER)
@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the draft of a letter on the newest opinion."""
    by, context = needs_secretary(request), around(request, "letters")
    found = reading.reception(pk, context["mine"])
    given = reading.given_tasks(found)
    form = DraftForm(request.POST, prefix="d", bodies=context["bodies"], given=given)
    latest = found.opinions.filter(withdrawn_at=None).first()
    if form.is_valid() and latest is not None:
        data = form.cleaned_data
        with told_in(form):
            chosen = [int(task) for task in data["tasks"]]
            made = letters.draft_letter(found, latest, chosen, lead=data["lead"], by=by)
            return redirect("steering:letter_edit", pk=made.pk)
    page = reception_context(request, found, context, draft_form=form)
    return render(request, "steering/letters/reception.html", page, status=400)


@requires(READER)
@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter: the paper, what its quotations have otherwise, what it leaves out."""
    context = around(request, "letters")
    return render(request, "steering/letters/letter.html", letter_context(request, pk, context))


def letter_context(request: HttpRequest, pk: int, context: dict[str, Any]) -> dict[str, Any]:
    found = reading.letter(pk, context["mine"])
    quoted = reading.findings_shown(found)
    waiting = [one for one in quoted if one.is_open]
    secretary = context["is_secretary"] and found.is_draft
    return context | {
        "letter": found,
        "reception": found.reception,
        "document": found.reception.document,
        "body": context["bodies"].name(found.reception.body),
        "lead": context["bodies"].name(found.lead),
        "paper": to_html(reading.paper(found).blocks),
        "findings": [finding_shown(one) for one in quoted],
        "waiting": waiting,
        "part": reading.coverage_of_draft(found),
        "may_edit": secretary,
        "may_issue": context["is_leader"] and found.is_draft,
        "is_ready": not waiting and bool(found.signer),
        "drop_form": ReasonForm(prefix="x"),
        "history": history_shown(found, context),
    }


def finding_shown(one: reading.FindingShown) -> dict[str, Any]:
    found = one.finding
    words = {
        Code.UNKNOWN: _("is not entered here yet"),
        Code.SYMBOL: _("is not known; near it stands"),
        Code.DAY: _("is another day than the document's"),
        Code.ISSUER: _("is not who issued the document"),
        Code.TITLE: _("is otherwise in the document's own title"),
        Code.WORDING: _("is worded otherwise in the document's own title"),
        Code.SEVERAL: _("is borne by several documents; write the day"),
    }
    where = (
        _("item %(n)s") % {"n": found.where}
        if found.where.isdigit()
        else {
            "subject": _("subject line"),
            "opening": _("first sentence"),
            "task": _("what the lead does with the whole document"),
        }.get(found.where, found.where)
    )
    return {
        "finding": found,
        "words": words[found.code],
        "where": where,
        "reason": one.reason,
        "who": officer_name(one.reason.given_by) if one.reason else "",
        "is_open": one.is_open,
        "colour": "danger" if one.is_open else "warning" if found.blocks else "info",
        "enter_first": found.code == Code.UNKNOWN,
    }


@requires(READER)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a draft; who saves second is told and keeps what was typed."""
    by, context = needs_secretary(request), around(request, "letters")
    found = reading.letter(pk, context["mine"])
    if not found.is_draft:
        messages.error(request, _(LetterClosed.message()))
        return redirect("steering:letter", pk=pk)
    head, items = bound_forms(request, found, context)
    if request.method == "POST" and "more" not in request.POST:
        # Every form is looked at, so that all that is wrong is told at once.
        right = [form.is_valid() for form in (head, *items)]
        if all(right):
            entry = head.entry(form.entry for form in items if form.is_kept)
            with told_in(head):
                letters.save_letter(found, entry, version=head.cleaned_data["version"], by=by)
                messages.success(request, _("The draft is kept."))
                return redirect("steering:letter", pk=pk)
    context |= {
        "letter": found,
        "document": found.reception.document,
        "form": head,
        "items": items,
        "can_add": len(items) < MOST_ITEMS,
    }
    return render(request, "steering/letters/letter_form.html", context)


def bound_forms(
    request: HttpRequest, found: Letter, context: dict[str, Any]
) -> tuple[LetterForm, list[ItemForm]]:
    """The head and the items: as typed, or as kept, with an empty one behind when asked for."""
    bodies, given = context["bodies"], reading.given_tasks(found.reception)
    sources = [found.reception.document, *reading.cited_documents(found)]
    kept = list(found.items.prefetch_related("carried"))
    posted = request.method == "POST"
    count = board.whole_number(request.POST.get("items", "")) if posted else len(kept)
    data = request.POST if posted else None
    head = LetterForm(data, bodies=bodies, initial=LetterForm.initial_of(found, bodies))
    items = [
        ItemForm(
            data,
            prefix=f"i{n}",
            sources=sources,
            given=given,
            initial=ItemForm.initial_of(kept[n - 1]) if not posted else None,
        )
        for n in range(1, min(count, MOST_ITEMS) + 1)
    ]
    if "more" in request.POST or not items:
        items.append(ItemForm(prefix=f"i{len(items) + 1}", sources=sources, given=given))
    return head, items


@requires(READER)
@require_POST
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Write why something stays quoted as it is."""
    by, context = needs_secretary(request), around(request, "letters")
    found = reading.letter(pk, context["mine"])
    with told(request):
        letters.explain_quote(
            found, request.POST.get("key", ""), request.POST.get("reason", ""), by=by
        )
        messages.success(request, _("The reason is kept with the letter."))
    return redirect("steering:letter", pk=pk)


@requires(READER)
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a draft up, with a reason."""
    by, context = needs_secretary(request), around(request, "letters")
    found = reading.letter(pk, context["mine"])
    version = board.whole_number(request.POST.get("version", ""))
    with told(request):
        letters.drop_letter(found, request.POST.get("x-reason", ""), version=version, by=by)
        messages.success(request, _("The draft is given up; it stays readable."))
    return redirect("steering:reception", pk=found.reception_id)


@requires(READER)
@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Number the letter and give its tasks."""
    by: Actor = actor(request)
    context = around(request, "letters")
    found = reading.letter(pk, context["mine"])
    version = board.whole_number(request.POST.get("version", ""))
    with told(request):
        held = letters.issue_letter(found, version=version, by=by)
        messages.success(
            request, _("Letter %(number)s is issued and its tasks are given.") % {"number": held}
        )
    return redirect("steering:letter", pk=pk)


@requires(READER)
@require_GET
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The letter as a file: as it was issued, or the draft as it is now."""
    if kind not in TYPES:
        raise Http404
    found = reading.letter(pk, around(request, "letters")["mine"])
    kept = found.pdf if kind == "pdf" else found.docx
    if kept is not None:
        content = bytes(kept.content)
    else:
        content = (to_pdf if kind == "pdf" else to_docx)(reading.paper(found))
    response = HttpResponse(content, content_type=TYPES[kind])
    name = f"cong-van-{found.number or 'du-thao'}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

"""Pages of births: the declaration, the entry, its certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lienthong.exchange import outbox
from lienthong.exchange.errors import ExchangeError
from lienthong.kernel.actor import Actor
from lienthong.kernel.words import date_in_words
from lienthong.systems.civil_status import needs, queries
from lienthong.systems.civil_status.apps import REGISTRAR
from lienthong.systems.civil_status.domain.entries import IdState
from lienthong.systems.civil_status.errors import (
    DuplicateBirth,
    InvalidEntry,
    NumberAwaited,
)
from lienthong.systems.civil_status.forms.entries import NOTES, PARENTS, BirthForm, WithdrawForm
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births, papers
from lienthong.systems.civil_status.views import lookups, shown, shown_events
from lienthong.web import catalogues, looks
from lienthong.web.roles import requires

INVALID = "civil_status.invalid_birth"
LOOK_FIELDS = ("child_name", "born_on", "personal_id", "mother", "father", "declarant")


@requires(REGISTRAR)
def new(request: HttpRequest) -> HttpResponse:
    """Declare a birth; looking up a parent is a button of the same form."""
    queries.desk_of(_actor(request))
    if request.method != "POST":
        return _form(request, BirthForm(initial={"form_token": uuid4()}))
    data = request.POST.copy()
    for act in ("look_up", "take", "keep"):
        if act in data:
            return _parent(request, data, act, str(data[act]))
    return _register(request, data)


@requires(REGISTRAR)
@require_POST
def words(request: HttpRequest) -> HttpResponse:
    """A date in words, beside the field while it is typed."""
    form = BirthForm(request.POST)
    form.is_valid()
    day = form.cleaned_data.get("born_on")
    return HttpResponse(date_in_words(day) if day else "")


@requires(REGISTRAR)
def entry(request: HttpRequest, key: UUID) -> HttpResponse:
    """One birth in the book, where its number stands, and what was done."""
    actor = _actor(request)
    desk = queries.desk_of(actor)
    with looks.open(
        subject=key,
        purpose=_("Handling a birth registration"),
        fields=LOOK_FIELDS,
        actor=actor,
        legal_basis=papers.BIRTH_BASIS,
    ) as opening:
        birth = queries.entry(BirthRegistration, key, desk=desk)
        opening.at(*filter(None, (birth.personal_id, birth.mother_id, birth.father_id)))
        annotations = shown_events.noted_beside(birth)
    waiting = outbox.unfinished("civil_status", key).first()
    context = {
        "birth": birth,
        "desk": desk,
        "waits": birth.id_state == IdState.WAITING,
        "request_row": waiting,
        "born_in_words": date_in_words(birth.born_on),
        "parents": [shown.parent_in_book(birth, role) for role in PARENTS],
        "annotations": annotations,
        "altering": shown_events.altering(birth),
        "deeds": shown.deeds(birth),
        "queue": shown.queue(desk, actor),
        "current": key,
    }
    return render(request, "civil_status/birth.html", context)


@requires(REGISTRAR)
def state(request: HttpRequest, key: UUID) -> HttpResponse:
    """Asked by an open page while a number is awaited; reloads it when the number is there."""
    desk = queries.desk_of(_actor(request))
    states = BirthRegistration.objects.filter(key=key, custodian=desk.office)
    waits = states.filter(id_state=IdState.WAITING).exists()
    response = HttpResponse(status=204)
    if not waits:
        response["HX-Refresh"] = "true"
    return response


@requires(REGISTRAR)
def certificate(request: HttpRequest, key: UUID) -> HttpResponse:
    """
    Print the giấy khai sinh; while the number is awaited, back to the entry with a word.

    Printing is a deed that stands in the book, so it is posted: a browser that fetches
    ahead, or an address opened again, prints nothing and shows the entry.
    """
    if request.method != "POST":
        return redirect("civil_status:birth", key=key)
    try:
        pdf = papers.birth_certificate(key=key, by=_actor(request))
    except NumberAwaited:
        messages.warning(
            request,
            _("The certificate waits for the personal ID. The entry is safe in the book."),
        )
        return redirect("civil_status:birth", key=key)
    return shown.pdf(pdf, f"giay-khai-sinh-{key}.pdf")


@requires(REGISTRAR)
@require_POST
def ask_again(request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask once more for a number that has not come."""
    row = births.ask_again(key=key, by=_actor(request))
    _tell_number(request, shown.delivered(row))
    return redirect("civil_status:birth", key=key)


@requires(REGISTRAR)
def withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    """Withdraw an entry by a decision; its number is cancelled through the exchange."""
    actor = _actor(request)
    desk = queries.desk_of(actor)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        births.withdraw_birth(
            key=key,
            reason=form.cleaned_data["reason"],
            decision=form.cleaned_data["decision"],
            by=actor,
        )
        messages.success(request, _("The entry is withdrawn; its papers are no longer valid."))
        return redirect("civil_status:birth", key=key)
    number = queries.entry(
        BirthRegistration, key, desk=desk, only=("entry_no", "entry_year")
    ).number
    return render(
        request, "civil_status/withdraw.html", {"form": form, "key": key, "number": number}
    )


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _parent(request: HttpRequest, data: QueryDict, act: str, value: str) -> HttpResponse:
    """Look a parent up, or settle a difference; a fragment for htmx, else the whole form."""
    role, _dot, part = value.partition(".")
    role = role if role in PARENTS else PARENTS[0]
    looked, unreasoned = None, ""
    if act == "look_up":
        looked = lookups.parent(data, role)
    elif act == "take":
        lookups.take(data, role, part)
    elif not lookups.keep(data, role, part):
        unreasoned = part
    form = BirthForm(initial=data.dict())
    if getattr(request, "htmx", False):
        context = {"form": form, "section": shown.parent(form, data, role, looked, unreasoned)}
        return render(request, "civil_status/_person.html", context)
    return _form(request, form, data, looked, unreasoned=f"{role}.{unreasoned}")


def _form(
    request: HttpRequest,
    form: BirthForm,
    data: QueryDict | None = None,
    looked: lookups.Looked | None = None,
    duplicate: DuplicateBirth | None = None,
    status: int = 200,
    unreasoned: str = "",
) -> HttpResponse:
    actor = _actor(request)
    desk = queries.desk_of(actor)
    values = data if data is not None else QueryDict()
    sections = [
        shown.parent(
            form,
            values,
            role,
            looked if looked and looked.role == role else None,
            unreasoned.removeprefix(f"{role}.") if unreasoned.startswith(f"{role}.") else "",
        )
        for role in PARENTS
    ]
    context = {
        "form": form,
        "desk": desk,
        "parents": sections,
        "born_in_words": _words(form, values),
        "duplicate": shown.duplicate(duplicate, desk, "civil_status:birth"),
        "due": shown.due(actor),
        "queue": shown.queue(desk, actor),
    }
    return render(request, "civil_status/birth_form.html", context, status=status)


def _words(form: BirthForm, data: QueryDict) -> str:
    probe = form if form.is_bound else BirthForm(data)
    probe.is_valid()
    day = probe.cleaned_data.get("born_on")
    return date_in_words(day) if day else ""


def _register(request: HttpRequest, data: QueryDict) -> HttpResponse:
    for role in PARENTS:
        lookups.keep_what_has_a_reason(data, role)
    compared = [lookups.compare(data, role) for role in PARENTS]
    known = {role: lookups.read(data, f"{role}_known") for role in PARENTS}
    actor, form = _actor(request), BirthForm(data)
    if not form.is_valid():
        form.tell_rules(actor.legal_day, known)
    for looked in compared:
        for one in looked.different:
            form.add_error(
                f"{looked.role}_{one.field}",
                ValidationError(shown.undecided(looked.role, one), code="undecided"),
            )
    if form.errors:
        shown.counted(form, INVALID)
        return _form(request, form, data, status=422)
    declared = form.birth(actor.legal_day, known)
    try:
        entered = births.register_birth(
            birth=declared,
            by=actor,
            form_token=form.cleaned_data["form_token"],
            not_duplicate=form.cleaned_data["not_duplicate"],
            signatory=form.cleaned_data["signatory"],
            not_self=form.cleaned_data["not_self"],
            checked=_checked(data),
            settled=tuple(one for looked in compared for one in looked.settled),
        )
    except InvalidEntry as error:
        form.tell(error.detail["problems"])  # type: ignore[arg-type]
        shown.counted(form, INVALID)
        return _form(request, form, data, status=422)
    except DuplicateBirth as error:
        shown.counted(form, error.code)
        return _form(request, form, data, duplicate=error, status=409)
    shown.counted(form)
    outcome = ""
    if entered.outbox_row is not None:
        outcome = shown.delivered(entered.outbox_row)
    _tell_number(request, outcome, entered.birth.number)
    for warning in declared.warnings(catalogues.limits()):
        messages.warning(request, str(NOTES[warning.code]))
    _check_declarant(request, form)
    return redirect("civil_status:birth", key=entered.birth.key)


def _checked(data: QueryDict) -> tuple[births.Checked, ...]:
    """Which particulars agreed with population, and by which message that was seen."""
    found = [looked for role in PARENTS if (looked := lookups.compare(data, role)).state == "found"]
    return tuple(
        births.Checked(
            role=looked.role,
            same=len(looked.same),
            different=tuple(one.field for one in looked.settled),
            message_id=looked.known["message_id"],
        )
        for looked in found
    )


def _tell_number(request: HttpRequest, outcome: str, number: str = "") -> None:
    """Say what was entered and where the personal ID stands, in one message."""
    entered = _("Entered in the book, number %(number)s.") % {"number": number} if number else ""
    if outcome == "":
        messages.success(request, entered)
    elif outcome == "delivered":
        messages.success(request, f"{entered} {_('The personal ID has arrived.')}".strip())
    elif outcome == "dead":
        refused = _("The population register refused the request. The reason stands below.")
        messages.error(request, f"{entered} {refused}".strip())
    else:
        waits = _(
            "The population register has not answered yet. The entry is in the book; the"
            " number is asked for again by itself and the certificate waits for it."
        )
        messages.info(request, f"{entered} {waits}".strip())


def _check_declarant(request: HttpRequest, form: BirthForm) -> None:
    """Ask population whether the declarant is who they say; only yes or no comes back."""
    number: Any = form.cleaned_data.get("declarant_id")
    if number is None:
        return
    try:
        verdict = needs.verify_person(number, full_name=form.cleaned_data["declarant_name"])
    except ExchangeError:
        return
    if not verdict.known or not verdict.alive or verdict.verdict == "no":
        messages.warning(
            request,
            _("The number of the declarant does not belong to this name. Check the paper shown."),
        )

"""Pages of every other event: the kinds, the declaration, the entry, its paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lienthong.exchange import outbox
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.apps import REGISTRAR
from lienthong.systems.civil_status.domain.entries import Kind
from lienthong.systems.civil_status.domain.events import MOST_CHANGES, SPECS
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.errors import InvalidEntry, NoSuchKind
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.events import EventForm
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    Entry,
    MarriageRegistration,
    OtherRegistration,
)
from lienthong.systems.civil_status.services import event_papers, events, notices
from lienthong.systems.civil_status.services.births import Checked
from lienthong.systems.civil_status.views import lookups, shown, shown_events
from lienthong.web import looks
from lienthong.web.roles import requires

INVALID = "civil_status.invalid_event"


@requires(REGISTRAR)
def kinds(request: HttpRequest) -> HttpResponse:
    """Every kind of event this desk may register, with its rule of the day."""
    actor = _actor(request)
    desk = queries.desk_of(actor)
    context = {
        "desk": desk,
        "groups": shown_events.kinds(desk, actor),
        "queue": shown.queue(desk, actor),
        "notices": shown_events.notices(desk),
    }
    return render(request, "civil_status/events.html", context)


@requires(REGISTRAR)
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Declare an event; looking a person up is a button of the same form."""
    actor = _actor(request)
    queries.desk_of(actor)
    rule = _rule(kind, actor)
    if request.method != "POST":
        form = EventForm(kind, initial={"form_token": uuid4()} | _opened(request, kind))
        return _form(request, form, rule)
    data = request.POST.copy()
    for act in ("look_up", "take", "keep"):
        if act in data:
            return _person(request, rule, data, act, str(data[act]))
    return _register(request, rule, data)


@requires(REGISTRAR)
def entry(request: HttpRequest, kind: str, key: UUID) -> HttpResponse:
    """One event in the book, what it altered, whom it was told, what was done."""
    actor = _actor(request)
    desk = queries.desk_of(actor)
    rule = _rule(kind, actor)
    with looks.open(
        subject=key,
        purpose=_("Handling a civil-status event"),
        fields=event_papers.FIELDS,
        actor=actor,
        legal_basis=rule.legal_basis[:200],
    ) as opening:
        row = queries.entry(_book(kind), key, desk=desk)
        opening.at(*shown_events.numbers(row))
        context = shown_events.entry(row) | {
            "annotations": shown_events.noted_beside(row),
            "altered": shown_events.altered(row, desk),
        }
    waiting = list(outbox.unfinished("civil_status", key))
    context |= {
        "kind": kind,
        "title": event_words.KINDS[kind],
        "row": row,
        "desk": desk,
        "rule": rule,
        "waiting": waiting,
        "refused": next((one for one in waiting if one.state == "dead"), None),
        "deeds": shown.deeds(row),
        "queue": shown.queue(desk, actor),
        "current": key,
    }
    return render(request, "civil_status/event.html", context)


@requires(REGISTRAR)
def paper(request: HttpRequest, kind: str, key: UUID) -> HttpResponse:
    """Print the certificate or extract; posted, as with the certificate of a birth."""
    if request.method != "POST":
        return redirect("civil_status:event", kind=kind, key=key)
    _rule(kind, _actor(request))
    if kind == Kind.MARRIAGE:
        pdf = event_papers.marriage_certificate(key=key, by=_actor(request))
    else:
        pdf = event_papers.event_extract(key=key, by=_actor(request))
    return shown.pdf(pdf, f"ho-tich-{key}.pdf")


@requires(REGISTRAR)
@require_POST
def tell_again(request: HttpRequest, kind: str, key: UUID) -> HttpResponse:
    """Send again what population has not taken."""
    _rule(kind, _actor(request))
    rows = events.tell_again(key=key, kind=kind, by=_actor(request))
    _tell_outcome(request, [shown.delivered(row) for row in rows])
    return redirect("civil_status:event", kind=kind, key=key)


@requires(REGISTRAR)
@require_POST
def seen(request: HttpRequest, key: UUID) -> HttpResponse:
    """An officer has read what another desk told this one."""
    notices.mark_seen(key=key, by=_actor(request))
    messages.success(request, _("The notice is marked as read."))
    return redirect("civil_status:events")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _rule(kind: str, actor: Actor) -> KindRule:
    if kind not in SPECS:
        raise NoSuchKind
    return queries.rule_book().get(kind, actor.legal_day)


def _book(kind: str) -> type[Entry]:
    return MarriageRegistration if kind == Kind.MARRIAGE else OtherRegistration


def _opened(request: HttpRequest, kind: str) -> dict[str, Any]:
    """What the form begins with when an officer came from the birth it is to alter."""
    asked = request.GET.get("entry", "")
    if not asked or SPECS[kind].alters != "birth":
        return {}
    try:
        key = UUID(asked)
    except ValueError:
        return {}
    actor = _actor(request)
    desk = queries.desk_of(actor)
    with looks.open(
        subject=key,
        purpose=_("Handling a civil-status event"),
        fields=("child_name", "born_on", "personal_id"),
        actor=actor,
        legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 28, 29",
    ):
        birth = queries.entry(BirthRegistration, key, desk=desk)
        role = SPECS[kind].heads
        return {
            "alters": key,
            f"{role}_id": birth.id_successor or birth.personal_id or "",
            f"{role}_name": queries.as_amended(birth)["child_name"],
            f"{role}_born_day": birth.born_on,
            f"{role}_ethnicity": birth.ethnicity,
            f"{role}_nationality": birth.nationality,
        }


def _person(
    request: HttpRequest, rule: KindRule, data: QueryDict, act: str, value: str
) -> HttpResponse:
    """Look a person up, or settle a difference; a fragment for htmx, else the whole form."""
    role, _dot, part = value.partition(".")
    roles = [one.code for one in SPECS[rule.kind].roles]
    role = role if role in roles else roles[0]
    looked, unreasoned = None, ""
    if act == "look_up":
        looked = lookups.parent(data, role)
    elif act == "take":
        lookups.take(data, role, part)
    elif not lookups.keep(data, role, part):
        unreasoned = part
    form = EventForm(rule.kind, initial=data.dict())
    if getattr(request, "htmx", False):
        section = shown_events.person(form, data, role, looked, unreasoned)
        return render(request, "civil_status/_person.html", {"form": form, "section": section})
    return _form(request, form, rule, data, looked, unreasoned=f"{role}.{unreasoned}")


def _form(
    request: HttpRequest,
    form: EventForm,
    rule: KindRule,
    data: QueryDict | None = None,
    looked: lookups.Looked | None = None,
    status: int = 200,
    unreasoned: str = "",
) -> HttpResponse:
    actor = _actor(request)
    desk = queries.desk_of(actor)
    values = data if data is not None else QueryDict()
    sections = []
    for role in form.spec.roles:
        mine = looked if looked and looked.role == role.code else None
        prefix = f"{role.code}."
        reason = unreasoned.removeprefix(prefix) if unreasoned.startswith(prefix) else ""
        sections.append(shown_events.person(form, values, role.code, mine, reason))
    changes = [
        [form[f"change_{place}_{part}"] for part in ("field", "was", "becomes")]
        for place in range(1, MOST_CHANGES + 1)
        if form.spec.changes
    ]
    context = {
        "form": form,
        "kind": rule.kind,
        "title": event_words.KINDS[rule.kind],
        "rule": rule,
        "desk": desk,
        "sections": sections,
        "parts": [(form[part.code], part) for part in form.spec.parts],
        "changes": changes,
        "places": shown_events.places(form.spec),
        "due": shown_events.due(rule, actor),
        "queue": shown.queue(desk, actor),
    }
    return render(request, "civil_status/event_form.html", context, status=status)


def _register(request: HttpRequest, rule: KindRule, data: QueryDict) -> HttpResponse:
    roles = [one.code for one in SPECS[rule.kind].roles]
    for role in roles:
        lookups.keep_what_has_a_reason(data, role)
    compared = [lookups.compare(data, role) for role in roles]
    known = {role: lookups.read(data, f"{role}_known") for role in roles}
    actor, form = _actor(request), EventForm(rule.kind, data)
    if not form.is_valid():
        form.tell_rules(actor.legal_day, known, rule)
    for looked in compared:
        for one in looked.different:
            words = shown_events.undecided(looked.role, one)
            form.add_error(f"{looked.role}_{one.field}", ValidationError(words, code="undecided"))
    if form.errors:
        shown.counted(form, INVALID)
        return _form(request, form, rule, data, status=422)
    try:
        entered = events.register_event(
            event=form.event(actor.legal_day, known),
            by=actor,
            form_token=form.cleaned_data["form_token"],
            signatory=form.cleaned_data["signatory"],
            not_self=form.cleaned_data["not_self"],
            alters=form.cleaned_data["alters"],
            checked=tuple(_checked(looked) for looked in compared if looked.state == "found"),
            settled=tuple(one for looked in compared for one in looked.settled),
        )
    except InvalidEntry as error:
        form.tell(error.detail["problems"])
        shown.counted(form, INVALID)
        return _form(request, form, rule, data, status=422)
    shown.counted(form)
    outcomes = [shown.delivered(row) for row in entered.outbox_rows]
    _tell_outcome(request, outcomes, entered.entry.number)
    return redirect(reverse("civil_status:event", args=[rule.kind, entered.entry.key]))


def _checked(looked: lookups.Looked) -> Checked:
    return Checked(
        role=looked.role,
        same=len(looked.same),
        different=tuple(one.field for one in looked.settled),
        message_id=looked.known["message_id"],
    )


def _tell_outcome(request: HttpRequest, outcomes: list[str], number: str = "") -> None:
    """Say what was entered and whether population follows, in one message."""
    entered = _("Entered in the book, number %(number)s.") % {"number": number} if number else ""
    if not outcomes:
        messages.success(request, entered or _("Nothing waited."))
    elif all(one == "delivered" for one in outcomes):
        follows = _("The population register follows the book.")
        messages.success(request, f"{entered} {follows}".strip())
    elif "dead" in outcomes:
        refused = _("The population register refused the request. The reason stands below.")
        messages.error(request, f"{entered} {refused}".strip())
    else:
        waits = _(
            "The population register has not answered yet. The entry is in the book; it is"
            " told again by itself."
        )
        messages.info(request, f"{entered} {waits}".strip())

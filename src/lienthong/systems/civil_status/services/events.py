"""
Entering any event that is neither birth nor death, and telling whom it concerns.

One transaction holds the entry, its number, the annotation beside what it alters, the
notices to other desks and the outbox rows to population. The people are locked first, so
that two desks cannot marry one person at the same moment; then the book; then entries.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from lienthong import record
from lienthong.exchange import outbox
from lienthong.exchange.asks import Ask
from lienthong.exchange.client import Answer
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.limits import NoSuchLimit
from lienthong.kernel.working_days import CalendarUnknown
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Kind, Settled
from lienthong.systems.civil_status.domain.events import Event, Person
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.errors import InvalidEntry
from lienthong.systems.civil_status.models import (
    Desk,
    Entry,
    MarriageRegistration,
    Origin,
    OtherRegistration,
)
from lienthong.systems.civil_status.services import annotating, checks, followed, notices, numbering
from lienthong.systems.civil_status.services.births import Checked
from lienthong.web import catalogues

EventEntry = MarriageRegistration | OtherRegistration


@dataclass(frozen=True, slots=True)
class Entered:
    """An event in the book, and the outbox rows that tell population of it."""

    entry: EventEntry
    outbox_rows: tuple[int, ...]


def register_event(
    *,
    event: Event,
    by: Actor,
    form_token: UUID | None = None,
    signatory: str = "",
    not_self: str = "",
    alters: UUID | None = None,
    checked: tuple[Checked, ...] = (),
    settled: tuple[Settled, ...] = (),
) -> Entered:
    """
    Enter an event, note it beside what it alters, tell other desks and population.

    ``alters`` is the entry the officer opened to alter; without it the people lead there.
    Sending the same form again answers the entry it made. Raises InvalidEntry with every
    problem, NotCompetent, NoRule, and NoSuchEntry for an entry of another desk.
    """
    desk = queries.desk_of(by)
    rule = queries.rule_book().get(event.kind, by.legal_day)
    problems = [*event.problems(rule)]
    rule_age = event.people[event.spec.heads].age_on(by.legal_day) if event.people else None
    rule.check_competence(desk.level, foreign=event.has_foreign_element, age=rule_age)
    named = [one.full_name for one in event.people.values()]
    problems += checks.own_matter(named, by, signatory=signatory, not_self=not_self)
    _refuse(problems)
    with personal.writing("civil_status.register_event", by=by):
        checks.lock_people(event)
        book = numbering.open_book(desk=desk, kind=event.kind, day=by.legal_day)
        if form_token and (known := _entered_with(event.kind, form_token, desk)):
            return Entered(known, ())
        altered = annotating.altered_by(event, key=alters, desk=desk)
        event = annotating.as_the_book_says(event, altered)
        _refuse([*checks.against_books(event), *annotating.against_entry(event, altered)])
        entry = _new_entry(event, rule, desk, by)
        entry.form_token, entry.signatory, entry.not_self = form_token, signatory, not_self
        entry.differences = [asdict(one) for one in settled]
        numbering.number(entry, book)
        entry.save(force_insert=True)
        record.done(
            "civil_status.event_registered",
            entry,
            by=by,
            detail={"number": entry.number, "kind": str(event.kind)},
        )
        for one in checked:
            record.done("civil_status.parent_checked", entry, by=by, detail=asdict(one))
        if altered is not None:
            annotating.annotate(altered, event=event, entry=entry, by=by)
            notices.tell_first_office(altered, entry, kind=event.kind, by=by)
        residences = [one.residence for one in event.people.values()]
        notices.tell_residence(entry, residences, kind=event.kind, by=by)
        asks = enumerate(followed.asks(event, entry, rule))
        return Entered(entry, tuple(_put(entry, ask, place) for place, ask in asks))


def note_followed(*, answer: Answer, sent: outbox.Sent) -> None:
    """Population has followed the book; it stands in the audit of the entry."""
    by = system_actor("civil_status", clock.today())
    key = UUID(sent.correlation)
    with personal.writing("civil_status.note_followed", by=by):
        entry: Entry | None = MarriageRegistration.objects.filter(key=key).first()
        entry = entry or OtherRegistration.objects.filter(key=key).first()
        if entry is not None:
            detail = {"message_id": answer.message_id}
            record.done("civil_status.population_followed", entry, by=by, detail=detail)


def tell_again(*, key: UUID, kind: str, by: Actor) -> list[int]:
    """Send again what population has not taken of an event; the same news, never twice."""
    desk = queries.desk_of(by)
    with personal.writing("civil_status.tell_event_again", by=by):
        book = MarriageRegistration if kind == Kind.MARRIAGE else OtherRegistration
        entry = queries.entry(book, key, desk=desk)
        rows = [int(row.pk) for row in outbox.unfinished("civil_status", key)]
        for row in rows:
            if outbox.state_of(row) == "dead":
                outbox.retry(row, by=by)
        record.done("civil_status.event_told_again", entry, by=by)
        return rows


def due_on(rule: KindRule, *, foreign: bool, received_at: datetime, legal_day: date) -> date | None:
    """The day an event must be settled by its rule; None where the calendar is not entered."""
    code = rule.limit_of(foreign=foreign)
    try:
        limit = catalogues.limits().get(code, legal_day)
    except NoSuchLimit:
        return None
    if limit.unit == "same_day":
        return entries.due_on(received_at, legal_day, catalogues.calendar())
    try:
        return limit.last_day(legal_day, catalogues.calendar())
    except CalendarUnknown:
        return None


def _refuse(problems: list[entries.Problem]) -> None:
    if problems:
        raise InvalidEntry(problems=[(problem.field, problem.code) for problem in problems])


def _entered_with(kind: str, form_token: UUID, desk: Desk) -> EventEntry | None:
    if kind == Kind.MARRIAGE:
        return MarriageRegistration.objects.filter(
            form_token=form_token, office=desk.office
        ).first()
    return OtherRegistration.objects.filter(form_token=form_token, office=desk.office).first()


def _new_entry(event: Event, rule: KindRule, desk: Desk, by: Actor) -> EventEntry:
    now = clock.instant()
    common: dict[str, Any] = {
        "key": uuid4(),
        "office": desk.office,
        "custodian": desk.office,
        "level": desk.level,
        "registered_on": by.legal_day,
        "recorded_at": now,
        "registrar": str(by),
        "due_on": due_on(
            rule, foreign=event.has_foreign_element, received_at=now, legal_day=by.legal_day
        ),
        "origin": Origin.LIVE.value,
        "declarant_name": _name(event.declarant.full_name),
        "declarant_paper": names.clean(event.declarant.paper),
        "particulars": {code: event.text(code) for code in event.parts if event.text(code)},
    }
    if event.kind == Kind.MARRIAGE:
        sides = {side: _side(side, event.people[side]) for side in ("wife", "husband")}
        return MarriageRegistration(**common, **sides["wife"], **sides["husband"])
    return _other(event, rule, common)


def _other(event: Event, rule: KindRule, common: dict[str, Any]) -> OtherRegistration:
    subject = event.subject
    name = _name(subject.full_name)
    others = [
        names.folding_key(one.full_name)
        for role, one in event.people.items()
        if role != event.spec.heads
    ]
    return OtherRegistration(
        **common,
        event=event.kind,
        full_name=name,
        name_sort=names.sort_key(name),
        name_fold=names.folding_key(name),
        other_fold=" ".join(others)[:240],
        born_on=subject.born_on,
        personal_id=str(subject.personal_id) if subject.personal_id else None,
        legal_basis=rule.legal_basis[:200],
        people={role: _person(one) for role, one in event.people.items()},
        changes=[asdict(one) for one in event.changes],
    )


def _name(text: str) -> str:
    """As it stands in the book; what came with a decision may name no declarant."""
    return entries.register_name(text) if names.clean(text) else ""


def _side(side: str, person: Person) -> dict[str, Any]:
    name = _name(person.full_name)
    return {
        f"{side}_id": str(person.personal_id) if person.personal_id else None,
        f"{side}_name": name,
        f"{side}_fold": names.folding_key(name),
        f"{side}_born_on": person.born_on,
        f"{side}_ethnicity": names.clean(person.ethnicity),
        f"{side}_nationality": names.clean(person.nationality),
        f"{side}_residence": names.clean(person.residence),
        f"{side}_paper": names.clean(person.paper),
    }


def _person(person: Person) -> dict[str, str]:
    """A person of an event as texts, days as ``2021-08-20``."""
    return {
        "personal_id": str(person.personal_id or ""),
        "name": _name(person.full_name),
        "born_on": person.born_on.isoformat() if person.born_on else "",
        "ethnicity": names.clean(person.ethnicity),
        "nationality": names.clean(person.nationality),
        "residence": names.clean(person.residence),
        "paper": names.clean(person.paper),
    }


def _put(entry: EventEntry, ask: Ask, place: int) -> int:
    row = outbox.put(
        ask,
        key=f"event/{entry.key}/{place}",
        ordering_key=f"event/{entry.key}",
        correlation=str(entry.key),
    )
    return int(row.pk)

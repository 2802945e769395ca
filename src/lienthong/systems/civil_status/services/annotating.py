"""
Noting a later event beside the entry it alters; the entry itself is never overwritten.

The altered entry may lie at another desk: it is found by the people in it, and its desk
is told (Luật Hộ tịch art. 28.3). Where nothing is found, the book it stands in has not
been digitised; the event stands, and what it alters is named in its own words.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.entries import EventKind, Problem
from lienthong.systems.civil_status.domain.events import PARENTAGE, Change, Event
from lienthong.systems.civil_status.models import (
    Annotation,
    BirthRegistration,
    Desk,
    Entry,
)

PARENT_PARTS = ("name", "birth_year", "ethnicity", "nationality", "residence")


def altered_by(event: Event, *, key: UUID | None, desk: Desk) -> Entry | None:
    """
    The entry an event alters: the one the officer opened, else the one its people lead to.

    Raises NoSuchEntry for a key outside this desk's custody.
    """
    if key is not None and event.spec.alters == "birth":
        return queries.entry(BirthRegistration, key, desk=desk)
    if event.spec.alters == "birth":
        return queries.birth_of_person(event.subject)
    if event.spec.alters == "marriage":
        return queries.marriage_of(event.people["wife"], event.people["husband"])
    if event.spec.alters == "guardianship":
        return next(iter(queries.guardianships_in_force(event.subject)), None)
    return None


def as_the_book_says(event: Event, altered: Entry | None) -> Event:
    """The event with what is rewritten filled in from the book, where it was left blank."""
    if altered is None or not event.changes:
        return event
    said = queries.as_amended(altered)
    filled = tuple(replace(one, was=one.was or said.get(one.field, "")) for one in event.changes)
    return replace(event, changes=filled)


def against_entry(event: Event, altered: Entry | None) -> list[Problem]:
    """What is to be rewritten must be what the book says today; the book prevails."""
    if altered is None or not event.spec.changes:
        return []
    said = queries.as_amended(altered)
    found = []
    for place, change in enumerate(event.changes, start=1):
        if change.was != said.get(change.field, ""):
            found.append(Problem(f"change_{place}_was", "not_as_in_book"))
        if event.kind == EventKind.SUPPLEMENT and said.get(change.field):
            found.append(Problem(f"change_{place}_field", "not_blank"))
    return found


def rewritten(event: Event) -> tuple[Change, ...]:
    """What the altered entry says anew because of this event."""
    if event.kind not in PARENTAGE:
        return event.changes
    parent, role = event.people["parent"], event.text("relation")
    values = {
        "name": parent.full_name,
        "birth_year": str(parent.born_on.year) if parent.born_on else "",
        "ethnicity": parent.ethnicity,
        "nationality": parent.nationality,
        "residence": parent.residence,
    }
    return tuple(Change(f"{role}_{part}", "", values[part]) for part in PARENT_PARTS)


def annotate(altered: Entry, *, event: Event, entry: Entry, by: Actor) -> Annotation:
    """Note the event beside the entry it alters, in the caller's transaction."""
    basis = ", ".join(
        filter(None, (event.text("decision"), event.text("decided_on"), event.text("issuer")))
    )
    annotation = Annotation(
        key=uuid4(),
        book=altered.kind.value,
        entry=altered.key,
        office=altered.office,
        event=event.kind,
        by_entry=entry.key,
        by_office=entry.office,
        by_number=entry.number,
        noted_on=by.legal_day,
        recorded_at=clock.instant(),
        noted_by=str(by),
        basis=basis[:300],
        changes=[
            {"field": one.field, "was": one.was, "becomes": one.becomes} for one in rewritten(event)
        ],
    )
    annotation.save(force_insert=True)
    record.done(
        "civil_status.annotated",
        altered,
        by=by,
        detail={"event": str(event.kind), "number": entry.number, "entry": str(entry.key)},
    )
    return annotation

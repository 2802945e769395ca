"""
Changing a person: the lock, the event that says what changed and why, and who is told.

Locks are taken in one order: the counter of a range, the rows of numbers, then persons by
their key, then households. Every function here is called inside ``personal.writing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import LOCKED, Ground, Happening, Standing
from lienthong.systems.population.errors import (
    ChangedMeanwhile,
    NoSuchPersonalId,
    NothingChanged,
    RecordLocked,
)
from lienthong.systems.population.models import ChangeWaiting, Person, PersonEvent
from lienthong.systems.population.services import dci, telling

OWN_BASIS = "Luật Căn cước công dân 59/2014/QH13 Điều 9, 10"


def locked(*numbers: PersonalId) -> list[Person]:
    """
    The persons of these numbers, locked in the order of their keys and given in that asked for.

    Raises NoSuchPersonalId for a number nobody has or that was taken back.
    """
    found = [_found(number) for number in numbers]
    keys = sorted({one.person.pk for one in found})
    rows = {
        row.pk: row for row in Person.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    return [rows[one.person.pk] for one in found]


def _found(number: PersonalId) -> queries.Found:
    found = queries.find(number)
    if found is None or found.is_cancelled:
        raise NoSuchPersonalId
    return found


def check_open(person: Person, ground: Ground) -> None:
    """Only an entry of another register changes a locked record; the book wins (art. 60.2)."""
    if Standing(person.standing) in LOCKED and not ground.registration:
        raise RecordLocked


def check_seen(person: Person, seen: str | None) -> None:
    """Raises ChangedMeanwhile when the newest event is not the one an editor had before them."""
    if seen is not None and seen != queries.newest_event(person):
        raise ChangedMeanwhile


def before(person: Person, ground: Ground, kind: Happening) -> PersonEvent | None:
    """The event this entry of another register has led to already."""
    if not ground.registration:
        return None
    return PersonEvent.objects.filter(
        person=person, registration=ground.registration, kind=kind.value
    ).first()


def change(
    person: Person, changes: Mapping[str, Any], *, kind: Happening, ground: Ground, by: Actor
) -> PersonEvent:
    """Write these columns of a locked person with their event; raises NothingChanged."""
    old = {name: getattr(person, name) for name in changes}
    moved = {name: value for name, value in changes.items() if old[name] != value}
    if not moved:
        raise NothingChanged
    for name, value in moved.items():
        setattr(person, name, value)
    person.save(update_fields=list(moved))
    return happen(
        person, old={name: old[name] for name in moved}, new=moved, kind=kind, ground=ground, by=by
    )


def happen(
    person: Person,
    *,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    kind: Happening,
    ground: Ground,
    by: Actor,
) -> PersonEvent:
    """Add an event of a person and tell those who follow them. Raises BasisMissing."""
    ground.check(by.legal_day)
    event = PersonEvent(
        person=person,
        kind=kind.value,
        changed=sorted(new),
        old=msgspec.to_builtins(dict(old)),
        new=msgspec.to_builtins(dict(new)),
        effective_on=ground.effective_on,
        reason=ground.reason.strip(),
        document=ground.document.strip(),
        basis=ground.basis.strip(),
        registration=ground.registration,
        actor=str(by),
        legal_day=by.legal_day,
        recorded_at=clock.instant(),
    )
    event.save(force_insert=True)
    ChangeWaiting.objects.create(event=event.key, person=person.pk)
    telling.tell(event)
    dci.notify(event)
    return event

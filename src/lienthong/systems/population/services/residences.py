"""
Permanent and temporary residence, and temporary absence, by day (Luật Cư trú 68/2020/QH14).

A person has one permanent residence at a time; registering another ends the one before
on the eve (art. 20-24). A temporary one lies in another commune, for two years at most
(art. 27). Whoever is away says so, with the day they mean to be back (art. 31).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.kernel.units import Level
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain import lives
from lienthong.systems.population.domain.lives import Ground, Happening, ResidenceKind, Stay
from lienthong.systems.population.errors import (
    DatesOutOfOrder,
    NoSuchResidence,
    ResidenceOverlaps,
    SameCommune,
    UnknownCommune,
)
from lienthong.systems.population.models import Origin, Person, Residence
from lienthong.systems.population.services import events
from lienthong.web import catalogues

COLUMN = {
    ResidenceKind.PERMANENT: "residence",
    ResidenceKind.TEMPORARY: "temporary_residence",
    ResidenceKind.ABSENCE: "absence",
}
"""How a change of each kind is called in an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A commune by its code and what stands before it: house, street, hamlet."""

    unit: str
    address: str

    def checked(self, day: date) -> Place:
        """In its stored form; raises UnknownCommune for a code that was none on that day."""
        found = catalogues.units().find(self.unit, day)
        if found is None or found.level is not Level.COMMUNE:
            raise UnknownCommune(day=str(day))
        return Place(unit=self.unit, address=names.clean(self.address))


def register_residence(
    *,
    number: PersonalId,
    kind: ResidenceKind,
    place: Place,
    begins: date,
    ground: Ground,
    by: Actor,
    ends: date | None = None,
    seen: str | None = None,
) -> Residence:
    """
    Enter where a person lives from a day on; a new permanent residence ends the one before.

    Raises UnknownCommune, DatesOutOfOrder, TemporaryTooLong, SameCommune,
    ResidenceOverlaps, and RecordLocked for the dead.
    """
    place = place.checked(begins)
    with personal.writing("population.register_residence", by=by):
        (person,) = events.locked(number)
        events.check_open(person, ground)
        events.check_seen(person, seen)
        stay = Stay(begins, ends)
        lives.check_stay(kind, stay, born_on=person.born_on, today=by.legal_day)
        home = queries.home_of(person)
        if kind is ResidenceKind.PERMANENT:
            _leave_home(home, begins)
        else:
            _check_elsewhere(kind, place, home)
        _check_free(person, kind, stay)
        row = Residence(
            person=person,
            kind=kind.value,
            unit=place.unit,
            address=place.address,
            begins=begins,
            ends=ends,
            document=ground.document,
            origin=Origin.LIVE.value,
            recorded_at=clock.instant(),
        )
        row.save(force_insert=True)
        if kind is ResidenceKind.PERMANENT:
            _repeat(person, place, begins)
        old = _said(kind, home) if kind is ResidenceKind.PERMANENT else {COLUMN[kind]: ""}
        events.happen(
            person, old=old, new=_said(kind, row), kind=Happening.RESIDENCE, ground=ground, by=by
        )
        record.done("population.residence_registered", person, by=by, detail={"kind": kind.value})
        return row


def end_residence(
    *,
    number: PersonalId,
    residence: UUID,
    ends: date,
    ground: Ground,
    by: Actor,
    seen: str | None = None,
) -> Residence:
    """
    Say the last day of a residence, also earlier than was stated.

    A permanent residence is struck off without another one when a person goes abroad or
    has no place any more (art. 24).
    """
    with personal.writing("population.end_residence", by=by):
        (person,) = events.locked(number)
        events.check_seen(person, seen)
        row = Residence.objects.select_for_update().filter(person=person, key=residence).first()
        if row is None or (row.ends is not None and row.ends <= ends):
            raise NoSuchResidence
        if ends > by.legal_day or (row.begins is not None and ends < row.begins):
            raise DatesOutOfOrder
        kind = ResidenceKind(row.kind)
        old = _said(kind, row)
        row.ends = ends
        row.save(update_fields=["ends"])
        if kind is ResidenceKind.PERMANENT:
            _repeat(person, Place(unit="", address=""), ends)
        events.happen(
            person,
            old=old,
            new=_said(kind, None),
            kind=Happening.RESIDENCE,
            ground=ground,
            by=by,
        )
        record.done("population.residence_ended", person, by=by, detail={"kind": kind.value})
        return row


def _leave_home(home: Residence | None, begins: date) -> None:
    if home is None:
        return
    eve = begins - timedelta(days=1)
    if home.begins is not None and home.begins > eve:
        raise DatesOutOfOrder
    home.ends = eve
    home.save(update_fields=["ends"])


def _check_elsewhere(kind: ResidenceKind, place: Place, home: Residence | None) -> None:
    if home is None:
        return
    if home.unit and place.unit == home.unit:
        raise SameCommune(kind=kind.value)


def _check_free(person: Person, kind: ResidenceKind, stay: Stay) -> None:
    rows = Residence.objects.filter(person=person, kind=kind.value)
    if any(stay.overlaps(Stay(row.begins, row.ends)) for row in rows):
        raise ResidenceOverlaps


def _repeat(person: Person, place: Place, day: date) -> None:
    """Keep the permanent residence with the person, for the reads that need no more."""
    person.residence = queries.written_out(place.unit, place.address, day)
    person.residence_unit = place.unit
    person.save(update_fields=["residence", "residence_unit"])


def _said(kind: ResidenceKind, row: Residence | None) -> dict[str, Any]:
    """A residence as an event tells it."""
    text = "" if row is None else queries.written_out(row.unit, row.address, row.begins)
    said: dict[str, Any] = {COLUMN[kind]: text}
    if kind is ResidenceKind.PERMANENT:
        said["residence_unit"] = "" if row is None else row.unit
    return said

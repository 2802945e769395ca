"""Reads of the population database. Personal rows come only through an open door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Left

from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population.domain import SERIALS, Cause, NumberRange, NumberStatus
from lienthong.systems.population.models import (
    LostNumber,
    Origin,
    Person,
    PersonalIdRow,
    SteppedOver,
)

# A number replaced, and its replacement replaced, is rare; a longer chain is a fault in the data.
LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A person with the number in force, and the cancelled one that led there."""

    person: Person
    number: str
    superseded: str = ""
    is_cancelled: bool = False
    """The number was taken back and none replaced it: nobody may use it any more."""


def find(number: PersonalId) -> Found | None:
    """
    The person a number belongs to, following cancelled numbers to their successor.

    Call it inside ``record.personal.opened`` or ``writing``.
    """
    row = PersonalIdRow.objects.select_related("person").filter(number=str(number)).first()
    if row is None:
        return None
    current = row
    for _ in range(LONGEST_CHAIN):
        if current.successor_id is None:
            break
        current = PersonalIdRow.objects.select_related("person").get(number=current.successor_id)
    superseded = row.number if current.number != row.number else ""
    is_cancelled = current.status == NumberStatus.CANCELLED
    return Found(current.person, current.number, superseded, is_cancelled)


def was_given(number: PersonalId) -> bool:
    """Whether this number was ever given, here or after a backup this node went back to."""
    return (
        PersonalIdRow.objects.filter(number=str(number)).exists()
        or LostNumber.objects.filter(number=str(number)).exists()
    )


def every_number() -> Iterator[str]:
    """All numbers this register holds, for a comparison that shows none of them."""
    return PersonalIdRow.objects.values_list("number", flat=True).iterator(chunk_size=10_000)


def ranges_in_use() -> list[str]:
    """The first six digits of all numbers this register holds."""
    digits = PersonalIdRow.objects.annotate(digits=Left("number", 6))
    return list(digits.values_list("digits", flat=True).distinct())


def free_places_on(span: NumberRange, place: int, count: int, key: bytes) -> int:
    """The place after ``count`` further ones of this range whose numbers were not given."""
    if count == 0:
        return place
    given = set(
        PersonalIdRow.objects.filter(number__startswith=span.digits).values_list(
            "number", flat=True
        )
    )
    while count and place < SERIALS:
        count -= str(span.number(place, key=key)) not in given
        place += 1
    return place


def floor() -> int:
    """The place at which a range begins that nobody has used; 0 on a node never restored."""
    return SteppedOver.objects.aggregate(floor=Max("floor"))["floor"] or 0


def number_in_force(person: Person) -> str:
    """The active number of a person, or an empty text."""
    row = PersonalIdRow.objects.filter(person=person, status=NumberStatus.ACTIVE).first()
    return row.number if row else ""


def numbers_of(person: Person) -> QuerySet[PersonalIdRow]:
    """Every number a person has had, oldest first."""
    return PersonalIdRow.objects.filter(person=person).order_by("issued_on", "recorded_at")


def issued_until(day: date) -> QuerySet[PersonalIdRow]:
    """Numbers given on or before a day, cancelled ones too: giving them happened."""
    return PersonalIdRow.objects.filter(issued_on__lte=day)


def in_force_on(day: date) -> QuerySet[PersonalIdRow]:
    """Numbers given by a day and not cancelled by then."""
    return issued_until(day).filter(Q(cancelled_on=None) | Q(cancelled_on__gt=day))


def counted(rows: QuerySet[PersonalIdRow]) -> tuple[int, int]:
    """How many rows, and how many of them came with an import."""
    found = rows.aggregate(every=Count("pk"), imported=Count("pk", filter=Q(origin=Origin.IMPORT)))
    return found["every"], found["imported"]


def issued_at_birth(start: date | None, end: date) -> QuerySet[PersonalIdRow]:
    """Numbers given for birth entries, up to a day or within a window."""
    rows = issued_until(end).filter(cause=Cause.BIRTH)
    return rows if start is None else rows.filter(issued_on__gte=start)

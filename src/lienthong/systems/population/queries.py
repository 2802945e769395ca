"""Reads of the population database. Personal rows come only through an open door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Left

from lienthong.kernel import names
from lienthong.kernel.identifiers import BadPersonalId, PersonalId, Sex, StructureWarning
from lienthong.systems.population.domain import dci
from lienthong.systems.population.domain.ids import SERIALS, Cause, NumberRange, NumberStatus
from lienthong.systems.population.domain.lives import ResidenceKind
from lienthong.systems.population.models import (
    Household,
    HouseholdMember,
    LostNumber,
    Origin,
    Person,
    PersonalIdRow,
    PersonEvent,
    Residence,
    SteppedOver,
)
from lienthong.web import catalogues

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


# -- lives ---------------------------------------------------------------------------------


def newest_event(person: Person) -> str:
    """The key of what happened last, by which an editor knows that nothing happened since."""
    row = PersonEvent.objects.filter(person=person).order_by("-recorded_at", "-key").first()
    return str(row.key) if row else ""


def events_of(person: Person) -> QuerySet[PersonEvent]:
    """All that happened to a person since the register keeps events, newest first."""
    return PersonEvent.objects.filter(person=person).order_by(
        "-effective_on", "-recorded_at", "-key"
    )


def particulars_on(person: Person, day: date) -> dict[str, Any]:
    """
    What was so on a day: the columns of the person with every later change taken back.

    Dates stand as ISO text where a change wrote them. Before the first event the register
    knows nothing else, so its oldest particulars hold for all days before.
    """
    found = {field.name: getattr(person, field.attname) for field in person._meta.concrete_fields}
    for event in events_of(person).filter(effective_on__gt=day):
        found.update({name: value for name, value in event.old.items() if name in found})
    return found


def home_of(person: Person, on: date | None = None) -> Residence | None:
    """The permanent residence in force, or that of a day."""
    rows = Residence.objects.filter(person=person, kind=ResidenceKind.PERMANENT)
    if on is None:
        return rows.filter(ends=None).first()
    return _covering(rows, on).first()


def residences_of(person: Person, on: date | None = None) -> QuerySet[Residence]:
    """Every residence of a person, newest first, or those of a day."""
    rows = Residence.objects.filter(person=person)
    if on is not None:
        rows = _covering(rows, on)
    return rows.order_by("-begins", "-recorded_at")


def membership_of(person: Person, on: date | None = None) -> HouseholdMember | None:
    """The household a person is in, with their place in it."""
    rows = HouseholdMember.objects.filter(person=person).select_related("household")
    return (rows.filter(ends=None) if on is None else _covering(rows, on)).first()


def memberships_of(person: Person) -> QuerySet[HouseholdMember]:
    rows = HouseholdMember.objects.filter(person=person)
    return rows.select_related("household").order_by("-begins", "-recorded_at")


def members_of(household: Household, on: date | None = None) -> QuerySet[HouseholdMember]:
    """Who is in a household, the head first."""
    rows = HouseholdMember.objects.filter(household=household).select_related("person")
    rows = rows.filter(ends=None) if on is None else _covering(rows, on)
    return rows.order_by("begins", "recorded_at")


def children_of(person: Person) -> QuerySet[Person]:
    """Those who name this person as mother or father, by any number the person has had."""
    held = list(numbers_of(person).values_list("number", flat=True))
    rows = Person.objects.filter(Q(mother__in=held) | Q(father__in=held))
    return rows.order_by("born_on", "name_sort")


def formerly_using(number: PersonalId) -> QuerySet[PersonalIdRow]:
    """Who used this number before they were given one of their own."""
    return PersonalIdRow.objects.filter(formerly=str(number)).select_related("person")


def warnings_of(person: Person, number: str) -> tuple[StructureWarning, ...]:
    """Where a number contradicts its person; repaired by re-establishing, never refused."""
    return PersonalId(number).structure_warnings(Sex(person.sex), person.born_on)


def search(*, name: str = "", born_on: date | None = None, most: int = 50) -> list[Found]:
    """
    Persons whose name begins like this without marks, or who were born on a day, or both.

    At most so many, in the order of names. A search that finds more says so by its length.
    """
    rows = Person.objects.all()
    if name:
        rows = rows.filter(name_fold__startswith=names.folding_key(name))
    if born_on is not None:
        rows = rows.filter(born_on=born_on)
    people = list(rows.order_by("name_sort", "born_on")[:most])
    in_force = PersonalIdRow.objects.filter(person__in=people, status=NumberStatus.ACTIVE)
    held = {row.person_id: row.number for row in in_force}
    return [Found(person, held.get(person.pk, "")) for person in people]


def dci_found(query: dci.Query) -> tuple[list[Found], int]:
    """The page of people a DCI query asks for, and how many there are up to one over the most."""
    rows = Person.objects.all()
    if query.identifier is not None:
        one = _identified(*query.identifier)
        return ([one], 1) if one else ([], 0)
    assert query.group is not None
    rows = rows.filter(_where(query.group))
    total = rows.order_by()[: dci.MOST_FOUND + 1].count()
    order = [f"-{column}" if down else column for column, down in query.sort]
    start = (query.page_number - 1) * query.page_size
    people = list(rows.order_by(*order, "name_sort", "pk")[start : start + query.page_size])
    in_force = PersonalIdRow.objects.filter(person__in=people, status=NumberStatus.ACTIVE)
    held = {row.person_id: row.number for row in in_force}
    return [Found(person, held.get(person.pk, "")) for person in people], total


def _identified(kind: str, value: str) -> Found | None:
    if kind in dci.ENTRIES:
        row = PersonalIdRow.objects.filter(registration=value).first()
        value = row.number if row else ""
    try:
        one = find(PersonalId.parse(value))
    except BadPersonalId:
        return None
    return None if one is None or one.is_cancelled else one


def _where(group: dci.Group) -> Q:
    found = Q()
    for part in group.parts:
        one = _where(part) if isinstance(part, dci.Group) else _holds(part)
        found = found & one if group.every else found | one
    return found


def _holds(part: dci.Condition) -> Q:
    if part.column == "name":
        wanted = part.value if part.operator == "in" else [part.value]
        folded = Q()
        for name in wanted:
            folded |= Q(name_fold__startswith=names.folding_key(name))
        return folded
    lookups = {"gt": "gt", "lt": "lt", "eq": "exact", "ge": "gte", "le": "lte", "in": "in"}
    return Q(**{f"{part.column}__{lookups[part.operator]}": part.value})


def written_out(unit: str, address: str, on: date | None = None) -> str:
    """An address with its commune and what lies above, unless it says them already."""
    table = catalogues.units()
    known = table.history(unit)
    if not known:
        return address
    day = on or (known[-1].valid_to or known[-1].valid_from)
    if table.find(unit, day) is None:
        return address
    path = table.path(unit, day)
    if names.folding_key(path.split(",")[0]) in names.folding_key(address):
        return address
    return f"{address}, {path}" if address else path


def _covering(rows: QuerySet[Any], day: date) -> QuerySet[Any]:
    begun = Q(begins=None) | Q(begins__lte=day)
    return rows.filter(begun, Q(ends=None) | Q(ends__gte=day))

"""Reads of the register. Personal rows come only through an open door."""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.domain.entries import DeathState, DeskLevel, IdState, Kind
from lienthong.systems.civil_status.errors import NoDesk, NoSuchEntry
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    DeathRegistration,
    Desk,
    DeskUser,
    Entry,
    MarriageRegistration,
    Origin,
    OtherRegistration,
)

E = TypeVar("E", bound=Entry)
BOOKS: dict[Kind, type[Entry]] = {
    Kind.BIRTH: BirthRegistration,
    Kind.MARRIAGE: MarriageRegistration,
    Kind.DEATH: DeathRegistration,
    Kind.OTHER: OtherRegistration,
}
# How each book is searched by name; a marriage is found under either side.
NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.BIRTH: ("name_fold",),
    Kind.MARRIAGE: ("wife_fold", "husband_fold"),
    Kind.DEATH: ("name_fold",),
    Kind.OTHER: ("name_fold",),
}


def desk_of(actor: Actor) -> Desk:
    """The desk whose books this actor keeps. Raises NoDesk for any other office."""
    desks = Desk.objects.filter(Q(closed_on=None) | Q(closed_on__gt=actor.legal_day))
    desk = desks.filter(office=actor.office).first()
    if desk is None:
        raise NoDesk(office=actor.office)
    return desk


def entry(
    book: type[E], key: UUID, *, desk: Desk, only: tuple[str, ...] = (), lock: bool = False
) -> E:
    """
    An entry in this desk's custody; a neighbour's is as if it did not exist.

    ``only`` names the columns to read, for pages that need nothing personal;
    ``lock`` keeps others from changing it until the transaction ends.
    """
    rows = book._default_manager.filter(key=key, custodian=desk.office)
    if lock:
        rows = rows.select_for_update()
    found = (rows.only(*only) if only else rows).first()
    if found is None:
        raise NoSuchEntry
    return found


def births_awaiting_id(*, desk: Desk | None = None) -> QuerySet[BirthRegistration]:
    """Births in the book whose number has not come yet."""
    waiting = BirthRegistration.objects.filter(id_state=IdState.WAITING, withdrawn_on=None)
    return waiting if desk is None else waiting.filter(custodian=desk.office)


def births_in_hand(*, desk: Desk) -> QuerySet[BirthRegistration]:
    """What the desk still has to do with births: wait for a number, or print and sign."""
    rows = BirthRegistration.objects.filter(custodian=desk.office, withdrawn_on=None)
    return rows.filter(
        Q(id_state=IdState.WAITING) | Q(origin=Origin.LIVE, printed_on=None)
    ).order_by("due_on", "recorded_at")


def deaths_in_hand(*, desk: Desk) -> QuerySet[DeathRegistration]:
    """Deaths that population has not locked yet, or whose extract is not printed."""
    rows = DeathRegistration.objects.filter(custodian=desk.office, withdrawn_on=None)
    return rows.filter(
        Q(state=DeathState.WAITING) | Q(origin=Origin.LIVE, printed_on=None)
    ).order_by("due_on", "recorded_at")


def same_birth(
    *, name: str, born_on: date, mother_id: str, mother_name: str
) -> BirthRegistration | None:
    """
    Another entry that looks like this birth: same name without marks, same day, same mother.

    With both mothers unknown the name and day alone decide.
    """
    rows = BirthRegistration.objects.filter(
        born_on=born_on, name_fold=names.folding_key(name), withdrawn_on=None
    )
    mother = Q(mother_fold=names.folding_key(mother_name))
    if mother_id:
        mother |= Q(mother_id=mother_id)
    return rows.filter(mother).first()


def same_death(*, personal_id: str | None, name: str, died_on: date) -> DeathRegistration | None:
    """Another entry of the same death: by number, or by name without marks and day."""
    same = Q(died_on=died_on, name_fold=names.folding_key(name))
    if personal_id:
        # Two people of one name may die on one day; two different numbers tell them apart.
        same = Q(personal_id=personal_id) | (same & Q(personal_id=None))
    return DeathRegistration.objects.filter(same, withdrawn_on=None).first()


def birth_of(personal_id: str) -> BirthRegistration | None:
    """The entry of a person, also by the number that replaced the one entered."""
    return BirthRegistration.objects.filter(
        Q(personal_id=personal_id) | Q(id_successor=personal_id)
    ).first()


def search(
    book: type[E],
    *,
    desk: Desk,
    text: str = "",
    start: date | None = None,
    end: date | None = None,
) -> QuerySet[E]:
    """
    Entries of a desk by name (tones optional), number (``118/2021`` or a personal ID), day.

    Newest first; an empty text lists the days alone.
    """
    rows = book._default_manager.filter(custodian=desk.office)
    if start is not None:
        rows = rows.filter(registered_on__gte=start)
    if end is not None:
        rows = rows.filter(registered_on__lte=end)
    if wanted := names.clean(text):
        rows = rows.filter(_matching(book.kind, wanted))
    return rows.order_by("-registered_on", "-entry_year", "-entry_no")


def _matching(kind: Kind, text: str) -> Q:
    number, slash, year = text.partition("/")
    if number.isdecimal() and year.isdecimal() and slash:
        return Q(entry_no=int(number), entry_year=int(year))
    digits = text.replace(" ", "")
    if digits.isdecimal() and len(digits) == 12 and kind in (Kind.BIRTH, Kind.DEATH):
        return Q(personal_id=digits)
    if digits.isdecimal() and len(digits) < 8:
        return Q(entry_no=int(digits))
    folded = names.folding_key(text)
    found = Q()
    for column in NAMES[kind]:
        found |= Q(**{f"{column}__contains": folded})
    return found


# What the figures count.


def counted(rows: QuerySet[E]) -> tuple[int, int]:
    """How many rows, and how many of them came with an import."""
    found = rows.aggregate(every=Count("pk"), imported=Count("pk", filter=Q(origin=Origin.IMPORT)))
    return found["every"], found["imported"]


def entered_until(book: type[E], day: date) -> QuerySet[E]:
    """Entries registered by a day and not withdrawn by then."""
    rows = book._default_manager.filter(registered_on__lte=day)
    return rows.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=day))


def desks_on(level: DeskLevel, day: date) -> QuerySet[Desk]:
    """Desks of a level at work on a day."""
    rows = Desk.objects.filter(level=level, opened_on__lte=day)
    return rows.filter(Q(closed_on=None) | Q(closed_on__gt=day))


def users_on(day: date) -> QuerySet[DeskUser]:
    """Accesses to the register in force on a day."""
    rows = DeskUser.objects.filter(valid_from__lte=day)
    return rows.filter(Q(valid_to=None) | Q(valid_to__gte=day))

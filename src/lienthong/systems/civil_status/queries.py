"""Reads of the register. Personal rows come only through an open door."""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.civil_status.domain.entries import (
    DeathState,
    DeskLevel,
    EventKind,
    IdState,
    Kind,
)
from lienthong.systems.civil_status.domain.events import CHANGED_FIELDS, Person
from lienthong.systems.civil_status.domain.kinds import KindRule, RuleBook
from lienthong.systems.civil_status.errors import NoDesk, NoSuchEntry
from lienthong.systems.civil_status.models import (
    Annotation,
    BirthRegistration,
    DeathRegistration,
    Desk,
    DeskUser,
    EnteredRule,
    Entry,
    MarriageRegistration,
    Notice,
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
    Kind.OTHER: ("name_fold", "other_fold"),
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


def rule_book() -> RuleBook:
    """The rules of all kinds: what an administrator entered, then what is shipped."""
    rows = EnteredRule.objects.filter(withdrawn_on=None).order_by("-valid_from", "-pk")
    return RuleBook(
        KindRule(
            kind=row.kind,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            domestic=tuple(row.domestic.split()),
            foreign=tuple(row.foreign.split()),
            grown=tuple(row.grown.split()),
            limit=row.limit,
            limit_foreign=row.limit_foreign,
            legal_basis=row.legal_basis,
            series=row.series,
            declarant=row.declarant,
            youngest_woman=row.youngest_woman,
            youngest_man=row.youngest_man,
            doubt=row.doubt,
        )
        for row in rows
    )


def marriages_to_print(*, desk: Desk) -> QuerySet[MarriageRegistration]:
    """Marriages entered here whose certificate is not printed yet."""
    rows = MarriageRegistration.objects.filter(custodian=desk.office, withdrawn_on=None)
    return rows.filter(origin=Origin.LIVE, printed_on=None).order_by("due_on", "recorded_at")


def events_to_print(*, desk: Desk) -> QuerySet[OtherRegistration]:
    """Other events entered here whose extract is not printed yet."""
    rows = OtherRegistration.objects.filter(custodian=desk.office, withdrawn_on=None)
    return rows.filter(origin=Origin.LIVE, printed_on=None).order_by("due_on", "recorded_at")


def unseen_notices(*, desk: Desk) -> QuerySet[Notice]:
    """What other desks have told this one and nobody here has read."""
    return Notice.objects.filter(to_office=desk.office, seen_on=None).order_by("sent_on", "key")


def annotations_of(entry: Entry) -> QuerySet[Annotation]:
    """What was noted beside an entry, in the order it was noted."""
    rows = Annotation.objects.filter(entry=entry.key, office=entry.office, withdrawn_on=None)
    return rows.order_by("noted_on", "recorded_at")


def death_of(person: Person) -> DeathRegistration | None:
    """The death of a person in the books: by number, or by name and day of birth."""
    same = _told_apart(person, "personal_id", "name_fold", "born_on")
    return DeathRegistration.objects.filter(same, withdrawn_on=None).first()


def marriages_in_force(person: Person) -> list[MarriageRegistration]:
    """
    Marriages of a person in the books that neither a decision nor a death has ended.

    By number, or by name and day of birth; an entry older than the numbers has none.
    """
    found = []
    for side, other in (("wife", "husband"), ("husband", "wife")):
        same = _told_apart(person, f"{side}_id", f"{side}_fold", f"{side}_born_on")
        for marriage in MarriageRegistration.objects.filter(same, withdrawn_on=None):
            ended = Annotation.objects.filter(
                entry=marriage.key,
                office=marriage.office,
                event__in=(EventKind.DIVORCE, EventKind.ANNULMENT),
                withdrawn_on=None,
            ).exists()
            if not ended and death_of(spouse(marriage, other)) is None:
                found.append(marriage)
    return found


def spouse(marriage: MarriageRegistration, side: str) -> Person:
    """The wife or the husband of an entry, as a person of the rules."""
    number = getattr(marriage, f"{side}_id")
    return Person(
        full_name=getattr(marriage, f"{side}_name"),
        born_on=getattr(marriage, f"{side}_born_on"),
        ethnicity=getattr(marriage, f"{side}_ethnicity"),
        nationality=getattr(marriage, f"{side}_nationality"),
        residence=getattr(marriage, f"{side}_residence"),
        paper=getattr(marriage, f"{side}_paper"),
        personal_id=PersonalId(number) if number else None,
    )


def marriage_of(wife: Person, husband: Person) -> MarriageRegistration | None:
    """The entry of a marriage between these two, whatever became of it; the newest first."""
    both = _told_apart(wife, "wife_id", "wife_fold", "wife_born_on") & _told_apart(
        husband, "husband_id", "husband_fold", "husband_born_on"
    )
    rows = MarriageRegistration.objects.filter(both, withdrawn_on=None)
    return rows.order_by("-registered_on").first()


def birth_of_person(person: Person) -> BirthRegistration | None:
    """The birth entry of a person: by number, else the only one of that name and day."""
    if person.personal_id and (found := birth_of(str(person.personal_id))):
        return found
    if person.born_on is None:
        return None
    rows = BirthRegistration.objects.filter(
        born_on=person.born_on,
        name_fold=names.folding_key(person.full_name),
        withdrawn_on=None,
    )
    if person.personal_id:
        rows = rows.filter(personal_id=None)
    same = [row for row in rows[:20] if _one_name(row.child_name, person.full_name)]
    return same[0] if len(same) == 1 else None


def guardianships_in_force(ward: Person) -> list[OtherRegistration]:
    """Guardianships over a person that have not ended."""
    same = _told_apart(ward, "personal_id", "name_fold", "born_on")
    rows = OtherRegistration.objects.filter(same, event=EventKind.GUARDIANSHIP, withdrawn_on=None)
    ended = Annotation.objects.filter(event=EventKind.GUARDIANSHIP_END, withdrawn_on=None)
    return [row for row in rows if not ended.filter(entry=row.key, office=row.office).exists()]


def was_married(person: Person) -> bool:
    """Whether any marriage of this person stands in the books, ended or not."""
    return any(
        MarriageRegistration.objects.filter(
            _told_apart(person, f"{side}_id", f"{side}_fold", f"{side}_born_on"),
            withdrawn_on=None,
        ).exists()
        for side in ("wife", "husband")
    )


def as_amended(entry: Entry) -> dict[str, str]:
    """
    What an entry says today: its own words, read through what was noted beside it.

    Texts by column, days as ``20/08/2021``; only the columns annotations may rewrite.
    """
    said = {column: _text(getattr(entry, column, "")) for column in CHANGED_FIELDS}
    for annotation in annotations_of(entry):
        for change in annotation.changes:
            said[change["field"]] = change["becomes"]
    return said


def _told_apart(person: Person, number: str, fold: str, born_on: str) -> Q:
    """
    Rows of one person: by number where both have one, else by name without marks and birth.

    Two different numbers tell two people of one name and birthday apart.
    """
    same = Q(**{fold: names.folding_key(person.full_name), born_on: person.born_on})
    if person.born_on is None:
        same = Q(pk__in=())
    if person.personal_id is None:
        return same
    return Q(**{number: str(person.personal_id)}) | (same & Q(**{number: None}))


def _text(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)


def _one_name(left: str, right: str) -> bool:
    return names.tone_key(left) == names.tone_key(right)


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

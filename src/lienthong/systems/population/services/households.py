"""
Households: founded by a head, joined and left by day, handed from head to head.

Luật Cư trú 68/2020/QH14 art. 10: each household has a head, and each person is in one
household at most. A household ends when its last member leaves.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import Ground, Happening, Relation
from lienthong.systems.population.errors import (
    DatesOutOfOrder,
    HeadLeaves,
    InAnotherHousehold,
    NoSuchHousehold,
    NotAMember,
)
from lienthong.systems.population.models import Household, HouseholdMember, Person
from lienthong.systems.population.services import events
from lienthong.systems.population.services.residences import Place


def found_household(
    *, head: PersonalId, place: Place, on: date, ground: Ground, by: Actor, seen: str | None = None
) -> Household:
    """Open a household with its first member, who is its head."""
    place = place.checked(on)
    with personal.writing("population.found_household", by=by):
        (person,) = events.locked(head)
        events.check_open(person, ground)
        events.check_seen(person, seen)
        _check_day(person, on, by)
        household = Household(
            code=_code(place.unit),
            unit=place.unit,
            address=place.address,
            head=person,
            opened_on=on,
            recorded_at=clock.instant(),
        )
        household.save(force_insert=True)
        _enter(household, person, Relation.HEAD, on, ground, by)
        record.done("population.household_founded", household, by=by)
        return household


def join_household(
    *,
    household: UUID,
    number: PersonalId,
    relation: Relation,
    on: date,
    ground: Ground,
    by: Actor,
    seen: str | None = None,
) -> HouseholdMember:
    """Take a person into a household; they leave another one first."""
    with personal.writing("population.join_household", by=by):
        (person,) = events.locked(number)
        events.check_open(person, ground)
        events.check_seen(person, seen)
        _check_day(person, on, by)
        held = _open(household)
        if relation is Relation.HEAD:
            raise HeadLeaves
        if on < held.opened_on:
            raise DatesOutOfOrder
        row = _enter(held, person, relation, on, ground, by)
        record.done("population.household_joined", held, by=by)
        return row


def leave_household(
    *, number: PersonalId, on: date, ground: Ground, by: Actor, seen: str | None = None
) -> Household:
    """
    A person's last day in their household; the last member closes it.

    Raises HeadLeaves while others stay: `hand_over` says first who is head. Also the
    dead leave, so a locked record takes this.
    """
    with personal.writing("population.leave_household", by=by):
        (person,) = events.locked(number)
        events.check_seen(person, seen)
        member = queries.membership_of(person)
        if member is None:
            raise NotAMember
        if on > by.legal_day or on < member.begins:
            raise DatesOutOfOrder
        held = _open(member.household_id)
        others = queries.members_of(held).exclude(person=person).exists()
        if held.head_id == person.pk and others:
            raise HeadLeaves
        member.ends = on
        member.save(update_fields=["ends"])
        if not others:
            held.closed_on, held.head = on, None
            held.save(update_fields=["closed_on", "head"])
        old = _said(held, Relation(member.relation))
        _tell(person, old, _said(None, None), ground, by)
        record.done("population.household_left", held, by=by)
        return held


def hand_over(
    *,
    household: UUID,
    to: PersonalId,
    former: Relation,
    on: date,
    ground: Ground,
    by: Actor,
) -> Household:
    """Another member is head from a day on; ``former`` is what the one before is to them."""
    with personal.writing("population.hand_over", by=by):
        found = Household.objects.filter(key=household, closed_on=None).first()
        if found is None or found.head_id is None:
            raise NoSuchHousehold
        before, after = _locked_pair(found.head_id, to)
        held = _open(household)
        if former is Relation.HEAD or held.head_id != before.pk or before.pk == after.pk:
            raise HeadLeaves
        roles = {before.pk: (Relation.HEAD, former), after.pk: (None, Relation.HEAD)}
        for person in (before, after):
            row = queries.membership_of(person)
            if row is None or row.household_id != held.pk:
                raise NotAMember
            if on > by.legal_day or on <= row.begins:
                raise DatesOutOfOrder
            was = Relation(row.relation)
            row.ends = on - timedelta(days=1)
            row.save(update_fields=["ends"])
            becomes = roles[person.pk][1]
            _member(held, person, becomes, on).save(force_insert=True)
            _tell(person, _said(held, was), _said(held, becomes), ground, by)
        held.head = after
        held.save(update_fields=["head"])
        record.done("population.household_handed_over", held, by=by)
        return held


def household_of(number: PersonalId | None, *, by: Actor) -> UUID:
    """The open household somebody lives in, by which an officer names it."""
    if number is None:
        raise NoSuchHousehold
    with personal.writing("population.household_of", by=by):
        found = queries.find(number)
        member = queries.membership_of(found.person) if found else None
        if member is None:
            raise NoSuchHousehold
        return member.household.key


def _locked_pair(before: Any, to: PersonalId) -> tuple[Person, Person]:
    after = queries.find(to)
    if after is None or after.is_cancelled:
        raise NotAMember
    keys = {before, after.person.pk}
    rows = Person.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    held = {row.pk: row for row in rows}
    return held[before], held[after.person.pk]


def _check_day(person: Person, on: date, by: Actor) -> None:
    if on > by.legal_day or on.year < person.born_on.year:
        raise DatesOutOfOrder
    taken = HouseholdMember.objects.filter(person=person)
    if any(row.ends is None or row.ends >= on for row in taken):
        raise InAnotherHousehold


def _open(key: Any) -> Household:
    held = Household.objects.select_for_update().filter(key=key, closed_on=None).first()
    if held is None:
        raise NoSuchHousehold
    return held


def _enter(
    household: Household, person: Person, relation: Relation, on: date, ground: Ground, by: Actor
) -> HouseholdMember:
    row = _member(household, person, relation, on)
    row.save(force_insert=True)
    _tell(person, _said(None, None), _said(household, relation), ground, by)
    return row


def _member(household: Household, person: Person, relation: Relation, on: date) -> HouseholdMember:
    return HouseholdMember(
        person=person,
        household=household,
        relation=relation.value,
        begins=on,
        recorded_at=clock.instant(),
    )


def _tell(
    person: Person, old: dict[str, str], new: dict[str, str], ground: Ground, by: Actor
) -> None:
    events.happen(person, old=old, new=new, kind=Happening.HOUSEHOLD, ground=ground, by=by)


def _said(household: Household | None, relation: Relation | None) -> dict[str, str]:
    return {
        "household": household.code if household else "",
        "household_relation": relation.value if relation else "",
    }


def _code(unit: str) -> str:
    """
    A code for a household: its commune and nine digits that tell nothing.

    No form of the national household code was found published, so this one is ours.
    """
    return f"{unit}{secrets.randbelow(10**9):09d}"

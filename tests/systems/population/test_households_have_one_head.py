"""A household has a head on each of its days, and each person is in one at most."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import Relation
from lienthong.systems.population.errors import (
    DatesOutOfOrder,
    HeadLeaves,
    InAnotherHousehold,
    NoSuchHousehold,
    NotAMember,
)
from lienthong.systems.population.models import Household
from lienthong.systems.population.services import households
from systems.population import lives

SPRING, SUMMER = date(2021, 3, 1), date(2021, 7, 1)


def leave(number: str, by: Actor, on: date) -> Household:
    return households.leave_household(
        number=PersonalId(number), on=on, ground=lives.ground(on), by=by
    )


def roll(household: Household, by: Actor, on: date) -> dict[str, str]:
    """Members by number with what each was to the head on a day."""
    with personal.bulk("test", actor=by):
        return {
            queries.number_in_force(row.person): row.relation
            for row in queries.members_of(household, on)
        }


def test_a_household_hands_over_from_head_to_head(civil_status: Actor) -> None:
    father = lives.grown(civil_status, "father", year=1960)
    son = lives.grown(civil_status, "son")
    home = lives.founded(father, civil_status, SPRING)
    lives.joined(home, son, Relation.CHILD, civil_status, SPRING)
    with pytest.raises(HeadLeaves):
        leave(father, civil_status, SUMMER)
    households.hand_over(
        household=home.key, to=PersonalId(son), former=Relation.PARENT, on=SUMMER,
        ground=lives.ground(SUMMER), by=civil_status,
    )  # fmt: skip
    eve = SUMMER - timedelta(days=1)
    assert roll(home, civil_status, eve) == {father: "head", son: "child"}
    assert roll(home, civil_status, SUMMER) == {father: "parent", son: "head"}


def test_nobody_is_in_two_households(civil_status: Actor) -> None:
    first, second = lives.grown(civil_status, "a"), lives.grown(civil_status, "b")
    lives.founded(first, civil_status, SPRING)
    home = lives.founded(second, civil_status, SPRING)
    with pytest.raises(InAnotherHousehold):
        lives.joined(home, first, Relation.SIBLING, civil_status, SUMMER)
    leave(first, civil_status, SUMMER)
    with pytest.raises(InAnotherHousehold):
        lives.joined(home, first, Relation.SIBLING, civil_status, SUMMER)
    lives.joined(home, first, Relation.SIBLING, civil_status, SUMMER + timedelta(days=1))


def test_the_last_one_closes_the_household(civil_status: Actor) -> None:
    wife = lives.grown(civil_status, "wife", sex=Sex.FEMALE)
    home = lives.founded(wife, civil_status, SPRING)
    left = leave(wife, civil_status, SUMMER)
    assert left.closed_on == SUMMER
    with pytest.raises(NoSuchHousehold):
        lives.joined(home, lives.grown(civil_status, "b"), Relation.OTHER, civil_status, SUMMER)
    with pytest.raises(NotAMember):
        leave(wife, civil_status, SUMMER)


def test_nobody_joins_before_it_was_founded_or_becomes_a_second_head(civil_status: Actor) -> None:
    home = lives.founded(lives.grown(civil_status, "a"), civil_status, SUMMER)
    other = lives.grown(civil_status, "b")
    with pytest.raises(DatesOutOfOrder):
        lives.joined(home, other, Relation.SIBLING, civil_status, SPRING)
    with pytest.raises(HeadLeaves):
        lives.joined(home, other, Relation.HEAD, civil_status, SUMMER)


def test_only_a_member_becomes_head(civil_status: Actor) -> None:
    home = lives.founded(lives.grown(civil_status, "a"), civil_status, SPRING)
    stranger = lives.grown(civil_status, "b")
    with pytest.raises(NotAMember):
        households.hand_over(
            household=home.key, to=PersonalId(stranger), former=Relation.OTHER, on=SUMMER,
            ground=lives.ground(SUMMER), by=civil_status,
        )  # fmt: skip

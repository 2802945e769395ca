"""What keeps a death out of the book."""

from __future__ import annotations

from datetime import date

import pytest

import cast
from lienthong.systems.civil_status.domain.entries import Death
from systems.civil_status import declarations
from unit.systems.civil_status.test_birth_rules import LIMITS


def problems(death: Death) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in death.problems(cast.LEGAL_DAY)}


def test_the_death_of_the_story_has_no_problem() -> None:
    assert problems(declarations.death()) == set()


def test_a_death_in_the_future_is_a_problem() -> None:
    assert problems(declarations.death(died_on=date(2021, 8, 21))) == {("died_on", "in_future")}


def test_nobody_dies_before_birth() -> None:
    death = declarations.death(born_on=date(2021, 8, 20))

    assert problems(death) == {("died_on", "before_birth")}


def test_a_birth_year_alone_is_enough() -> None:
    assert problems(declarations.death(born_on=None, birth_year=1944)) == set()
    assert problems(declarations.death(born_on=None)) == {("born_on", "missing")}


def test_place_and_notice_are_asked_for() -> None:
    death = declarations.death(place=" ", notice="")

    assert problems(death) == {("place", "missing"), ("notice", "missing")}


@pytest.mark.parametrize(("died_on", "late"), [(date(2021, 8, 5), False), (date(2021, 8, 4), True)])
def test_after_fifteen_days_a_death_is_marked_late(died_on: date, late: bool) -> None:
    assert declarations.death(died_on=died_on).is_late(LIMITS) is late

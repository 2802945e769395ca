"""What keeps a birth out of the book, what is only marked, and who may enter it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import cast
from lienthong.kernel.identifiers import PersonalId
from lienthong.kernel.limits import LimitTable, LimitUnit, TimeLimit
from lienthong.kernel.working_days import CalendarDay, WorkingCalendar
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Birth, Problem
from lienthong.systems.civil_status.domain.kinds import RuleBook
from lienthong.systems.civil_status.errors import NotCompetent
from systems.civil_status import declarations

TODAY = cast.LEGAL_DAY
LIMITS = LimitTable.of(
    [
        TimeLimit(code, code, days, LimitUnit.CALENDAR_DAYS, date(2016, 1, 1), None, "Luật Hộ tịch")
        for code, days in (("birth.declare", 60), ("death.declare", 15))
    ]
)
CALENDAR = WorkingCalendar(
    [
        CalendarDay(date(2021, 9, 2), False, "Quốc khánh", "BLLĐ Điều 112"),
        CalendarDay(date(2021, 9, 3), False, "Quốc khánh", "BLLĐ Điều 112"),
    ]
)


def problems(birth: Birth) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in birth.problems(TODAY)}


def test_the_birth_of_the_story_has_no_problem() -> None:
    assert declarations.birth().problems(TODAY) == ()


@pytest.mark.parametrize(
    ("born_on", "late"),
    [(date(2021, 6, 21), False), (date(2021, 6, 20), True), (date(2020, 8, 20), True)],
)
def test_after_sixty_days_a_birth_is_marked_late(born_on: date, late: bool) -> None:
    birth = declarations.birth(child=declarations.child(born_on=born_on))

    assert birth.is_late(LIMITS) is late
    assert (Problem("born_on", "late") in birth.warnings(LIMITS)) is late


def test_late_is_never_a_problem() -> None:
    birth = declarations.birth(child=declarations.child(born_on=date(2019, 1, 1)))

    assert birth.problems(TODAY) == ()


def test_a_birth_in_the_future_is_a_problem() -> None:
    birth = declarations.birth(child=declarations.child(born_on=date(2021, 8, 21)))

    assert problems(birth) == {("born_on", "in_future")}


@pytest.mark.parametrize("name", ["", "   ", "\u200b"])
def test_a_child_without_a_name_is_a_problem(name: str) -> None:
    birth = declarations.birth(child=declarations.child(full_name=name))

    assert problems(birth) == {("child_name", "missing")}


def test_a_name_with_digits_is_a_problem() -> None:
    birth = declarations.birth(child=declarations.child(full_name="Trần Văn 2"))

    assert problems(birth) == {("child_name", "bad_name")}


def test_names_enter_the_book_in_capitals_composed_and_with_a_real_dj() -> None:
    typed = unicodedata.normalize("NFD", "Trần Nguyễn Gia Ðức")

    assert entries.register_name(typed) == "TRẦN NGUYỄN GIA ĐỨC"


@pytest.mark.parametrize("year", [2021, 2025, 2010])
def test_a_parent_is_older_than_the_child(year: int) -> None:
    birth = declarations.birth(mother=declarations.mother(birth_year=year))

    assert problems(birth) == {("mother_birth_year", "not_older_than_child")}


def test_a_mother_who_died_before_the_birth_is_a_problem() -> None:
    birth = declarations.birth(mother=declarations.mother(died_on=date(2021, 8, 1)))

    assert problems(birth) == {("mother_name", "died_before_birth")}


def test_a_mother_who_died_at_the_birth_is_none() -> None:
    mother = declarations.mother(died_on=cast.NEWBORN.born_on)

    assert declarations.birth(mother=mother).problems(TODAY) == ()


def test_a_father_who_died_long_before_is_looked_at_twice() -> None:
    birth = declarations.birth(father=declarations.father(died_on=date(2020, 1, 1)))

    assert birth.problems(TODAY) == ()
    assert Problem("father_name", "died_long_before") in birth.warnings(LIMITS)


def test_with_the_father_unknown_the_child_follows_the_mother() -> None:
    birth = declarations.birth(
        father=None, child=declarations.child(full_name="Trần Gia Đức", ethnicity="Khmer")
    )

    assert problems(birth) == {
        ("child_name", "family_name_of_mother"),
        ("ethnicity", "ethnicity_of_mother"),
    }
    follows = declarations.birth(father=None, child=declarations.child(full_name="Nguyễn Gia Đức"))
    assert follows.problems(TODAY) == ()


def test_with_both_parents_unknown_minutes_are_asked_for() -> None:
    birth = declarations.birth(mother=None, father=None)

    assert problems(birth) == {("birth_notice", "minutes_missing")}
    with_minutes = replace(birth, child=declarations.child(birth_notice="BB 03/2021"))
    assert with_minutes.problems(TODAY) == ()


def test_one_number_cannot_be_both_parents() -> None:
    number = PersonalId(cast.AN.personal_id)
    birth = declarations.birth(father=declarations.father(personal_id=number))

    assert problems(birth) == {("father_id", "same_as_mother")}


def test_only_a_child_of_vietnamese_nationality_gets_a_number() -> None:
    assert declarations.birth().gets_personal_id
    foreign = declarations.birth(child=declarations.child(nationality="Hàn Quốc"))
    assert not foreign.gets_personal_id


@pytest.mark.parametrize(
    ("level", "foreign", "day", "allowed"),
    [
        ("commune", False, date(2021, 8, 20), True),
        ("commune", True, date(2021, 8, 20), False),
        ("district", True, date(2021, 8, 20), True),
        ("district", False, date(2021, 8, 20), False),
        ("commune", True, date(2025, 7, 1), True),
        ("district", True, date(2025, 7, 1), False),
        ("province", False, date(2021, 8, 20), False),
    ],
)
def test_the_law_of_the_day_says_which_desk_registers(
    level: str, foreign: bool, day: date, allowed: bool
) -> None:
    if allowed:
        RuleBook().get("birth", day).check_competence(level, foreign=foreign)
    else:
        with pytest.raises(NotCompetent):
            RuleBook().get("birth", day).check_competence(level, foreign=foreign)


@pytest.mark.parametrize(
    ("hour", "day", "due"),
    [
        (3, date(2021, 8, 20), date(2021, 8, 20)),
        (8, date(2021, 8, 20), date(2021, 8, 20)),
        (9, date(2021, 8, 20), date(2021, 8, 23)),
        (9, date(2021, 9, 1), date(2021, 9, 6)),
    ],
)
def test_what_comes_after_three_is_due_the_next_working_day(
    hour: int, day: date, due: date
) -> None:
    received = datetime(day.year, day.month, day.day, hour, 0, tzinfo=UTC)

    assert entries.due_on(received, day, CALENDAR) == due


def test_no_deadline_is_invented_for_a_year_without_calendar() -> None:
    received = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)

    assert entries.due_on(received, date(2030, 1, 2), CALENDAR) is None


def test_a_public_check_shows_initials_of_any_length_alike() -> None:
    assert entries.masked_name("NGUYỄN THỊ AN") == "N•• T•• A••"


def test_differences_name_both_values_and_skip_what_was_left_blank() -> None:
    same, different = entries.differences(
        {"name": "Trần Thị Hoà", "birth_year": "1989", "residence": ""},
        {"name": "TRẦN THỊ HÒA", "birth_year": "1990", "residence": "xã Dương Tơ"},
    )

    assert same == ("name",)
    assert [(one.field, one.declared, one.known) for one in different] == [
        ("birth_year", "1989", "1990")
    ]

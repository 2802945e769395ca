"""Rules of events and of their kinds, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lienthong.kernel.identifiers import Sex
from lienthong.systems.civil_status.domain import wording
from lienthong.systems.civil_status.domain.entries import Problem
from lienthong.systems.civil_status.domain.events import (
    CHANGED_FIELDS,
    SPECS,
    Change,
    changeable,
    day_of,
)
from lienthong.systems.civil_status.domain.kinds import SHIPPED, RuleBook
from lienthong.systems.civil_status.errors import NoRule, NotCompetent
from systems.civil_status.event_declarations import AN, BINH, event, marriage, person

BEFORE, SINCE = date(2025, 6, 30), date(2025, 7, 1)


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_every_kind_has_a_rule_before_and_since_districts_ended(kind: str) -> None:
    for day in (date(2016, 1, 1), BEFORE, SINCE):
        assert RuleBook().get(kind, day).limit
    with pytest.raises(NoRule):
        RuleBook().get(kind, date(2015, 12, 31))


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_since_districts_ended_communes_register_everything(kind: str) -> None:
    for foreign in (False, True):
        RuleBook().get(kind, SINCE).check_competence("commune", foreign=foreign, age=40)


@pytest.mark.parametrize(
    ("kind", "level", "foreign", "age", "competent"),
    [
        ("marriage", "commune", False, 30, True),
        ("marriage", "commune", True, 30, False),
        ("marriage", "district", True, 30, True),
        ("correction", "commune", False, 13, True),
        ("correction", "commune", False, 14, False),
        ("correction", "district", False, 14, True),
        ("supplement", "commune", False, 40, True),
        ("ethnicity_redetermination", "commune", False, 5, False),
        ("marital_status_certificate", "commune", True, 40, True),
        ("marriage", "mission", True, 30, True),
        ("marriage", "province", False, 30, False),
    ],
)
def test_who_was_competent_in_2021(
    kind: str, level: str, foreign: bool, age: int, competent: bool
) -> None:
    rule = RuleBook().get(kind, date(2021, 8, 20))
    if competent:
        rule.check_competence(level, foreign=foreign, age=age)
    else:
        with pytest.raises(NotCompetent):
            rule.check_competence(level, foreign=foreign, age=age)


def test_an_entered_row_comes_before_the_shipped_one() -> None:
    shipped = RuleBook().get("marriage", SINCE)
    entered = replace(shipped, valid_from=date(2026, 1, 1), youngest_man=18)

    book = RuleBook([entered])

    assert book.get("marriage", date(2026, 1, 1)).youngest(Sex.MALE) == 18
    assert book.get("marriage", date(2025, 12, 31)).youngest(Sex.MALE) == 20


def test_what_is_not_certain_says_so() -> None:
    assert all(rule.doubt for rule in SHIPPED if rule.series)


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(2003, 8, 20), date(2021, 8, 20), 18),
        (date(2003, 8, 21), date(2021, 8, 20), 17),
        (date(2004, 2, 29), date(2022, 2, 28), 17),
        (date(2004, 2, 29), date(2022, 3, 1), 18),
    ],
)
def test_age_is_counted_in_full_years(born_on: date, day: date, age: int) -> None:
    assert person(AN, born_on=born_on).age_on(day) == age


def test_nobody_stands_in_two_roles() -> None:
    twice = marriage(people={"husband": person(BINH, personal_id=AN.personal_id)})

    rule = RuleBook().get("marriage", twice.registered_on)
    assert Problem("husband_name", "same_person") in twice.problems(rule)


def test_a_parent_is_twelve_years_older_at_least() -> None:
    young = event(
        "recognition",
        {"parent": BINH, "child": person(AN, born_on=date(2004, 1, 1), personal_id=None)},
        parts={"relation": "father", "evidence": "ADN"},
    )

    rule = RuleBook().get("recognition", young.registered_on)
    assert young.problems(rule) == (Problem("parent_born_day", "parent_not_older"),)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20/08/2021", date(2021, 8, 20)),
        ("1/2/2003", date(2003, 2, 1)),
        ("31/02/2021", None),
        ("2021", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_is_none(text: str, day: date | None) -> None:
    assert day_of(text) == day


def test_each_kind_changes_its_own_particulars() -> None:
    assert changeable("ethnicity_redetermination") == ("ethnicity",)
    assert "ethnicity" not in changeable("change")
    wrong = event(
        "change",
        {"person": AN},
        parts={"grounds": "x"},
        changes=(Change("ethnicity", "Kinh", "Khmer"),),
    )
    rule = RuleBook().get("change", wrong.registered_on)
    assert Problem("change_1_field", "not_of_this_kind") in wrong.problems(rule)


def test_every_word_a_paper_needs_is_there() -> None:
    assert set(SPECS) <= set(wording.TITLES) & set(wording.PAPERS)
    assert set(CHANGED_FIELDS) == set(wording.FIELDS)
    for spec in SPECS.values():
        assert {role.code for role in spec.roles} <= set(wording.ROLES)
        assert {part.code for part in spec.parts} <= set(wording.PARTS)
        assert {code for part in spec.parts for code in part.choices} <= set(wording.VALUES)

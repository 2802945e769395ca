"""Each relation of the register of figures holds, fails or stays open as arithmetic says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lienthong.systems.steering.domain.relations import (
    RELATIONS,
    Verdict,
    relation,
    relations_of,
)
from lienthong.systems.steering.domain.stated import Stated


def stated(code, value, part=None, whole=None, rows=None, days=20):
    number = Decimal(str(value))
    return Stated(code, number, "", rows if rows is not None else int(number), 0, part, whole, days)


GOOD = {
    figure.code: figure
    for figure in (
        stated("F001", 21, 21, 22),
        stated("F002", 60, 60, 63),
        stated("F003", "95.29", 81, 85),
        stated("F004", 217),
        stated("F005", 88),
        stated("F006", 81),
        stated("F007", 60),
        stated("F008", 76),
        stated("F009", 7300),
        stated("F010", 41123),
        stated("F011", 363),
        stated("F012", 57),
        stated("F014", 61, 61, 63),
        stated("F015", 11711),
        stated("F016", 10842),
        stated("F017", 704),
        stated("F018", 63),
        stated("F019", 17432),
        stated("F020", 5171),
        stated("F021", 3777),
        stated("F022", 2599),
        stated("F023", 5001),
        stated("P001", 5171),
        stated("P002", 97),
    )
}


def with_figure(code, value, **terms):
    return GOOD | {code: stated(code, value, **terms)}


@pytest.mark.parametrize("rule", RELATIONS, ids=lambda rule: rule.key)
def test_every_relation_holds_on_figures_that_agree(rule):
    assert rule.check(GOOD).verdict == Verdict.HOLDS


@pytest.mark.parametrize("rule", RELATIONS, ids=lambda rule: rule.key)
def test_every_relation_stays_open_while_a_figure_is_missing(rule):
    for code in rule.codes:
        figures = {c: f for c, f in GOOD.items() if c != code}
        assert rule.check(figures).verdict == Verdict.OPEN


BROKEN = [
    ("F006=F001+F002", "F006", "82", {}),
    ("F003=(F001+F002)/whole", "F003", "95.3", {}),
    ("F004>=F006+F007+F008", "F004", "216", {}),
    ("F005>=F006", "F005", "80", {}),
    ("F004>=F005", "F005", "218", {}),
    ("F009<=F010", "F009", "41124", {}),
    ("F012<=provinces", "F012", "64", {}),
    ("F015>=F016+F017+F018", "F015", "11608", {}),
    ("F018=provinces", "F018", "62", {}),
    ("F020<=F019", "F020", "17433", {}),
    ("P001>=F020", "P001", "5170", {}),
    ("P002<=P001", "P002", "5172", {}),
    ("F019+F021+F022+F023=rows", "F019", "17432", {"rows": 17431}),
]


@pytest.mark.parametrize(("key", "code", "value", "terms"), BROKEN, ids=[b[0] for b in BROKEN])
def test_each_relation_fails_by_one_and_says_by_how_much(key, code, value, terms):
    found = relation(key).check(with_figure(code, value, **terms))
    assert found.verdict == Verdict.FAILS
    assert found.difference is not None
    assert abs(found.difference) <= 1


def test_every_relation_that_can_fail_is_shown_failing():
    shown = {key for key, *_ in BROKEN}
    assert {rule.key for rule in RELATIONS if not rule.only_remark} == shown


def test_systems_without_a_kind_are_remarked_on_and_stop_nothing():
    found = relation("F004>=F006+F007+F008").check(with_figure("F004", 220))
    assert found.verdict == Verdict.REMARK
    assert found.difference == 3


def test_a_share_may_differ_by_its_own_rounding_and_no_more():
    rule = relation("F003=(F001+F002)/whole")
    exact = Decimal(8100) / 85
    assert rule.check(with_figure("F003", exact + Decimal("0.004"))).verdict == Verdict.HOLDS
    assert rule.check(with_figure("F003", exact + Decimal("0.006"))).verdict == Verdict.FAILS


def test_a_typical_day_far_from_the_mean_of_the_window_is_remarked_on():
    rule = relation("F011~F009/days")
    assert rule.check(with_figure("F011", 500)).verdict == Verdict.HOLDS
    found = rule.check(with_figure("F011", 150))
    assert found.verdict == Verdict.REMARK
    assert found.right == 365


def test_a_ratio_without_its_second_term_leaves_the_relation_open():
    figures = GOOD | {"F014": stated("F014", 61)}
    assert relation("F018=provinces").check(figures).verdict == Verdict.OPEN
    nobody = GOOD | {"F001": stated("F001", 0, 0, 0), "F002": stated("F002", 0, 0, 0)}
    assert relation("F003=(F001+F002)/whole").check(nobody).verdict == Verdict.OPEN


def test_a_figure_knows_the_relations_it_takes_part_in():
    assert {rule.key for rule in relations_of("F020")} == {"F020<=F019", "P001>=F020"}


def test_an_unknown_relation_is_an_error():
    with pytest.raises(KeyError):
        relation("F001=F070")

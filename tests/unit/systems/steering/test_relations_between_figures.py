"""Each relation of the register of figures holds, fails or stays open as arithmetic says."""

from __future__ import annotations

from dataclasses import replace
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
        stated("F010", 84216, days=232),
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
        stated("F024", 486, days=32),
        stated("F025", 91, days=32),
        stated("F026", 395, days=32),
        stated("F027", 2490, days=232),
        stated("F028", 490, days=232),
        stated("F029", 2000, days=232),
        stated("F030", 6312),
        stated("F031", 2),
        stated("F032", 17),
        stated("F034", 61),
        stated("F035", 38),
        stated("F036", 797),
        stated("F037", 300),
        stated("F038", 24),
        stated("F039", 1),
        stated("F040", 15, 15, 22),
        stated("F041", 61, 61, 63),
        stated("F042", 2),
        stated("F043", 25),
        stated("F044", 105),
        stated("F046", 7),
        stated("F047", 31),
        stated("F048", 47),
        stated("F049", 152),
        stated("F050", 200),
        stated("F051", 63, 63, 63),
        stated("F054", "65.11"),
        stated("F055", "21.71"),
        stated("F056", "43.40"),
        stated("F060", 70000),
        stated("F061", 1700),
        stated("F067", 1148),
        stated("F068", "12.66"),
        stated("F069", 31),
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
    ("F009<=F010", "F009", "84217", {}),
    ("F012<=provinces", "F012", "64", {}),
    ("F015>=F016+F017+F018", "F015", "11608", {}),
    ("F018=provinces", "F018", "62", {}),
    ("F020<=F019", "F020", "17433", {}),
    ("P001>=F020", "P001", "5170", {}),
    ("P002<=P001", "P002", "5172", {}),
    ("F024=F025+F026", "F024", "487", {}),
    ("F027=F028+F029", "F027", "2491", {}),
    ("F030>=F027", "F030", "2489", {}),
    ("F031<=F035", "F031", "39", {}),
    ("F032<=F036", "F032", "798", {}),
    ("F034<=F037", "F034", "301", {}),
    ("F038<=F041", "F038", "62", {}),
    ("F039<=F040", "F039", "16", {}),
    ("F041+F042=provinces", "F042", "3", {}),
    ("F044>=F043", "F044", "24", {}),
    ("F047>=F046", "F047", "6", {}),
    ("F048<=F049", "F048", "153", {}),
    ("F049<=F050", "F049", "201", {}),
    ("F051<=provinces", "F051", "64", {}),
    ("F054=F055+F056", "F054", "65.12", {}),
    ("F060>=F061", "F060", "1699", {}),
    ("F068=F067/before", "F068", "12.70", {}),
    ("F069<=provinces", "F069", "64", {}),
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


def test_a_reported_number_has_no_rows_to_add_up():
    figures = GOOD | {"F022": replace(GOOD["F022"], counted=False)}
    assert relation("F019+F021+F022+F023=rows").check(figures).verdict == Verdict.OPEN


def test_rounded_figures_may_differ_by_their_rounding_and_no_more():
    rule = relation("F027=F028+F029")
    rounded = replace(GOOD["F027"], below=Decimal(50), above=Decimal(50))
    near = rule.check(GOOD | {"F027": replace(rounded, value=Decimal(2540))})
    assert (near.verdict, near.rounded) == (Verdict.REMARK, True)
    far = rule.check(GOOD | {"F027": replace(rounded, value=Decimal(2541))})
    assert (far.verdict, far.rounded) == (Verdict.FAILS, False)
    more = replace(GOOD["F030"], value=Decimal(2400), above=Decimal(100))
    assert relation("F030>=F027").check(GOOD | {"F030": more}).verdict == Verdict.REMARK


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

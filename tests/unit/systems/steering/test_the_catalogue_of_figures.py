"""The catalogue defines every figure of the register, by the day, with its window and rounding."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lienthong.kernel.demo import shipped_figures
from lienthong.kernel.periods import Period
from lienthong.systems.steering.domain.catalogue import (
    Kind,
    Way,
    definition,
    every_version,
    in_force,
    latest,
    read,
    versions_of,
)
from lienthong.systems.steering.domain.rounding import Exactness, Rounding
from lienthong.systems.steering.domain.slips import slips
from lienthong.systems.steering.domain.titles import TITLES
from lienthong.systems.steering.domain.windows import WindowRule
from lienthong.systems.steering.errors import NoSuchFigure, WrongWindow
from lienthong.systems.steering.manifest import SOURCES

AUGUST = Period.month("2021-08")
TODAY = date(2021, 8, 27)


def test_every_figure_of_the_register_is_defined():
    known = in_force(AUGUST.end)
    assert {row.code for row in shipped_figures()} <= set(known)
    for one in known.values():
        assert one.system in TITLES
        assert one.definition.endswith(".")
        assert one.title
        assert one.unit
        assert (one.answers == Way.LIVE) <= (one.system in SOURCES)
        assert (one.kind == Kind.FLOW) <= (one.window.name in ("month", "year", "19-19"))


def test_a_month_of_the_past_keeps_its_own_definition():
    head = "code since system body answers kind window as_of rounding summary unit title"
    rest = "portal G22 by_hand stock day stated exact no cái"
    rows = (f"F900 2021-08-01 {rest} Mới", f"F900 2020-01-01 {rest} Cũ")
    lines = ["\t".join([*row.split(" "), "Định nghĩa.", "Luật"]) for row in rows]
    versions = read(["\t".join([*head.split(" "), "definition", "basis"]), *lines])
    assert in_force(date(2021, 7, 31), versions)["F900"].title == "Cũ"
    assert in_force(date(2021, 8, 1), versions)["F900"].title == "Mới"
    assert in_force(date(2019, 12, 31), versions) == {}


def test_a_code_nobody_knows_has_no_definition():
    with pytest.raises(NoSuchFigure):
        definition("F033", TODAY)
    assert latest("F033") is None
    assert versions_of("F009") == (latest("F009"),)


def test_versions_of_one_figure_differ_by_their_day():
    seen = [(one.code, one.since) for one in every_version()]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("code", "value", "exactness", "words"),
    [
        ("F030", "6312345", Exactness.EXACT, "hơn 6,3 triệu"),
        ("F030", "6300000", Exactness.EXACT, "6,3 triệu"),
        ("F030", "6300000", Exactness.MORE_THAN, "hơn 6,3 triệu"),
        ("F030", "6312", Exactness.EXACT, "6.312"),
        ("F034", "6149", Exactness.EXACT, "hơn 6,1 nghìn"),
        ("F027", "2490000", Exactness.EXACT, "khoảng 2,5 triệu"),
        ("F027", "2500000", Exactness.ROUNDED, "2,5 triệu"),
        ("F028", "490000", Exactness.ROUNDED, "490 nghìn"),
        ("F062", "244871", Exactness.EXACT, "hơn 244 nghìn"),
        ("F063", "232400000000", Exactness.EXACT, "trên 232 tỷ"),
        ("F015", "20431", Exactness.EXACT, "hơn 20.000"),
        ("F011", "159772", Exactness.EXACT, "khoảng 160.000"),
        ("F009", "8110019", Exactness.EXACT, "8.110.019"),
        ("F067", "0", Exactness.EXACT, "0"),
    ],
)
def test_rounding_is_said_in_words(code, value, exactness, words):
    assert latest(code).rounding.written(Decimal(value), exactness) == words


@pytest.mark.parametrize("text", ["floor", "up 2", "floor 100 triệu lẻ", "exact 2", "percent 3"])
def test_a_rule_of_rounding_nobody_knows_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Rounding.parse(text)


@pytest.mark.parametrize(
    ("rule", "start", "end"),
    [
        ("month", (2021, 8, 1), (2021, 8, 27)),
        ("year", (2021, 1, 1), (2021, 8, 27)),
        ("19-19", (2021, 7, 19), (2021, 8, 19)),
        ("since 2019-12-09", (2019, 12, 9), (2021, 8, 27)),
        ("day", (2021, 8, 27), (2021, 8, 27)),
        ("month/month", (2021, 8, 1), (2021, 8, 27)),
    ],
)
def test_a_rule_gives_its_days_and_takes_them(rule, start, end):
    window = WindowRule.parse(rule)
    days = window.of(AUGUST, TODAY)
    assert days == Period(date(*start), date(*end))
    window.refuse_unfit(days, AUGUST, TODAY)
    assert str(window) == rule


@pytest.mark.parametrize(
    ("rule", "start", "end", "reason"),
    [
        ("month", (2021, 8, 1), (2021, 8, 28), "future"),
        ("month", (2021, 8, 2), (2021, 8, 20), "start"),
        ("month", (2021, 7, 1), (2021, 7, 31), "before_month"),
        ("year", (2021, 2, 1), (2021, 8, 20), "start"),
        ("19-19", (2021, 6, 19), (2021, 8, 19), "start"),
        ("since 2019-12-09", (2019, 12, 10), (2021, 8, 20), "start"),
        ("day", (2021, 8, 1), (2021, 8, 20), "day"),
    ],
)
def test_days_that_are_not_the_figures_are_refused(rule, start, end, reason):
    with pytest.raises(WrongWindow) as refused:
        WindowRule.parse(rule).refuse_unfit(Period(date(*start), date(*end)), AUGUST, TODAY)
    assert refused.value.detail["reason"] == reason


def test_a_window_after_the_month_of_the_report_is_refused():
    with pytest.raises(WrongWindow):
        WindowRule.parse("day").refuse_unfit(
            Period(date(2021, 9, 1), date(2021, 9, 1)), AUGUST, date(2021, 9, 3)
        )


def test_one_wrong_digit_is_searched_in_the_whole_and_in_every_part():
    found = slips(("T", Decimal(100)), {"A": Decimal(31), "B": Decimal(70)})
    assert {(s.code, int(s.candidate)) for s in found} == {("T", 101), ("A", 30)}
    whole = slips(("T", Decimal(111)), {"A": Decimal(31), "B": Decimal(70)})
    assert {(s.code, int(s.candidate)) for s in whole} == {("T", 101), ("A", 41), ("B", 80)}
    assert slips(("T", Decimal(101)), {"A": Decimal(31), "B": Decimal(70)}) == ()
    assert slips(("T", Decimal(5)), {"A": Decimal(31), "B": Decimal(70)}) == ()


def test_a_digit_at_the_end_of_a_decimal_counts_too():
    (slip,) = slips(("T", Decimal("10.5")), {"A": Decimal("5.25"), "B": Decimal("5.2")})
    assert (slip.code, slip.candidate) == ("B", Decimal("5.25"))

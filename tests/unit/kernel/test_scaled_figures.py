"""Figures of the report at any scale: they add up, and nothing is invented (decision 34)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import demo

ROWS = demo.shipped_figures()
BY_CODE = {row.code: row for row in ROWS}
BOOKS = ("F019", "F021", "F022", "F023")


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("8,110,019", 8_110_019),
        ("8.1 million", 8_100_000),
        ("2.5 million", 2_500_000),
        ("490 thousand", 490_000),
        ("232 billion", 232_000_000_000),
        ("6.1 thousand", 6_100),
        ("22/22", 22),
        ("+12.66", Decimal("12.66")),
        ("63", 63),
    ],
)
def test_printed_values_are_read(printed: str, number: Decimal) -> None:
    assert demo.number_of(printed) == number


@pytest.mark.parametrize("text", ["", "many", "8 score", "1.2.3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(demo.NotAFigure):
        demo.number_of(text)


def test_every_figure_of_the_report_is_there() -> None:
    assert len(ROWS) == 69
    assert "F033" not in BY_CODE  # the report's list has no such number


def test_at_full_scale_figures_are_the_printed_ones() -> None:
    full = demo.scaled(ROWS, Decimal(1))
    assert full["F009"] == 8_110_019
    assert full["F010"] == 37_067_063
    assert full["F020"] == 6_055_289
    assert [full[code] for code in BOOKS] == [19_660_819, 3_879_843, 2_688_269, 5_277_443]
    assert full["F024"] == full["F025"] + full["F026"] == 486_881


def test_a_thousandth_of_the_country() -> None:
    small = demo.scaled(ROWS, Decimal("0.001"))
    assert small["F009"] == 8110
    assert small["F020"] == 6055
    assert [small[code] for code in BOOKS] == [19_661, 3_880, 2_688, 5_277]
    assert sum(small[code] for code in BOOKS) == 31_506
    assert small["F016"] == 10_933  # bodies do not scale
    assert small["F063"] == 232_000_000


@given(st.decimals("0.00001", 1, places=5))
def test_groups_add_up_at_any_scale(scale: Decimal) -> None:
    figures = demo.scaled(ROWS, scale)
    total = sum(int(BY_CODE[code].value) for code in BOOKS)
    assert abs(sum(figures[code] for code in BOOKS) - total * scale) <= Decimal("0.5")
    assert figures["F024"] == figures["F025"] + figures["F026"]
    assert figures["F027"] == figures["F028"] + figures["F029"]
    assert figures["F020"] <= figures["F019"]
    assert figures["F009"] <= figures["F010"]


def test_percentages_are_left_out() -> None:
    assert {"F054", "F055", "F056", "F068"}.isdisjoint(demo.scaled(ROWS, Decimal(1)))


def test_more_than_is_a_lower_bound_and_about_is_near() -> None:
    more, about, plain = BY_CODE["F059"], BY_CODE["F011"], BY_CODE["F019"]
    assert more.holds(937_001, 937_000)
    assert not more.holds(936_999, 937_000)
    assert about.holds(159_772, 150_000)
    assert not about.holds(405_501, 150_000)
    assert plain.holds(19_661, 19_661)
    assert not plain.holds(19_662, 19_661)


def test_the_same_seed_makes_the_same_choices_in_any_order() -> None:
    one = demo.DemoPlan.make(Decimal("0.001"), 7, date(2021, 8, 20))
    other = demo.DemoPlan.make(Decimal("0.001"), 7, date(2021, 8, 20))
    other.random("population").random()
    assert one.random("civil_status").random() == other.random("civil_status").random()
    assert one.random("civil_status").random() != one.random("population").random()
    another = demo.DemoPlan.make(Decimal("0.001"), 8, date(2021, 8, 20))
    assert one.random("civil_status").random() != another.random("civil_status").random()
    assert one.figures["F019"] == 19_661


@pytest.mark.parametrize("scale", ["0", "-1", "1.1"])
def test_a_scale_lies_between_nothing_and_the_country(scale: str) -> None:
    with pytest.raises(ValueError, match="scale"):
        demo.DemoPlan.make(Decimal(scale), 1, date(2021, 8, 20))

"""Counts by day and hour as shaded fields, and what a spreadsheet gets."""

from __future__ import annotations

from datetime import date

import pytest

from lienthong.kernel.periods import Period
from lienthong.systems.directory.domain import heat, plain_cell, shade, short_number

AUGUST = Period(date(2021, 8, 1), date(2021, 8, 20))


def test_days_stand_newest_first_and_every_hour_has_its_field() -> None:
    table = heat({(date(2021, 8, 20), 9): 40, (date(2021, 8, 2), 0): 4}, AUGUST)
    assert [row.day for row in table.rows][:2] == [date(2021, 8, 20), date(2021, 8, 19)]
    assert len(table.rows) == 20
    assert all([cell.hour for cell in row.cells] == list(range(24)) for row in table.rows)
    assert (table.rows[0].cells[9].step, table.rows[0].total) == (5, 40)
    assert table.rows[18].cells[0].step == 1
    assert (table.largest, table.by_weekday) == (40, False)


def test_a_long_period_is_folded_to_seven_days_without_losing_anything() -> None:
    counts = {(date(2021, 1, day), 9): day for day in range(1, 29)}
    table = heat(counts, Period(date(2021, 1, 1), date(2021, 3, 1)))
    assert [row.weekday for row in table.rows] == list(range(7))
    assert sum(row.total for row in table.rows) == sum(counts.values())
    # 1 January 2021 was a Friday.
    assert table.rows[4].total == 1 + 8 + 15 + 22


@pytest.mark.parametrize(
    ("count", "largest", "step"),
    [(0, 100, 0), (1, 100, 1), (20, 100, 1), (21, 100, 2), (100, 100, 5), (1, 1, 5), (0, 0, 0)],
)
def test_shades_are_even_parts_of_the_largest(count: int, largest: int, step: int) -> None:
    assert shade(count, largest) == step


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (950, "950"), (999, "999"), (1_000, "1k"), (1_234, "1,2k"), (9_960, "10k"),
     (31_400, "31k"), (999_700, "1M"), (1_250_000, "1,2M"), (24_000_000, "24M")],
)  # fmt: skip
def test_a_count_is_written_in_few_signs(count: int, text: str) -> None:
    assert short_number(count) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_spreadsheet_takes_no_name_for_a_formula(text: str) -> None:
    assert plain_cell(text) == f"'{text}"
    assert plain_cell(f"a{text}") == f"a{text}"

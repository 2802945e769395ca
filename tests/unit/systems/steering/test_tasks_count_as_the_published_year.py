"""The identities of Report 1270/BC-TCTTTg on the tasks of 2017, by our counting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lienthong.systems.steering.domain.deadlines import Standing, Tally, standing

YEAR_END = date(2017, 12, 31)
ON_TIME, LATE, NOT_DUE, OVERDUE = 14_068, 1_983, 5_640, 223


def year_2017() -> Iterator[Standing]:
    """Days of 21,914 tasks, as rows would hold them; how they stand is left to the rule."""
    for n in range(ON_TIME):
        due = date(2017, 1, 10) + timedelta(days=n % 350)
        yield standing(due, due - timedelta(days=n % 9), None, YEAR_END)
    for n in range(LATE):
        due = date(2017, 1, 10) + timedelta(days=n % 300)
        yield standing(due, due + timedelta(days=1 + n % 40), None, YEAR_END)
    for n in range(NOT_DUE):
        due = None if n % 4 == 0 else YEAR_END + timedelta(days=n % 200)
        yield standing(due, None, None, YEAR_END)
    for n in range(OVERDUE):
        yield standing(YEAR_END - timedelta(days=1 + n), None, None, YEAR_END)


@pytest.fixture(scope="module")
def counted() -> Tally:
    return Tally.of(year_2017())


def test_every_task_is_counted_once(counted: Tally) -> None:
    assert counted.total == 21_914
    assert counted.done == 16_051 == counted.done_in_time + counted.done_late
    assert counted.not_done == 5_863 == counted.not_yet_due + counted.overdue
    assert counted.total == counted.done + counted.not_done


def test_each_kind_is_the_published_number(counted: Tally) -> None:
    assert (counted.done_in_time, counted.done_late) == (ON_TIME, LATE)
    assert (counted.not_yet_due, counted.overdue) == (NOT_DUE, OVERDUE)


def test_the_rate_keeps_both_its_terms(counted: Tally) -> None:
    """The report prints 98.62 %; its own terms give 98.63 %."""
    assert counted.kept == (16_051, 16_274)
    rate = counted.rate
    assert rate is not None
    percent = (Decimal(100 * rate.numerator) / rate.denominator).quantize(Decimal("0.01"))
    assert percent == Decimal("98.63")


def test_nothing_due_has_no_rate() -> None:
    assert Tally(in_time=3, open=2).rate is None


DAY = date(2021, 8, 20)


@pytest.mark.parametrize(
    ("due", "finished", "withdrawn", "expected"),
    [
        (None, None, None, Standing.OPEN),
        (DAY, None, None, Standing.IN_TIME),
        (DAY - timedelta(days=1), None, None, Standing.OVERDUE),
        (DAY, DAY, None, Standing.DONE_IN_TIME),
        (DAY - timedelta(days=1), DAY, None, Standing.DONE_LATE),
        (None, DAY, None, Standing.DONE_IN_TIME),
        (DAY, None, DAY, Standing.WITHDRAWN),
        (DAY, DAY, DAY, Standing.WITHDRAWN),
        # What happens later does not count on this day.
        (DAY, DAY + timedelta(days=1), None, Standing.IN_TIME),
        (DAY - timedelta(days=1), None, DAY + timedelta(days=1), Standing.OVERDUE),
    ],
)
def test_how_a_task_stands(
    due: date | None, finished: date | None, withdrawn: date | None, expected: Standing
) -> None:
    assert standing(due, finished, withdrawn, DAY) is expected

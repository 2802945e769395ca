from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.periods import BadPeriod, Period, ReversedPeriod


def test_both_ends_belong_to_a_period() -> None:
    period = Period(date(2021, 7, 19), date(2021, 8, 19))
    assert date(2021, 7, 19) in period
    assert date(2021, 8, 19) in period
    assert date(2021, 8, 20) not in period
    assert period.days == 32


def test_a_month_knows_its_last_day() -> None:
    assert Period.month("2021-08") == Period(date(2021, 8, 1), date(2021, 8, 31))
    assert Period.month("2024-02").days == 29
    assert Period.month("2021-12").end == date(2021, 12, 31)


@pytest.mark.parametrize("text", ["2021-13", "2021-8", "0000-01", "08-2021", "", "2021-08-01.."])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod):
        Period.parse(text)


def test_a_reversed_period_is_refused() -> None:
    with pytest.raises(ReversedPeriod):
        Period(date(2021, 8, 20), date(2021, 8, 19))


def test_a_moment_is_not_a_day_of_a_period() -> None:
    with pytest.raises(TypeError):
        datetime(2021, 8, 20, tzinfo=UTC) in Period.month("2021-08")  # noqa: B015


def test_a_month_in_viet_nam_starts_at_seventeen_hours_utc_of_the_day_before() -> None:
    first, after = Period.month("2021-08").instants()
    assert first == datetime(2021, 7, 31, 17, tzinfo=UTC)
    assert after == datetime(2021, 8, 31, 17, tzinfo=UTC)


def test_a_period_is_cut_at_a_day() -> None:
    assert Period.month("2021-08").until(date(2021, 8, 20)).days == 20
    assert Period.month("2021-08").until(date(2022, 1, 1)) == Period.month("2021-08")


@given(st.dates(max_value=date(2300, 1, 1)), st.integers(0, 400))
def test_text_gives_the_period_back(start: date, length: int) -> None:
    period = Period(start, date.fromordinal(start.toordinal() + length))
    assert Period.parse(str(period)) == period
    assert len(list(period)) == period.days

"""Working days over a calendar passed in; the sums were checked by hand for Tết 2021."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.limits import LimitTable, LimitUnit, NoSuchLimit, TimeLimit, months_later
from lienthong.kernel.working_days import CalendarDay, CalendarUnknown, WorkingCalendar

LAW = "Bộ luật Lao động 45/2019/QH14, Điều 112"
TET = [CalendarDay(date(2021, 2, 10 + n), False, "Tết Nguyên đán", LAW) for n in range(7)]
OTHERS = [
    CalendarDay(date(2021, 1, 1), False, "Tết Dương lịch", LAW),
    CalendarDay(date(2021, 9, 2), False, "Quốc khánh", LAW),
    CalendarDay(date(2021, 9, 3), False, "Quốc khánh", LAW, doubt="quyết định của năm"),
    CalendarDay(date(2021, 12, 18), True, "Làm bù", "quyết định thử"),
    CalendarDay(date(2022, 1, 1), False, "Tết Dương lịch", LAW),
]
CALENDAR = WorkingCalendar(TET + OTHERS)


def test_five_working_days_across_tet() -> None:
    assert CALENDAR.add(date(2021, 2, 8), 5) == date(2021, 2, 22)


def test_counting_starts_the_day_after() -> None:
    assert CALENDAR.add(date(2021, 8, 20), 1) == date(2021, 8, 23)
    assert CALENDAR.add(date(2021, 8, 20), 0) == date(2021, 8, 20)


def test_a_swapped_saturday_is_worked() -> None:
    assert CALENDAR.is_working_day(date(2021, 12, 18))
    assert not CALENDAR.is_working_day(date(2021, 12, 11))


def test_a_year_nobody_entered_is_an_error_and_not_a_week() -> None:
    with pytest.raises(CalendarUnknown):
        CALENDAR.is_working_day(date(2030, 1, 7))


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        CALENDAR.add(date(2021, 8, 20), -1)


@pytest.mark.parametrize(
    ("received_on", "received_at", "due"),
    [
        (date(2021, 8, 19), time(14, 59), date(2021, 8, 19)),
        (date(2021, 8, 19), time(15, 0), date(2021, 8, 19)),
        (date(2021, 8, 19), time(15, 1), date(2021, 8, 20)),
        (date(2021, 8, 20), time(16, 0), date(2021, 8, 23)),
        (date(2021, 8, 21), time(9, 0), date(2021, 8, 23)),
        (date(2021, 9, 1), time(15, 30), date(2021, 9, 6)),
    ],
)
def test_what_comes_after_fifteen_hours_is_due_on_the_next_working_day(
    received_on: date, received_at: time, due: date
) -> None:
    assert CALENDAR.same_day_due(received_on, received_at) == due


def test_doubtful_days_of_a_span_can_be_shown() -> None:
    found = CALENDAR.doubts(date(2021, 9, 1), date(2021, 9, 30))
    assert [row.day for row in found] == [date(2021, 9, 3)]


@given(st.dates(date(2021, 1, 1), date(2021, 11, 30)), st.integers(0, 15))
def test_adding_and_counting_agree(start: date, count: int) -> None:
    due = CALENDAR.add(start, count)
    assert CALENDAR.count(start + timedelta(days=1), due) == count


def limit(amount: int, unit: LimitUnit, **days: date) -> TimeLimit:
    valid_from = days.get("valid_from", date(2016, 1, 1))
    return TimeLimit("x.y", "x", amount, unit, valid_from, days.get("valid_to"), "luật")


def test_calendar_days_run_over_days_off() -> None:
    sixty = limit(60, LimitUnit.CALENDAR_DAYS)
    assert sixty.last_day(date(2021, 8, 20), CALENDAR) == date(2021, 10, 19)


def test_working_days_months_and_same_day() -> None:
    start = date(2021, 8, 21)  # a Saturday
    assert limit(3, LimitUnit.WORKING_DAYS).last_day(start, CALENDAR) == date(2021, 8, 25)
    assert limit(6, LimitUnit.MONTHS).last_day(date(2021, 8, 31), CALENDAR) == date(2022, 2, 28)
    assert limit(0, LimitUnit.SAME_DAY).last_day(start, CALENDAR) == date(2021, 8, 23)


def test_the_limit_of_the_day_is_used() -> None:
    old = limit(15, LimitUnit.CALENDAR_DAYS, valid_to=date(2025, 6, 30))
    new = limit(5, LimitUnit.WORKING_DAYS, valid_from=date(2025, 7, 1))
    table = LimitTable.of([new, old])
    assert table.get("x.y", date(2025, 6, 30)) is old
    assert table.get("x.y", date(2025, 7, 1)) is new
    with pytest.raises(NoSuchLimit):
        table.get("x.y", date(2015, 12, 31))


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 40))
def test_a_month_later_is_in_that_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1

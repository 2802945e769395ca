from __future__ import annotations

from datetime import date

import pytest

from lienthong.kernel.working_days import CalendarUnknown, WorkingCalendar
from lienthong.systems.steering.domain.deadlines import Cadence, DueKind, DueRule, nth
from lienthong.systems.steering.errors import BadDueRule
from lienthong.web import catalogues


@pytest.fixture
def calendar() -> WorkingCalendar:
    """The calendar the program ships, with Tết of each year."""
    return catalogues.calendar()


def test_working_days_step_over_tet(calendar: WorkingCalendar) -> None:
    rule = DueRule(DueKind.WORKING_DAYS, days=3)
    # 10 to 16 February 2021 is Tết, 13 and 14 a weekend in it.
    assert rule.due(date(2021, 2, 8), calendar) == date(2021, 2, 18)


def test_working_days_count_from_the_day_after(calendar: WorkingCalendar) -> None:
    assert DueRule(DueKind.WORKING_DAYS, days=10).due(date(2021, 8, 2), calendar) == date(
        2021, 8, 16
    )


def test_a_calendar_that_is_not_entered_is_said_and_not_guessed(calendar: WorkingCalendar) -> None:
    with pytest.raises(CalendarUnknown):
        DueRule(DueKind.WORKING_DAYS, days=3).due(date(2019, 3, 7), calendar)


def test_a_date_stays_as_the_document_names_it(calendar: WorkingCalendar) -> None:
    sunday = date(2021, 8, 15)
    assert DueRule(DueKind.DATE, day=sunday).due(date(2021, 8, 2), calendar) == sunday


def test_a_period_that_ends_on_a_day_off_ends_with_the_next_working_day(
    calendar: WorkingCalendar,
) -> None:
    rule = DueRule(DueKind.CADENCE, day=date(2021, 7, 25), cadence=Cadence.MONTH)
    assert rule.due(date(2021, 7, 1), calendar) == date(2021, 7, 26)
    assert rule.due(date(2021, 7, 1), calendar, 1) == date(2021, 8, 25)


def test_the_last_of_a_month_stays_the_last() -> None:
    assert nth(date(2021, 1, 31), Cadence.MONTH, 1) == date(2021, 2, 28)
    assert nth(date(2021, 1, 31), Cadence.MONTH, 2) == date(2021, 3, 31)
    assert nth(date(2021, 11, 30), Cadence.QUARTER, 1) == date(2022, 2, 28)
    assert nth(date(2021, 12, 31), Cadence.HALF_YEAR, 1) == date(2022, 6, 30)
    assert nth(date(2020, 2, 29), Cadence.YEAR, 1) == date(2021, 2, 28)
    assert nth(date(2021, 12, 27), Cadence.WEEK, 1) == date(2022, 1, 3)


def test_no_date_needs_words_why() -> None:
    with pytest.raises(BadDueRule):
        DueRule(DueKind.NONE).check(date(2021, 8, 2))
    DueRule(DueKind.NONE, note="Thường xuyên").check(date(2021, 8, 2))


@pytest.mark.parametrize(
    "rule",
    [
        DueRule(DueKind.DATE),
        DueRule(DueKind.DATE, day=date(2021, 8, 1)),
        DueRule(DueKind.WORKING_DAYS),
        DueRule(DueKind.WORKING_DAYS, days=0),
        DueRule(DueKind.WORKING_DAYS, days=9999),
        DueRule(DueKind.CADENCE, day=date(2021, 9, 1)),
        DueRule(DueKind.CADENCE, cadence=Cadence.MONTH),
        DueRule(DueKind.CADENCE, day=date(2021, 8, 1), cadence=Cadence.MONTH),
    ],
)
def test_a_rule_that_names_no_day_or_one_before_the_document_is_refused(rule: DueRule) -> None:
    with pytest.raises(BadDueRule):
        rule.check(date(2021, 8, 2))

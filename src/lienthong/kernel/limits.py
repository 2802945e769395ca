"""Time limits of the law, as dated rows passed in: law is data with dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lienthong.kernel.errors import NotFound
from lienthong.kernel.working_days import WorkingCalendar


class LimitUnit(StrEnum):
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    SAME_DAY = "same_day"  # see WorkingCalendar.same_day_due for the hour of receipt


class NoSuchLimit(NotFound):
    """The law in force on that day states no such time limit."""

    code = "kernel.no_such_limit"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """One limit while its rule stood; ``code`` such as ``birth.declare``."""

    code: str
    title: str
    amount: int
    unit: LimitUnit
    valid_from: date
    valid_to: date | None
    legal_basis: str
    doubt: str = ""

    def was_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def last_day(self, start: date, calendar: WorkingCalendar) -> date:
        """
        The last day within the limit, counted from the day after ``start``.

        Calendar days and months run over days off, as the civil-status law
        counts them; nothing is moved to the next working day here.
        """
        if self.unit is LimitUnit.CALENDAR_DAYS:
            return start + timedelta(days=self.amount)
        if self.unit is LimitUnit.WORKING_DAYS:
            return calendar.add(start, self.amount)
        if self.unit is LimitUnit.MONTHS:
            return months_later(start, self.amount)
        return calendar.on_or_after(start)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """All rows, with look-ups by code and day."""

    limits: tuple[TimeLimit, ...]

    @classmethod
    def of(cls, limits: Iterable[TimeLimit]) -> LimitTable:
        return cls(tuple(limits))

    def __iter__(self) -> Iterator[TimeLimit]:
        return iter(self.limits)

    def get(self, code: str, on: date) -> TimeLimit:
        """The limit in force on a day; raises `NoSuchLimit`."""
        for limit in self.limits:
            if limit.code == code and limit.was_valid_on(on):
                return limit
        raise NoSuchLimit(limit=code, on=on.isoformat())


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))

"""
Periods with two ends, both included.

Reports cross calendar months (the document axis counts from the 19th to the
19th), so a period is always an object, never "a month" alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lienthong.kernel.clock import VIET_NAM
from lienthong.kernel.errors import Invalid

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class ReversedPeriod(Invalid):
    """The period ends before it starts."""

    code = "kernel.reversed_period"


class BadPeriod(Invalid):
    """This is not a period: write 2021-08, or 2021-07-19..2021-08-19."""

    code = "kernel.bad_period"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``start`` to ``end``, both of them in it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ReversedPeriod(start=self.start.isoformat(), end=self.end.isoformat())

    @classmethod
    def month(cls, text: str) -> Period:
        """A calendar month, written ``2021-08``."""
        match = _MONTH.fullmatch(text)
        if match is None:
            raise BadPeriod(period=text)
        year, month = int(match[1]), int(match[2])
        if year == 0:
            raise BadPeriod(period=text)
        return cls(date(year, month, 1), _last_day(year, month))

    @classmethod
    def year(cls, year: int) -> Period:
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def parse(cls, text: str) -> Period:
        """A month (``2021-08``) or two days (``2021-07-19..2021-08-19``)."""
        first, dots, last = text.strip().partition("..")
        if not dots:
            return cls.month(first)
        try:
            return cls(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            raise BadPeriod(period=text) from None

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def is_month(self) -> bool:
        """Whether this is exactly one calendar month."""
        return self.start.day == 1 and self.end == _last_day(self.start.year, self.start.month)

    def __contains__(self, day: object) -> bool:
        if isinstance(day, datetime):
            raise TypeError("a period holds legal days, not moments")
        return isinstance(day, date) and self.start <= day <= self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.days))

    def __str__(self) -> str:
        if self.is_month:
            return f"{self.start:%Y-%m}"
        return f"{self.start.isoformat()}..{self.end.isoformat()}"

    def overlaps(self, other: Period) -> bool:
        return self.start <= other.end and other.start <= self.end

    def until(self, day: date) -> Period:
        """The same period, cut so that it does not go past this day."""
        return Period(self.start, min(self.end, day))

    def instants(self) -> tuple[datetime, datetime]:
        """
        First moment of the period and first moment after it, in UTC.

        For asking machine-time records (the exchange log) about days in Viet Nam.
        """
        after = self.end + timedelta(days=1)
        return (
            datetime.combine(self.start, time.min, VIET_NAM).astimezone(UTC),
            datetime.combine(after, time.min, VIET_NAM).astimezone(UTC),
        )


def _last_day(year: int, month: int) -> date:
    if month == 12:
        return date(year, 12, 31)
    return date(year, month + 1, 1) - timedelta(days=1)

"""
Working days, over a calendar passed in as dated rows.

The working week is Monday to Friday; a row of the calendar says otherwise for
one day (a public holiday, a swapped Saturday), with its legal basis. The rows
live in the system ``catalogues``; nothing here knows a holiday by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

from lienthong.kernel.errors import Unavailable

# Law 60/2014/QH13 art. 5.3: what is received after 15:00 and cannot be settled
# at once is settled on the next working day.
RECEIPT_CLOSES = time(15, 0)


class CalendarUnknown(Unavailable):
    """The working calendar of that year has not been entered yet."""

    code = "kernel.calendar_unknown"


@dataclass(frozen=True, slots=True, order=True)
class CalendarDay:
    """One day on which the ordinary week does not hold."""

    day: date
    works: bool
    name: str
    legal_basis: str
    doubt: str = ""
    """What is not verified about this row; empty when the source was read."""


class WorkingCalendar:
    """
    The days that differ, and the years the calendar was entered for.

    A year without a row is unknown, and counting into it raises
    `CalendarUnknown`: a deadline computed without Tết would be wrong in silence.
    """

    def __init__(self, days: Iterable[CalendarDay]) -> None:
        self._days = {row.day: row for row in days}
        self._years = frozenset(day.year for day in self._days)

    @property
    def years(self) -> frozenset[int]:
        return self._years

    def row(self, day: date) -> CalendarDay | None:
        """What the calendar says of this day, or None for an ordinary one."""
        return self._days.get(day)

    def is_working_day(self, day: date) -> bool:
        if day.year not in self._years:
            raise CalendarUnknown(year=day.year)
        row = self._days.get(day)
        return row.works if row is not None else day.weekday() < 5

    def next_working_day(self, day: date) -> date:
        """The first working day after this one."""
        day += timedelta(days=1)
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def on_or_after(self, day: date) -> date:
        """This day if it is worked, else the next working day."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def add(self, day: date, count: int) -> date:
        """The count-th working day after a day; counting starts the day after."""
        if count < 0:
            raise ValueError("count working days forward")
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def count(self, start: date, end: date) -> int:
        """Working days from start to end, both included."""
        days = range((end - start).days + 1)
        return sum(self.is_working_day(start + timedelta(days=n)) for n in days)

    def doubts(self, start: date, end: date) -> tuple[CalendarDay, ...]:
        """Unverified rows between two days, both included, to be shown beside a deadline."""
        rows = (row for row in self._days.values() if start <= row.day <= end and row.doubt)
        return tuple(sorted(rows))

    def same_day_due(
        self, received_on: date, received_at: time, closes: time = RECEIPT_CLOSES
    ) -> date:
        """
        When a matter without a time limit of its own is due.

        The same day; the next working day when it came after ``closes`` (15:00)
        or on a day off.
        """
        if not self.is_working_day(received_on) or received_at > closes:
            return self.next_working_day(received_on)
        return received_on

"""
Which days a figure is counted over, as a rule of its definition.

The report mixes windows: a month to its last counted day, a year to date, the
document axis from the 19th to the 19th, the portal since its opening day. A value
that somebody reports must fit the rule, or it is another figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lienthong.kernel.periods import Period

from ..errors import WrongWindow

RULES = ("day", "month", "year", "19-19", "since", "month/month")
AXIS_DAY = 19


@dataclass(frozen=True, slots=True)
class WindowRule:
    """``name`` is one of `RULES`; ``since`` has the first day of a count that never restarts."""

    name: str
    since: date | None = None

    @classmethod
    def parse(cls, text: str) -> WindowRule:
        """``month``, ``19-19``, ``since 2019-12-09``; ValueError for anything else."""
        name, _, day = text.partition(" ")
        if name not in RULES or bool(day) != (name == "since"):
            raise ValueError(text)
        return cls(name, date.fromisoformat(day) if day else None)

    def __str__(self) -> str:
        return f"{self.name} {self.since.isoformat()}" if self.since else self.name

    def of(self, month: Period, last: date) -> Period:
        """The days it is counted over in the report of a month that counts to ``last``."""
        end = min(month.end, last)
        match self.name:
            case "month" | "month/month":
                return Period(month.start, max(month.start, end))
            case "year":
                return Period(date(month.start.year, 1, 1), end)
            case "19-19":
                before = month.start - timedelta(days=1)
                return Period(before.replace(day=AXIS_DAY), month.start.replace(day=AXIS_DAY))
            case "since":
                assert self.since is not None
                return Period(min(self.since, end), end)
            case _:
                return Period(end, end)

    def refuse_unfit(self, window: Period, month: Period, today: date) -> None:
        """
        Raises `WrongWindow` for days that are not this figure's in the report of a month.

        Its ``reason`` is ``future``, ``after_month``, ``before_month``, ``start`` or ``day``.
        """
        if window.end > today:
            raise WrongWindow(reason="future", end=window.end.isoformat())
        if window.end > month.end:
            raise WrongWindow(reason="after_month", end=window.end.isoformat())
        if self.name in ("month", "month/month", "year", "19-19") and window.end < month.start:
            raise WrongWindow(reason="before_month", end=window.end.isoformat())
        if self.name == "day" and window.days != 1:
            raise WrongWindow(reason="day")
        if not self._starts_right(window.start, month):
            raise WrongWindow(reason="start", start=window.start.isoformat())

    def _starts_right(self, start: date, month: Period) -> bool:
        match self.name:
            case "month" | "month/month":
                return start == month.start
            case "year":
                return start == date(month.start.year, 1, 1)
            case "19-19":
                before = month.start - timedelta(days=1)
                return (start.year, start.month) == (before.year, before.month)
            case "since":
                return start == self.since
            case _:
                return True

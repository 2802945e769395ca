"""
When a task is due, and how it stands on a day: computed, never typed.

A task is in time until the end of its last day in Viet Nam. Decision
42/2014/QĐ-TTg as amended by Decision 23/2018/QĐ-TTg (consolidated 01/VBHN-VPCP)
tells done in time, done late, not yet due and overdue apart; a task without a
day is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from lienthong.kernel.working_days import WorkingCalendar

from ..errors import BadDueRule

MOST_WORKING_DAYS = 500
MOST_PERIODS = 5000
"""Of one task: a century of weeks."""


class DueKind(StrEnum):
    DATE = "date"
    WORKING_DAYS = "working_days"
    CADENCE = "cadence"
    NONE = "none"


class Cadence(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


MONTHS = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.HALF_YEAR: 6, Cadence.YEAR: 12}


class Standing(StrEnum):
    OPEN = "open"  # no day is set
    IN_TIME = "in_time"
    OVERDUE = "overdue"
    DONE_IN_TIME = "done_in_time"
    DONE_LATE = "done_late"
    WITHDRAWN = "withdrawn"


DONE = (Standing.DONE_IN_TIME, Standing.DONE_LATE)
NOT_DONE = (Standing.OPEN, Standing.IN_TIME, Standing.OVERDUE)


@dataclass(frozen=True, slots=True)
class DueRule:
    """
    How a document says when a task is due.

    ``day`` is the date itself, or the first date of a cadence; ``days`` counts
    working days after the document's date; ``note`` says why no date is set.
    """

    kind: DueKind
    day: date | None = None
    days: int | None = None
    cadence: Cadence | None = None
    note: str = ""

    def check(self, issued_on: date) -> None:
        """Raises `BadDueRule` for a rule that names no day, or one before the document."""
        match self.kind:
            case DueKind.DATE | DueKind.CADENCE if self.day is None:
                raise BadDueRule(reason="no_day")
            case DueKind.CADENCE if self.cadence is None:
                raise BadDueRule(reason="no_cadence")
            case DueKind.WORKING_DAYS if not 0 < (self.days or 0) <= MOST_WORKING_DAYS:
                raise BadDueRule(reason="no_days")
            case DueKind.NONE if not self.note.strip():
                raise BadDueRule(reason="no_reason")
        if self.day is not None and self.day < issued_on:
            raise BadDueRule(reason="before_issue", day=self.day.isoformat())

    def due(self, issued_on: date, calendar: WorkingCalendar, done_periods: int = 0) -> date | None:
        """
        The day a task is due; of a cadence, the day after so many periods are reported.

        Raises `BadDueRule`, and `CalendarUnknown` when the calendar of a year is missing.
        """
        self.check(issued_on)
        match self.kind:
            case DueKind.DATE:
                return self.day
            case DueKind.WORKING_DAYS:
                assert self.days is not None
                return calendar.add(issued_on, self.days)
            case DueKind.CADENCE:
                assert self.day is not None
                assert self.cadence is not None
                # A period that ends on a day off ends with the next working day
                # (Civil Code 2015, article 148.5).
                return calendar.on_or_after(nth(self.day, self.cadence, done_periods))
            case _:
                return None


def periods_until(rule: DueRule, calendar: WorkingCalendar, last: date) -> int:
    """How many periods of a cadence end by a day; 0 for any other rule."""
    if rule.kind is not DueKind.CADENCE or rule.day is None or rule.cadence is None:
        return 0
    number = 0
    while number < MOST_PERIODS and nth(rule.day, rule.cadence, number) <= last:
        # The end of a period moves to a working day, so its own day is looked at too.
        if calendar.on_or_after(nth(rule.day, rule.cadence, number)) > last:
            break
        number += 1
    return number


def nth(first: date, cadence: Cadence, number: int) -> date:
    """The day so many periods after the first; the last of a month stays the last."""
    if cadence is Cadence.WEEK:
        return first + timedelta(weeks=number)
    month = first.month - 1 + MONTHS[cadence] * number
    year, month = first.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(first.day, last))


def standing(
    due_on: date | None,
    finished_on: date | None,
    withdrawn_on: date | None,
    today: date,
) -> Standing:
    """How a task stands at the end of a legal day; what happened later does not count."""
    if withdrawn_on is not None and withdrawn_on <= today:
        return Standing.WITHDRAWN
    if finished_on is not None and finished_on <= today:
        late = due_on is not None and finished_on > due_on
        return Standing.DONE_LATE if late else Standing.DONE_IN_TIME
    if due_on is None:
        return Standing.OPEN
    return Standing.OVERDUE if today > due_on else Standing.IN_TIME


@dataclass(frozen=True, slots=True)
class Tally:
    """
    Tasks counted by how they stand; withdrawn ones are no part of the total.

    total = done (in time + late) + not done (not yet due + open + overdue).
    """

    done_in_time: int = 0
    done_late: int = 0
    in_time: int = 0
    open: int = 0
    overdue: int = 0
    withdrawn: int = 0

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> Tally:
        counts = dict.fromkeys(Standing, 0)
        for one in standings:
            counts[one] += 1
        return cls(**{str(key): number for key, number in counts.items()})

    @property
    def done(self) -> int:
        return self.done_in_time + self.done_late

    @property
    def not_yet_due(self) -> int:
        """Not done and not late: with a day to come, or with none."""
        return self.in_time + self.open

    @property
    def not_done(self) -> int:
        return self.not_yet_due + self.overdue

    @property
    def total(self) -> int:
        return self.done + self.not_done

    @property
    def kept(self) -> tuple[int, int]:
        """Done, and done or overdue: both terms of the published rate of 2017."""
        return self.done, self.done + self.overdue

    @property
    def rate(self) -> Fraction | None:
        """Share done of what should be done by now; nothing while nothing is."""
        done, of = self.kept
        return Fraction(done, of) if of else None

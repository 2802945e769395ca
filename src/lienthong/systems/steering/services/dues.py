"""Deadlines by the house's working calendar."""

from __future__ import annotations

from datetime import date

from lienthong.web import catalogues

from ..domain.deadlines import DueRule


def due_of(rule: DueRule, issued_on: date, done_periods: int = 0) -> date | None:
    """The day of a rule; raises `BadDueRule` and `CalendarUnknown`."""
    return rule.due(issued_on, catalogues.calendar(), done_periods)

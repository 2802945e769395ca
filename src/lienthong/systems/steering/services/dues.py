"""Deadlines by the house's working calendar, and what they were before they moved."""

from __future__ import annotations

from datetime import date

from lienthong.web import catalogues

from ..domain.deadlines import DueRule, periods_until
from ..models import EarlierDue, Progress, Task


def due_of(rule: DueRule, issued_on: date, done_periods: int = 0) -> date | None:
    """The day of a rule; raises `BadDueRule` and `CalendarUnknown`."""
    return rule.due(issued_on, catalogues.calendar(), done_periods)


def periods_of(rule: DueRule, last_done: date | None) -> int:
    """Periods of a cadence that end by the last day that was reported for."""
    return periods_until(rule, catalogues.calendar(), last_done) if last_done else 0


def move(
    task: Task,
    due_on: date | None,
    *,
    why: EarlierDue.Why,
    on: date,
    report: Progress | None = None,
) -> None:
    """
    Give a locked task another deadline from a legal day on; the caller saves it.

    The old one stays known for the days before. Moves of one task never go back in
    time: a period confirmed for an earlier day starts after the move before it.
    """
    if due_on == task.due_on:
        return
    last = task.earlier_dues.order_by("-until", "-pk").first()
    EarlierDue.objects.create(
        task=task,
        until=max(on, last.until) if last else on,
        due_on=task.due_on,
        why=why,
        report=report,
    )
    task.due_on = due_on


def stands_by_extension(task: Task) -> bool:
    """Whether the present deadline is one that was granted, and nothing has moved it since."""
    last = task.earlier_dues.order_by("-until", "-pk").first()
    return last is not None and last.why == EarlierDue.Why.EXTENSION

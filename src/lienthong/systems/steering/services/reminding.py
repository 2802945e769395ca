"""
Reminders: notices in the system to whoever must act, each given once.

A task nearly due is told to its lead; an overdue one to its lead and to the body
that follows it. When a deadline moves, the new one is reminded of anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.working_days import CalendarUnknown
from lienthong.web import catalogues

from ..models import Reminder, Task
from ..queries.bodies import bodies_of

WORKING_DAYS_BEFORE = 3


@transaction.atomic
def remind(today: date | None = None) -> int:
    """Write the notices of a day that are not written yet; returns how many."""
    day = today or clock.today()
    waiting = Task.objects.filter(
        finished_on=None, withdrawn_on=None, due_on__lte=horizon(day), document__issued_on__lte=day
    ).select_related("document")
    notices = [notice for task in waiting for notice in notices_of(task, day)]
    before = Reminder.objects.count()
    # Two chores at once, or one run twice: the constraint keeps each notice single.
    Reminder.objects.bulk_create(notices, ignore_conflicts=True, batch_size=1000)
    return Reminder.objects.count() - before


def notices_of(task: Task, day: date) -> Iterator[Reminder]:
    assert task.due_on is not None
    overdue = task.due_on < day
    why = Reminder.Why.OVERDUE if overdue else Reminder.Why.SOON
    told = {task.lead, task.document.followed_by} if overdue else {task.lead}
    for body in sorted(told):
        yield Reminder(
            task=task,
            body=body,
            why=why,
            due_on=task.due_on,
            made_on=day,
            made_at=clock.instant(),
        )


def horizon(day: date) -> date:
    """The last deadline that is near; by calendar days where the working calendar ends."""
    try:
        return catalogues.calendar().add(day, WORKING_DAYS_BEFORE)
    except CalendarUnknown:
        return day + timedelta(days=WORKING_DAYS_BEFORE + 2)


def mark_read(reminders: list[int], *, by: Actor) -> int:
    """Note that these notices were read; those of other bodies are left as they are."""
    mine = Reminder.objects.filter(pk__in=reminders, body__in=bodies_of(by), read_at=None)
    return mine.update(read_at=clock.instant(), read_by=str(by))

"""What a lead reports on its task, and the taking back of a report that was wrong."""

from __future__ import annotations

from datetime import date

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.deadlines import DueKind
from ..errors import BadProgress, ChangedMeanwhile, TaskClosed
from ..models import Evidence, Progress, Task
from ..models.directives import Origin
from ..queries.bodies import bodies_on
from .dues import due_of
from .guards import reason_of, refuse_others
from .tasks import lock

LONGEST = 4000


def report(
    task: Task,
    *,
    words: str,
    by: Actor,
    percent: int | None = None,
    finishes: bool = False,
    on: date | None = None,
    evidence: Evidence | None = None,
    version: int | None = None,
) -> Progress:
    """
    Write down progress; with ``finishes`` the task, or its present period, is done on that day.

    ``on`` is the day it was done, today when left out. Raises `NotYourTask`
    unless the officer's body leads, `TaskClosed`, `BadProgress`, `ChangedMeanwhile`.
    """
    day = on or by.legal_day
    text = words.strip()
    if not text or len(text) > LONGEST or (percent is not None and not 0 <= percent <= 100):
        raise BadProgress()
    with history.acting(by):
        held = lock(task, version)
        if not held.document.issued_on <= day <= by.legal_day:
            raise BadProgress(day=day.isoformat())
        refuse_others([held.lead], bodies_on(by.legal_day), by=by)
        if held.is_closed:
            raise TaskClosed(task=held.pk)
        again = held.due_kind == DueKind.CADENCE
        made = Progress.objects.create(
            task=held,
            reported_on=day,
            reported_at=clock.instant(),
            body=held.lead,
            by=str(by),
            words=text,
            percent=100 if finishes else percent,
            finishes=finishes,
            period_due=held.due_on if finishes and again else None,
            evidence=evidence,
            origin=Origin.ENTERED,
        )
        if finishes:
            close(held, day)
        held.version += 1
        held.save(update_fields=["finished_on", "periods_done", "due_on", "version"])
        record.done(
            "steering.task.finished" if finishes else "steering.task.reported",
            held,
            by=by,
            detail={"report": made.pk},
        )
    return made


def close(task: Task, day: date) -> None:
    """A task that comes again goes on to its next period; any other is finished."""
    if task.due_kind == DueKind.CADENCE:
        task.periods_done += 1
        task.due_on = due_of(task.rule, task.document.issued_on, task.periods_done)
    else:
        task.finished_on = day


def take_back(report: Progress, reason: str, *, by: Actor) -> Progress:
    """
    Take a report back, with the reason; the task it finished is in hand again.

    Of a task that comes again only the last closed period can be opened.
    """
    words = reason_of(reason)
    with history.acting(by):
        task = lock(report.task)
        held = Progress.objects.select_for_update(of=("self",)).get(pk=report.pk)
        refuse_others([task.lead, task.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.withdrawn_at is not None or task.withdrawn_on is not None:
            raise TaskClosed(task=task.pk)
        if held.finishes:
            reopen(task, held)
        held.withdrawn_at, held.withdrawn_by = clock.instant(), str(by)
        held.withdrawn_reason = words
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        task.version += 1
        task.save(update_fields=["finished_on", "periods_done", "due_on", "version"])
        record.done("steering.task.report_taken_back", task, by=by, detail={"report": held.pk})
    return held


def reopen(task: Task, report: Progress) -> None:
    if task.due_kind != DueKind.CADENCE:
        task.finished_on = None
        return
    last = task.progress.filter(finishes=True, withdrawn_at=None).order_by("-period_due").first()
    if last is None or last.pk != report.pk:
        raise ChangedMeanwhile(task=task.pk)
    task.periods_done -= 1
    task.due_on = report.period_due

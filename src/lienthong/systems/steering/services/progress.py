"""
What a lead reports on its task, and the taking back of a report that was wrong.

A task is finished on the legal day its finish is reported. Whoever says that it
was finished earlier shows a file, and the body that follows the task confirms the
day; until then the day of the report counts.
"""

from __future__ import annotations

from datetime import date

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.deadlines import DueKind
from ..errors import (
    BadProgress,
    ChangedMeanwhile,
    EvidenceMissing,
    EvidenceNeeded,
    NoFileThere,
    NothingToConfirm,
    TaskClosed,
)
from ..models import EarlierDue, Evidence, Progress, Task
from ..models.directives import Origin
from ..queries.bodies import bodies_on
from .dues import due_of, move, periods_of
from .guards import reason_of, refuse_others, refuse_same_person
from .tasks import lock

LONGEST = 4000
CHANGED = ["finished_on", "periods_done", "due_on", "version"]


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
    Write down progress; with ``finishes`` the task, or its present period, is done today.

    ``on`` names an earlier day on which it was done: of a finish it needs
    ``evidence`` and waits for `confirm_day`. Raises `NotYourTask` unless the
    officer's body leads, `TaskClosed`, `BadProgress`, `EvidenceMissing`, `ChangedMeanwhile`.
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
        claims = finishes and day < by.legal_day
        if claims and evidence is None:
            raise EvidenceMissing(day=day.isoformat())
        again = held.due_kind == DueKind.CADENCE
        made = Progress.objects.create(
            task=held,
            reported_on=by.legal_day,
            done_on=day if day < by.legal_day else None,
            claim=Progress.Claim.WAITS if claims else Progress.Claim.NONE,
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
            close(held, made)
        held.version += 1
        held.save(update_fields=CHANGED)
        record.done(
            "steering.task.finished" if finishes else "steering.task.reported",
            held,
            by=by,
            detail={"report": made.pk},
        )
    return made


def close(task: Task, report: Progress) -> None:
    """A task that comes again goes on to its next period; any other is finished."""
    if task.due_kind == DueKind.CADENCE:
        task.periods_done += 1
        due_on = due_of(task.rule, task.document.issued_on, task.periods_done)
        why = EarlierDue.Why.PERIOD
        move(task, due_on, why=why, on=report.reported_on, report=report)
    else:
        task.finished_on = report.reported_on


def decide_day(report: Progress, *, confirm: bool, answer: str, by: Actor) -> Progress:
    """
    Confirm the earlier day of a finish, or say why it does not count.

    For the body that follows the task, never the person who reported. Raises
    `NotYourTask`, `SamePerson`, `NothingToConfirm`, `ReasonMissing`.
    """
    words = reason_of(answer)
    with history.acting(by):
        task = lock(report.task)
        held = Progress.objects.select_for_update(of=("self",)).get(pk=report.pk)
        refuse_others([task.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.claim != Progress.Claim.WAITS or held.withdrawn_at is not None:
            raise NothingToConfirm(report=held.pk)
        refuse_same_person(held.by, by=by)
        held.claim = Progress.Claim.CONFIRMED if confirm else Progress.Claim.REFUSED
        held.claim_answer, held.claim_by, held.claim_on = words, str(by), by.legal_day
        held.save(update_fields=["claim", "claim_answer", "claim_by", "claim_on"])
        if confirm:
            count_from(task, held)
        task.version += 1
        task.save(update_fields=CHANGED)
        record.done(
            f"steering.day.{held.claim}",
            task,
            by=by,
            detail={"report": held.pk, "day": str(held.done_on), "reason": words},
        )
    return held


def count_from(task: Task, report: Progress) -> None:
    """A confirmed day takes the place of the day of entry."""
    assert report.done_on is not None
    if task.due_kind != DueKind.CADENCE:
        task.finished_on = report.done_on
        return
    moved = task.earlier_dues.filter(report=report).first()
    if moved is not None:
        before = task.earlier_dues.filter(pk__lt=moved.pk).order_by("-until", "-pk").first()
        moved.until = max(report.done_on, before.until) if before else report.done_on
        moved.save(update_fields=["until"])


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
            reopen(task, held, by.legal_day)
        held.withdrawn_at, held.withdrawn_by = clock.instant(), str(by)
        held.withdrawn_reason = words
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        task.version += 1
        task.save(update_fields=CHANGED)
        record.done(
            "steering.task.report_taken_back",
            task,
            by=by,
            detail={"report": held.pk, "reason": words},
        )
    return held


def reopen(task: Task, report: Progress, day: date) -> None:
    if report.period_due is None:
        # Also of a task that was made to come again after it had been finished once.
        task.finished_on = None
        return
    closed = task.progress.filter(finishes=True, withdrawn_at=None).exclude(period_due=None)
    latest = list(closed.order_by("-period_due", "-pk")[:2])
    if not latest or latest[0].pk != report.pk:
        raise ChangedMeanwhile(task=task.pk)
    due_on: date | None = report.period_due
    if counted_anew_since(task, report):
        # The limit was corrected since: periods are counted by the new one.
        task.periods_done = periods_of(task.rule, latest[1].period_due if len(latest) > 1 else None)
        due_on = due_of(task.rule, task.document.issued_on, task.periods_done)
    else:
        task.periods_done = max(task.periods_done - 1, 0)
    move(task, due_on, why=EarlierDue.Why.TAKEN_BACK, on=day)


def counted_anew_since(task: Task, report: Progress) -> bool:
    moved = task.earlier_dues.filter(report=report).first()
    corrected = task.earlier_dues.filter(why=EarlierDue.Why.CORRECTION)
    return moved is not None and corrected.filter(pk__gt=moved.pk).exists()


def withdraw_evidence(report: Progress, reason: str, *, by: Actor) -> Progress:
    """
    Take back the file of a report: it opens to nobody from here any more; the words stay.

    For the lead or the body that follows. Raises `EvidenceNeeded` while an earlier
    day waits or was confirmed by this file.
    """
    words = reason_of(reason)
    with history.acting(by):
        task = lock(report.task)
        held = Progress.objects.select_for_update(of=("self",)).get(pk=report.pk)
        refuse_others([task.lead, task.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.evidence_id is None or held.evidence_withdrawn_at is not None:
            raise NoFileThere(report=held.pk)
        if held.claim in (Progress.Claim.WAITS, Progress.Claim.CONFIRMED) and not held.withdrawn_at:
            raise EvidenceNeeded(report=held.pk)
        held.evidence_withdrawn_at, held.evidence_withdrawn_by = clock.instant(), str(by)
        held.evidence_withdrawn_reason = words
        held.save(
            update_fields=[
                "evidence_withdrawn_at",
                "evidence_withdrawn_by",
                "evidence_withdrawn_reason",
            ]
        )
        record.done(
            "steering.evidence.withdrawn",
            task,
            by=by,
            detail={"report": held.pk, "reason": words},
        )
    return held

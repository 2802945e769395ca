"""More time for a task: the lead asks, the body that follows it decides, both with reasons."""

from __future__ import annotations

from datetime import date

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history
from lienthong.web.roles import RoleMissing

from ..errors import AlreadyDecided, BadExtension, ChangedMeanwhile, ExtensionPending, TaskClosed
from ..models import EarlierDue, Extension, Task
from ..queries.bodies import bodies_on
from .dues import move
from .guards import LEADER, reason_of, refuse_others, refuse_same_person
from .tasks import lock


def ask(task: Task, new_due: date, reason: str, *, by: Actor) -> Extension:
    """
    Ask for a later day.

    Raises `NotYourTask`, `TaskClosed`, `BadExtension` for a day that is not later
    or a task without one, `ExtensionPending`.
    """
    words = reason_of(reason)
    with history.acting(by):
        held = lock(task)
        refuse_others([held.lead], bodies_on(by.legal_day), by=by)
        if held.is_closed:
            raise TaskClosed(task=held.pk)
        if held.due_on is None or new_due <= held.due_on:
            raise BadExtension(due=held.due_on.isoformat() if held.due_on else None)
        if held.extensions.filter(state=Extension.State.ASKED).exists():
            raise ExtensionPending(task=held.pk)
        made = Extension.objects.create(
            task=held,
            old_due=held.due_on,
            new_due=new_due,
            reason=words,
            asked_on=by.legal_day,
            asked_at=clock.instant(),
            asked_by=str(by),
        )
        record.done(
            "steering.extension.asked",
            held,
            by=by,
            detail={"from": held.due_on, "to": new_due},
        )
    return made


def decide(extension: Extension, *, grant: bool, answer: str, by: Actor) -> Extension:
    """
    Grant or refuse; only a leader of the body that follows the task, never the person who asked.

    Raises `RoleMissing`, `NotYourTask`, `AlreadyDecided`, `SamePerson`.
    """
    words = reason_of(answer)
    if not by.has(LEADER):
        raise RoleMissing(role=LEADER, office=by.office)
    with history.acting(by):
        task = lock(extension.task)
        held = Extension.objects.select_for_update(of=("self",)).get(pk=extension.pk)
        refuse_others([task.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.state != Extension.State.ASKED or task.is_closed:
            raise AlreadyDecided(extension=held.pk)
        if grant and held.old_due != task.due_on:
            # The period was done or the limit corrected meanwhile: another day was asked about.
            raise ChangedMeanwhile(task=task.pk)
        refuse_same_person(held.asked_by, by=by)
        held.state = Extension.State.GRANTED if grant else Extension.State.REFUSED
        held.answer, held.decided_by = words, str(by)
        held.decided_on, held.decided_at = by.legal_day, clock.instant()
        held.save()
        if grant:
            move(task, held.new_due, why=EarlierDue.Why.EXTENSION, on=by.legal_day)
            task.version += 1
            task.save(update_fields=["due_on", "version"])
        record.done(
            f"steering.extension.{held.state}",
            task,
            by=by,
            detail={"from": held.old_due, "to": held.new_due},
        )
    return held

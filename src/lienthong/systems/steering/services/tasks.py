"""
Assigning tasks out of a document, correcting and withdrawing them, passing them on.

One task has one lead who answers for it (Decree 39/2022/NĐ-CP); a paragraph
given to many bodies becomes a task for each. A task is never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.bodies import Bodies
from ..domain.cascade import refuse_circle
from ..domain.deadlines import DueRule
from ..errors import (
    BadDueRule,
    ChangedMeanwhile,
    CodeTaken,
    NoSuchTask,
    PassedBackwards,
    ReasonMissing,
    TaskClosed,
    TooManyTasks,
)
from ..models import CoLead, DirectiveDocument, EarlierDue, PassedOn, Task
from ..models.directives import Origin
from ..queries.bodies import bodies_on
from ..queries.directives import above
from .dues import due_of, move, periods_of
from .guards import reason_of, refuse_others, what_it_was

LONGEST_TEXT = 4000
MOST_LEADS = 200
"""Bodies one paragraph is given to: every ministry, agency and province, and as many again."""
MOST_TASKS = 6000
"""Of one document: its page and its lock stay bearable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task as its document gives it, for one or several leads."""

    code: str
    text: str
    leads: tuple[str, ...]
    rule: DueRule
    source_ref: str = ""
    basis: str = ""
    field: str = ""
    product: str = ""
    co_leads: tuple[str, ...] = ()
    """Codes or names of bodies, or words for a group."""
    general: bool = False
    parents: tuple[int, ...] = ()


def assign(document: DirectiveDocument, entry: TaskEntry, *, by: Actor) -> list[Task]:
    """
    Enter a task for each of its leads.

    Raises `NoSuchBodyKnown`, `BadDueRule`, `CalendarUnknown`, `CodeTaken`,
    `PassedBackwards`, `CascadeCircles`, `NotYourTask`, `TooManyTasks`.
    """
    bodies = bodies_on(by.legal_day)
    refuse_others([document.followed_by], bodies, by=by)
    leads = list(dict.fromkeys(bodies.get(lead).code for lead in entry.leads))
    if not leads or not entry.text.strip() or not entry.code.strip():
        raise ReasonMissing("A task needs a code, a text and a lead.")
    if len(leads) > MOST_LEADS:
        raise TooManyTasks(leads=len(leads))
    with history.acting(by):
        held = DirectiveDocument.objects.select_for_update().get(pk=document.pk)
        # Asked again under the lock: it may have been handed over, or its day corrected.
        refuse_others([held.followed_by], bodies, by=by)
        if held.tasks.count() + len(leads) > MOST_TASKS:
            raise TooManyTasks(tasks=held.tasks.count(), leads=len(leads))
        due_on = due_of(entry.rule, held.issued_on)
        try:
            with transaction.atomic():
                made = [
                    Task.objects.create(
                        document=held,
                        lead=lead,
                        due_on=due_on,
                        origin=Origin.ENTERED,
                        entered_at=clock.instant(),
                        entered_by=str(by),
                        search_key=search_key(held, entry, bodies.name(lead)),
                        **columns(entry),
                    )
                    for lead in leads
                ]
        except IntegrityError as taken:
            raise CodeTaken(code=entry.code) from taken
        for task in made:
            set_co_leads(task, entry.co_leads, bodies)
            set_parents(task, entry.parents)
            record.done("steering.task.assigned", task, by=by, detail={"code": task.code})
    return made


def edit_task(task: Task, entry: TaskEntry, *, version: int, by: Actor) -> Task:
    """
    Correct a task; raises `ChangedMeanwhile` when ``version`` is not the present one.

    A changed time limit counts anew from the document's day; what an extension
    granted stays unless the limit itself is changed. Periods reported under another
    cadence count for those of the new one that had ended by then.
    """
    bodies = bodies_on(by.legal_day)
    with history.acting(by):
        held = lock(task, version)
        refuse_others([held.document.followed_by], bodies, by=by)
        if held.is_closed:
            raise TaskClosed(task=held.pk)
        lead = bodies.get(entry.leads[0]).code if entry.leads else held.lead
        wanted = columns(entry) | {"lead": lead}
        was = what_it_was(held, wanted)
        # Words beside the limit change no day, and so take no extension away.
        if replace(entry.rule, note="") != replace(held.rule, note=""):
            was["due_on"] = str(held.due_on or "")
            count_anew(held, entry.rule, by.legal_day)
        for name, value in wanted.items():
            setattr(held, name, value)
        held.search_key = search_key(held.document, entry, bodies.name(lead))
        held.version += 1
        try:
            with transaction.atomic():
                held.save()
        except IntegrityError as taken:
            raise CodeTaken(code=entry.code) from taken
        was |= set_co_leads(held, entry.co_leads, bodies)
        was |= set_parents(held, entry.parents)
        record.done("steering.task.changed", held, by=by, detail={"was": was})
    return held


def count_anew(task: Task, rule: DueRule, day: date) -> None:
    """Periods done and deadline by another rule; the old deadline stays for the days before."""
    done = task.periods_done
    last_done = due_of(task.rule, task.document.issued_on, done - 1) if done else None
    task.periods_done = periods_of(rule, last_done)
    due_on = due_of(rule, task.document.issued_on, task.periods_done)
    move(task, due_on, why=EarlierDue.Why.CORRECTION, on=day)


def withdraw(task: Task, reason: str, *, version: int, by: Actor) -> Task:
    """Take a task back, with a reason; it stays readable and is counted no more."""
    words = reason_of(reason)
    with history.acting(by):
        held = lock(task, version)
        refuse_others([held.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.withdrawn_on is not None:
            raise TaskClosed(task=held.pk)
        held.withdrawn_on, held.withdrawn_reason = by.legal_day, words
        held.version += 1
        held.save(update_fields=["withdrawn_on", "withdrawn_reason", "version"])
        record.done("steering.task.withdrawn", held, by=by, detail={"reason": words})
    return held


def restore(task: Task, *, version: int, by: Actor) -> Task:
    """Undo a withdrawal; the reason stays in the history of the row."""
    with history.acting(by):
        held = lock(task, version)
        refuse_others([held.document.followed_by], bodies_on(by.legal_day), by=by)
        if held.withdrawn_on is None:
            raise ChangedMeanwhile(task=held.pk)
        held.withdrawn_on, held.withdrawn_reason = None, ""
        held.version += 1
        held.save(update_fields=["withdrawn_on", "withdrawn_reason", "version"])
        record.done("steering.task.restored", held, by=by)
    return held


def lock(task: Task, version: int | None = None) -> Task:
    """The task, locked; raises `ChangedMeanwhile` when another version is there by now."""
    rows = Task.objects.select_for_update(of=("self",)).select_related("document")
    held = rows.filter(pk=task.pk).first()
    if held is None:
        raise NoSuchTask(task=task.pk)
    if version is not None and held.version != version:
        raise ChangedMeanwhile(task=held.pk)
    return held


def columns(entry: TaskEntry) -> dict[str, object]:
    if len(entry.text) > LONGEST_TEXT:
        raise BadDueRule(reason="too_long")
    rule = entry.rule
    return {
        "code": entry.code.strip(),
        "source_ref": entry.source_ref.strip(),
        "text": " ".join(entry.text.split()),
        "basis": " ".join(entry.basis.split()),
        "field": " ".join(entry.field.split()),
        "product": " ".join(entry.product.split()),
        "general": entry.general,
        "due_kind": rule.kind.value,
        "due_day": rule.day,
        "due_days": rule.days,
        "cadence": rule.cadence.value if rule.cadence else "",
        "due_note": " ".join(rule.note.split()),
    }


def set_co_leads(task: Task, wanted: Iterable[str], bodies: Bodies) -> dict[str, str]:
    """Bodies by code or name where they are known, the document's own words where not."""
    given: dict[str, str] = {}
    for words in dict.fromkeys(" ".join(one.split()) for one in wanted):
        if words:
            known = bodies.find(words) or next((b for b in bodies if b.name == words), None)
            given[(known.name if known else words)[:200]] = known.code if known else ""
    held = {co.words: co.body for co in task.co_leads.all()}
    if given == held:
        return {}
    task.co_leads.all().delete()
    for words, body in given.items():
        CoLead.objects.create(task=task, body=body, words=words)
    return {"co_leads": "; ".join(held)}


def set_parents(task: Task, wanted: Iterable[int]) -> dict[str, str]:
    """Say which earlier tasks this one carries on; raises `CascadeCircles`, `PassedBackwards`."""
    parents = set(wanted)
    refuse_circle(task.pk, parents, above(parents))
    found = Task.objects.filter(pk__in=parents).select_related("document")
    if found.count() != len(parents):
        raise NoSuchTask()
    if any(one.document.issued_on > task.document.issued_on for one in found):
        raise PassedBackwards(task=task.pk)
    links = list(task.passed_from.select_related("parent__document").order_by("pk"))
    if parents == {link.parent_id for link in links}:
        return {}
    task.passed_from.exclude(parent__in=parents).delete()
    for parent in found:
        PassedOn.objects.get_or_create(child=task, parent=parent)
    return {"parents": "; ".join(f"{link.parent.document} {link.parent.code}" for link in links)}


def search_key(document: DirectiveDocument, entry: TaskEntry, lead: str) -> str:
    words = (entry.code, str(document.written), lead, entry.text, entry.field, entry.product)
    return names.folding_key(" ".join(words))

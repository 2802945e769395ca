"""
Collecting the figures of a month from their systems, through the exchange.

A system that does not answer stops nothing: its figures of the last answer stay,
marked as old, or are missing. No number is ever filled in. Every asking is kept,
also the failed ones, with the message id under which the exchange logged it.
"""

from __future__ import annotations

import contextvars
import hashlib
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError

from lienthong import record
from lienthong.exchange import client, errors
from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.record import history

from ..domain.catalogue import Way
from ..domain.editions import State, window
from ..errors import AlreadyIssued, WaitsForSignature
from ..manifest import SOURCES
from ..models import CollectedFigure, ReportEdition, SourceAnswer
from ..needs.figures import figures_of
from ..needs.receipts import NotSealedYet, Proof, proof_of
from ..queries import editions
from ..shapes import ReadFigure, ReadFigures
from . import narrative
from .gathering import gather

PAGE_SECONDS = 5.0
JOB_SECONDS = 30.0
RECEIPT_PAUSE = 0.15
AT_ONCE = 6
"""Systems asked at the same time; each answers within the deadline of all."""
Told = client.Answer | errors.ExchangeError


def open_edition(month: Period, *, by: Actor) -> ReportEdition:
    """
    The draft of a month; a new edition when none is open.

    Raises `MonthNotBegun`, or `WaitsForSignature` while one is being signed.
    """
    asked = window(month, clock.today())
    edition = editions.editions_of(month).filter(state=State.DRAFT).first()
    if edition is not None:
        return edition
    last = editions.editions_of(month).first()
    if last is not None and last.state == State.SIGNING:
        raise WaitsForSignature(month=str(month))
    try:
        with history.acting(by):
            edition = ReportEdition.objects.create(
                period_start=month.start,
                period_end=month.end,
                version=last.version + 1 if last else 1,
                counted_to=asked.counted.end,
                opened_on=by.legal_day,
                opened_at=clock.instant(),
                opened_by=str(by),
            )
            record.done("steering.edition.opened", edition, by=by, detail={"month": str(month)})
            narrative.carry_over(edition, by=by)
    except IntegrityError:
        # Somebody else opened the same draft in this moment: it is the one to work on.
        return editions.editions_of(month).filter(state=State.DRAFT).get()
    return edition


def collect(
    month: Period,
    *,
    by: Actor,
    deadline: float = PAGE_SECONDS,
    wait_for_receipts: float = 0.0,
) -> ReportEdition:
    """
    Ask every system for its figures of a month, into the month's draft.

    ``deadline`` is for each system; ``wait_for_receipts`` seconds are given to
    the gateways to seal the answers. Never raises because a system is down.
    """
    edition = open_edition(month, by=by)
    run = uuid.uuid4()
    counted = window(month, clock.today()).counted
    with history.acting(by):
        for system, asked_at, told in ask_all(SOURCES, counted, deadline):
            keep(edition, system, told, run=run, asked_at=asked_at, counted=counted, by=by)
        gather(edition)
    settle_receipts(edition, within=wait_for_receipts)
    edition.refresh_from_db()
    return edition


def collect_from(
    edition: ReportEdition,
    system: str,
    *,
    by: Actor,
    run: uuid.UUID | None = None,
    deadline: float = PAGE_SECONDS,
) -> SourceAnswer:
    """Ask one system and keep what it said. Raises `AlreadyIssued` for an issued edition."""
    if not edition.is_draft:
        raise AlreadyIssued(edition=str(edition))
    counted = window(edition.month, clock.today()).counted
    asked_at = clock.instant()
    # Outside any transaction: the other system may take its whole deadline.
    told = ask(system, counted, deadline)
    with history.acting(by):
        answer = keep(
            edition,
            system,
            told,
            run=run or uuid.uuid4(),
            asked_at=asked_at,
            counted=counted,
            by=by,
        )
        gather(answer.edition)
    return answer


def ask(system: str, counted: Period, deadline: float) -> Told:
    """The answer of one system, or why there is none."""
    try:
        return client.call(figures_of(system, counted), deadline=deadline)
    except errors.ExchangeError as error:
        return error


def ask_all(
    systems: tuple[str, ...], counted: Period, deadline: float
) -> Iterator[tuple[str, datetime, Told]]:
    """
    Ask several systems side by side and answer in their order.

    The slowest sets the time. No thread touches the database: what came of it is
    kept by the caller, when all have answered.
    """
    asked_at = clock.instant()
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(systems))) as pool:
        running = [
            pool.submit(contextvars.copy_context().run, ask, system, counted, deadline)
            for system in systems
        ]
        told = [one.result() for one in running]
    return iter([(system, asked_at, one) for system, one in zip(systems, told, strict=True)])


def keep(
    edition: ReportEdition,
    system: str,
    told: Told,
    *,
    run: uuid.UUID,
    asked_at: datetime,
    counted: Period,
    by: Actor,
) -> SourceAnswer:
    """Write down what came of one asking; in the caller's transaction. Raises `AlreadyIssued`."""
    locked = ReportEdition.objects.select_for_update().get(pk=edition.pk)
    if not locked.is_draft:
        raise AlreadyIssued(edition=str(edition))
    answer = SourceAnswer(edition=locked, system=system, run=run, asked_at=asked_at)
    told = refuse_twice(told)
    if isinstance(told, errors.ExchangeError):
        keep_failure(answer, told)
    else:
        keep_answer(answer, told)
        locked.counted_to = counted.end
        locked.save(update_fields=["counted_to"])
    record.done(
        "steering.figures.collected",
        locked,
        by=by,
        detail={
            "system": system,
            "outcome": str(answer.outcome),
            "message": answer.message_id,
            "error": answer.error_code,
        },
    )
    return answer


def keep_answer(answer: SourceAnswer, found: client.Answer) -> None:
    """Store an answer with its figures; figures the system no longer states go."""
    body: ReadFigures = found.body
    answer.outcome = SourceAnswer.Outcome.ANSWERED
    answer.answered_at = clock.instant()
    answer.message_id, answer.request_id = found.message_id, found.request_id
    answer.body_digest = hashlib.sha256(found.raw).hexdigest()
    if found.promise is not None:
        answer.promise = msgspec.to_builtins(found.promise)
        answer.proof = SourceAnswer.Proof.PROMISED
    answer.save()
    rows = [
        CollectedFigure(
            edition=answer.edition,
            system=answer.system,
            code=figure.code,
            way=Way.LIVE,
            answer=answer,
            collected_at=answer.asked_at,
            **columns(figure),
        )
        for figure in body.figures
    ]
    live = CollectedFigure.objects.filter(
        edition=answer.edition, system=answer.system, way=Way.LIVE
    )
    live.exclude(code__in=[row.code for row in rows]).delete()
    # One statement for all of them; an officer's choice is not among what it writes.
    CollectedFigure.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["edition", "system", "code", "way"],
        update_fields=[*WRITTEN, "answer", "collected_at"],
    )


def refuse_twice(told: Told) -> Told:
    """The answer, or an error in its place when it states one code twice: which would hold?"""
    if isinstance(told, errors.ExchangeError):
        return told
    codes = [figure.code for figure in told.body.figures]
    if len(codes) == len(set(codes)):
        return told
    return errors.BadAnswer(
        code="steering.figure_stated_twice", service=FIGURES_CODE, message_id=told.message_id
    )


def columns(figure: ReadFigure) -> dict[str, Any]:
    """The columns of a live figure as its system stated it."""
    part, whole = figure.parts or (None, None)
    return {
        "title": figure.title,
        "value": figure.value,
        "unit": figure.unit,
        "kind": figure.kind,
        "definition": figure.definition,
        "note": figure.note,
        "window_start": figure.start,
        "window_end": figure.end,
        "source": figure.source,
        "function": figure.function,
        "rows": figure.rows,
        "imported": figure.imported,
        "part": part,
        "whole": whole,
        "state": CollectedFigure.State.LIVE,
        "stale_since": None,
    }


WRITTEN = (
    *("title", "value", "unit", "kind", "definition", "note", "window_start", "window_end"),
    *("source", "function", "rows", "imported", "part", "whole", "state", "stale_since"),
)
"""Names of `columns`, for writing many rows at once."""


def keep_failure(answer: SourceAnswer, failure: errors.ExchangeError) -> None:
    """Store that a system did not answer, and mark its figures as old from now on."""
    outcomes = SourceAnswer.Outcome
    match failure:
        case errors.Refused():
            answer.outcome = outcomes.REFUSED
        case errors.Invalid() | errors.BadAnswer():
            answer.outcome = outcomes.UNREADABLE
        case _:
            answer.outcome = outcomes.UNAVAILABLE
    answer.error_code = (failure.fault or failure.code)[:100]
    answer.message_id = failure.message_id
    answer.save()
    CollectedFigure.objects.filter(
        edition=answer.edition,
        system=answer.system,
        way=Way.LIVE,
        state=CollectedFigure.State.LIVE,
    ).update(state=CollectedFigure.State.STALE, stale_since=answer.asked_at)


def settle_receipts(edition: ReportEdition, *, within: float = 0.0) -> int:
    """
    Fetch and verify the receipts of answers that so far carry only a promise.

    Asks again until all are sealed or ``within`` seconds have passed; answers how
    many are still waiting.
    """
    end = time.monotonic() + within
    while True:
        waiting = list(
            edition.answers.filter(proof=SourceAnswer.Proof.PROMISED).exclude(message_id="")
        )
        left = sum(not settle(answer) for answer in waiting)
        if not left or time.monotonic() + RECEIPT_PAUSE > end:
            return left
        time.sleep(RECEIPT_PAUSE)


def settle(answer: SourceAnswer) -> bool:
    """Keep the receipt of an answer when there is one; says whether there was."""
    try:
        proof: Proof = proof_of(answer)
    except NotSealedYet:
        return False
    SourceAnswer.objects.filter(pk=answer.pk).update(
        receipt=proof.receipt,
        proof=SourceAnswer.Proof.VERIFIED if proof.holds else SourceAnswer.Proof.BROKEN,
        proof_detail=proof.detail,
        provider=proof.provider,
    )
    return True

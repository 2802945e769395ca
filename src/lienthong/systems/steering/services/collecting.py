"""
Collecting the figures of a month from their systems, through the exchange.

A system that does not answer stops nothing: its figures of the last answer stay,
marked as old, or are missing. No number is ever filled in. Every asking is kept,
also the failed ones, with the message id under which the exchange logged it.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from decimal import Decimal

import msgspec
from django.db import IntegrityError

from lienthong import record
from lienthong.exchange import client, errors
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.record import history

from ..domain.editions import State, window
from ..domain.relations import RELATIONS
from ..errors import AlreadyIssued
from ..manifest import SOURCES
from ..models import CollectedFigure, RelationCheck, ReportEdition, SourceAnswer
from ..needs.figures import figures_of
from ..needs.receipts import NotSealedYet, Proof, proof_of
from ..queries import editions
from ..shapes import ReadFigure, ReadFigures

PAGE_SECONDS = 5.0
JOB_SECONDS = 30.0
RECEIPT_PAUSE = 0.15
EIGHT_PLACES = Decimal("1E-8")


def open_edition(month: Period, *, by: Actor) -> ReportEdition:
    """The draft of a month; a new edition when none is open. Raises `MonthNotBegun`."""
    asked = window(month, clock.today())
    edition = editions.editions_of(month).filter(state=State.DRAFT).first()
    if edition is not None:
        return edition
    last = editions.editions_of(month).first()
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
    for system in SOURCES:
        collect_from(edition, system, run=run, by=by, deadline=deadline)
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
    found: client.Answer | None = None
    failure: errors.ExchangeError | None = None
    try:
        # Outside any transaction: the other system may take its whole deadline.
        found = client.call(figures_of(system, counted), deadline=deadline)
    except errors.ExchangeError as error:
        failure = error
    with history.acting(by):
        locked = ReportEdition.objects.select_for_update().get(pk=edition.pk)
        if not locked.is_draft:
            raise AlreadyIssued(edition=str(edition))
        answer = SourceAnswer(
            edition=locked, system=system, run=run or uuid.uuid4(), asked_at=asked_at
        )
        if found is not None:
            keep_answer(answer, found)
            locked.counted_to = counted.end
            locked.save(update_fields=["counted_to"])
        elif failure is not None:
            keep_failure(answer, failure)
        check_relations(locked)
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
    for figure in body.figures:
        CollectedFigure.objects.update_or_create(
            edition=answer.edition,
            system=answer.system,
            code=figure.code,
            defaults={**columns(figure), "answer": answer, "collected_at": answer.asked_at},
        )
    CollectedFigure.objects.filter(edition=answer.edition, system=answer.system).exclude(
        code__in=[figure.code for figure in body.figures]
    ).delete()


def columns(figure: ReadFigure) -> dict[str, object]:
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
        edition=answer.edition, system=answer.system, state=CollectedFigure.State.LIVE
    ).update(state=CollectedFigure.State.STALE, stale_since=answer.asked_at)


def check_relations(edition: ReportEdition) -> None:
    """Check every relation anew; a note stays only while both sides stay as they were."""
    figures = editions.stated(editions.figures_of(edition))
    kept = {check.key: check for check in edition.checks.all()}
    for rule in RELATIONS:
        finding = rule.check(figures)
        check = kept.get(rule.key) or RelationCheck(edition=edition, key=rule.key)
        left, right = rounded(finding.left), rounded(finding.right)
        if (check.left, check.right) != (left, right):
            check.note, check.noted_by, check.noted_at = "", "", None
        check.verdict, check.left, check.right = finding.verdict.value, left, right
        check.save()


def rounded(side: Decimal | None) -> Decimal | None:
    """A side as the database keeps it."""
    return None if side is None else side.quantize(EIGHT_PLACES)


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

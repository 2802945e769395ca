"""
Telling the directory the days this node's gateway has signed (decision 4).

The gateway keeps every day until the directory has answered for it, so a
directory that is away loses nothing: what waits is sent with the next round, the
very bytes that were signed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from lienthong.exchange import errors, gateway_admin, housekeeping
from lienthong.exchange.gateway_admin import ToldDay, WaitingDay
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import (
    ReportedDays,
    TakenDays,
    Verdict,
)
from lienthong.protocol.housekeeping import REPORT_DAYS

MOST_BYTES = 1 << 20
MOST_DAYS = 100
LONGEST_DAY = (10 << 20) - (64 << 10)
"""A longer document is not sent: the directory's service takes requests of 10 MiB."""
TOO_LONG = "exchange.day_too_long"
UNANSWERED = "exchange.day_unanswered"
"""The directory's answer has no word about the day."""
AGAIN_AFTER = timedelta(hours=20)
"""What was refused is told again another day."""
log = logging.getLogger("lienthong.exchange.days")


@dataclass(slots=True)
class Reported:
    """What became of the days that waited."""

    taken: int = 0
    contradicted: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        return self.taken + self.contradicted + self.refused


def tell(node: Node, *, again_after: timedelta = AGAIN_AFTER) -> Reported:
    """
    Tell what waits, the oldest day first, each once; what the directory refuses waits on.

    Raises LogNotReachable, `housekeeping.NobodyAsks` or one of the exchange's families.
    """
    done = Reported()
    rested = clock.instant() - again_after
    for waiting in gateway_admin.untold_days():
        due = [day for day in waiting if day.refused_at is None or day.refused_at <= rested]
        sent = [day for day in due if len(day.document.payload) <= LONGEST_DAY]
        for day in due:
            if len(day.document.payload) > LONGEST_DAY:
                _refuse(day, TOO_LONG, "", done)
        for batch in batches(sent):
            _tell(node, batch, done)
    return done


def batches(days: list[WaitingDay]) -> Iterator[list[WaitingDay]]:
    """Parts that fit into one request, at least one day each."""
    batch: list[WaitingDay] = []
    size = 0
    for day in days:
        length = len(day.document.payload)
        if batch and (size + length > MOST_BYTES or len(batch) == MOST_DAYS):
            yield batch
            batch, size = [], 0
        batch.append(day)
        size += length
    if batch:
        yield batch


def key_of(days: list[WaitingDay]) -> str:
    """
    The idempotency key of a request: the same today for the same documents.

    Tomorrow, and once one was refused, it is another, so that it is looked at anew.
    """
    told = "\n".join(f"{day.document.payload} {day.refused}" for day in days)
    digest = hashlib.sha256(told.encode()).hexdigest()
    return f"days-{clock.local(clock.instant()).date().isoformat()}-{digest[:32]}"


def _tell(node: Node, days: list[WaitingDay], done: Reported) -> None:
    question = ReportedDays([day.document for day in days])
    try:
        told = housekeeping.ask(node, REPORT_DAYS, question, TakenDays, key=key_of(days))
    except errors.Invalid as problem:
        # One of them cannot be told in any company: the others are not to wait for it.
        if len(days) == 1:
            _refuse(days[0], problem.fault or problem.code, problem.message_id, done)
            return
        half = len(days) // 2
        _tell(node, days[:half], done)
        _tell(node, days[half:], done)
        return
    answers = {answer.sha256: answer for answer in told.body.days}
    noted = []
    for day in days:
        answer = answers.get(hashlib.sha256(day.document.content).hexdigest())
        if answer is None or answer.verdict is Verdict.REFUSED:
            _refuse(day, answer.why if answer else UNANSWERED, told.message_id, done)
            continue
        if answer.verdict is Verdict.CONTRADICTION:
            done.contradicted += 1
            log.error("the directory holds another day than the one that was told")
        else:
            done.taken += 1
        noted.append(_noted(day, answer.verdict, answer.why, told.message_id))
    if noted:
        gateway_admin.note_told(noted)


def _refuse(day: WaitingDay, why: str, message_id: str, done: Reported) -> None:
    """Keep that this day was not taken; `lienthong log days` shows it, and it is told again."""
    done.refused += 1
    log.error("a day was refused: %s %s (%s)", day.day, day.source, why)
    gateway_admin.note_told([_noted(day, Verdict.REFUSED, why, message_id)])


def _noted(day: WaitingDay, verdict: Verdict, why: str, message_id: str) -> ToldDay:
    return ToldDay(
        day=day.day, source=day.source, verdict=verdict.value, why=why, message_id=message_id
    )

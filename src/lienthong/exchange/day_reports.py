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

from lienthong.exchange import gateway_admin, housekeeping
from lienthong.exchange.gateway_admin import ToldDay
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import (
    ReportedDays,
    SignedDay,
    TakenDay,
    TakenDays,
    Verdict,
    read_day,
)
from lienthong.protocol.housekeeping import REPORT_DAYS

MOST_BYTES = 1 << 20
MOST_DAYS = 100
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


def tell(node: Node) -> Reported:
    """
    Tell what waits, the oldest day first; what the directory refused waits on.

    Raises LogNotReachable, `housekeeping.NobodyAsks` or one of the exchange's families.
    """
    done = Reported()
    while waiting := gateway_admin.untold_days():
        before = done.taken + done.contradicted
        for batch in batches(waiting):
            _tell(node, batch, done)
        if done.taken + done.contradicted == before:
            break  # nothing moves: these are tried again another time
    return done


def batches(days: list[SignedDay]) -> Iterator[list[SignedDay]]:
    """Parts that fit into one request, at least one day each."""
    batch: list[SignedDay] = []
    size = 0
    for day in days:
        if batch and (size + len(day.payload) > MOST_BYTES or len(batch) == MOST_DAYS):
            yield batch
            batch, size = [], 0
        batch.append(day)
        size += len(day.payload)
    if batch:
        yield batch


def key_of(days: list[SignedDay]) -> str:
    """
    The idempotency key of a request: the same today for the same documents.

    Tomorrow it is another, so that what was refused is looked at anew.
    """
    digest = hashlib.sha256("\n".join(day.payload for day in days).encode()).hexdigest()
    return f"days-{clock.local(clock.instant()).date().isoformat()}-{digest[:32]}"


def _tell(node: Node, days: list[SignedDay], done: Reported) -> None:
    told = housekeeping.ask(node, REPORT_DAYS, ReportedDays(days), TakenDays, key=key_of(days))
    answers = {answer.sha256: answer for answer in told.body.days}
    noted = []
    for day in days:
        answer = answers.get(hashlib.sha256(day.content).hexdigest())
        if answer is None or answer.verdict is Verdict.REFUSED:
            done.refused += 1
            log.error("a day was refused: %s", answer.why if answer else "no answer for it")
            continue
        if answer.verdict is Verdict.CONTRADICTION:
            done.contradicted += 1
            log.error("the directory holds another day than the one that was told")
        else:
            done.taken += 1
        noted.append(_noted(day, answer, told.message_id))
    if noted:
        gateway_admin.note_told(noted)


def _noted(day: SignedDay, answer: TakenDay, message_id: str) -> ToldDay:
    totals = read_day(day)
    return ToldDay(
        day=totals.day,
        source=totals.source,
        verdict=answer.verdict.value,
        why=answer.why,
        message_id=message_id,
    )

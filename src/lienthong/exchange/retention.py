"""
How long the two durable ends remember what is done with (decision 17).

A provider keeps its answer thirty days and a sender keeps trying as long. What was sent
or worked on is remembered three times that, so that the same request put again, or a
message sent again, still finds its row. Requests that wait or were given up stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from lienthong.kernel import clock

FINISHED_KEPT = timedelta(days=90)
AT_ONCE = 5_000

SENT = """
DELETE FROM exchange_outboxrow WHERE id IN (
    SELECT id FROM exchange_outboxrow
    WHERE state IN ('delivered', 'discarded') AND finished_at < %s
    LIMIT %s FOR UPDATE SKIP LOCKED)
"""
RECEIVED = """
DELETE FROM exchange_inboxrow WHERE id IN (
    SELECT id FROM exchange_inboxrow WHERE done_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows one round removed."""

    sent: int
    received: int


def forget_finished() -> Forgotten:
    """Remove what was finished long enough ago, in pieces, so that nobody waits for it."""
    return Forgotten(sent=_forget(SENT), received=_forget(RECEIVED))


def _forget(statement: str) -> int:
    before = clock.instant() - FINISHED_KEPT
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [before, AT_ONCE])
            removed = int(cursor.rowcount)
        gone += removed
        if removed < AT_ONCE:
            return gone

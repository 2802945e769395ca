"""
Working through the events a node has taken in (decision 17).

One taker per node, held by an advisory lock, so that events of one publisher and
ordering key are worked on one after the other. Effect and mark are one
transaction: whoever is killed in between has done nothing. What fails is tried
again, later each time; what fails for good becomes a dead letter, holds those
behind it in its order, and waits for an officer.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from lienthong.exchange import events, inbox, registry, relay, sending
from lienthong.exchange.models import InboxRow
from lienthong.exchange.notices import Notice
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.record import personal, trace

LOCK = 0x4C54_494E  # "LTIN"
MOST_ATTEMPTS = 12
"""Nearly an hour with the rests of the outbox; then somebody has to look."""
LONGEST_SLEEP = 15.0

log = logging.getLogger("lienthong.exchange.inbox")


def run(stop: threading.Event | None = None) -> None:
    """Take until told to stop; survives a database that goes away for a while."""
    stop = stop or threading.Event()
    rest = 1.0
    while not stop.is_set():
        try:
            with psycopg.connect(**relay.parameters(), autocommit=True) as ear:
                if not _hold(ear, stop):
                    return
                rest = 1.0
                while not stop.is_set():
                    take_all_due()
                    close_old_connections()
                    _sleep(ear, stop)
        except (psycopg.Error, DatabaseError):
            log.exception("the taker lost its database")
            stop.wait(rest)
            rest = min(rest * 2, 30.0)
        finally:
            close_old_connections()


def _hold(ear: psycopg.Connection[Any], stop: threading.Event) -> bool:
    while not stop.is_set():
        row = ear.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row and row[0]:
            ear.execute(f"LISTEN {inbox.CHANNEL}")
            return True
        stop.wait(relay.STEP)
    return False


def _sleep(ear: psycopg.Connection[Any], stop: threading.Event) -> None:
    at = next_due()
    left = LONGEST_SLEEP
    if at is not None:
        left = min(left, max(0.05, (at - clock.instant()).total_seconds()))
    while left > 0 and not stop.is_set():
        if any(True for _ in ear.notifies(timeout=min(relay.STEP, left), stop_after=1)):
            return
        left -= relay.STEP


def take_all_due() -> int:
    """Work on everything that is due; how many events were tried here."""
    seen: set[int] = set()
    tried = 0
    while (row_id := _next(seen)) is not None:
        tried += _take(row_id)
        seen.add(row_id)
    return tried


def next_due() -> datetime | None:
    found: datetime | None = _heads(_open()).aggregate(at=Min("next_attempt"))["at"]
    return found


def _open() -> QuerySet[InboxRow]:
    """Events of subscriptions, not done and not dead."""
    wanted = Q(pk__in=[])
    for card in registry.cards():
        for one in card.subscriptions:
            wanted |= Q(system=card.code, code=one.code)
    return InboxRow.objects.filter(wanted, done_at=None, dead_at=None)


def _heads(rows: QuerySet[InboxRow]) -> QuerySet[InboxRow]:
    """Those that are first in their order; a dead one holds those behind it."""
    earlier = InboxRow.objects.filter(
        system=OuterRef("system"),
        sender=OuterRef("sender"),
        ordering_key=OuterRef("ordering_key"),
        pk__lt=OuterRef("pk"),
        done_at=None,
    ).exclude(ordering_key="")
    return rows.exclude(Exists(earlier))


def _next(seen: set[int]) -> int | None:
    """The next that is due; not one of this round again, which another worker may hold."""
    due = _heads(_open()).filter(next_attempt__lte=clock.instant()).exclude(pk__in=seen)
    found: int | None = due.order_by("next_attempt", "id").values_list("pk", flat=True).first()
    return found


def _take(row_id: int) -> bool:
    """Whether this worker had it; what fails is put off."""
    try:
        with transaction.atomic():
            return _work(row_id)
    except Exception as error:
        # Whatever the reason, nothing was done: the transaction is gone with its effect.
        log.exception("an event could not be worked on", extra={"row": row_id})
        _put_off(row_id, getattr(error, "code", "exchange.taker_failed"))
        return True


def _work(row_id: int) -> bool:
    row = (
        InboxRow.objects.select_for_update(skip_locked=True)
        .filter(pk=row_id, done_at=None, dead_at=None)
        .defer("body")
        .first()
    )
    if row is None:
        return False
    by = system_actor(row.system, clock.today())
    with trace.following(row.trace):
        with personal.writing("exchange.inbox", by=by):
            body = bytes(InboxRow.objects.values_list("body", flat=True).get(pk=row_id))
        held = events.taking(row.system, row.code)
        if held is None:
            raise LookupError(f"nothing takes {row.code} at {row.system}")
        notice = msgspec.json.decode(body, type=Notice)
        held.taker(events.read(held.subscription, notice), events.told_of(notice, row.attempts + 1))
        InboxRow.objects.filter(pk=row_id).update(
            done_at=clock.instant(), body=b"", last_error="", attempts=F("attempts") + 1
        )
    return True


def _put_off(row_id: int, code: str) -> None:
    """Let an event rest, the longer the more often it failed; dead after so many times."""
    with transaction.atomic():
        row = (
            InboxRow.objects.select_for_update()
            .filter(pk=row_id, done_at=None)
            .defer("body")
            .first()
        )
        if row is None:
            return
        now, attempts = clock.instant(), row.attempts + 1
        dead = attempts >= MOST_ATTEMPTS
        InboxRow.objects.filter(pk=row_id).update(
            attempts=attempts,
            last_error=code[:100],
            next_attempt=now + timedelta(seconds=sending.rest_after(attempts)),
            dead_at=now if dead else None,
        )
    if dead:
        log.error("an event was given up", extra={"row": row_id, "code": code})

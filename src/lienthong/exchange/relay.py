"""
The relay of a node: sends what stands in the outbox (decision 17).

One relay per node, held by an advisory lock: whoever gets it after a crash
takes over what the last one left half sent. It sleeps in LISTEN until a commit
wakes it or the next row is due, and stops within a second of being asked to.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import psycopg
from django.db import DatabaseError, close_old_connections, connection, connections

from lienthong.exchange import kept, scope, sending
from lienthong.exchange.models import OutboxRow, State
from lienthong.kernel import clock

LOCK = 0x4C54_4F55  # "LTOU"
AT_ONCE = 4
LONGEST_SLEEP = 15.0
STEP = 1.0
"""How often a sleeping relay looks whether it should stop."""
HOUSEKEEPING = timedelta(hours=6)

log = logging.getLogger("lienthong.exchange.relay")


def run(stop: threading.Event | None = None, *, at_once: int = AT_ONCE) -> None:
    """
    Send until told to stop; survives a database that goes away for a while.

    Returns only after ``stop`` is set and what was being sent has ended.
    """
    stop = stop or threading.Event()
    rest = 1.0
    while not stop.is_set():
        try:
            with psycopg.connect(**parameters(), autocommit=True) as ear:
                if not _hold(ear, stop):
                    return
                rest = 1.0
                _relay(ear, stop, at_once)
        except (psycopg.Error, DatabaseError):
            log.exception("the relay lost its database")
            stop.wait(rest)
            rest = min(rest * 2, 30.0)
        finally:
            close_old_connections()


def parameters() -> dict[str, Any]:
    """How to reach Django's database outside its pool, for a connection that only listens."""
    known = connection.get_connection_params()
    dropped = {"pool", "cursor_factory", "context", "prepare_threshold"}
    return {name: value for name, value in known.items() if name not in dropped}


def _hold(ear: psycopg.Connection[Any], stop: threading.Event) -> bool:
    """Wait for the lock of the one relay, then take over what the last one was sending."""
    while not stop.is_set():
        row = ear.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row and row[0]:
            ear.execute(f"LISTEN {sending.CHANNEL}")
            if found := sending.recover():
                log.warning("taking over requests left half sent", extra={"count": found})
            return True
        stop.wait(STEP)
    return False


def _relay(ear: psycopg.Connection[Any], stop: threading.Event, at_once: int) -> None:
    cleaned = clock.instant() - HOUSEKEEPING
    with ThreadPoolExecutor(at_once, thread_name_prefix="relay") as pool:
        while not stop.is_set():
            drain(pool, at_once, stop)
            if clock.instant() - cleaned >= HOUSEKEEPING:
                kept.forget_old()
                cleaned = clock.instant()
            close_old_connections()
            _sleep(ear, stop)


def drain(pool: ThreadPoolExecutor, at_once: int, stop: threading.Event) -> int:
    """Send all that is due; how many rows were tried."""
    tried = 0
    under_way: set[Future[None]] = set()
    while not stop.is_set():
        claimed = sending.claim(seconds=scope.JOB_SECONDS, by_relay=True)
        if claimed is None:
            if not under_way:
                break
            # What ends may let the next of its order go.
            _, under_way = wait(under_way, return_when="FIRST_COMPLETED")
            continue
        tried += 1
        under_way.add(pool.submit(_send, claimed))
        if len(under_way) >= at_once:
            _, under_way = wait(under_way, return_when="FIRST_COMPLETED")
    wait(under_way)
    return tried


def _send(claimed: sending.Claimed) -> None:
    try:
        sending.send(claimed, scope.JOB_SECONDS)
    except Exception:
        # The claim's lease runs out and the row is tried again.
        log.exception("a request was left half sent", extra={"row": claimed.row_id})
    finally:
        connections.close_all()


def _sleep(ear: psycopg.Connection[Any], stop: threading.Event) -> None:
    """Until a commit wakes us, the next row is due, or we are asked to stop."""
    left = min(LONGEST_SLEEP, seconds_until_due())
    while left > 0 and not stop.is_set():
        if any(True for _ in ear.notifies(timeout=min(STEP, left), stop_after=1)):
            return
        left -= STEP


def seconds_until_due() -> float:
    """How long nothing needs to be sent."""
    at = sending.next_due()
    return LONGEST_SLEEP if at is None else max(0.05, (at - clock.instant()).total_seconds())


def send_all_due() -> int:
    """Send what is due, one after the other, in this thread; for tests and commands."""
    tried = 0
    while (claimed := sending.claim(seconds=scope.JOB_SECONDS, by_relay=True)) is not None:
        sending.send(claimed, scope.JOB_SECONDS)
        tried += 1
    return tried


def counts() -> dict[str, int]:
    """Rows by state, for metrics and the desk."""
    return {
        state: OutboxRow.objects.filter(state=state).count()
        for state in (State.WAITING, State.SENDING, State.DEAD)
    }

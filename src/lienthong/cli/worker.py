"""
The worker process of a node: jobs, the relay of the outbox, and renewals.

Jobs and timers run under procrastinate in the main thread; the relay and the
housekeeping have threads of their own. Any of them ending ends the process,
and the supervisor starts a fresh one: a half-alive worker would look healthy
while dossiers wait.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import psycopg

from lienthong.cli import cards, chores, databases, django_setup, renewing, settle, vault
from lienthong.cli import log as log_verb
from lienthong.gateway import archive
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node

JOBS_AT_ONCE = 2
SENDERS = 4
CONNECTIONS = SENDERS + JOBS_AT_ONCE + len(("relay", "taker", "housekeeping")) + 1
"""One for each thread: a sender that waits for one in vain cannot take in an answer it has."""
GRACE_SECONDS = 12.0
ROUND_SECONDS = 3600.0
SOON_SECONDS = 60.0

log = logging.getLogger("lienthong.worker")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    stop = threading.Event()
    if not cards.carried():
        # A gateway alone: no jobs and no outbox, only its log to sweep and its days to tell.
        (node.run / "worker.pid").write_text(str(os.getpid()))
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        start_thread("chores", lambda: chores.run(node, stop), stop)
        keep_house(node, stop)
        return 0
    os.environ.setdefault("LIENTHONG_DATABASE_POOL", str(CONNECTIONS))
    django_setup.start(quiet=False)
    from lienthong.exchange import relay, taking

    for name, work in (
        ("relay", lambda: relay.run(at_once=SENDERS)),
        ("taker", taking.run),
        ("housekeeping", lambda: keep_house(node, stop)),
        ("chores", lambda: chores.run(node, stop)),
    ):
        start_thread(name, work, stop)
    (node.run / "worker.pid").write_text(str(os.getpid()))
    threading.Thread(target=end_with, args=(os.getppid(),), name="parent", daemon=True).start()
    asyncio.run(run_jobs())
    return 0


def end_with(supervisor: int) -> None:
    """
    End the process soon after its supervisor is gone, whatever it still waits for.

    Jobs have their ten seconds; then nobody is left to start a database that would let
    procrastinate close its connections.
    """
    while os.getppid() == supervisor:
        time.sleep(1.0)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def start_thread(name: str, work: Callable[[], None], stop: threading.Event) -> None:
    threading.Thread(target=ending_the_process(name, work, stop), name=name, daemon=True).start()


def ending_the_process(
    name: str, work: Callable[[], None], stop: threading.Event
) -> Callable[[], None]:
    """A thread that fails, or ends while nobody asked to stop, takes the process along, loudly."""

    def guarded() -> None:
        try:
            work()
        except BaseException:
            log.exception("%s failed", name)
            os._exit(1)
        if stop.is_set():
            return
        log.error("%s ended by itself", name)
        os._exit(1)

    return guarded


async def run_jobs() -> None:
    """Run jobs until a signal asks to stop; procrastinate finishes those at work."""
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector) as at_work:
        async with at_work.open_async():
            await at_work.run_worker_async(
                concurrency=JOBS_AT_ONCE, shutdown_graceful_timeout=10, delete_jobs="successful"
            )


def keep_house(node: Node, stop: threading.Event) -> None:
    """Sweep the databases; renew certificates from day twenty on (decision 19)."""
    while not stop.is_set():
        asked = True
        for name in vault.make_yearly(node):
            log.info("new key: %s", name)
        sweep(databases.databases_of(node).archiver)
        retire(node, databases.databases_of(node).archiver)
        if cards.carried():
            # A gateway alone has no database of systems, and no Django.
            from django.db import connections

            forget()
            asked = keep_catalogues()
            # Not held until the next hour: the server may have been started anew by then.
            connections.close_all()
        # The gateway of a member has its certificates renewed by the directory, by itself.
        if Membership.of(node) is None and (renewed := renewing.renew(node, cards.cards())):
            log.info("renewed: %s", ", ".join(renewed))
            settle.install(node)
        rest(stop, asked=asked)


def rest(stop: threading.Event, *, asked: bool) -> None:
    """
    Until the next round; catalogues that could not be asked for are asked for again soon.

    A node that joined a moment ago may still wait for the signatures that let it ask.
    """
    until = time.monotonic() + ROUND_SECONDS
    while not (asked or stop.is_set()) and time.monotonic() < until:
        from django.db import connections

        stop.wait(SOON_SECONDS)
        asked = stop.is_set() or keep_catalogues()
        connections.close_all()
    stop.wait(max(0.0, until - time.monotonic()))


def keep_catalogues() -> bool:
    """
    Where the catalogues are somebody else's, ask for newer ones; what is in use stays else.

    Whether nothing is left to be asked.
    """
    from lienthong.web.catalogues import fetched

    asking = fetched.asker(tuple(cards.cards()))
    if asking is None:
        return True
    try:
        got = fetched.fetch(asking)
    except LienThongError as error:
        log.warning("the catalogues could not be asked for: %s", error.code)
        return False
    log.info("catalogues: number %d in use", got.number)
    return True


def sweep(archiver: str) -> None:
    """Forget old replays and make the next days; a database that is away is tried next hour."""
    if not archiver:
        return
    try:
        done = archive.sweep(archiver)
    except psycopg.Error as error:
        log.warning("the log was not swept: %s", type(error).__name__)
    else:
        log.info("log swept: %d replays forgotten, %d days made", done.forgotten, done.made)


def forget() -> None:
    """Remove finished messages and ended sessions; a database that is away is tried next hour."""
    from django.contrib.sessions.models import Session
    from django.db import DatabaseError

    from lienthong.exchange import retention

    try:
        done = retention.forget_finished()
        sessions, _ = Session.objects.filter(expire_date__lt=clock.instant()).delete()
    except DatabaseError as error:
        log.warning("nothing was forgotten: %s", type(error).__name__)
    else:
        told = "forgotten: %d sent, %d received, %d sessions"
        log.info(told, done.sent, done.received, sessions)


def retire(node: Node, archiver: str) -> None:
    """Archive what `keep_days` no longer keeps in the database; let old bodies go."""
    if not archiver or not (node.gateway / "gateway.json").exists():
        return
    try:
        done = log_verb.retire(node, archiver)
    except (psycopg.Error, LienThongError, archive.NotArchived) as error:
        log.warning("the log was not archived: %s", error)
    else:
        if done.days or done.bodies:
            log.info("log archived: %d days, bodies of %d days gone", done.days, done.bodies)

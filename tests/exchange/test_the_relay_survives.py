"""The relay as a thread of its own: woken by a commit, alone, stopped within a second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections, transaction

from exchange.played import give
from lienthong.exchange import outbox, relay
from lienthong.exchange.models import OutboxRow, State
from lienthong.exchange.testing import ExchangeDouble

pytestmark = pytest.mark.django_db(transaction=True)

CODE = "number.give.v1"


class Running:
    def __init__(self) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            relay.run(self.stop, at_once=2)
        finally:
            connections.close_all()

    def end(self) -> float:
        began = time.monotonic()
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()
        return time.monotonic() - began


@pytest.fixture
def running() -> Iterator[Callable[[], Running]]:
    started: list[Running] = []

    def start() -> Running:
        started.append(Running())
        return started[-1]

    yield start
    for one in started:
        one.end()


def eventually(true: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def put(key: str, **more: str) -> int:
    with transaction.atomic():
        return outbox.put(give(key), key=key, **more).pk


def states() -> list[str]:
    return list(OutboxRow.objects.order_by("id").values_list("state", flat=True))


def holder() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [relay.LOCK],
        )
        found = cursor.fetchone()
    return found[0] if found else None


def test_a_commit_wakes_it(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    running()
    eventually(lambda: holder() is not None)
    time.sleep(0.2)
    began = time.monotonic()
    put("1")
    eventually(lambda: states() == [State.DELIVERED])
    assert time.monotonic() - began < 1.0


def test_what_was_put_while_nobody_ran_is_sent_at_the_start(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    for n in range(5):
        put(str(n))
    running()
    eventually(lambda: states() == [State.DELIVERED] * 5)


def test_it_stops_within_two_seconds(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    one = running()
    eventually(lambda: holder() is not None)
    assert one.end() < 2.0


def test_two_relays_never_send_together_and_the_second_takes_over(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    first = running()
    eventually(lambda: holder() is not None)
    before = holder()
    running()
    time.sleep(0.3)
    assert holder() == before
    first.end()
    eventually(lambda: holder() not in (None, before))
    put("1")
    eventually(lambda: states() == [State.DELIVERED])


def test_one_order_is_kept_also_with_several_senders(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    under_way: list[int] = []
    most: list[int] = []

    def slow(request: object) -> object:
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.05)
        under_way.pop()
        return {"plot": "x", "number": 1}

    register_answers.answers("land_register", CODE, slow)
    for n in range(6):
        put(str(n), ordering_key="plot")
    running()
    eventually(lambda: states() == [State.DELIVERED] * 6)
    assert max(most) == 1
    asked = [request.plot for request in register_answers.asked("land_register", CODE)]
    assert asked == [str(n) for n in range(6)]


def test_a_retry_is_made_when_its_rest_is_over(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    register_answers.is_down("land_register")
    running()
    put("1")
    eventually(lambda: OutboxRow.objects.filter(last_error="exchange.unavailable").exists())
    register_answers.is_up("land_register")
    eventually(lambda: states() == [State.DELIVERED])


def test_it_comes_back_after_its_database_connection_is_cut(
    register_answers: ExchangeDouble,
    running: Callable[[], Running],
    database_server: object,
) -> None:
    running()
    eventually(lambda: holder() is not None)
    pid = holder()
    with psycopg.connect(database_server.superuser, autocommit=True) as other:  # type: ignore[attr-defined]
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    eventually(lambda: holder() not in (None, pid))
    put("1")
    eventually(lambda: states() == [State.DELIVERED])


@pytest.mark.scenario
def test_a_relay_killed_while_sending_loses_nothing(
    register_answers: ExchangeDouble, running: Callable[[], Running]
) -> None:
    put("1")
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, str(tests / "exchange" / "killed_relay.py")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *filter(None, sys.path)])},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"sending\n"
        assert states() == [State.SENDING]
        process.send_signal(signal.SIGKILL)
    running()
    # At once, although the lease of the lost claim has most of a minute to run.
    eventually(lambda: states() == [State.DELIVERED])
    assert register_answers.keys("land_register", CODE) == ["1"]
    assert OutboxRow.objects.values_list("attempts", flat=True).get() == 2

"""What the worker does once an hour beside its jobs."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import timedelta
from itertools import product
from pathlib import Path

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError

from database_server import TestDatabase
from lienthong.cli import databases, vault, worker
from lienthong.exchange import kept, retention
from lienthong.exchange.models import InboxRow, OutboxRow, State
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports


def test_old_replays_are_forgotten_under_the_archivers_role(gateway_db: TestDatabase) -> None:
    with psycopg.connect(gateway_db.owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO replay_window (peer, request_id, seen_at)"
            " VALUES ('p', 'old', now() - interval '2 hours'), ('p', 'new', now())"
        )
        worker.sweep(gateway_db.archiver_url)
        left = connection.execute("SELECT request_id FROM replay_window").fetchall()
    assert left == [("new",)]


def test_a_database_that_is_away_does_not_end_the_worker(
    gateway_db: TestDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="lienthong.worker"):
        worker.sweep(gateway_db.archiver_url + "_absent")
    assert "the log was not swept: OperationalError" in caplog.text


def test_the_embedded_database_is_swept_by_the_role_made_for_it(tmp_path: Path) -> None:
    node = Node(home=tmp_path, ports=Ports(8000))
    vault.make_secrets(node, [])
    found = databases.databases_of(node, {})
    assert found.archiver.startswith("postgresql://lt_archiver:")
    assert found.archiver.endswith("/lt_gateway")


def test_a_database_of_the_sites_own_is_swept_only_when_it_is_named() -> None:
    named = {"LIENTHONG_DATABASE_URL": "a", "LIENTHONG_GATEWAY_DATABASE_URL": "b"}
    node = Node.from_environment()
    assert databases.databases_of(node, named).archiver == ""
    named["LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL"] = "c"
    assert databases.databases_of(node, named).archiver == "c"


def finished_row(days: float, state: State, number: int) -> OutboxRow:
    then = clock.instant() - timedelta(days=days)
    done = state in (State.DELIVERED, State.DISCARDED, State.DEAD)
    return OutboxRow(
        consumer="civil_status",
        provider="population",
        code="death.record.v1",
        body=b"",
        digest="",
        key=f"death/{number}",
        put_at=then,
        deadline=then,
        next_attempt=then,
        state=state,
        finished_at=then if done else None,
        trace="",
    )


def test_what_was_sent_and_worked_on_is_forgotten_after_ninety_days(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)  # in pieces, and all the pieces
    rows = [
        finished_row(days, state, number)
        for number, (days, state) in enumerate(product((89, 91, 92), State))
    ]
    OutboxRow.objects.bulk_create(rows)
    for days, done in ((89, True), (91, True), (92, True), (400, False)):
        then = clock.instant() - timedelta(days=days)
        InboxRow.objects.create(
            system="civil_status", sender="s", code="c.v1", key=str(days), digest="",
            body=b"", received_at=then, done_at=then if done else None, trace="",
        )  # fmt: skip

    worker.forget()

    left = OutboxRow.objects.values_list("state", flat=True)
    unfinished = {State.WAITING: 3, State.SENDING: 3, State.DEAD: 3}
    assert Counter(left) == unfinished | {State.DELIVERED: 1, State.DISCARDED: 1}
    assert set(InboxRow.objects.values_list("key", flat=True)) == {"89", "400"}
    assert retention.FINISHED_KEPT > kept.KEPT_FOR


def test_ended_sessions_are_removed(db: None) -> None:
    now = clock.instant()
    for key, seconds in (("ended", -1), ("open", 3600)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=now + timedelta(seconds=seconds)
        )
    worker.forget()
    assert [session.pk for session in Session.objects.all()] == ["open"]


def test_a_systems_database_that_is_away_does_not_end_the_worker(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(retention, "forget_finished", away)
    with caplog.at_level(logging.WARNING, logger="lienthong.worker"):
        worker.forget()
    assert "nothing was forgotten: OperationalError" in caplog.text


def test_one_round_of_the_house_does_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    stop = threading.Event()
    node = Node(home=tmp_path, ports=Ports(8000))
    vault.make_secrets(node, [])
    monkeypatch.delenv("LIENTHONG_DATABASE_URL")
    monkeypatch.setattr(worker, "sweep", lambda archiver: done.append("log"))
    monkeypatch.setattr(worker, "forget", lambda: (done.append("systems"), stop.set()))
    monkeypatch.setattr(worker.renewing, "renew", lambda node, cards: [])
    worker.keep_house(node, stop)
    assert done == ["log", "systems"]


class Ended(Exception):
    """The process would be gone now."""


def test_a_worker_whose_supervisor_is_gone_ends_after_its_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when procrastinate waits for a database that nobody will start again."""
    parents = iter([7, 7, 1])
    slept: list[float] = []

    def end(status: int) -> None:
        raise Ended(status)

    monkeypatch.setattr(worker.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(worker.time, "sleep", slept.append)
    monkeypatch.setattr(worker.os, "_exit", end)
    with pytest.raises(Ended):
        worker.end_with(7)
    assert slept == [1.0, 1.0, worker.GRACE_SECONDS]


def test_every_thread_of_the_worker_has_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that waits for one in vain has its answer and cannot take it in."""
    seen: dict[str, str] = {}

    def start(**_: object) -> None:
        seen["pool"] = worker.os.environ["LIENTHONG_DATABASE_POOL"]
        raise Ended

    monkeypatch.delenv("LIENTHONG_DATABASE_POOL", raising=False)
    monkeypatch.setattr(worker.cards, "carried", lambda: ["population"])
    monkeypatch.setattr(worker.Node, "from_environment", lambda: None)
    monkeypatch.setattr(worker.django_setup, "start", start)
    with pytest.raises(Ended):
        worker.run(worker.argparse.Namespace())
    # Relay and taker listen on connections of their own and ask Django beside that.
    assert int(seen["pool"]) >= worker.SENDERS + worker.JOBS_AT_ONCE + 3

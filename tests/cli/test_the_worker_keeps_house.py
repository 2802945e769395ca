"""What the worker does once an hour beside its jobs."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest

from database_server import TestDatabase
from lienthong.cli import databases, vault, worker
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

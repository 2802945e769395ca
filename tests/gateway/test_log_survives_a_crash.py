"""PostgreSQL is killed under a running log, again and again: what was confirmed is there."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import asyncpg
import psycopg
import pytest

from gateway.log_tables import placed
from gateway.rows_cast import ORIGIN, row
from lienthong.cli import postgres, roles, service_user
from lienthong.gateway import schema
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.sealer import Sealer
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.pki import SigningKey

pytestmark = pytest.mark.scenario

VICTIMS = ("lienthong-log", "lienthong-sealer", "lienthong-log")


@pytest.fixture
def cluster():
    """A PostgreSQL of this test's own, since it is going to be killed."""
    user = service_user.ensure()
    place = Path(tempfile.mkdtemp(prefix="lt-crash-"))
    place.chmod(0o711)
    user.own(place)
    made = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=postgres.free_port(),
        binaries=postgres.Binaries.find().readable_by(user, place / "binaries"),
        user=user,
        auth="trust",
        settings={"shared_buffers": "32MB", "max_connections": "20"},
    )
    made.initialise("unused: this server trusts")
    made.start()
    roles.make_roles(made.url("postgres", "postgres"), {})
    roles.make_database(made.url("postgres", "postgres"), "lt_gateway", kind="lt_gateway")
    schema.migrate(made.url("lt_owner", "lt_gateway"))
    yield made
    made.stop()
    shutil.rmtree(place)


def kill_a_backend(cluster, name: str) -> None:
    """One killed backend makes the server drop all connections and recover from its journal."""
    for _ in range(200):
        with psycopg.connect(cluster.url("postgres", "lt_gateway")) as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name]
            ).fetchone()
        if found is not None:
            os.kill(found[0], signal.SIGKILL)
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} is not connected")


async def write_until(end: asyncio.Event, log: PostgresLog, confirmed: list[object]) -> int:
    failures = 0
    while not end.is_set():
        one = row()
        try:
            await log.append(one)
        except LoggingFailed:
            failures += 1
            await asyncio.sleep(0.02)
        else:
            confirmed.append(one.id)
    return failures


async def more_than(confirmed: list[object], count: int) -> None:
    for _ in range(1500):
        if len(confirmed) > count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing is written any more")


def test_no_confirmed_row_is_lost_and_every_row_is_sealed_once(cluster):
    dsn = cluster.url("lt_gateway", "lt_gateway")
    confirmed: list[object] = []

    async def story() -> int:
        log = PostgresLog(dsn)
        await log.start()
        sealer = Sealer(dsn, origin=ORIGIN, key=SigningKey.generate())
        sealing = asyncio.create_task(sealer.run())
        end = asyncio.Event()
        writers = [asyncio.create_task(write_until(end, log, confirmed)) for _ in range(8)]
        for victim in VICTIMS:
            await more_than(confirmed, len(confirmed) + 200)
            await asyncio.to_thread(kill_a_backend, cluster, victim)
        await more_than(confirmed, len(confirmed) + 200)
        end.set()
        failures = sum(await asyncio.gather(*writers))
        await log.close()
        await sealed_all(dsn)
        sealer.stop()
        await sealing
        return failures

    failures = asyncio.run(story())
    with psycopg.connect(dsn) as connection:
        (size,) = connection.execute("SELECT max(size) FROM log_checkpoint").fetchone()
        (leaves,) = connection.execute("SELECT sum(count) FROM log_round").fetchone()
    rows = asyncio.run(read_all(dsn))
    assert failures > 0, "the kills were felt"
    assert set(confirmed) <= {one.row.id for one in rows}
    assert len(rows) == len({one.row.id for one in rows}) == size == leaves
    assert {one.seq for one in rows} == set(range(size))
    assert all(one.row.leaf == one.sealed for one in rows)


async def read_all(dsn: str):
    connection = await asyncpg.connect(dsn)
    try:
        return await placed(connection)
    finally:
        await connection.close()


async def sealed_all(dsn: str) -> None:
    def waiting() -> int:
        with psycopg.connect(dsn) as connection:
            (found,) = connection.execute(
                "SELECT count(*) FROM message_record r"
                " WHERE NOT EXISTS (SELECT 1 FROM log_round d WHERE r.n <@ d.ns)"
            ).fetchone()
            return int(found)

    for _ in range(200):
        if await asyncio.to_thread(waiting) == 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("rows stay without a leaf")

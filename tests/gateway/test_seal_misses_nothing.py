"""The sealer: every committed row gets one leaf, under heads that only ever grow."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random

import asyncpg
import psycopg
import pytest

from gateway.log_tables import all_rows, leaves_of, placed
from gateway.rows_cast import AT, CLIENT, ORIGIN, SERVICE, row
from lienthong.gateway import postgres_log, rollups, rounds, tree
from lienthong.gateway import sealer as sealing
from lienthong.gateway.postgres_log import PostgresLog, pack_rows, write_packed
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.gateway.sealer import Sealer
from lienthong.protocol import merkle
from lienthong.protocol.checkpoint import open_checkpoint
from lienthong.protocol.errors import BadProof
from lienthong.protocol.pki import SigningKey

KEY = SigningKey.generate()


def sealer_of(database) -> Sealer:
    return Sealer(database.gateway_url, origin=ORIGIN, key=KEY)


@contextlib.asynccontextmanager
async def working(database):
    """A sealer that holds the lock."""
    sealer = sealer_of(database)
    try:
        assert await sealer.take_over()
        yield sealer
    finally:
        await sealer.close()


async def append(database, rows) -> None:
    log = PostgresLog(database.gateway_url)
    await log.start()
    await asyncio.gather(*(log.append(one) for one in rows))
    await log.close()


def test_a_fresh_sealer_has_time_to_look_at_a_long_log_once(gateway_db, monkeypatch):
    # A log so long that looking at all of it takes longer than any other statement may.
    monkeypatch.setattr(postgres_log, "COMMAND_SECONDS", 0.3)
    slow = sealing.UNSEALED.replace("WHERE r.n", "CROSS JOIN pg_sleep(0.8) WHERE r.n", 1)
    assert slow != sealing.UNSEALED

    async def story():
        await append(gateway_db, [row()])
        async with working(gateway_db) as sealer:
            monkeypatch.setattr(sealing, "UNSEALED", slow)
            assert await sealer.seal() == 1
            with pytest.raises(TimeoutError):
                await sealer.seal()

    asyncio.run(story())


def test_heads_are_signed_over_the_leaves_in_order(gateway_db):
    async def story():
        async with working(gateway_db) as sealer:
            for number in (1, 300, 255, 2):
                await append(gateway_db, [row() for _ in range(number)])
                assert await sealer.seal() == number
            assert await sealer.seal() == 0
            connection = await asyncpg.connect(gateway_db.gateway_url)
            leaves = await leaves_of(connection)
            notes = [found["note"] for found in await connection.fetch(
                "SELECT note FROM log_checkpoint ORDER BY size")]  # fmt: skip
            whole = merkle.Tree()
            for leaf in leaves:
                whole.append(leaf)
            heads = [open_checkpoint(note, KEY.verifying, origin=ORIGIN) for note in notes]
            assert [head.size for head in heads] == [1, 301, 556, 558]
            assert [head.root for head in heads] == [whole.root(head.size) for head in heads]
            for index in (0, 255, 256, 511, 512, 557):
                path = merkle.inclusion_path(index, 558)
                assert await tree.prove(connection, path, 558) == whole.inclusion(index)
            path = merkle.consistency_path(301, 558)
            assert await tree.prove(connection, path, 558) == whole.consistency(301)
            assert (await tree.read_edge(connection)).root() == whole.root()
            await connection.close()

    asyncio.run(story())


def test_a_row_that_commits_late_is_sealed_in_a_later_round(gateway_db):
    """Its transaction began before rows that are long sealed."""

    async def story():
        late = await asyncpg.connect(gateway_db.gateway_url)
        one = row()
        packed = await pack_rows(late, [one])
        transaction = late.transaction()
        await transaction.start()
        await write_packed(late, [one], packed)
        async with working(gateway_db) as sealer:
            for _ in range(3):
                await append(gateway_db, [row(), row()])
                assert await sealer.seal() == 2
                assert await sealer.seal() == 0
            await transaction.commit()
            assert await sealer.seal() == 1
            assert one.leaf in await leaves_of(late)
            await late.close()

    asyncio.run(story())


def test_the_floor_rises_when_nothing_old_is_running(gateway_db):
    """So an idle round looks at a handful of rows and not at the whole log."""

    async def story():
        await append(gateway_db, [row() for _ in range(50)])
        async with working(gateway_db) as sealer:
            connection = await asyncpg.connect(gateway_db.gateway_url)
            assert await sealer.seal() == 50
            await nothing_older_runs(connection)
            assert await sealer.seal() == 0
            above = await connection.fetchval(
                "SELECT count(*) FROM message_record WHERE n > $1", sealer._floor
            )
            await connection.close()
            return above

    assert asyncio.run(story()) == 0


async def nothing_older_runs(connection) -> None:
    """
    Wait until every transaction that began before the rows were sealed has ended.

    A snapshot spans the whole server: tests of other databases run on it at the same time.
    """
    newest = "SELECT max(xmin::text::bigint) FROM log_round"
    oldest_running = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    limit = asyncio.get_running_loop().time() + 120
    while await connection.fetchval(f"SELECT ({oldest_running}) <= ({newest})"):
        assert asyncio.get_running_loop().time() < limit, "an older transaction never ended"
        await asyncio.sleep(0.05)


def test_rows_of_many_writers_are_each_sealed_once(gateway_db):
    """Writers commit, abort and dawdle at random while the sealer runs."""
    chance = random.Random(20210820)

    async def writer(committed):
        connection = await asyncpg.connect(gateway_db.gateway_url)
        for _ in range(25):
            rows = [row() for _ in range(chance.randint(1, 4))]
            packed = await pack_rows(connection, rows)
            transaction = connection.transaction()
            await transaction.start()
            await write_packed(connection, rows, packed)
            await asyncio.sleep(chance.random() * 0.02)
            if chance.random() < 0.2:
                await transaction.rollback()
            else:
                await transaction.commit()
                committed.update(one.id for one in rows)
        await connection.close()

    async def story():
        committed: set[object] = set()
        async with working(gateway_db) as sealer:
            writers = [asyncio.create_task(writer(committed)) for _ in range(6)]
            while not all(task.done() for task in writers):
                await sealer.seal()
                await asyncio.sleep(0.002)
            await asyncio.gather(*writers)
            await sealer.seal()
            connection = await asyncpg.connect(gateway_db.gateway_url)
            rows = await placed(connection)
            assert all(one.row.leaf == one.sealed for one in rows)
            sealed = [one.row.id for one in rows if one.seq is not None]
            sizes = await connection.fetchval("SELECT max(size) FROM log_checkpoint")
            await connection.close()
            assert len(sealed) == len(set(sealed)) == sizes
            assert set(sealed) == committed
            assert sealer.state.rounds > 5

    asyncio.run(story())


def test_one_sealer_works_and_another_takes_over_when_it_dies(gateway_db):
    async def story():
        first, second = sealer_of(gateway_db), sealer_of(gateway_db)
        assert await first.take_over()
        assert not await second.take_over()
        with pytest.raises(RuntimeError):
            await second.seal()
        await append(gateway_db, [row() for _ in range(3)])
        assert await first.seal() == 3
        await asyncio.to_thread(
            gateway_db.server.execute,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{gateway_db.name}' AND pid IN"
            " (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
        )
        await append(gateway_db, [row()])
        for _ in range(100):
            if await second.take_over():
                break
            await asyncio.sleep(0.02)
        assert await second.seal() == 1
        assert second.state.size == 4
        await first.close()
        await second.close()

    asyncio.run(story())


def test_the_loop_seals_by_itself_and_survives_the_database(gateway_db):
    async def story():
        sealer = sealer_of(gateway_db)
        task = asyncio.create_task(sealer.run())
        await append(gateway_db, [row(), row()])
        await until(lambda: sealer.state.size == 2)
        await asyncio.to_thread(
            gateway_db.server.execute,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{gateway_db.name}' AND application_name = 'lienthong-sealer'",
        )
        await append(gateway_db, [row()])
        await until(lambda: sealer.state.size == 3)
        sealer.stop()
        await task
        assert not sealer.state.active

    asyncio.run(story())


async def until(holds) -> None:
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came true")


def test_a_tree_that_does_not_fit_its_head_stops_the_sealer(gateway_db):
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute(
            "INSERT INTO log_round VALUES (0, 1, '{[1,2)}', %s, now(), now(), '', %s)",
            [b"\x00" * 32, b"\x00" * 32],
        )

    async def story():
        sealer = sealer_of(gateway_db)
        with pytest.raises(BadProof):
            await sealer.take_over()
        await sealer.close()

    asyncio.run(story())


def test_the_edge_of_tiles_states_the_same_root_as_the_whole_tree():
    whole, edge = merkle.Tree(), tree.Edge()
    filled = 0
    for number in range(66_000):
        leaf = number.to_bytes(32, "big")
        whole.append(leaf)
        for full in edge.append(leaf):
            filled += 1
            level = (full.level + 1) * tree.HEIGHT
            assert full.root == whole.lookup((level, full.number))
        if number < 600 or number > 65_500:
            assert edge.root() == whole.root()
    assert filled == 66_000 // 256 + 1


# -- counting ------------------------------------------------------------------------


def both_counts(database, rows):
    """Seal the rows; the count from rollups and the recount from rows."""

    async def story():
        await append(database, rows)
        async with working(database) as sealer:
            await sealer.seal()
            connection = await asyncpg.connect(database.gateway_url)
            window = AT.replace(hour=0), AT.replace(hour=23)
            total = await rollups.count(connection, *window)
            again = await rollups.recount(connection, *window)
            pairs = await rollups.count(connection, *window, "pair")
            days = await rollups.count(connection, *window, "day")
            await connection.close()
            return total, again, pairs.rows, days.rows

    return asyncio.run(story())


def test_an_exchange_is_counted_once_where_it_was_answered(gateway_db):
    rows = []
    for number in range(5):
        ids = {"message_id": f"m{number}", "request_id": f"q{number}"}
        for side in LogSide:
            rows.append(row(kind=Kind.REQUEST, side=side, outcome=Outcome.OPEN, **ids))
            rows.append(row(side=side, **ids))
    rows += [row(side=LogSide.CONSUMER, outcome=Outcome.REFUSED, status=500) for _ in range(3)]
    rows += [row(side=LogSide.PROVIDER, outcome=Outcome.REFUSED, status=500) for _ in range(2)]
    rows += [row(side=LogSide.CONSUMER, outcome=Outcome.UNREACHABLE, status=500)]
    rows += [row(service="VN/GOV/G01/population/listMethods") for _ in range(7)]
    rows += [row(kind=Kind.REQUEST, outcome=Outcome.OPEN, request_id="never answered")]
    replayed = {"outcome": Outcome.REFUSED, "fault": "Server.ServerProxy.InvalidMessage"}
    rows += [row(request_id="never answered", status=500, **replayed)]
    total, again, pairs, days = both_counts(gateway_db, rows)
    assert total.answered == rollups.Split(live=5)
    assert (total.refused.live, total.unreachable.live, total.failed.live) == (3, 1, 0)
    assert total == again
    assert total.unknown == 1
    assert pairs == [rollups.CountRow(client=CLIENT, service=SERVICE, live=5)]
    assert days == [rollups.CountRow(hour=AT.replace(hour=0), live=5)]


def test_counting_over_nothing_gives_nothing(gateway_db):
    total, again, pairs, days = both_counts(gateway_db, [])
    assert total == again == rollups.Counts()
    assert pairs == days == []


def test_a_rollup_names_the_leaves_it_was_counted_from(gateway_db):
    both_counts(gateway_db, [row() for _ in range(4)])
    with psycopg.connect(gateway_db.owner_url) as connection:
        (found,) = connection.execute(
            "SELECT first, count, counts, digest, leaves FROM log_round"
        ).fetchall()
    first, count, counts, digest, leaves = found
    assert (first, count) == (0, 4)
    assert list(rounds.read_counts(counts).values()) == [4]
    assert leaves == b"".join(one.leaf for one in all_rows(gateway_db))
    assert digest == hashlib.sha256(leaves).digest()


def test_a_row_that_cannot_be_read_holds_up_no_other(gateway_db, caplog):
    with psycopg.connect(gateway_db.owner_url) as connection:
        number = connection.execute(
            "INSERT INTO message_record (time, exchange, way, packed)"
            " VALUES (now(), 0, 1, %s) RETURNING n",
            [b"\xff" * 40],
        ).fetchone()[0]

    async def story():
        sealer = sealer_of(gateway_db)
        await append(gateway_db, [row(), row()])
        await sealer.take_over()
        assert await sealer.seal() == 2
        await append(gateway_db, [row()])
        assert await sealer.seal() == 1
        await sealer.close()

    asyncio.run(story())
    named = [one.number for one in caplog.records if one.msg == "a row cannot be sealed"]
    assert number in named


def test_what_nobody_foresaw_gives_the_lock_to_a_stand_by(gateway_db, monkeypatch):
    async def story():
        first, second = sealer_of(gateway_db), sealer_of(gateway_db)
        monkeypatch.setattr(sealing, "STAND_BY_SECONDS", 0.05)

        async def broken(*_: object) -> None:
            raise RuntimeError("a token that is away")

        monkeypatch.setattr(first, "_sign_head", broken)
        tasks = [asyncio.create_task(first.run())]
        await until(lambda: first.state.active)
        await append(gateway_db, [row()])
        tasks.append(asyncio.create_task(second.run()))
        await until(lambda: second.state.size == 1)
        for one in (first, second):
            one.stop()
        await asyncio.gather(*tasks)

    asyncio.run(story())

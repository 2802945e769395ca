"""The message log in PostgreSQL: what is promised when an append resolves, and when it fails."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import msgspec
import psycopg
import pytest

from gateway.log_tables import all_rows, seal_all
from gateway.rows_cast import AT, row
from lienthong.gateway import archive, schema
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.rows import ReplayKey
from lienthong.protocol.errors import LoggingFailed, Replayed


def with_log(database, story):
    """Run a story with a started log."""

    async def run():
        log = PostgresLog(database.gateway_url)
        await log.start()
        try:
            return await story(log)
        finally:
            await log.close()

    return asyncio.run(run())


def kept(database):
    return [one.evidence.request_id for one in all_rows(database)]


def test_rows_appended_together_are_all_there_when_their_futures_resolve(gateway_db):
    rows = [row() for _ in range(300)]

    async def story(log):
        await asyncio.gather(*(log.append(one) for one in rows))
        assert log.batches < 10, "many waiters share few commits"
        return kept(gateway_db)

    assert sorted(with_log(gateway_db, story)) == sorted(one.evidence.request_id for one in rows)


def test_what_was_written_reads_back_to_the_same_digest(gateway_db):
    one = row(
        head="GET\r\nđường\r\n".encode() + b"\xff\x00",
        body_digest=b"\x01" * 32,
        subjects=(b"a" * 32, b"b" * 32),
        at=AT + timedelta(microseconds=1),
        peer="10.0.0.1",
        trace="t",
        grant="g1",
    )

    async def story(log):
        await log.append(one)

    with_log(gateway_db, story)
    (again,) = all_rows(gateway_db)
    assert again == one
    assert again.id == one.id
    assert again.evidence.digest() == one.record_digest


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"message_id": "half of a pair \ud800"}, id="cannot be packed"),
        pytest.param({"client": "nul\x00byte"}, id="the database refuses a name"),
        pytest.param({"status": 1 << 40}, id="no number of the database"),
        pytest.param({"time": -(1 << 60)}, id="no moment of the database"),
    ],
)
def test_only_the_bad_row_of_a_batch_fails(gateway_db, bad):
    rows = [row() for _ in range(20)]
    rows[7] = dataclasses.replace(
        rows[7], evidence=msgspec.structs.replace(rows[7].evidence, **bad)
    )

    async def story(log):
        futures = [log.append(one) for one in rows]
        return await asyncio.gather(*futures, return_exceptions=True)

    results = with_log(gateway_db, story)
    assert isinstance(results[7], LoggingFailed)
    assert [result for number, result in enumerate(results) if number != 7] == [None] * 19
    assert len(kept(gateway_db)) == 19


def test_a_request_is_accepted_once_from_one_peer(gateway_db):
    key = ReplayKey("national", "r")

    async def story(log):
        first, second = log.append(row(), replay=key), log.append(row(), replay=key)
        other = log.append(row(), replay=ReplayKey("elsewhere", "r"))
        results = await asyncio.gather(first, second, other, return_exceptions=True)
        later = await asyncio.gather(log.append(row(), replay=key), return_exceptions=True)
        return [*results, *later]

    first, second, other, later = with_log(gateway_db, story)
    assert first is None
    assert isinstance(second, Replayed)
    assert other is None
    assert isinstance(later, Replayed)
    assert len(kept(gateway_db)) == 2, "a replayed request leaves no row of its own here"


def test_two_processes_see_one_replay_window(gateway_db):
    keys = [ReplayKey("national", f"r-{number}") for number in range(200)]

    async def race():
        logs = [PostgresLog(gateway_db.gateway_url) for _ in range(2)]
        for log in logs:
            await log.start()
        futures = [log.append(row(), replay=key) for key in keys for log in logs]
        results = await asyncio.gather(*futures, return_exceptions=True)
        for log in logs:
            await log.close()
        return results

    results = asyncio.run(race())
    assert sum(result is None for result in results) == 200
    assert sum(isinstance(result, Replayed) for result in results) == 200
    assert len(kept(gateway_db)) == 200


def test_nothing_is_confirmed_while_the_database_is_away_and_writing_resumes(gateway_db):
    server = gateway_db.server

    async def story(log):
        await log.append(row())
        await asyncio.to_thread(cut_off, server, gateway_db.name)
        results = await asyncio.gather(log.append(row()), return_exceptions=True)
        assert isinstance(results[0], LoggingFailed)
        assert not log.healthy
        await asyncio.to_thread(let_in, server, gateway_db.name)
        await resumed(log)
        return log.healthy

    assert with_log(gateway_db, story)
    assert len(kept(gateway_db)) == 2


async def resumed(log) -> None:
    for _ in range(100):
        try:
            await log.append(row())
        except LoggingFailed:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the log never came back")


def cut_off(server, name: str) -> None:
    server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )


def let_in(server, name: str) -> None:
    server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_a_log_whose_database_is_not_there_does_not_start(gateway_db):
    async def run():
        await PostgresLog(gateway_db.gateway_url + "_absent").start()

    with pytest.raises(LoggingFailed):
        asyncio.run(run())


def test_rows_waiting_at_the_end_are_written_before_closing(gateway_db):
    async def run():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        futures = [log.append(row()) for _ in range(50)]
        await log.close()
        await asyncio.gather(*futures)
        with pytest.raises(LoggingFailed):
            await log.append(row())

    asyncio.run(run())
    assert len(kept(gateway_db)) == 50


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message_record SET packed = ''",
        "DELETE FROM message_record",
        "TRUNCATE message_record",
        "DELETE FROM log_round",
        "UPDATE log_round SET leaves = ''",
        "UPDATE log_way SET client = ''",
        "DELETE FROM log_shape",
        "DELETE FROM log_seed",
        "UPDATE log_signer SET kid = ''",
        "UPDATE rollup_sum SET count = 1",
        "SELECT setval('message_number', 1)",
        "UPDATE log_checkpoint SET size = 0",
        "DELETE FROM log_tile",
        "UPDATE rollup SET count = 1",
        "DELETE FROM replay_window",
        "DELETE FROM grant_revocation",
        "DELETE FROM message_body",
        "UPDATE log_timestamp SET token = ''",
        "DELETE FROM log_cosignature",
        "DELETE FROM witnessed_head",
        "INSERT INTO log_archive VALUES ('2026-01-01', 'f', 0, '', now())",
        "SELECT drop_bodies('2026-01-01')",
        "UPDATE import_statement SET rows = 0",
        "CREATE TABLE own (id int)",
        "DROP TABLE log_round",
        "ALTER TABLE message_record DETACH PARTITION message_record_other",
        "SELECT forget_replays()",
        "SELECT drop_archived_day('2020-01-01')",
    ],
)
def test_the_gateways_role_can_add_and_read_and_nothing_else(gateway_db, statement):
    with (
        psycopg.connect(gateway_db.gateway_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_day_leaves_only_when_it_is_over_sealed_and_archived(gateway_db):
    old = AT.replace(year=2026, month=9, day=3)
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute("SELECT make_message_days('2026-09-03', 1)")

    async def story(log):
        await log.append(row(at=old))

    with_log(gateway_db, story)
    with psycopg.connect(gateway_db.archiver_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="not under a head"):
            connection.execute("SELECT drop_archived_day('2026-09-03')")
        with pytest.raises(psycopg.errors.RaiseException, match="is not over"):
            connection.execute("SELECT drop_archived_day('2999-01-01')")
        with pytest.raises(psycopg.errors.RaiseException, match="is not in the log"):
            connection.execute("SELECT drop_archived_day('2020-01-01')")
    seal_all(gateway_db)
    with psycopg.connect(gateway_db.archiver_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="1 rows and its archive 0"):
            connection.execute("SELECT drop_archived_day('2026-09-03')")
        connection.execute(
            "INSERT INTO log_archive VALUES ('2026-09-03', 'f', 1, %s, now())", [b"\0" * 32]
        )
        (sealed,) = connection.execute("SELECT drop_archived_day('2026-09-03')").fetchone()
    assert sealed == 1
    assert kept(gateway_db) == []


def test_a_sweep_forgets_only_what_left_the_replay_window(gateway_db):
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute(
            "INSERT INTO replay_window VALUES"
            " ('p', 'old', now() - interval '2 hours'), ('p', 'new', now() - interval '4 minutes')"
        )
    assert archive.sweep(gateway_db.archiver_url).forgotten == 1
    with psycopg.connect(gateway_db.owner_url) as connection:
        assert connection.execute("SELECT request_id FROM replay_window").fetchall() == [("new",)]
    ahead = archive.days(gateway_db.archiver_url)
    assert len(ahead) >= 14
    assert ahead == sorted(ahead)


def test_migrating_twice_changes_nothing(gateway_db):
    assert schema.migrate(gateway_db.owner_url) == []
    assert schema.pending(gateway_db.owner_url) == []


def test_a_changed_file_is_noticed(gateway_db):
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute("UPDATE schema_file SET digest = 'other'")
    with pytest.raises(schema.SchemaChanged):
        schema.migrate(gateway_db.owner_url)

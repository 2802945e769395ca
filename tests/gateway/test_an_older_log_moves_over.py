"""A log from before packed rows: every row, leaf, head, count and archive is what it was."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import psycopg
import pytest

from gateway.log_tables import all_placed, told
from gateway.rows_cast import AT, CLIENT, ORIGIN, SERVICE, row
from lienthong.gateway import conversion, conversion_check, records, rollups, rounds, schema
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.gateway.sealer import Sealer
from lienthong.gateway.tree import Edge
from lienthong.protocol.checkpoint import Checkpoint, sign_checkpoint
from lienthong.protocol.evidence import leaf_of
from lienthong.protocol.pki import SigningKey

KEY = SigningKey.generate()
MOMENTS = [datetime(2026, 9, 3, 23, 59, tzinfo=UTC), datetime(2026, 9, 4, tzinfo=UTC), AT]
LATE = AT + timedelta(hours=30)


def older(one):
    """A row as it was made before seeds: with an id and a blind of its own."""
    blind = hashlib.sha256(one.evidence.message_id.encode()).digest()
    digest = one.evidence.digest()
    return records.LogRow(
        evidence=one.evidence, blind=blind, record_digest=digest, leaf=leaf_of(blind, digest),
        own_id=uuid.uuid4(), peer=one.peer, mode=one.mode, effect=one.effect, grant=one.grant,
        trace=one.trace, reason=one.reason, subjects=one.subjects,
    )  # fmt: skip


def some_rows():
    rows = []
    for number, moment in enumerate(MOMENTS * 4):
        for kind in (Kind.REQUEST, Kind.ANSWER):
            rows += [
                row(at=moment + timedelta(seconds=number), kind=kind, message_id=f"m{number}",
                    request_id=str(uuid.UUID(int=number)), peer="p", grant="g", trace="t",
                    outcome=Outcome.OPEN if kind == Kind.REQUEST else Outcome.ANSWERED,
                    side=LogSide.PROVIDER, head=b"POST\r\n/r1/x\r\nA:b\r\n",
                    subjects=(b"\1" * 34, b"\2" * 34)[: number % 3])
            ]  # fmt: skip
    return [older(one) for one in rows]


@pytest.fixture
def older_log(database_server):
    """A database in the form of file 0008, with rows, heads, counts and sums."""
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    rows = some_rows()
    sealed = rows[:20]
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY CURRENT_USER CASCADE")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO CURRENT_USER")
        connection.execute(
            "CREATE TABLE schema_file (name text PRIMARY KEY, digest text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        for name, text in schema.files():
            if name < "0009":
                connection.execute(text)
                connection.execute(
                    "INSERT INTO schema_file VALUES (%s, %s)",
                    [name, hashlib.sha256(text.encode()).hexdigest()],
                )
        connection.execute("SELECT make_message_days('2026-09-03', 2)")
        fill(connection, rows, sealed)
    yield database, rows, sealed
    database.drop()


def fill(connection, rows, sealed) -> None:
    columns = [name for name in records.COLUMNS]
    marks = ", ".join(["%s"] * len(columns))
    for one in rows:
        given = dict(zip(columns, records.values(one), strict=True))
        given["time"] = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=given["time"])
        connection.execute(
            f"INSERT INTO message_record ({', '.join(columns)}) VALUES ({marks})",
            [str(one) if isinstance(one, str) else one for one in given.values()],
        )
    edge = Edge()
    for start, end in ((0, 12), (12, 20)):
        counted = {}
        for seq in range(start, end):
            one = sealed[seq]
            edge.append(one.leaf)
            moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=one.evidence.time)
            connection.execute(
                "INSERT INTO log_leaf VALUES (%s, %s, %s, %s)", [seq, one.id, moment, one.leaf]
            )
            if one.evidence.kind == Kind.ANSWER:
                hour = moment.replace(minute=0, second=0, microsecond=0)
                counted[hour] = counted.get(hour, 0) + 1
        digest = hashlib.sha256(b"".join(one.leaf for one in sealed[start:end])).digest()
        for hour, count in counted.items():
            connection.execute(
                "INSERT INTO rollup (hour, side, client, service, outcome, origin, count, from_seq,"
                " to_seq, range_digest) VALUES (%s, 'provider', %s, %s, 'answered', 'live', %s, %s,"
                " %s, %s)", [hour, CLIENT, SERVICE, count, start, end - 1, digest],
            )  # fmt: skip
        head = Checkpoint(ORIGIN, edge.size, edge.root(), int(AT.timestamp()))
        connection.execute(
            "INSERT INTO log_checkpoint VALUES (%s, %s, %s, %s)",
            [edge.size, edge.root(), AT, sign_checkpoint(head, KEY)],
        )
    # The first round's counts are added up already.
    connection.execute(
        "INSERT INTO rollup_sum SELECT hour, side, client, service, outcome, count, id FROM rollup"
        " WHERE from_seq = 0"
    )
    connection.execute(
        "INSERT INTO rollup_total SELECT hour, side, outcome, 'live', count FROM rollup"
        " WHERE from_seq = 0"
    )
    connection.execute("INSERT INTO rollup_mark SELECT max(id), %s FROM rollup WHERE from_seq = 0",
                       [AT - timedelta(days=90)])  # fmt: skip


def check(database, rows, sealed) -> None:
    found = {one.row.id: one for one in all_placed(database)}
    assert {key: one.row for key, one in found.items()} == {one.id: one for one in rows}
    for seq, one in enumerate(sealed):
        assert (found[one.id].seq, found[one.id].sealed) == (seq, one.leaf)
    for one in rows[len(sealed) :]:
        assert found[one.id].seq is None
    assert told(database, "SELECT to_regclass('message_plain'), to_regclass('log_leaf_plain')") == [
        (None, None)
    ]
    assert schema.pending(database.owner_url) == []


async def go_on(database):
    """A sealer works on: the tree fits its heads, the rest is sealed, the counts are right."""
    sealer = Sealer(database.gateway_url, origin=ORIGIN, key=KEY)
    assert await sealer.take_over()
    sealed = await sealer.seal(), await sealer.seal()
    connection = await asyncpg.connect(database.gateway_url)
    span = MOMENTS[0] - timedelta(days=1), LATE
    counts = [await rollups.count(connection, *span, group) for group in rollups.GROUPS]
    again = await rollups.recount(connection, *span)
    closed = await rollups.close_hours(sealer._connection, LATE)
    after = [await rollups.count(connection, *span, group) for group in rollups.GROUPS]
    await connection.close()
    await sealer.close()
    return sealed, counts, again, closed, after


def test_a_log_moves_over_whole(older_log):
    database, rows, sealed = older_log
    assert schema.migrate(database.owner_url)[-1] == schema.CONVERSION
    check(database, rows, sealed)
    done, counts, again, closed, after = asyncio.run(go_on(database))
    assert done == (len(rows) - len(sealed), 0)
    assert {one.answered.live for one in counts} == {again.answered.live} == {12}
    assert closed > 0
    assert {one.answered.live for one in after} == {12}
    assert schema.migrate(database.owner_url) == []


STEPS = ["_convert_rounds", "_convert_round", "_convert_sums", "_convert_partition", "_move",
         "_finish"]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("call", [0, 1])
def test_a_conversion_that_was_killed_goes_on_where_it_stopped(older_log, monkeypatch, step, call):
    database, rows, sealed = older_log
    real, calls = getattr(conversion, step), []

    async def dies(connection, *given):
        calls.append(step)
        if len(calls) > call:
            connection.terminate()
            raise ConnectionError("killed")
        return await real(connection, *given)

    with monkeypatch.context() as patched:
        patched.setattr(conversion, step, dies)
        with contextlib.suppress(ConnectionError, asyncpg.InterfaceError, asyncpg.PostgresError):
            schema.migrate(database.owner_url)
    if len(calls) > call:
        assert schema.pending(database.owner_url) == [schema.CONVERSION]
    schema.migrate(database.owner_url)
    check(database, rows, sealed)


def test_a_log_whose_leaves_are_not_all_there_is_left_as_it_is(older_log):
    database, _, _ = older_log
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("DELETE FROM log_leaf WHERE seq = 5")
    with pytest.raises(conversion.BrokenLog, match="0 to 11"):
        schema.migrate(database.owner_url)
    assert told(database, "SELECT count(*) FROM message_plain") == [(24,)]


def spoilt_packed(packed):
    return packed._replace(packed=packed.packed[:-1] + bytes([packed.packed[-1] ^ 1]))


def spoilt_way(packed):
    return packed._replace(way=packed.way + 1)


def spoilt_number(numbers):
    return [number + 1 if number else 0 for number in numbers]


@pytest.mark.parametrize("spoil", ["packed", "way", "number", "lost"])
def test_an_older_row_stays_until_it_was_read_back_as_it_was(older_log, monkeypatch, spoil):
    """Whatever packing makes of a row, its old form goes only once the new one was compared."""
    database, rows, sealed = older_log
    real = conversion.columns_of

    def columns_of(packed, numbers):
        change = {"packed": spoilt_packed, "way": spoilt_way}.get(spoil)
        if change is not None:
            packed = [change(packed[0]), *packed[1:]]
        if spoil == "number":
            numbers = spoilt_number(numbers)
        if spoil == "lost":
            packed, numbers = packed[1:], numbers[1:]
        return real(packed, numbers)

    with monkeypatch.context() as patched:
        patched.setattr(conversion, "columns_of", columns_of)
        with pytest.raises(conversion_check.NotAsItWas):
            schema.migrate(database.owner_url)
    assert told(database, "SELECT count(*) FROM message_plain") == [(len(rows),)]
    schema.migrate(database.owner_url)
    check(database, rows, sealed)


def test_leaves_and_sums_are_compared_before_the_old_ones_go(older_log, monkeypatch):
    database, rows, sealed = older_log
    real = rounds.add

    async def other_leaf(connection, first, numbers, leaves, span, counts):
        await real(connection, first, numbers, [b"\0" * 32, *leaves[1:]], span, counts)

    with monkeypatch.context() as patched:
        patched.setattr(rounds, "add", other_leaf)
        with pytest.raises(conversion_check.NotAsItWas, match="leaves from 0"):
            schema.migrate(database.owner_url)
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN new.count := new.count + 1; RETURN new; END'"
        )
        connection.execute(
            "CREATE TRIGGER lose BEFORE INSERT ON rollup_sum FOR EACH ROW EXECUTE FUNCTION lose()"
        )
    with pytest.raises(conversion_check.NotAsItWas, match="sums of hours"):
        schema.migrate(database.owner_url)
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("DROP TRIGGER lose ON rollup_sum")
    schema.migrate(database.owner_url)
    check(database, rows, sealed)


def test_a_row_that_was_tampered_with_moves_as_it_stands_and_is_still_named(older_log):
    database, _, sealed = older_log
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            "UPDATE message_record SET status = 299 WHERE id = %s", [str(sealed[3].id)]
        )
    assert schema.migrate(database.owner_url)[-1] == schema.CONVERSION
    moved = next(one for one in all_placed(database) if one.row.id == sealed[3].id)
    assert moved.row.evidence.status == 299
    assert (moved.sealed, moved.row.leaf == moved.sealed) == (sealed[3].leaf, False)


def test_a_new_database_has_nothing_to_move(gateway_db):
    assert schema.migrate(gateway_db.owner_url) == []
    assert told(gateway_db, "SELECT to_regclass('message_plain')") == [(None,)]

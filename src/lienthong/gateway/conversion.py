"""
Moves a log from before packed rows into its present form; a part of ``lienthong migrate``.

SQL file 0009 set the old tables aside under other names. Here their rows are
packed, day by day, their leaves gathered into rounds and their sums numbered.
Every step is a transaction that takes away what it moved once it was read back and
compared (`lienthong.gateway.conversion_check`), so a conversion that was killed goes
on where it stopped. Rows keep their ids, their blinding bytes
and their leaves: heads, receipts, proofs and archives stay what they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg

from lienthong.gateway import conversion_check, rounds
from lienthong.gateway.dictionary import Connection, Lexicon, WayKey
from lienthong.gateway.packing import Packed
from lienthong.gateway.postgres_log import GIVEN, WHAT, columns_of
from lienthong.gateway.records import read_row
from lienthong.gateway.rows import LogRow
from lienthong.kernel.errors import LienThongError

logger = logging.getLogger("lienthong.gateway.conversion")

UNFINISHED = "SELECT to_regclass('message_plain') IS NOT NULL"
HEADS = """
    SELECT size FROM log_checkpoint WHERE size > $1 ORDER BY size LIMIT 200
"""
LEAVES = """
    SELECT seq, record_time, leaf FROM log_leaf_plain WHERE seq >= $1 AND seq < $2 ORDER BY seq
"""
COUNTS = """
    SELECT hour, side, client, service, outcome, count FROM rollup
    WHERE origin = 'live' AND from_seq = $1
"""
PARTITIONS = """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = 'message_plain' ORDER BY child.relname
"""
ROWS = """
    SELECT r.*, l.seq FROM {table} r LEFT JOIN log_leaf_plain l ON l.record_id = r.id
    ORDER BY l.seq NULLS LAST, r.time
"""
ADD = f"""
    INSERT INTO message_record ({WHAT}, n)
    SELECT {WHAT}, CASE claim WHEN 0 THEN nextval('message_number') ELSE claim END
    FROM ({GIVEN}) given
"""
BATCH = 2_000
SECONDS = 3_600.0


class BrokenLog(LienThongError):
    """Leaves under a signed head are missing, so the log is left in its older form."""

    code = "gateway.broken_log"


def convert(dsn: str) -> bool:
    """Move what was set aside; whether there was anything. Run as the owner."""
    return asyncio.run(_convert(dsn))


async def _convert(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn, command_timeout=SECONDS)
    try:
        if not await connection.fetchval(UNFINISHED):
            return False
        await _convert_rounds(connection)
        await _convert_sums(connection)
        for record in await connection.fetch(PARTITIONS):
            await _convert_partition(connection, record["relname"])
        await _finish(connection)
        return True
    finally:
        await connection.close()


# -- leaves and counts -------------------------------------------------------------------


async def _convert_rounds(connection: Connection) -> None:
    """One round for each head, from the head before it: what was sealed together."""
    while True:
        done = await connection.fetchval(
            "SELECT first + count FROM log_round ORDER BY first DESC LIMIT 1"
        )
        start = done or 0
        heads = [one["size"] for one in await connection.fetch(HEADS, start)]
        if not heads:
            return
        async with connection.transaction():
            for end in heads:
                await _convert_round(connection, start, end)
                start = end


async def _convert_round(connection: Connection, start: int, end: int) -> None:
    leaves = await connection.fetch(LEAVES, start, end)
    if [one["seq"] for one in leaves] != list(range(start, end)):
        raise BrokenLog(f"{BrokenLog.message()} (leaves {start} to {end - 1})")
    times = [one["record_time"] for one in leaves]
    counted = await connection.fetch(COUNTS, start)
    ways = await _ways(connection, [_way_of(one) for one in counted])
    counts: rounds.Counts = Counter()
    for one in counted:
        counts[rounds.hour_of(one["hour"]), ways[_way_of(one)]] += one["count"]
    hashes = [bytes(one["leaf"]) for one in leaves]
    # A sealed row's number is its leaf's plus one, so that there is none of 0.
    await rounds.add(
        connection, start, [one["seq"] + 1 for one in leaves], hashes,
        (min(times), max(times)), counts,
    )  # fmt: skip
    await conversion_check.check_round(connection, start, hashes, counts)


def _way_of(record: Any) -> WayKey:
    """The way of an old count: it knew no more than this."""
    return (
        "answer", record["side"], "", record["client"], record["service"], record["outcome"],
        "", 0, "", "", "", "", "",
    )  # fmt: skip


async def _ways(connection: Connection, keys: Sequence[WayKey]) -> dict[WayKey, int]:
    lexicon = Lexicon()
    await lexicon.learn_keys(connection, set(keys))
    return {key: lexicon.way(key) for key in keys}


async def _convert_sums(connection: Connection) -> None:
    if not await connection.fetchval("SELECT to_regclass('rollup_sum_plain') IS NOT NULL"):
        return
    async with connection.transaction():
        kinds = await connection.fetch(
            "SELECT DISTINCT side, client, service, outcome FROM rollup_sum_plain"
        )
        ways = await _ways(connection, [_way_of(one) for one in kinds])
        columns = list(
            zip(*((one["side"], one["client"], one["service"], one["outcome"])
                  for one in kinds), strict=True)
        ) or [(), (), (), ()]  # fmt: skip
        await connection.execute(
            """
            INSERT INTO rollup_sum (hour, way, count)
            SELECT s.hour, w.way, s.count
            FROM rollup_sum_plain s
            JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[])
                 AS w (side, client, service, outcome, way) USING (side, client, service, outcome)
            ORDER BY s.hour
            """,
            *columns,
            [ways[_way_of(one)] for one in kinds],
        )
        # The mark named the last count; it names the leaves under it from now on.
        await connection.execute(
            """
            INSERT INTO rollup_mark (upto, closed_until)
            SELECT coalesce((SELECT max(to_seq) + 1 FROM rollup
                             WHERE origin = 'live' AND id <= m.upto), 0), m.closed_until
            FROM rollup_mark_plain m ON CONFLICT DO NOTHING
            """
        )
        await conversion_check.check_sums(connection)
        await connection.execute("DROP TABLE rollup_sum_plain, rollup_mark_plain")


# -- rows --------------------------------------------------------------------------------


async def _convert_partition(connection: Connection, table: str) -> None:
    """
    All rows of one day in one transaction, which ends with the old day gone.

    Not before every row was read back out of its packed form and compared.
    """
    async with connection.transaction():
        lexicon = Lexicon()
        await lexicon.open(connection)
        rows = 0
        batch: list[asyncpg.Record] = []
        async for record in connection.cursor(ROWS.format(table=f'"{table}"'), prefetch=BATCH):
            batch.append(record)
            if len(batch) == BATCH:
                rows += await _move(connection, lexicon, batch)
                batch = []
        rows += await _move(connection, lexicon, batch)
        checked = await conversion_check.check_partition(connection, f'"{table}"')
        if checked != rows:
            raise conversion_check.NotAsItWas
        await connection.execute(f'ALTER TABLE message_plain DETACH PARTITION "{table}"')
        await connection.execute(f'DROP TABLE "{table}"')
    if rows:
        logger.info("rows were packed", extra={"rows": rows})


async def _move(connection: Connection, lexicon: Lexicon, batch: list[asyncpg.Record]) -> int:
    if not batch:
        return 0
    rows: list[LogRow] = [read_row(record) for record in batch]
    packed: list[Packed] = await lexicon.pack_all(connection, rows)
    if lexicon.has_learned:
        await lexicon.learn_shapes(connection)
    # A sealed row's number stands where a claim would; 0 asks for a new one.
    numbers = [record["seq"] + 1 if record["seq"] is not None else 0 for record in batch]
    await connection.execute(ADD, *columns_of(packed, numbers))
    return len(batch)


async def _finish(connection: Connection) -> None:
    async with connection.transaction():
        # They stand in the rounds now; what was imported stays.
        await connection.execute("DELETE FROM rollup WHERE origin = 'live'")
        await connection.execute("DROP TABLE message_plain, log_leaf_plain")

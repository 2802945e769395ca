"""
Reads a converted log back and compares it with the older rows, before these are dropped.

Each part is checked in the transaction that moves it: what does not come back
as it was ends that transaction, and the older rows stay. Digests that follow
from a row's evidence are computed anew, so a row that somebody changed in the
older log moves as it stands and goes on contradicting its leaf in the tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from lienthong.gateway import records, rounds
from lienthong.gateway.dictionary import Connection, Entries
from lienthong.gateway.packing import Unreadable
from lienthong.gateway.rows import LogRow
from lienthong.kernel.errors import LienThongError
from lienthong.protocol.evidence import leaf_of

BATCH = 2_000
NEW_ROWS = f"""
    SELECT {records.WHOLE} FROM message_record r WHERE r.time >= $1 AND r.time <= $2
"""
SPAN = "SELECT min(time) AS since, max(time) AS until, count(*) AS rows FROM {table}"
OLD_ROWS = """
    SELECT r.*, l.seq FROM {table} r
    LEFT JOIN log_leaf_plain l ON l.record_id = r.id AND l.record_time = r.time
    WHERE (r.time, r.id) IN (SELECT * FROM unnest($1::timestamptz[], $2::uuid[]))
"""
ROUND = "SELECT count, leaves, counts FROM log_round WHERE first = $1"
SUMS_DIFFER = """
    SELECT count(*) FROM (
        SELECT hour, side, client, service, outcome, sum(count) AS count
        FROM rollup_sum_plain GROUP BY 1, 2, 3, 4, 5
    ) older
    FULL JOIN (
        SELECT hour, side, client, service, outcome, sum(count) AS count
        FROM rollup_sum JOIN log_way ON log_way.id = way GROUP BY 1, 2, 3, 4, 5
    ) newer USING (hour, side, client, service, outcome)
    WHERE older.count IS DISTINCT FROM newer.count
"""


class NotAsItWas(LienThongError):
    """Something of the older log does not come back as it was, so that part is not moved."""

    code = "gateway.not_as_it_was"


async def check_partition(connection: Connection, table: str) -> int:
    """
    Compare every row of an older day with what was packed of it; how many there are.

    Raises NotAsItWas, naming the first row that differs or is not there.
    """
    span = await connection.fetchrow(SPAN.format(table=table))
    if span is None or not span["rows"]:
        return 0
    entries, found = Entries(), 0
    batch: list[asyncpg.Record] = []
    async for record in connection.cursor(NEW_ROWS, span["since"], span["until"], prefetch=BATCH):
        batch.append(record)
        if len(batch) == BATCH:
            found += await _check_rows(connection, table, batch, entries)
            batch = []
    if batch:
        found += await _check_rows(connection, table, batch, entries)
    if found != span["rows"]:
        raise NotAsItWas(f"{NotAsItWas.message()} ({span['rows'] - found} rows are not there)")
    return found


async def _check_rows(
    connection: Connection, table: str, batch: Sequence[asyncpg.Record], entries: Entries
) -> int:
    """How many of these packed rows are rows of the older day, each just as it was."""
    rows = await records.load_each(connection, batch, entries)
    read = [row for row in rows if isinstance(row, LogRow)]
    if len(read) != len(rows):
        problem = next(row for row in rows if isinstance(row, Unreadable))
        raise NotAsItWas(f"{NotAsItWas.message()} ({problem})")
    older = await connection.fetch(
        OLD_ROWS.format(table=table),
        [record["time"] for record in batch],
        [row.id for row in read],
    )
    packed = {row.id: (row, record["n"]) for row, record in zip(read, batch, strict=True)}
    for record in older:
        row, number = packed[record["id"]]
        if row != as_packed(record) or (record["seq"] is not None and number != record["seq"] + 1):
            raise NotAsItWas(f"{NotAsItWas.message()} (row {record['id']})")
    return len(older)


def as_packed(record: asyncpg.Record | Mapping[str, Any]) -> LogRow:
    """An older row as it has to come back, with its digests computed from its evidence."""
    row = records.read_row(record)
    digest = row.evidence.digest()
    return replace(row, record_digest=digest, leaf=leaf_of(row.blind, digest))


async def check_round(
    connection: Connection, start: int, leaves: Sequence[bytes], counts: rounds.Counts
) -> None:
    """Raise NotAsItWas unless the round's leaves and counts are those of the older tables."""
    kept = await connection.fetchrow(ROUND, start)
    if (
        kept is None
        or kept["count"] != len(leaves)
        or bytes(kept["leaves"]) != b"".join(leaves)
        or rounds.read_counts(bytes(kept["counts"])) != counts
    ):
        raise NotAsItWas(f"{NotAsItWas.message()} (leaves from {start})")


async def check_sums(connection: Connection) -> None:
    """Raise NotAsItWas unless every sum of an hour is what it was."""
    differing = await connection.fetchval(SUMS_DIFFER)
    if differing:
        raise NotAsItWas(f"{NotAsItWas.message()} ({differing} sums of hours)")

"""
Counting exchanges once (decision 4).

The national count is what providers' sides answered; refusals and unreachable
providers are counted apart, where the consumer's side met them; metaservices
are left out. Live counts are written by the sealer in the transaction that
seals the rows they count; imported ones stand under their statement.

When an hour is over its counts are added up once more (`close_hours`), so that
a month is some thousand numbers to add, however many exchanges it had; what
came since is added from the sealer's own counts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import asyncpg
import msgspec

from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.protocol.rest import METASERVICES

Key = tuple[datetime, str, str, str, str]
"""Hour, side, client, service, outcome."""

# What is selected before side, outcome and origin, and how many columns that is.
GROUPS = {
    "total": ("", 0),
    "day": ("date_trunc('day', hour, 'UTC') AS hour,", 1),
    "hour": ("hour,", 1),
    "pair": ("client, service,", 2),
}
# The service's last segment; those of metaservices are no exchanges of data.
IS_DATA = "regexp_replace(service, '^.*/', '') <> ALL($3)"
# Counts of the sealer that are in no sum yet.
SINCE = """
    SELECT hour, side, client, service, outcome, origin, count FROM rollup
    WHERE origin = 'live' AND id > (SELECT coalesce(max(upto), 0) FROM rollup_mark)
      AND hour >= $1 AND hour < $2 AND {is_data}
"""
COUNTED = """
    SELECT {select} side, outcome, origin, sum(count)::bigint AS count
    FROM (
        SELECT hour, side, outcome, origin, count FROM rollup_total
        WHERE hour >= $1 AND hour < $2
        UNION ALL
        SELECT hour, side, outcome, origin, count FROM ({since}) since
    ) counted
    GROUP BY {places} ORDER BY {places}
"""
COUNTED_PAIRS = """
    SELECT client, service, side, outcome, origin, sum(count)::bigint AS count
    FROM (
        SELECT client, service, side, outcome, 'live' AS origin, count FROM rollup_sum
        WHERE hour >= $1 AND hour < $2 AND {is_data}
        UNION ALL
        SELECT client, service, side, outcome, origin, count FROM rollup
        WHERE origin = 'import' AND hour >= $1 AND hour < $2 AND {is_data}
        UNION ALL
        SELECT client, service, side, outcome, origin, count FROM ({since}) since
    ) counted
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
# The same for one caller, one service or both; the sums of all pairs know no hour of a pair.
COUNTED_BETWEEN = """
    SELECT {select} side, outcome, origin, sum(count)::bigint AS count
    FROM (
        SELECT hour, client, service, side, outcome, 'live' AS origin, count FROM rollup_sum
        WHERE hour >= $1 AND hour < $2 AND {is_data}
        UNION ALL
        SELECT hour, client, service, side, outcome, origin, count FROM rollup
        WHERE origin = 'import' AND hour >= $1 AND hour < $2 AND {is_data}
        UNION ALL
        SELECT hour, client, service, side, outcome, origin, count FROM ({since}) since
    ) counted
    WHERE ($4 = '' OR client = $4) AND ($5 = '' OR service = $5)
    GROUP BY {places} ORDER BY {places}
"""
RECOUNTED = """
    SELECT side, outcome, 'live' AS origin, count(*)::bigint AS count
    FROM message_record
    WHERE time >= $1 AND time < $2 AND kind = 'answer' AND {is_data}
    GROUP BY side, outcome
"""
# Requests the provider's side forwarded and of which it knows no end. That the same
# request was refused as a replay later on says nothing about how the first one ended.
# As a difference of sets, since rows written a moment ago are in no statistics yet and the
# planner would compare each of them with every other.
UNKNOWN = """
    SELECT count(*) FROM (
        SELECT request_id FROM message_record
        WHERE time >= $1 AND time < $2 AND kind = 'request' AND side = 'provider'
          AND regexp_replace(service, '^.*/', '') <> ALL($3)
        EXCEPT
        SELECT request_id FROM message_record
        WHERE time >= $1 AND time < $2::timestamptz + interval '15 minutes'
          AND kind = 'answer' AND side = 'provider'
          AND fault NOT LIKE '%.InvalidMessage'
    ) open
"""


CLOSED_UNKNOWN = """
    SELECT coalesce(sum(count), 0)::bigint FROM rollup_total
    WHERE hour >= $1 AND hour < $2 AND outcome = 'unknown'
"""
MARK = "SELECT upto, closed_until FROM rollup_mark ORDER BY closed_until DESC, upto DESC LIMIT 1"
ADD_UP = """
    INSERT INTO rollup_sum (hour, side, client, service, outcome, count, upto)
    SELECT hour, side, client, service, outcome, sum(count), max(id) FROM rollup
    WHERE origin = 'live' AND id > $1 AND id <= $2
    GROUP BY hour, side, client, service, outcome
"""
ADD_UP_TOTAL = """
    INSERT INTO rollup_total (hour, side, outcome, origin, count)
    SELECT hour, side, outcome, 'live', sum(count) FROM rollup
    WHERE origin = 'live' AND id > $1 AND id <= $2 AND {is_data}
    GROUP BY hour, side, outcome
"""
ADD_UNKNOWN = (
    "INSERT INTO rollup_total (hour, side, outcome, origin, count)"
    " VALUES ($1, 'provider', 'unknown', 'live', $2)"
)
COUNTED_OUTCOMES = (Outcome.ANSWERED, Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.FAILED)
HOUR = timedelta(hours=1)
SETTLED_AFTER = timedelta(minutes=20)
HOURS_AT_ONCE = 48


class Split(msgspec.Struct):
    """A count in two parts: what passed this gateway, and what an import brought."""

    live: int = 0
    imported: int = 0

    def add(self, origin: str, count: int) -> None:
        if origin == "live":
            self.live += count
        else:
            self.imported += count


class CountRow(msgspec.Struct, kw_only=True):
    """Answered exchanges of one hour, UTC day or pair."""

    hour: datetime | None = None
    client: str = ""
    service: str = ""
    live: int = 0
    imported: int = 0


class Counts(msgspec.Struct, kw_only=True):
    """Exchanges answered at the provider; apart from them what the consumer's side met."""

    answered: Split = msgspec.field(default_factory=Split)
    refused: Split = msgspec.field(default_factory=Split)
    unreachable: Split = msgspec.field(default_factory=Split)
    failed: Split = msgspec.field(default_factory=Split)
    unknown: int = 0
    """Requests a provider's side forwarded and of which it knows no end."""
    rows: list[CountRow] = msgspec.field(default_factory=list)


def tally_rows(records: Iterable[asyncpg.Record]) -> Counter[Key]:
    """Count the answer rows of one sealing batch by hour, parties and outcome."""
    counter: Counter[Key] = Counter()
    for record in records:
        if record["kind"] == Kind.ANSWER:
            hour = record["time"].replace(minute=0, second=0, microsecond=0)
            counter[
                hour, record["side"], record["client"], record["service"], record["outcome"]
            ] += 1
    return counter


def totals(
    rows: Iterable[tuple[datetime, str, str, str, str, int]],
) -> list[tuple[tuple[datetime, str, str], int]]:
    """Imported counts over all data services together, by hour, side and outcome."""
    counter: Counter[tuple[datetime, str, str]] = Counter()
    for hour, side, _, service, outcome, count in rows:
        if service.rpartition("/")[2] not in METASERVICES:
            counter[hour, side, outcome] += count
    return list(counter.items())


async def write_rollups(
    connection: Connection, counter: Counter[Key], first: int, leaves: list[bytes]
) -> None:
    """Store one batch's counts with the digest of the leaves they were counted from."""
    if not counter:
        return
    digest = hashlib.sha256(b"".join(leaves)).digest()
    last = first + len(leaves) - 1
    await connection.copy_records_to_table(
        "rollup",
        records=[(*key, "live", count, first, last, digest) for key, count in counter.items()],
        columns=(
            "hour", "side", "client", "service", "outcome", "origin", "count",
            "from_seq", "to_seq", "range_digest",
        ),
    )  # fmt: skip


async def count(
    connection: Connection, start: datetime, end: datetime, group: str = "total"
) -> Counts:
    """Counts of the hours that begin from ``start`` up to ``end``; KeyError for another group."""
    select, columns = GROUPS[group]
    places = ", ".join(str(place + 1) for place in range(columns + 3))
    since = SINCE.format(is_data=IS_DATA)
    sql = COUNTED_PAIRS if group == "pair" else COUNTED
    sql = sql.format(select=select, places=places, is_data=IS_DATA, since=since)
    records = await connection.fetch(sql, start, end, sorted(METASERVICES))
    counts = _sum(records)
    counts.rows = [] if group == "total" else _rows(records)
    counts.unknown = await _unknown(connection, start, end)
    return counts


async def count_between(
    connection: Connection,
    start: datetime,
    end: datetime,
    group: str,
    *,
    client: str = "",
    service: str = "",
) -> Counts:
    """As `count` for one client, one service or one pair; without the unknown outcomes."""
    select, columns = GROUPS[group]
    places = ", ".join(str(place + 1) for place in range(columns + 3))
    since = SINCE.format(is_data=IS_DATA)
    sql = COUNTED_BETWEEN.format(select=select, places=places, is_data=IS_DATA, since=since)
    records = await connection.fetch(sql, start, end, sorted(METASERVICES), client, service)
    counts = _sum(records)
    counts.rows = [] if group == "total" else _rows(records)
    return counts


async def _unknown(connection: Connection, start: datetime, end: datetime) -> int:
    """Unknown outcomes: of hours that are closed from their sum, of the others from the rows."""
    closed = await connection.fetchval("SELECT max(closed_until) FROM rollup_mark")
    if closed is None:
        return await unknown_outcomes(connection, start, end)
    known = await connection.fetchval(CLOSED_UNKNOWN, start, min(end, closed))
    if end <= closed:
        return int(known)
    return int(known) + await unknown_outcomes(connection, max(start, closed), end)


async def close_hours(connection: Connection, now: datetime) -> int:
    """
    Add up what came since the last time, and the unknown outcomes of hours that are over.

    Done by the working sealer alone; how many hours were closed. An hour is
    over some minutes after its end, when no answer can be under way any more.
    """
    target = (now - SETTLED_AFTER).replace(minute=0, second=0, microsecond=0)
    async with connection.transaction(isolation="repeatable_read"):
        mark = await connection.fetchrow(MARK)
        upto, closed = (mark["upto"], mark["closed_until"]) if mark is not None else (0, None)
        if closed is None:
            first = await connection.fetchval("SELECT min(time) FROM message_record")
            closed = min(first or target, target).replace(minute=0, second=0, microsecond=0)
        if mark is not None and closed >= target:
            return 0
        hours = min(int((target - closed) / HOUR), HOURS_AT_ONCE)
        newest = await connection.fetchval(
            "SELECT coalesce(max(id), 0) FROM rollup WHERE origin = 'live'"
        )
        await connection.execute(ADD_UP, upto, newest)
        await connection.execute(
            ADD_UP_TOTAL.format(is_data=IS_DATA), upto, newest, sorted(METASERVICES)
        )
        for number in range(hours):
            hour = closed + number * HOUR
            unknown = await unknown_outcomes(connection, hour, hour + HOUR)
            if unknown:
                await connection.execute(ADD_UNKNOWN, hour, unknown)
        await connection.execute(
            "INSERT INTO rollup_mark (upto, closed_until) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            newest,
            closed + hours * HOUR,
        )
    return hours


async def recount(connection: Connection, start: datetime, end: datetime) -> Counts:
    """The same totals from the rows themselves; live only, for tests and reconciliation."""
    sql = RECOUNTED.format(is_data=IS_DATA)
    counts = _sum(await connection.fetch(sql, start, end, sorted(METASERVICES)))
    counts.unknown = await unknown_outcomes(connection, start, end)
    return counts


async def unknown_outcomes(connection: Connection, start: datetime, end: datetime) -> int:
    """Forwarded requests without an answer row (decision 15)."""
    return int(await connection.fetchval(UNKNOWN, start, end, sorted(METASERVICES)))


def _sum(records: Iterable[asyncpg.Record]) -> Counts:
    counts = Counts()
    for record in records:
        outcome, side = record["outcome"], record["side"]
        if outcome not in COUNTED_OUTCOMES:
            continue
        # Answered counts at the provider, everything else where the consumer met it.
        if (outcome == Outcome.ANSWERED) == (side == LogSide.PROVIDER):
            split: Split = getattr(counts, outcome)
            split.add(record["origin"], record["count"])
    return counts


def _rows(records: Iterable[asyncpg.Record]) -> list[CountRow]:
    rows: dict[tuple[object, ...], CountRow] = {}
    for record in records:
        if record["outcome"] != Outcome.ANSWERED or record["side"] != LogSide.PROVIDER:
            continue
        hour, client, service = (record.get(name) for name in ("hour", "client", "service"))
        row = rows.setdefault(
            (hour, client, service),
            CountRow(hour=hour, client=client or "", service=service or ""),
        )
        if record["origin"] == "live":
            row.live += record["count"]
        else:
            row.imported += record["count"]
    return list(rows.values())

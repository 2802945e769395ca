"""
Counting exchanges once (decision 4).

The national count is what providers' sides answered; refusals and unreachable
providers are counted apart, where the consumer's side met them; metaservices
and housekeeping are left out. Live counts are written by the sealer in the transaction that
seals the rows they count (`lienthong.gateway.rounds`); imported ones stand under
their statement.

When an hour is over its counts are added up once more (`close_hours`), so that
a month is some thousand numbers to add, however many exchanges it had; what
came since is added from the sealer's own counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lienthong.gateway import rounds
from lienthong.gateway.dictionary import READ_WAYS, Connection, Entries
from lienthong.gateway.packing import Way
from lienthong.gateway.rows import EPOCH, LogSide, Outcome
from lienthong.gateway.tree import tree_size
from lienthong.protocol.housekeeping import UNCOUNTED

# What is selected before side, outcome and origin, and how many columns that is.
GROUPS = {
    "total": ("", 0),
    "day": ("date_trunc('day', hour, 'UTC') AS hour,", 1),
    "hour": ("hour,", 1),
    "pair": ("client, service,", 2),
}
# The service's last segment; metaservices and housekeeping are no exchanges of data.
IS_DATA = "regexp_replace(service, '^.*/', '') <> ALL($3)"
# Rounds whose counts are in no sum yet, as far as they hold rows of these hours.
SINCE = """
    SELECT counts FROM log_round
    WHERE first >= (SELECT coalesce(max(upto), 0) FROM rollup_mark)
      AND until >= $1 AND since < $2 AND counts <> ''
"""
COUNTED = """
    SELECT {select} side, outcome, origin, sum(count)::bigint AS count
    FROM rollup_total WHERE hour >= $1 AND hour < $2
    GROUP BY {places}
"""
COUNTED_PAIRS = """
    SELECT w.client, w.service, w.side, w.outcome, 'live' AS origin, s.count
    FROM (SELECT way, sum(count)::bigint AS count FROM rollup_sum
          WHERE hour >= $1 AND hour < $2 GROUP BY way) s
    JOIN log_way w ON w.id = s.way
    WHERE {is_data}
    UNION ALL
    SELECT client, service, side, outcome, origin, sum(count)::bigint FROM rollup
    WHERE origin = 'import' AND hour >= $1 AND hour < $2 AND {is_data}
    GROUP BY 1, 2, 3, 4, 5
"""
WAYS = """
    SELECT id, kind, side, outcome, fault FROM log_way WHERE {is_data}
"""
# The same for one caller, one service or both; the sums of all pairs know no hour of a pair.
COUNTED_BETWEEN = """
    SELECT {select} side, outcome, origin, sum(count)::bigint AS count
    FROM (
        SELECT s.hour, w.client, w.service, w.side, w.outcome, 'live' AS origin, s.count
        FROM rollup_sum s JOIN log_way w ON w.id = s.way
        WHERE s.hour >= $1 AND s.hour < $2
        UNION ALL
        SELECT hour, client, service, side, outcome, origin, count FROM rollup
        WHERE origin = 'import' AND hour >= $1 AND hour < $2
    ) counted
    WHERE {is_data} AND ($4 = '' OR client = $4) AND ($5 = '' OR service = $5)
    GROUP BY {places} ORDER BY {places}
"""
RECOUNTED = """
    SELECT way, count(*)::bigint AS count FROM message_record
    WHERE time >= $1 AND time < $2 AND way = ANY($3::int[]) GROUP BY way
"""
# Requests the provider's side forwarded and of which it knows no end. That the same
# request was refused as a replay later on says nothing about how the first one ended.
# As a difference of sets, since rows written a moment ago are in no statistics yet and the
# planner would compare each of them with every other.
UNKNOWN = """
    SELECT count(*) FROM (
        SELECT exchange FROM message_record
        WHERE time >= $1 AND time < $2 AND way = ANY($3::int[])
        EXCEPT
        SELECT exchange FROM message_record
        WHERE time >= $1 AND time < $2::timestamptz + interval '15 minutes'
          AND way = ANY($4::int[])
    ) open
"""


CLOSED_UNKNOWN = """
    SELECT coalesce(sum(count), 0)::bigint FROM rollup_total
    WHERE hour >= $1 AND hour < $2 AND outcome = 'unknown'
"""
MARK = "SELECT upto, closed_until FROM rollup_mark ORDER BY closed_until DESC, upto DESC LIMIT 1"
ADD_UP = """
    INSERT INTO rollup_sum (hour, way, count)
    SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::int[])
"""
ADD_UP_TOTAL = """
    INSERT INTO rollup_total (hour, side, outcome, origin, count)
    SELECT hour, side, outcome, 'live', count
    FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[])
         AS given (hour, side, outcome, count)
"""
TO_ADD_UP = "SELECT counts FROM log_round WHERE first >= $1 AND first < $2 ORDER BY first"
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


def totals(
    rows: Iterable[tuple[datetime, str, str, str, str, int]],
) -> list[tuple[tuple[datetime, str, str], int]]:
    """Imported counts over all data services together, by hour, side and outcome."""
    counter: Counter[tuple[datetime, str, str]] = Counter()
    for hour, side, _, service, outcome, count in rows:
        if service.rpartition("/")[2] not in UNCOUNTED:
            counter[hour, side, outcome] += count
    return list(counter.items())


async def count(
    connection: Connection, start: datetime, end: datetime, group: str = "total"
) -> Counts:
    """Counts of the hours that begin from ``start`` up to ``end``; KeyError for another group."""
    select, columns = GROUPS[group]
    if group == "pair":
        sql = COUNTED_PAIRS.format(is_data=IS_DATA)
        records: list[Mapping[str, Any]] = list(
            await connection.fetch(sql, start, end, sorted(UNCOUNTED))
        )
    else:
        places = ", ".join(str(place + 1) for place in range(columns + 3))
        sql = COUNTED.format(select=select, places=places)
        records = list(await connection.fetch(sql, start, end))
    records += await _since(connection, start, end, group)
    counts = _sum(records)
    counts.rows = [] if group == "total" else sorted(_rows(records), key=_in_order)
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
    sql = COUNTED_BETWEEN.format(select=select, places=places, is_data=IS_DATA)
    records: list[Mapping[str, Any]] = list(
        await connection.fetch(sql, start, end, sorted(UNCOUNTED), client, service)
    )
    records += await _since(connection, start, end, group, client=client, service=service)
    counts = _sum(records)
    counts.rows = [] if group == "total" else sorted(_rows(records), key=_in_order)
    return counts


def _in_order(row: CountRow) -> tuple[datetime, str, str]:
    return row.hour or EPOCH, row.client, row.service


async def _since(
    connection: Connection, start: datetime, end: datetime, group: str,
    *, client: str = "", service: str = "",
) -> list[Mapping[str, Any]]:  # fmt: skip
    """What no sum holds yet, from the rounds themselves; of one client or service if named."""
    counter: rounds.Counts = Counter()
    for record in await connection.fetch(SINCE, start, end):
        counter.update(rounds.read_counts(bytes(record["counts"])))
    ways = await _ways(connection, {way for _, way in counter})
    records: list[Mapping[str, Any]] = []
    for (number, way), count in sorted(counter.items()):
        hour, one = rounds.moment_of(number), ways[way]
        if not (start <= hour < end) or not _is_data(one.service):
            continue
        if client not in ("", one.client) or service not in ("", one.service):
            continue
        told: dict[str, Any] = {
            "side": one.side, "outcome": one.outcome, "origin": "live", "count": count,
        }  # fmt: skip
        if group in ("day", "hour"):
            told["hour"] = hour.replace(hour=0) if group == "day" else hour
        if group == "pair":
            told |= {"client": one.client, "service": one.service}
        records.append(told)
    return records


async def _ways(connection: Connection, wanted: set[int]) -> dict[int, Way]:
    entries = Entries()
    if wanted:
        entries.add("log_way", await connection.fetch(READ_WAYS, sorted(wanted)))
    return entries.ways


def _is_data(service: str) -> bool:
    return service.rpartition("/")[2] not in UNCOUNTED


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
        newest = await tree_size(connection)
        await _add_up(connection, upto, newest)
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


async def _add_up(connection: Connection, start: int, end: int) -> None:
    """Enter the sums of the rounds from leaf ``start`` up to ``end``."""
    counter: rounds.Counts = Counter()
    for record in await connection.fetch(TO_ADD_UP, start, end):
        counter.update(rounds.read_counts(bytes(record["counts"])))
    if not counter:
        return
    listed = sorted(counter.items())
    await connection.execute(
        ADD_UP,
        [rounds.moment_of(hour) for (hour, _), _ in listed],
        [way for (_, way), _ in listed],
        [count for _, count in listed],
    )
    ways = await _ways(connection, {way for _, way in counter})
    whole: Counter[tuple[datetime, str, str]] = Counter()
    for (hour, way), count in listed:
        if _is_data(ways[way].service):
            whole[rounds.moment_of(hour), ways[way].side, ways[way].outcome] += count
    columns = list(zip(*(key for key in whole), strict=True)) or [(), (), ()]
    await connection.execute(ADD_UP_TOTAL, *columns, list(whole.values()))


async def recount(connection: Connection, start: datetime, end: datetime) -> Counts:
    """The same totals from the rows themselves; live only, for tests and reconciliation."""
    ways = {one["id"]: one for one in await _data_ways(connection) if one["kind"] == "answer"}
    records = [
        {"side": ways[one["way"]]["side"], "outcome": ways[one["way"]]["outcome"],
         "origin": "live", "count": one["count"]}
        for one in await connection.fetch(RECOUNTED, start, end, list(ways))
    ]  # fmt: skip
    counts = _sum(records)
    counts.unknown = await unknown_outcomes(connection, start, end)
    return counts


async def _data_ways(connection: Connection) -> list[Mapping[str, Any]]:
    """The ways of exchanges of data."""
    sql = WAYS.format(is_data=IS_DATA.replace("$3", "$1"))
    return list(await connection.fetch(sql, sorted(UNCOUNTED)))


async def unknown_outcomes(connection: Connection, start: datetime, end: datetime) -> int:
    """Forwarded requests without an answer row (decision 15)."""
    of_provider = [one for one in await _data_ways(connection) if one["side"] == LogSide.PROVIDER]
    asked = [one["id"] for one in of_provider if one["kind"] == "request"]
    ended = [
        one["id"] for one in of_provider
        if one["kind"] == "answer" and not one["fault"].endswith(".InvalidMessage")
    ]  # fmt: skip
    return int(await connection.fetchval(UNKNOWN, start, end, asked, ended))


def _sum(records: Iterable[Mapping[str, Any]]) -> Counts:
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


def _rows(records: Iterable[Mapping[str, Any]]) -> list[CountRow]:
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

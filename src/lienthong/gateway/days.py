"""
Closing a day: its totals by pair, side and outcome, signed by the gateway's owner (decision 4).

The working sealer closes a day once all its hours are added up, which is when
no answer of it can be under way and every row of it is a leaf. A day that was
closed is never closed again. What waits to be told to the directory, and what
the directory said, are rows beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import asyncpg
import msgspec

from lienthong.gateway.dictionary import Connection
from lienthong.gateway.rollups import COUNTED_OUTCOMES, IS_DATA
from lienthong.kernel import clock
from lienthong.protocol.day_totals import (
    DayRow,
    DayTotals,
    SignedDay,
    Verdict,
    bounds,
    counts_digest,
    sign_day,
)
from lienthong.protocol.housekeeping import UNCOUNTED
from lienthong.protocol.merkle import EMPTY_ROOT
from lienthong.protocol.pki import SigningKey

DAYS_AT_ONCE = 31
MOST_UNTOLD = 200
MOST_UNTOLD_BYTES = 16 << 20
DAY = timedelta(days=1)

CLOSED = "SELECT min(closed_until) AS first, max(closed_until) AS until FROM rollup_mark"
FIRST_HOUR = "SELECT min(hour) FROM rollup_sum"
LAST_DAY = "SELECT max(day) FROM signed_day WHERE source = ''"
HEAD = "SELECT size, root FROM log_checkpoint ORDER BY size DESC LIMIT 1"
COUNTS = f"""
    SELECT client, service, side, outcome, sum(count)::bigint AS count
    FROM rollup_sum JOIN log_way ON log_way.id = way
    WHERE hour >= $1 AND hour < $2 AND outcome = ANY($4) AND {IS_DATA}
    GROUP BY client, service, side, outcome
"""
UNKNOWN = """
    SELECT coalesce(sum(count), 0)::bigint FROM rollup_total
    WHERE hour >= $1 AND hour < $2 AND outcome = 'unknown'
"""
RECOUNT = f"""
    SELECT client, service, side, outcome, count(*)::bigint AS count FROM message_way
    WHERE time >= $1 AND time < $2 AND kind = 'answer' AND outcome = ANY($4) AND {IS_DATA}
    GROUP BY client, service, side, outcome
"""
# Statements of traffic of which no day is signed yet; a register's load has no hours.
NEW_IMPORTS = f"""
    SELECT s.id FROM import_statement s
    WHERE NOT EXISTS (SELECT 1 FROM signed_day d WHERE d.source = s.id::text)
      AND EXISTS (
          SELECT 1 FROM rollup
          WHERE statement = s.id AND origin = 'import' AND {IS_DATA.replace("$3", "$1")}
      )
    ORDER BY s.imported_at
"""
# Viet Nam has no summer time: its day is seven hours ahead of that of UTC.
IMPORTED = f"""
    SELECT (hour AT TIME ZONE 'UTC' + interval '7 hours')::date AS day,
           client, service, side, outcome, sum(count)::bigint AS count
    FROM rollup
    WHERE origin = 'import' AND statement = $1 AND outcome = ANY($2) AND {IS_DATA}
    GROUP BY 1, 2, 3, 4, 5
"""
# Past a day that was refused, so that none holds up those after it; and no more at a time than
# the bytes of `MOST_UNTOLD_BYTES`, but at least one.
UNTOLD = """
    SELECT waiting.day, waiting.source, waiting.document, said.times, said.refused_at, said.why
    FROM (
        SELECT d.day, d.source, d.document,
               sum(octet_length(d.document)) OVER (ORDER BY d.day, d.source)
                   - octet_length(d.document) AS before
        FROM signed_day d
        WHERE (d.day, d.source) > ($2, $3)
          AND NOT EXISTS (SELECT 1 FROM told_day t WHERE (t.day, t.source) = (d.day, d.source))
        ORDER BY d.day, d.source LIMIT $1
    ) waiting
    CROSS JOIN LATERAL (
        SELECT count(*) AS times, max(refused_at) AS refused_at,
               coalesce((array_agg(why ORDER BY refused_at DESC))[1], '') AS why
        FROM refused_day r WHERE (r.day, r.source) = (waiting.day, waiting.source)
    ) said
    WHERE before < $4
    ORDER BY waiting.day, waiting.source
"""


class ToldDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the directory said about one day; one that was refused waits on."""

    day: date
    source: str = ""
    verdict: Verdict
    why: str = ""
    message_id: str
    """The exchange in which it was told; empty for a day that could not be sent."""


class ToldDays(msgspec.Struct, frozen=True):
    days: list[ToldDay]


class WaitingDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day that waits to be told, and what was said when it was tried."""

    day: date
    source: str
    document: SignedDay
    refused: int = 0
    """How often it was refused; then when last, and why."""
    refused_at: datetime | None = None
    why: str = ""


class Untold(msgspec.Struct, frozen=True):
    """Days that wait to be told, the oldest first."""

    days: list[WaitingDay]


class Recounted(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it was signed beside what the rows still in the log say of it."""

    day: date
    signed_sha256: str
    """Digest of the signed counts; empty for a day that is not closed."""
    counted_sha256: str
    holds: bool


async def close_days(
    connection: Connection, *, gateway: str, key: SigningKey, now: datetime
) -> int:
    """
    Sign every day that is over, and the days of imports; how many.

    At most `DAYS_AT_ONCE` days of live traffic a time: an old log catches up over
    some rounds.
    """
    signed = await _close_live(connection, gateway=gateway, key=key, now=now)
    return signed + await _close_imports(connection, gateway=gateway, key=key, now=now)


async def _close_live(
    connection: Connection, *, gateway: str, key: SigningKey, now: datetime
) -> int:
    closed = await connection.fetchrow(CLOSED)
    if closed is None or closed["until"] is None:
        return 0
    last = await connection.fetchval(LAST_DAY)
    if last is None:
        hour = await connection.fetchval(FIRST_HOUR)
        day = clock.local(min(hour or closed["first"], closed["first"])).date()
    else:
        day = last + DAY
    signed = 0
    while bounds(day)[1] <= closed["until"] and signed < DAYS_AT_ONCE:
        start, end = bounds(day)
        counted = await connection.fetch(COUNTS, start, end, sorted(UNCOUNTED), outcomes())
        async with connection.transaction():
            unknown = await connection.fetchval(UNKNOWN, start, end)
            await _sign(
                connection, key, now, gateway=gateway, day=day, unknown=unknown,
                rows=rows_of(counted),
            )  # fmt: skip
        day, signed = day + DAY, signed + 1
        await asyncio.sleep(0)
    return signed


async def _close_imports(
    connection: Connection, *, gateway: str, key: SigningKey, now: datetime
) -> int:
    signed = 0
    for statement in await connection.fetch(NEW_IMPORTS, sorted(UNCOUNTED)):
        found = await connection.fetch(IMPORTED, statement["id"], outcomes(), sorted(UNCOUNTED))
        days: dict[date, list[asyncpg.Record]] = {}
        for record in found:
            days.setdefault(record["day"], []).append(record)
        # All days of a statement or none: it counts as signed once one of them is.
        async with connection.transaction():
            for day, records in sorted(days.items()):
                await _sign(
                    connection, key, now, gateway=gateway, day=day,
                    source=str(statement["id"]), rows=rows_of(records),
                )  # fmt: skip
                await asyncio.sleep(0)
        signed += len(days)
    return signed


async def _sign(
    connection: Connection,
    key: SigningKey,
    now: datetime,
    *,
    gateway: str,
    day: date,
    rows: list[DayRow],
    source: str = "",
    unknown: int = 0,
) -> None:
    head = await connection.fetchrow(HEAD)
    size, root = (head["size"], bytes(head["root"])) if head is not None else (0, EMPTY_ROOT)
    totals = DayTotals(
        gateway=gateway,
        day=day,
        source=source,
        closed_at=now.replace(microsecond=0),
        tree_size=size,
        root=root.hex(),
        unknown=unknown,
        counts_sha256=counts_digest(rows),
        rows=rows,
    )
    await connection.execute(
        "INSERT INTO signed_day (day, source, closed_at, document) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        day,
        source,
        totals.closed_at,
        msgspec.json.encode(sign_day(totals, key)),
    )


def outcomes() -> list[str]:
    return [str(outcome.value) for outcome in COUNTED_OUTCOMES]


def rows_of(records: Iterable[asyncpg.Record]) -> list[DayRow]:
    """Counts in the order in which they are signed."""
    return sorted(
        DayRow(
            client=record["client"],
            service=record["service"],
            side=record["side"],
            outcome=record["outcome"],
            count=record["count"],
        )
        for record in records
    )


async def untold(
    connection: Connection,
    after: tuple[date, str] = (date.min, ""),
    limit: int = MOST_UNTOLD,
    most_bytes: int = MOST_UNTOLD_BYTES,
) -> Untold:
    """
    Days the directory has not taken yet, those behind ``after`` (a day and its source).

    As many as a reader holds at once; none when there are no more.
    """
    found = await connection.fetch(UNTOLD, limit, *after, most_bytes)
    return Untold(
        [
            WaitingDay(
                day=record["day"],
                source=record["source"],
                document=msgspec.json.decode(record["document"], type=SignedDay),
                refused=record["times"],
                refused_at=record["refused_at"],
                why=record["why"],
            )
            for record in found
        ]
    )


async def note_told(connection: Connection, told: ToldDays) -> int:
    """Keep what the directory said; how many days it has answered for are new."""
    now = clock.instant()
    fresh = 0
    for one in told.days:
        if one.verdict is Verdict.REFUSED:
            await connection.execute(
                "INSERT INTO refused_day (day, source, refused_at, why, message_id)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                one.day, one.source, now, one.why[:300], one.message_id,
            )  # fmt: skip
            continue
        done = await connection.execute(
            "INSERT INTO told_day (day, source, told_at, verdict, why, message_id)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            one.day, one.source, now, one.verdict.value, one.why[:300], one.message_id,
        )  # fmt: skip
        fresh += int(done.endswith("1"))
    return fresh


async def recount(connection: Connection, day: date) -> Recounted:
    """Count a day again from the rows the log still holds, and compare with what was signed."""
    start, end = bounds(day)
    counted = rows_of(await connection.fetch(RECOUNT, start, end, sorted(UNCOUNTED), outcomes()))
    kept = await connection.fetchval(
        "SELECT document FROM signed_day WHERE day = $1 AND source = ''", day
    )
    signed = ""
    if kept is not None:
        said = msgspec.json.decode(kept, type=SignedDay)
        signed = msgspec.json.decode(said.content, type=DayTotals).counts_sha256
    found = counts_digest(counted)
    return Recounted(day=day, signed_sha256=signed, counted_sha256=found, holds=signed == found)

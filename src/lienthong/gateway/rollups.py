"""
Counting exchanges once (decision 4).

The national count is what providers' sides answered; refusals and unreachable
providers are counted apart, where the consumer's side met them; metaservices
are left out. Live counts are written by the sealer in the transaction that
seals the rows they count; imported ones stand under their statement.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.rows import Kind
from lienthong.protocol.rest import METASERVICES

Key = tuple[datetime, str, str, str, str]
"""Hour, side, client, service, outcome."""

GROUPS = {
    "total": ("", ""),
    "day": (
        "to_char(hour AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD') AS day,",
        "day,",
    ),
    "hour": ("hour,", "hour,"),
    "pair": ("client, service,", "client, service,"),
}
# The service's last segment; those of metaservices are no exchanges of data.
IS_DATA = "regexp_replace(service, '^.*/', '') <> ALL($3)"
COUNTED = """
    SELECT {select} side, outcome, origin, sum(count)::bigint AS count
    FROM rollup
    WHERE hour >= $1 AND hour < $2 AND {is_data}
    GROUP BY {group} side, outcome, origin
    ORDER BY {group} side, outcome, origin
"""
RECOUNTED = """
    SELECT side, outcome, 'live' AS origin, count(*)::bigint AS count
    FROM message_record
    WHERE time >= $1 AND time < $2 AND kind = 'answer' AND {is_data}
    GROUP BY side, outcome
"""
# A request the provider's side forwarded and of which it knows no end.
UNKNOWN = """
    SELECT count(*) FROM message_record asked
    WHERE asked.time >= $1 AND asked.time < $2
      AND asked.kind = 'request' AND asked.side = 'provider'
      AND regexp_replace(asked.service, '^.*/', '') <> ALL($3)
      AND NOT EXISTS (
          SELECT 1 FROM message_record answer
          WHERE answer.request_id = asked.request_id AND answer.side = asked.side
            AND answer.kind = 'answer' AND answer.time >= $1)
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one group."""

    key: tuple[str, ...]
    answered: int = 0
    answered_live: int = 0
    answered_import: int = 0
    refused: int = 0
    unreachable: int = 0
    failed: int = 0


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
) -> list[Tally]:
    """Counts of the hours that begin from ``start`` up to ``end``; KeyError for another group."""
    select, grouped = GROUPS[group]
    sql = COUNTED.format(select=select, group=grouped, is_data=IS_DATA)
    records = await connection.fetch(sql, start, end, sorted(METASERVICES))
    return tally(records, group)


async def recount(connection: Connection, start: datetime, end: datetime) -> Tally:
    """The same from the rows themselves; live only, for tests and reconciliation."""
    sql = RECOUNTED.format(is_data=IS_DATA)
    records = await connection.fetch(sql, start, end, sorted(METASERVICES))
    return tally(records, "total")[0]


async def unknown_outcomes(connection: Connection, start: datetime, end: datetime) -> int:
    """Forwarded requests without an answer row (decision 15)."""
    return int(await connection.fetchval(UNKNOWN, start, end, sorted(METASERVICES)))


def tally(records: Iterable[asyncpg.Record], group: str) -> list[Tally]:
    """Fold counted rows into one tally a group; the total exists even over nothing."""
    sums: dict[tuple[str, ...], Counter[str]] = {(): Counter()} if group == "total" else {}
    for record in records:
        key = {
            "total": (),
            "day": (record.get("day"),),
            "hour": (record["hour"].isoformat(),) if group == "hour" else (),
            "pair": (record.get("client"), record.get("service")),
        }[group]
        counter = sums.setdefault(tuple(str(part) for part in key), Counter())
        outcome, side = record["outcome"], record["side"]
        # Answered counts at the provider, everything else where the consumer met it.
        if (outcome == "answered") == (side == "provider"):
            counter[outcome] += record["count"]
            if outcome == "answered":
                counter[f"answered_{record['origin']}"] += record["count"]
    names = ("answered", "answered_live", "answered_import", "refused", "unreachable", "failed")
    return [Tally(key, **{name: counter[name] for name in names}) for key, counter in sums.items()]

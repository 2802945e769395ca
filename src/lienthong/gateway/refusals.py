"""
Who was refused what, why, how often and since when; and how far each quota is used.

Counted from the log itself, so nothing can be missing that was logged. A refusal
of a provider's side also stands at the consumer's side when both are here; each
side is told apart, and a reader chooses.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.quotas import Spans
from lienthong.gateway.records import take_apart

REFUSED = """
    WITH refused AS (
        SELECT way, count(*)::bigint AS count, min(time) AS first, max(time) AS last
        FROM message_record WHERE time >= $1 AND time < $2 AND way < 0 GROUP BY way
    ), told AS (
        SELECT w.side, w.client, w.service, w.fault, w.reason, max(w.grant_id) AS grant_id,
               sum(r.count)::bigint AS count, min(r.first) AS first, max(r.last) AS last,
               (array_agg(r.way ORDER BY r.last DESC))[1] AS newest
        FROM refused r JOIN log_way w ON w.id = r.way
        WHERE w.kind = 'answer'
        GROUP BY w.side, w.client, w.service, w.fault, w.reason
        ORDER BY max(r.last) DESC LIMIT $3
    )
    SELECT told.*, r.exchange, r.way, r.packed, r.time, w.gateway
    FROM told
    JOIN log_way w ON w.id = told.newest
    CROSS JOIN LATERAL (
        SELECT one.time, one.exchange, one.way, one.packed FROM message_record one
        WHERE one.time = told.last AND one.way = told.newest AND one.way < 0 LIMIT 1
    ) r
    ORDER BY told.last DESC
"""
USED = """
    SELECT grant_id, span, used, refused FROM quota_use
    WHERE (span = 'minute' AND starts = $1) OR (span = 'day' AND starts = $2)
"""


class RefusalLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    All refusals of one kind between two parties.

    Both are empty where more were named than the log keeps apart (`dictionary.MOST_REFUSED_WAYS`).
    """

    side: str
    client: str
    service: str
    fault: str
    reason: str
    """A word of `lienthong.protocol.reasons`, or nothing when the fault says it all."""
    grant: str
    count: int
    first: datetime
    last: datetime
    message_id: str
    """Of the newest."""


class QuotaLine(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its quota a grant has used in the running minute and day."""

    grant: str
    minute_used: int = 0
    minute_refused: int = 0
    day_used: int = 0
    day_refused: int = 0


async def refusals(
    connection: Connection, since: datetime, until: datetime, limit: int = 500
) -> list[RefusalLine]:
    """Newest kind first."""
    records = await connection.fetch(REFUSED, since, until, limit)
    return [
        RefusalLine(
            side=record["side"], client=record["client"], service=record["service"],
            fault=record["fault"], reason=record["reason"], grant=record["grant_id"],
            count=record["count"], first=record["first"], last=record["last"],
            message_id=take_apart(record).named(record["gateway"]),
        )
        for record in records
    ]  # fmt: skip


async def quota_use(connection: Connection, at: datetime) -> list[QuotaLine]:
    """Grants that were used in the running day, by their id."""
    spans = Spans.of(at)
    found: dict[str, dict[str, int]] = {}
    for record in await connection.fetch(USED, spans.minute, spans.day):
        held = found.setdefault(record["grant_id"], {})
        held[f"{record['span']}_used"] = record["used"]
        held[f"{record['span']}_refused"] = record["refused"]
    return [QuotaLine(grant=grant, **held) for grant, held in sorted(found.items())]

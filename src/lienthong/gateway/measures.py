"""How the log does, read from its tables: the size of its tree and what waits for a leaf."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lienthong.gateway.postgres_log import Connection
from lienthong.kernel import clock
from lienthong.protocol.promise import SEAL_WITHIN

REFUSED_DAYS = """
    SELECT count(DISTINCT (r.day, r.source)) FROM refused_day r
    WHERE NOT EXISTS (SELECT 1 FROM told_day t WHERE (t.day, t.source) = (r.day, r.source))
"""
HEAD = "SELECT size, signed_at FROM log_checkpoint ORDER BY size DESC LIMIT 1"
WAITING = """
    SELECT count(*) AS waiting, min(r.time) AS oldest FROM message_record r
    WHERE r.time > $1::timestamptz - interval '10 minutes'
      AND NOT r.n <@ (SELECT coalesce(range_agg(d.ns), '{}') FROM log_round d
                      WHERE d.until > $1::timestamptz - interval '10 minutes')
"""


@dataclass(frozen=True, slots=True)
class Measures:
    """A moment of the log's life; ages in seconds, 0 where there is nothing to age."""

    tree_size: int
    last_head: datetime | None
    head_age: float
    unsealed: int
    oldest_unsealed: float
    refused_days: int = 0
    """Signed days the directory refused and has not taken since."""

    @property
    def is_late(self) -> bool:
        """Whether a promise is being broken now (decision 14: an alarm)."""
        return self.oldest_unsealed > SEAL_WITHIN

    def told(self) -> dict[str, object]:
        return {
            "tree_size": self.tree_size,
            "last_head": self.last_head,
            "unsealed": self.unsealed,
            "oldest_unsealed_seconds": round(self.oldest_unsealed, 3),
            "refused_days": self.refused_days,
        }


async def read_measures(connection: Connection) -> Measures:
    now = clock.instant()
    head = await connection.fetchrow(HEAD)
    waiting = await connection.fetchrow(WAITING, now)
    signed_at = head["signed_at"] if head is not None else None
    oldest = waiting["oldest"] if waiting is not None else None
    return Measures(
        tree_size=head["size"] if head is not None else 0,
        last_head=signed_at,
        head_age=(now - signed_at).total_seconds() if signed_at else 0.0,
        unsealed=waiting["waiting"] if waiting is not None else 0,
        oldest_unsealed=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        refused_days=await connection.fetchval(REFUSED_DAYS),
    )

"""
The one sealer of a gateway: numbers rows, extends the tree, signs heads (decision 14).

Every gateway process carries one; an advisory lock lets a single one work and
the others stand by. Rows become visible in the order their transactions
commit, which is no order of theirs, so each round takes *every* visible row
that has no leaf yet. What keeps a round cheap is a floor: once a round has
taken all rows of its snapshot, nothing can appear below the oldest transaction
that was still running then. The floor lives in memory only, since a restored
database counts its transactions anew; a fresh sealer looks at everything once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from lienthong.gateway import rollups
from lienthong.gateway.postgres_log import Connection, open_connection
from lienthong.gateway.tree import Edge, FullTile, read_edge, tiles_of
from lienthong.kernel import clock
from lienthong.protocol.checkpoint import Checkpoint, sign_checkpoint
from lienthong.protocol.errors import BadProof
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.promise import SEAL_WITHIN

logger = logging.getLogger("lienthong.gateway.sealer")

LOCK = 7_623_402
ROUND_SECONDS = 0.4
STAND_BY_SECONDS = 1.0
LARGEST_ROUND = 10_000
NO_FLOOR = "0"
FIRST_LOOK_SECONDS = 900.0
PARTITION_CHECK = timedelta(hours=12)
CLOSING_CHECK = timedelta(minutes=5)

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

UNSEALED = """
    SELECT r.id, r.time, r.leaf, r.kind, r.side, r.client, r.service, r.outcome
    FROM message_record r
    WHERE r.tx >= $1::text::xid8
      AND NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.record_id = r.id)
    ORDER BY r.tx, r.time, r.id
    LIMIT $2
"""
FLOOR = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


@dataclass(slots=True)
class SealerState:
    """What the metrics and the health page tell."""

    active: bool = False
    size: int = 0
    rounds: int = 0
    last_seal: datetime | None = None
    longest_delay: float = 0.0
    """Seconds between a row's own time and its seal, the worst of the last round."""
    missed_promises: int = 0


class Sealer:
    """Works when it holds the lock, stands by when another does; never stops traffic."""

    def __init__(self, dsn: str, *, origin: str, key: SigningKey) -> None:
        self._dsn = dsn
        self._origin = origin
        self.key = key
        """Replaced when the owner's certificate is renewed."""
        self._connection: Connection | None = None
        self._edge = Edge()
        self._floor = NO_FLOOR
        self._partitions_at: datetime | None = None
        self._closed_at: datetime | None = None
        self._stop = asyncio.Event()
        self.state = SealerState()

    async def run(self) -> None:
        """Until `stop`; a lost database or lock only means trying again."""
        while not self._stop.is_set():
            pause = STAND_BY_SECONDS
            try:
                if await self.take_over():
                    while await self.seal() == LARGEST_ROUND:
                        pass
                    await self._make_partitions()
                    await self._close_hours()
                    pause = ROUND_SECONDS
            except BadProof as problem:
                # The tree and its head disagree: sealing on would sign a wrong history.
                logger.critical("the log does not hold together", extra={"error": str(problem)})
                await self.close()
                pause = STAND_BY_SECONDS * 10
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as problem:
                logger.warning("sealing paused", extra={"error": type(problem).__name__})
                await self.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
        await self.close()

    def stop(self) -> None:
        self._stop.set()

    async def take_over(self) -> bool:
        """Whether this is the working sealer, after trying to become it."""
        if self._connection is None or self._connection.is_closed():
            await self.close()
            self._connection = await open_connection(self._dsn, "lienthong-sealer")
        if self.state.active:
            return True
        if not await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            return False
        self._edge = await read_edge(self._connection)
        self._floor = NO_FLOOR
        self.state.active, self.state.size = True, self._edge.size
        logger.info("sealing", extra={"size": self._edge.size})
        return True

    async def seal(self) -> int:
        """One round: every visible row without a leaf gets one, under a new head; how many."""
        connection = self._connection
        if connection is None or not self.state.active:
            raise RuntimeError("only the working sealer seals")
        async with connection.transaction(isolation="repeatable_read"):
            floor = await connection.fetchval(FLOOR)
            # Without a floor this reads the whole log; a statement's usual time would end it
            # each time anew, and a long log would never be sealed again after a restart.
            patience = None if self._floor != NO_FLOOR else FIRST_LOOK_SECONDS
            records = await connection.fetch(UNSEALED, self._floor, LARGEST_ROUND, timeout=patience)
            edge = self._edge
            if records:
                edge = await self._extend(connection, records)
        self._edge = edge
        if len(records) < LARGEST_ROUND:
            self._floor = floor
        if records:
            self._account(records)
        return len(records)

    async def _extend(self, connection: Connection, records: list[asyncpg.Record]) -> Edge:
        edge, first = self._edge.copy(), self._edge.size
        filled: list[FullTile] = []
        leaves = [bytes(record["leaf"]) for record in records]
        for leaf in leaves:
            filled += edge.append(leaf)
        await connection.copy_records_to_table(
            "log_leaf",
            records=[
                (first + place, record["id"], record["time"], leaves[place])
                for place, record in enumerate(records)
            ],
            columns=("seq", "record_id", "record_time", "leaf"),
        )
        if filled:
            await connection.copy_records_to_table(
                "log_tile", records=tiles_of(filled), columns=("level", "number", "root")
            )
        await rollups.write_rollups(connection, rollups.tally_rows(records), first, leaves)
        await self._sign_head(connection, edge)
        return edge

    async def _sign_head(self, connection: Connection, edge: Edge) -> None:
        now = clock.instant()
        head = Checkpoint(self._origin, edge.size, edge.root(), int(now.timestamp()))
        await connection.execute(
            "INSERT INTO log_checkpoint (size, root, signed_at, note) VALUES ($1, $2, $3, $4)",
            head.size,
            head.root,
            now,
            sign_checkpoint(head, self.key),
        )

    def _account(self, records: list[asyncpg.Record]) -> None:
        now = clock.instant()
        delays = [(now - record["time"]).total_seconds() for record in records]
        late = sum(delay > SEAL_WITHIN for delay in delays)
        state = self.state
        state.size, state.last_seal = self._edge.size, now
        state.rounds += 1
        state.longest_delay = max(delays)
        if late:
            state.missed_promises += late
            logger.error("promises were not kept", extra={"rows": late})

    async def _make_partitions(self) -> None:
        """Days ahead, so that rows never land in the partition of last resort."""
        now = clock.instant()
        if self._partitions_at is not None and now - self._partitions_at < PARTITION_CHECK:
            return
        if self._connection is not None:
            today = now.astimezone(UTC).date()
            await self._connection.execute("SELECT make_message_days($1, 14)", today)
            await self._connection.execute("SELECT make_operational_days($1, 14)", today)
            self._partitions_at = now

    async def _close_hours(self) -> None:
        """Add up the hours that are over, so that a month is quickly counted."""
        now = clock.instant()
        if self._closed_at is not None and now - self._closed_at < CLOSING_CHECK:
            return
        if self._connection is not None:
            closed = await rollups.close_hours(self._connection, now)
            # Until an old log has caught up, a few hours each round.
            self._closed_at = None if closed == rollups.HOURS_AT_ONCE else now

    async def close(self) -> None:
        """Give up connection and lock; a stand-by takes over."""
        connection, self._connection = self._connection, None
        self.state.active = False
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

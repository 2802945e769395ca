"""
The one sealer of a gateway: numbers rows, extends the tree, signs heads (decision 14).

Every gateway process carries one; an advisory lock lets a single one work and
the others stand by. Rows become visible in the order their transactions
commit, which is no order of theirs, so each round takes *every* visible row
that has no leaf yet. What keeps a round cheap is a floor under the rows' own
numbers. A row gets its number after its transaction has one (the column's
default sees to that). So every row below the last one of some round belongs to a
transaction older than that round's; and once all of those have ended, and a later
round has taken everything it saw, nothing can appear below there any more. The
floor lives in memory only; a fresh sealer looks at everything once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import asyncpg

from lienthong.gateway import days, recent, records, rollups, rounds
from lienthong.gateway.dictionary import READ_WAYS, Entries
from lienthong.gateway.packing import Unreadable, Way
from lienthong.gateway.postgres_log import Connection, open_connection
from lienthong.gateway.rows import Kind
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
NO_FLOOR = -1
EVERYTHING = (1 << 63) - 1
ANY_TIME = datetime(1, 1, 1, tzinfo=UTC)
LOOK_AT_ONCE = 4 * LARGEST_ROUND
"""How many row numbers a round looks at when there is much to catch up with."""
LOOK_AT_ALL_DAYS = 2.0
LONG_LOG = 4 << 30
"""Bytes of rows from which on the days before yesterday are not looked at in every round."""
FIRST_LOOK_SECONDS = 900.0
PARTITION_CHECK = timedelta(hours=12)
CLOSING_CHECK = timedelta(minutes=5)
ROWS_TO_SUMMARISE = 4_000

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

UNSEALED = """
    SELECT r.n, r.time, r.exchange, r.way, substr(r.packed, 1, $5) AS front
    FROM message_record r
    WHERE r.n > $1 AND r.n <= $2 AND r.time >= $3
      AND NOT r.n <@ (SELECT coalesce(range_agg(d.ns), '{}') FROM log_round d
                      WHERE upper(d.ns) > $1)
    ORDER BY r.n
    LIMIT $4
"""
WHOLE = """
    SELECT r.n, r.time, r.exchange, r.way, r.packed
    FROM message_record r WHERE r.n = ANY($1::bigint[]) AND r.time >= $2 AND r.time <= $3
"""
# The end of the newest round whose transaction is not younger than any that still runs.
SETTLED = """
    SELECT upper(d.ns) - 1 FROM log_round d
    WHERE age(d.xmin) >= age(pg_snapshot_xmin(pg_current_snapshot())::xid)
    ORDER BY d.first DESC LIMIT 1
"""
BYTES_OF_ROWS = """
    SELECT coalesce(sum(pg_relation_size(inhrelid)), 0)::bigint FROM pg_inherits
    WHERE inhparent = 'message_record'::regclass
"""
HIGHEST = "SELECT max(upper(ns)) FROM log_round"


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
        self._recent = recent.of(dsn)
        self._entries = Entries()
        # A row of a day long past comes hardly ever: in a long log all days are looked at every
        # other second only, above a floor of their own.
        self._floor = self._newest_floor = NO_FLOOR
        self._highest = NO_FLOOR
        """The greatest number of a sealed row."""
        self._position: int | None = None
        """Up to which number a look that found more than a round may hold has come."""
        self._looked_at: float = 0.0
        self._is_long = False
        self._to_summarise: Counter[date] = Counter()
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
                    while await self.seal() == LARGEST_ROUND or self._position is not None:
                        pass
                    await self._summarise()
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
            except Exception as problem:
                # A token that is away, a row nobody foresaw: a task that ended would keep the
                # lock, and no stand-by could take over.
                logger.critical("sealing failed", exc_info=problem)
                await self.close()
                pause = STAND_BY_SECONDS * 10
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
        await self.close()

    def stop(self) -> None:
        self._stop.set()

    async def take_over(self) -> bool:
        """Whether this is the working sealer, after trying to become it."""
        if self._connection is None or self._connection.is_closed():
            await self.close()
            # Rows are found by the summaries of their pages, of which no statistics tell yet.
            self._connection = await open_connection(
                self._dsn, "lienthong-sealer", enable_seqscan="off"
            )
        if self.state.active:
            return True
        if not await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            return False
        self._edge = await read_edge(self._connection)
        self._floor = self._newest_floor = NO_FLOOR
        self._position, self._looked_at = None, 0.0
        self._highest = (await self._connection.fetchval(HIGHEST) or 0) - 1
        self._is_long = await self._connection.fetchval(BYTES_OF_ROWS) > LONG_LOG
        self._entries = Entries()
        self._recent.want(True)
        self.state.active, self.state.size = True, self._edge.size
        logger.info("sealing", extra={"size": self._edge.size})
        return True

    async def seal(self) -> int:
        """One round: every visible row without a leaf gets one, under a new head; how many."""
        connection = self._connection
        if connection is None or not self.state.active:
            raise RuntimeError("only the working sealer seals")
        now = asyncio.get_running_loop().time()
        everywhere = (
            self._floor == NO_FLOOR
            or not self._is_long
            or now - self._looked_at >= LOOK_AT_ALL_DAYS
        )
        floor = self._floor if everywhere else self._newest_floor
        start = floor if self._position is None else self._position
        async with connection.transaction(isolation="repeatable_read"):
            found = await self._unsealed(connection, start, everywhere)
            is_whole = self._position is None and len(found) < LARGEST_ROUND
            found, leaves = await self._with_leaves(connection, found)
            if is_whole and floor < self._highest:
                floor = max(floor, await connection.fetchval(SETTLED) or NO_FLOOR)
            edge = await self._extend(connection, found, leaves) if found else self._edge
        self._edge = edge
        if found:
            self._highest = max(self._highest, found[-1]["n"])
        self._move_on(start, found)
        if is_whole and everywhere:
            self._floor, self._looked_at = floor, now
        if is_whole:
            # What all days do not hold, the newest do not hold either.
            self._newest_floor = max(self._newest_floor, floor)
        if found:
            self._account(found)
        return len(found)

    async def _unsealed(
        self, connection: Connection, start: int, everywhere: bool
    ) -> list[asyncpg.Record]:
        """The rows of this round, in the order of their numbers."""
        # Without a floor this reads the whole log; a statement's usual time would end it
        # each time anew, and a long log would never be sealed again after a restart.
        patience = None if self._looked_at else FIRST_LOOK_SECONDS
        end = EVERYTHING if self._position is None else start + LOOK_AT_ONCE
        today = clock.instant().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        since = ANY_TIME if everywhere else today - timedelta(days=1)
        found: list[asyncpg.Record] = await connection.fetch(
            UNSEALED, start, end, since, LARGEST_ROUND, recent.FRONT, timeout=patience
        )
        return found

    def _move_on(self, start: int, found: list[asyncpg.Record]) -> None:
        """Where the next round goes on when there was more than one may hold."""
        if len(found) == LARGEST_ROUND:
            self._position = found[-1]["n"]
        elif self._position is not None:
            self._position = start + LOOK_AT_ONCE if found else None

    async def _extend(
        self, connection: Connection, found: list[asyncpg.Record], leaves: list[bytes]
    ) -> Edge:
        edge, first = self._edge.copy(), self._edge.size
        filled: list[FullTile] = []
        for leaf in leaves:
            filled += edge.append(leaf)
        times = [record["time"] for record in found]
        await rounds.add(
            connection, first, [record["n"] for record in found], leaves,
            (min(times), max(times)), await self._counts_of(connection, found),
        )  # fmt: skip
        if filled:
            await connection.copy_records_to_table(
                "log_tile", records=tiles_of(filled), columns=("level", "number", "root")
            )
        await self._sign_head(connection, edge)
        return edge

    async def _with_leaves(
        self, connection: Connection, found: list[asyncpg.Record]
    ) -> tuple[list[asyncpg.Record], list[bytes]]:
        """
        The rows with their leaves: as their writer remembers them, else from the rows themselves.

        A row that cannot be read has no leaf. It is named, and holds up no other.
        """
        leaves = [self._recent.take((record["exchange"], record["front"])) for record in found]
        unknown = [record for record, leaf in zip(found, leaves, strict=True) if leaf is None]
        if not unknown:
            return found, [leaf for leaf in leaves if leaf is not None]
        times = [record["time"] for record in unknown]
        numbers = [record["n"] for record in unknown]
        whole = await connection.fetch(WHOLE, numbers, min(times), max(times))
        by_number = await self._leaves_of(connection, whole)
        known = [
            (record, leaf if leaf is not None else by_number.get(record["n"]))
            for record, leaf in zip(found, leaves, strict=True)
        ]
        sealed = [(record, leaf) for record, leaf in known if leaf is not None]
        return [record for record, _ in sealed], [leaf for _, leaf in sealed]

    async def _leaves_of(
        self, connection: Connection, whole: list[asyncpg.Record]
    ) -> dict[int, bytes]:
        """Leaves by the row's number, without those that cannot be read."""
        try:
            read = await records.load(connection, whole, self._entries)
        except Unreadable as problem:
            if len(whole) == 1:
                logger.critical(
                    "a row cannot be sealed",
                    extra={"number": whole[0]["n"], "error": type(problem).__name__},
                )
                return {}
            middle = len(whole) // 2
            first = await self._leaves_of(connection, whole[:middle])
            return first | await self._leaves_of(connection, whole[middle:])
        return {one["n"]: row.leaf for one, row in zip(whole, read, strict=True)}

    async def _counts_of(
        self, connection: Connection, found: list[asyncpg.Record]
    ) -> rounds.Counts:
        """How many answers of which way in which hour."""
        ways = await self._ways(connection, {record["way"] for record in found})
        counts: rounds.Counts = Counter()
        for record in found:
            if ways[record["way"]].kind == Kind.ANSWER:
                counts[rounds.hour_of(record["time"]), record["way"]] += 1
        return counts

    async def _ways(self, connection: Connection, wanted: set[int]) -> dict[int, Way]:
        known = self._entries.ways
        missing = wanted - known.keys()
        if missing:
            self._entries.add("log_way", await connection.fetch(READ_WAYS, sorted(missing)))
        return known

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

    def _account(self, found: list[asyncpg.Record]) -> None:
        now = clock.instant()
        times = [record["time"] for record in found]
        longest = (now - min(times)).total_seconds()
        late = 0
        if longest > SEAL_WITHIN:
            late = sum(now - time > timedelta(seconds=SEAL_WITHIN) for time in times)
        # The connection's times are in UTC.
        self._to_summarise.update(time.date() for time in times)
        state = self.state
        state.size, state.last_seal = self._edge.size, now
        state.rounds += 1
        state.longest_delay = longest
        if late:
            state.missed_promises += late
            logger.error("promises were not kept", extra={"rows": late})

    async def _summarise(self) -> None:
        """Have the pages summed up that were filled since the last time."""
        if self._connection is None or self._to_summarise.total() < ROWS_TO_SUMMARISE:
            return
        days, self._to_summarise = list(self._to_summarise), Counter()
        for day in days:
            try:
                await self._connection.execute("SELECT summarise_message_day($1)", day)
            except asyncpg.LockNotAvailableError:
                # Somebody vacuums it, and sums it up himself.
                logger.info("pages were not summed up")

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
        """Add up the hours that are over, so that a month is quickly counted; sign the days."""
        now = clock.instant()
        if self._closed_at is not None and now - self._closed_at < CLOSING_CHECK:
            return
        if self._connection is not None:
            closed = await rollups.close_hours(self._connection, now)
            self._is_long = await self._connection.fetchval(BYTES_OF_ROWS) > LONG_LOG
            signed = await days.close_days(
                self._connection, gateway=self._origin, key=self.key, now=now
            )
            if signed:
                logger.info("days signed", extra={"rows": signed})
            # Until an old log has caught up, a few hours and days each round.
            behind = closed == rollups.HOURS_AT_ONCE or signed >= days.DAYS_AT_ONCE
            self._closed_at = None if behind else now

    async def close(self) -> None:
        """Give up connection and lock; a stand-by takes over."""
        connection, self._connection = self._connection, None
        if self.state.active:
            self._recent.want(False)
        self.state.active = False
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

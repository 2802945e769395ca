"""
The message log in PostgreSQL: group commit in one round trip.

Rows that arrive while commits are under way go out together in the next one.
A batch is one statement, and so one transaction: it claims the replay window,
adds the rows whose claim was new and says which claims were. Two batches may
be under way at a time, each on a connection of its own. A batch the
database refuses for its data is cut in half until the bad row stands alone;
a database that is down fails every waiter, and nothing is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from lienthong.gateway import recent
from lienthong.gateway.dictionary import Connection, Lexicon
from lienthong.gateway.packing import Packed
from lienthong.gateway.rows import EPOCH, LogRow, ReplayKey
from lienthong.protocol.errors import LoggingFailed, Replayed

__all__ = [
    "EPOCH", "Connection", "PostgresLog", "open_connection", "pack_rows", "write_packed",
    "write_rows",
]  # fmt: skip

logger = logging.getLogger("lienthong.gateway.log")

CHANNEL = "lienthong_revocations"
BODY_COLUMNS = ("record_time", "record_id", "key_id", "nonce", "sealed")
# Columns come as texts of arrays and all packed values as one: what has to be encoded here,
# value by value, took longer than everything else of a batch.
GIVEN = """
    SELECT 'epoch'::timestamptz + time * interval '1 microsecond' AS time, exchange, way, subject,
           leaf, subjects::int[], substr($8::bytea, start, length) AS packed, claim
    FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::int[],
                $5::text::int[], $6::text::text[], $7::text::int[], $9::text::int[],
                $10::text::bigint[])
         AS given (time, exchange, way, subject, leaf, subjects, start, length, claim)
"""
INTO = "INSERT INTO message_record (time, exchange, way, subject, leaf, subjects, packed)"
WHAT = "time, exchange, way, subject, leaf, subjects, packed"
APPEND = f"{INTO} SELECT {WHAT} FROM ({GIVEN}) given"
# Claims in one order everywhere, so that two processes cannot wait for each other.
CLAIM_AND_APPEND = f"""
    WITH asked AS (
        SELECT peer, request_id, place
        FROM unnest($11::text[], $12::text[]) WITH ORDINALITY AS key (peer, request_id, place)
    ), claimed AS (
        INSERT INTO replay_window (peer, request_id)
        SELECT peer, request_id FROM asked ORDER BY peer, request_id
        ON CONFLICT DO NOTHING RETURNING peer, request_id
    ), fresh AS MATERIALIZED (
        SELECT place::int FROM asked JOIN claimed USING (peer, request_id)
    ), written AS (
        {INTO} SELECT {WHAT} FROM ({GIVEN}) given
        WHERE claim = 0 OR claim IN (SELECT place FROM fresh)
    )
    SELECT place FROM fresh
"""
LARGEST_BATCH = 1000
LONGEST_QUEUE = 50_000
AT_A_TIME = 2
CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 10.0
LONGEST_PAUSE = 5.0
# Classes of SQLSTATE that say the database is in trouble, not the row: connection,
# transaction state, resources, operator, system, internal.
NOT_THE_ROW = ("08", "25", "40", "53", "57", "58", "XX")


@dataclass(slots=True)
class Waiting:
    row: LogRow
    replay: ReplayKey | None
    done: asyncio.Future[None]


@dataclass(slots=True)
class Writer:
    """One connection, and whether a batch is under way on it."""

    name: str
    listens: bool
    """Whether it hears of withdrawn grants."""
    connection: Connection | None = None
    lexicon: Lexicon = field(default_factory=Lexicon)
    task: asyncio.Task[None] | None = None

    @property
    def open(self) -> Connection | None:
        held = self.connection
        return held if held is not None and not held.is_closed() else None

    async def drop(self) -> None:
        connection, self.connection = self.connection, None
        # What comes back may be another database, with numbers of its own.
        self.lexicon = Lexicon()
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)


class PostgresLog:
    """A `MessageLog` on connections of its own; started and used inside one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._writers = [
            Writer("lienthong-log" if number == 0 else f"lienthong-log-{number}", number == 0)
            for number in range(AT_A_TIME)
        ]
        self._queue: list[Waiting] = []
        self._called = False
        self._revoked: set[str] = set()
        self._recent = recent.of(dsn)
        self._next_try = 0.0
        self._pause = 0.1
        self._closing = False
        self.batches = 0
        self.written = 0
        self.failed = 0

    # -- what the core asks ------------------------------------------------------

    def append(self, row: LogRow, *, replay: ReplayKey | None = None) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if self._closing or len(self._queue) >= LONGEST_QUEUE:
            done.set_exception(LoggingFailed())
            return done
        self._queue.append(Waiting(row, replay, done))
        if not self._called:
            # Once this turn of the loop is over, with all that came in it.
            self._called = True
            loop.call_soon(self._begin)
        return done

    @property
    def revoked(self) -> Container[str]:
        return self._revoked

    @property
    def healthy(self) -> bool:
        return self._writers[0].open is not None

    @property
    def waiting(self) -> int:
        """Rows not durable yet."""
        return len(self._queue)

    async def start(self) -> None:
        """Connect, learn withdrawn grants, begin writing; raises LoggingFailed."""
        await self._connected(self._writers[0])

    async def close(self) -> None:
        self._closing = True
        self._begin()
        while tasks := [one.task for one in self._writers if one.task is not None]:
            await asyncio.gather(*tasks)
        for writer in self._writers:
            await writer.drop()

    # -- writing -----------------------------------------------------------------

    def _begin(self) -> None:
        """Let a free writer work when there is something to write."""
        self._called = False
        if not self._queue:
            return
        for writer in self._writers:
            if writer.task is None:
                writer.task = asyncio.create_task(self._work(writer), name=writer.name)
                return

    async def _work(self, writer: Writer) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:LARGEST_BATCH], self._queue[LARGEST_BATCH:]
                try:
                    await self._flush(writer, batch)
                except Exception:
                    # Whatever it was, nobody may be told that a row is durable.
                    logger.exception("the log's writer failed", extra={"rows": len(batch)})
                    self._fail(batch)
                    await writer.drop()
                if writer.lexicon.has_learned and not self._queue:
                    await self._learn_shapes(writer)
        finally:
            writer.task = None
            if self._queue:
                self._begin()

    async def _learn_shapes(self, writer: Writer) -> None:
        """Between batches, since nobody waits for it; what goes wrong is tried again."""
        connection = writer.open
        if connection is None:
            return
        try:
            await writer.lexicon.learn_shapes(connection)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            logger.warning("no shape was learned", extra={"error": type(problem).__name__})

    async def _flush(self, writer: Writer, batch: list[Waiting]) -> None:
        try:
            connection = await self._connected(writer)
        except LoggingFailed:
            self._fail(batch)
            return
        try:
            replayed = await self._write(connection, writer.lexicon, batch)
        except Exception as problem:
            if not _is_of_the_row(problem):
                logger.error(
                    "rows could not be written",
                    extra={"rows": len(batch), "error": type(problem).__name__},
                )
                self._fail(batch)
                await writer.drop()
                return
            if len(batch) == 1:
                logger.error("a row was refused", extra={"error": type(problem).__name__})
                self._fail(batch)
                return
            middle = len(batch) // 2
            await self._flush(writer, batch[:middle])
            await self._flush(writer, batch[middle:])
            return
        self.batches += 1
        self.written += len(batch) - len(replayed)
        for number, waiting in enumerate(batch):
            if waiting.done.done():
                continue
            if number in replayed:
                waiting.done.set_exception(Replayed())
            else:
                waiting.done.set_result(None)

    async def _write(
        self, connection: Connection, lexicon: Lexicon, batch: Sequence[Waiting]
    ) -> set[int]:
        """Write the batch in one transaction; the places of those that were seen before."""
        asked: dict[ReplayKey, int] = {}
        replayed: set[int] = set()
        claims: list[int] = []
        rows: list[LogRow] = []
        for number, waiting in enumerate(batch):
            key = waiting.replay
            if key is not None and key in asked:
                # Twice in one batch: the first has it.
                replayed.add(number)
                continue
            claims.append(0 if key is None else asked.setdefault(key, len(asked) + 1))
            rows.append(waiting.row)
        packed = await lexicon.pack_all(connection, rows)
        fresh = await _append(connection, rows, packed, list(asked), claims)
        if len(fresh) < len(asked):
            for number, waiting in enumerate(batch):
                if waiting.replay is not None and asked[waiting.replay] not in fresh:
                    replayed.add(number)
        if self._recent.wanted:
            for row, one, claim in zip(rows, packed, claims, strict=True):
                if claim == 0 or claim in fresh:
                    self._recent.keep((one.exchange, one.packed[: recent.FRONT]), row.leaf)
        return replayed

    def _fail(self, batch: Sequence[Waiting]) -> None:
        self.failed += len(batch)
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_exception(LoggingFailed())

    # -- the connections -----------------------------------------------------------

    async def _connected(self, writer: Writer) -> Connection:
        """The writer's connection, made anew when the last one broke; raises LoggingFailed at
        once while the pause after a failed attempt lasts."""
        held = writer.open
        if held is not None:
            return held
        now = asyncio.get_running_loop().time()
        if now < self._next_try:
            raise LoggingFailed
        await writer.drop()
        try:
            connection = await open_connection(self._dsn, writer.name)
            if writer.listens:
                await connection.add_listener(CHANNEL, self._withdrawn)
                records = await connection.fetch("SELECT grant_id FROM grant_revocation")
                self._revoked.update(record["grant_id"] for record in records)
            await writer.lexicon.open(connection)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            self._next_try = asyncio.get_running_loop().time() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            logger.error("the log is unreachable", extra={"error": type(problem).__name__})
            raise LoggingFailed from None
        writer.connection, self._pause = connection, 0.1
        return connection

    def _withdrawn(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._revoked.add(str(payload))


async def pack_rows(connection: Connection, rows: Sequence[LogRow]) -> list[Packed]:
    """
    Rows for `write_packed`, their names entered in the dictionary.

    Outside any transaction: others that need the same new name would wait for its end.
    """
    lexicon = Lexicon()
    await lexicon.open(connection)
    return await lexicon.pack_all(connection, rows)


async def write_packed(
    connection: Connection, rows: Sequence[LogRow], packed: Sequence[Packed]
) -> None:
    """Add rows on somebody's connection, in his transaction when he has one; no replays."""
    if not rows:
        return
    await _append(connection, rows, packed, [], [0] * len(rows))


async def write_rows(connection: Connection, rows: Sequence[LogRow]) -> None:
    """Add rows on somebody's connection, in a transaction of their own."""
    await write_packed(connection, rows, await pack_rows(connection, rows))


async def _append(
    connection: Connection,
    rows: Sequence[LogRow],
    packed: Sequence[Packed],
    asked: Sequence[ReplayKey],
    claims: Sequence[int],
) -> set[int]:
    """Add the rows whose claim is new, and their bodies; the claims that are (from 1)."""
    if not any(row.kept is not None for row in rows):
        return await _append_rows(connection, packed, asked, claims)
    # A row whose offer asks for its body never stands without it.
    async with connection.transaction():
        fresh = await _append_rows(connection, packed, asked, claims)
        kept = [
            body_values(row)
            for row, claim in zip(rows, claims, strict=True)
            if row.kept is not None and (claim == 0 or claim in fresh)
        ]
        if kept:
            await connection.copy_records_to_table(
                "message_body", records=kept, columns=BODY_COLUMNS, timeout=COMMAND_SECONDS
            )
    return fresh


async def _append_rows(
    connection: Connection,
    packed: Sequence[Packed],
    asked: Sequence[ReplayKey],
    claims: Sequence[int],
) -> set[int]:
    columns = columns_of(packed, claims)
    if not asked:
        await connection.fetch(APPEND, *columns, timeout=COMMAND_SECONDS)
        return set()
    found = await connection.fetch(
        CLAIM_AND_APPEND, *columns, [key.peer for key in asked],
        [key.request_id for key in asked], timeout=COMMAND_SECONDS,
    )  # fmt: skip
    return {record[0] for record in found}


def columns_of(packed: Sequence[Packed], claims: Sequence[int]) -> tuple[str | bytes, ...]:
    """The rows' columns in the order of `GIVEN`."""
    values = [one.packed for one in packed]
    lengths = [len(one) for one in values]
    starts = itertools.accumulate(lengths[:-1], initial=1)
    return (
        _array([one.time for one in packed]),
        _array([one.exchange for one in packed]),
        _array([one.way for one in packed]),
        _array([one.subjects[0] if len(one.subjects) == 1 else "NULL" for one in packed]),
        _array(["NULL" if one.leaf is None else one.leaf for one in packed]),
        _array([f'"{_array(one.subjects)}"' if len(one.subjects) > 1 else "NULL"
                for one in packed]),
        _array(starts),
        b"".join(values),
        _array(lengths),
        _array(claims),
    )  # fmt: skip


def _array(values: Iterable[int | str]) -> str:
    """An array as PostgreSQL reads it."""
    return "{" + ",".join(map(str, values)) + "}"


def moment_of(time: int) -> datetime:
    return EPOCH + timedelta(microseconds=time)


async def open_connection(dsn: str, name: str, **settings: str) -> Connection:
    """A connection of the gateway's role whose commits are durable."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        server_settings={
            "application_name": name,
            "synchronous_commit": "on",
            "timezone": "UTC",
            **settings,
        },
    )


def body_values(row: LogRow) -> tuple[object, ...]:
    """The row's kept body in the order of `BODY_COLUMNS`."""
    assert row.kept is not None
    time = moment_of(row.evidence.time)
    return (time, row.id, row.kept.key_id, row.kept.nonce, row.kept.sealed)


def _is_of_the_row(problem: Exception) -> bool:
    """Whether a smaller batch without the bad row would be accepted."""
    if isinstance(problem, asyncpg.PostgresError):
        return not (problem.sqlstate or "XX").startswith(NOT_THE_ROW)
    if isinstance(problem, (TimeoutError, OSError)):
        return False
    # Values asyncpg cannot encode fail on this side, before the server sees them.
    return isinstance(problem, (asyncpg.DataError, ValueError, TypeError, OverflowError))

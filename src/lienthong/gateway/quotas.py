"""
How often a grant may still be used: counted exactly, over all processes of a gateway.

The count of the running minute and day stands in the gateway's database. Claims
that arrive while one is under way go out together in the next, so a grant with a
quota costs a round trip and one without costs nothing. A count that cannot be
written lets nothing through.

Spans are whole minutes and whole days of Viet Nam, so it can be said to the
second when a refused client may come again. Two spans that meet may let through
twice the quota of one within a minute's length; never more in any span.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import asyncpg

from lienthong.gateway.postgres_log import Connection, open_connection
from lienthong.protocol import reasons
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.grants import Quota
from lienthong.protocol.snapshot import GrantEntry

logger = logging.getLogger("lienthong.gateway.quotas")

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SPANS = {"minute": reasons.QUOTA_MINUTE, "day": reasons.QUOTA_DAY}
FAULT = f"{Side.PROVIDER}.QuotaExceeded"
TAKE = (
    "SELECT asked.id, t.taken, t.full_span"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])"
    " WITH ORDINALITY AS asked (id, wanted, minute_limit, day_limit, place),"
    " LATERAL take_quota(asked.id, asked.wanted, $5, asked.minute_limit, $6, asked.day_limit) t"
    " ORDER BY asked.place"
)
LONGEST_QUEUE = 20_000
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Spans:
    """The minute and the day an instant lies in."""

    minute: datetime
    day: datetime

    @classmethod
    def of(cls, at: datetime) -> Spans:
        local = at.astimezone(HANOI)
        return cls(
            local.replace(second=0, microsecond=0),
            local.replace(hour=0, minute=0, second=0, microsecond=0),
        )

    def left(self, span: str, at: datetime) -> int:
        """Whole seconds until the span is over, at least one."""
        end = (
            self.minute + timedelta(minutes=1) if span == "minute" else self.day + timedelta(days=1)
        )
        return max(1, math.ceil((end - at).total_seconds()))


class Quotas(Protocol):
    """Where uses are counted; memory and PostgreSQL stand behind it."""

    async def take(self, grant: str, quota: Quota, at: datetime) -> str:
        """Count one use; the span that is full, or nothing. Raises LoggingFailed."""

    async def close(self) -> None:
        """Let go of what is open."""


async def claim(quotas: Quotas, grant: GrantEntry, at: datetime) -> None:
    """Use a grant once; raises XRoadFault when its quota is used up, and says until when."""
    if not grant.quota.is_limited:
        return
    full = await quotas.take(grant.id, grant.quota, at)
    if not full:
        return
    left = Spans.of(at).left(full, at)
    limit = grant.quota.per_minute if full == "minute" else grant.quota.per_day
    raise XRoadFault(
        FAULT,
        f"The quota of this grant, {limit} requests a {full}, is used up; try again in {left} s",
        reason=SPANS[full],
        retry_after=left,
    )


@dataclass(slots=True)
class MemoryQuotas:
    """Counts of one process, for tests and the in-process gateway."""

    used: Counter[tuple[str, str, datetime]] = field(default_factory=Counter)

    async def take(self, grant: str, quota: Quota, at: datetime) -> str:
        spans = Spans.of(at)
        keys = [
            (limit, (grant, name, starts))
            for name, limit, starts in (
                ("day", quota.per_day, spans.day),
                ("minute", quota.per_minute, spans.minute),
            )
            if limit is not None
        ]
        for limit, key in keys:
            if self.used[key] >= limit:
                return key[1]
        for _, key in keys:
            self.used[key] += 1
        return ""

    async def close(self) -> None:
        return None


@dataclass(slots=True)
class _Claim:
    grant: str
    quota: Quota
    at: datetime
    done: asyncio.Future[str]


class PostgresQuotas:
    """Counts shared by every process of a gateway, on one connection of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Connection | None = None
        self._queue: list[_Claim] = []
        self._task: asyncio.Task[None] | None = None
        self._next_try = 0.0
        self._pause = 0.1
        self.rounds = 0

    async def take(self, grant: str, quota: Quota, at: datetime) -> str:
        if len(self._queue) >= LONGEST_QUEUE:
            raise LoggingFailed
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._queue.append(_Claim(grant, quota, at, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="quotas")
        return await done

    async def close(self) -> None:
        if self._task is not None:
            await self._task
        await self._drop()

    async def _run(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            try:
                await self._count(batch)
            except LoggingFailed:
                self._fail(batch)
            except Exception as problem:
                logger.error("quotas", extra={"error": type(problem).__name__})
                self._fail(batch)
                await self._drop()

    async def _count(self, batch: list[_Claim]) -> None:
        """All claims of one grant and minute together; who came first is served first."""
        connection = await self._connected()
        spans: dict[Spans, dict[str, list[_Claim]]] = {}
        for one in batch:
            spans.setdefault(Spans.of(one.at), {}).setdefault(one.grant, []).append(one)
        for span, grants in spans.items():
            # In one order everywhere, so that two processes cannot wait for each other.
            ids = sorted(grants)
            quotas = [grants[name][-1].quota for name in ids]
            self.rounds += 1
            counted = await connection.fetch(
                TAKE, ids, [len(grants[name]) for name in ids],
                [quota.per_minute for quota in quotas], [quota.per_day for quota in quotas],
                span.minute, span.day,
            )  # fmt: skip
            for record in counted:
                for place, one in enumerate(grants[record["id"]]):
                    if not one.done.done():
                        one.done.set_result("" if place < record["taken"] else record["full_span"])

    def _fail(self, batch: list[_Claim]) -> None:
        for one in batch:
            if not one.done.done():
                one.done.set_exception(LoggingFailed("The use of a quota could not be counted"))

    async def _connected(self) -> Connection:
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        now = asyncio.get_running_loop().time()
        if now < self._next_try:
            raise LoggingFailed
        try:
            connection = await open_connection(self._dsn, "lienthong-quotas")
            # A count lost with the machine lets a client ask a little more, and is no evidence.
            await connection.execute("SET synchronous_commit = off")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            self._next_try = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            logger.error("quotas are unreachable", extra={"error": type(problem).__name__})
            raise LoggingFailed from None
        self._connection, self._pause = connection, 0.1
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

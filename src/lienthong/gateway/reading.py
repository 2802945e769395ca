"""A few connections for reading the log: the administration API and the public log use them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from lienthong.gateway.postgres_log import COMMAND_SECONDS, CONNECT_SECONDS, Connection
from lienthong.protocol.errors import LoggingFailed

NOT_OPENED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
)


def away(problem: BaseException) -> LoggingFailed:
    return LoggingFailed(f"the log's database is away: {type(problem).__name__}")


class LogReader:
    """Opens its connections when first asked, so a gateway starts while its database is away."""

    def __init__(self, dsn: str, *, most: int = 3) -> None:
        self._dsn = dsn
        self._most = most
        self._pool: Any = None
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one question; raises LoggingFailed when the database is away."""
        try:
            pool = await self._opened()
            connection = await pool.acquire(timeout=CONNECT_SECONDS)
        except NOT_OPENED as problem:
            raise away(problem) from None
        try:
            yield connection
        except LOST as problem:
            raise away(problem) from None
        finally:
            await pool.release(connection, timeout=CONNECT_SECONDS)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._most,
                    timeout=CONNECT_SECONDS,
                    command_timeout=COMMAND_SECONDS * 6,
                    server_settings={
                        "application_name": "lienthong-admin",
                        "synchronous_commit": "on",
                        "timezone": "UTC",
                    },
                )
            return self._pool

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

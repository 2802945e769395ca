"""What the tests of operational monitoring share: a writer on a real database."""

from __future__ import annotations

import asyncio
import contextlib

from lienthong.gateway.operational_log import OperationalLog, Surroundings
from lienthong.gateway.reading import LogReader


def around(gateway) -> Surroundings:
    core = gateway.gateway
    return Surroundings(str(core.identity), "10.1.2.3", lambda: core.current)


def writer(gateway, database) -> OperationalLog:
    return OperationalLog(database.gateway_url, gateway.gateway.monitor, around(gateway))


EVERYTHING = "SELECT * FROM operational_record ORDER BY recorded_at, request_in, producer"


@contextlib.asynccontextmanager
async def reading(database):
    reader = LogReader(database.gateway_url)
    try:
        async with reader.connection() as connection:
            yield connection
    finally:
        await reader.close()


def rows_of(database) -> list[dict]:
    """Every row as the table has it, in the order of writing and then of beginning."""

    async def read():
        async with reading(database) as connection:
            return [dict(row) for row in await connection.fetch(EVERYTHING)]

    return asyncio.run(read())

"""The log's tables as tests look at them and tamper with them: as the owner, rows written out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import psycopg

from lienthong.gateway import records, rounds
from lienthong.gateway.dictionary import Lexicon
from lienthong.gateway.postgres_log import GIVEN, columns_of, write_rows
from lienthong.gateway.rows import LogRow

ALL = f"SELECT {records.PACKED} FROM message_record r ORDER BY r.time, r.n"
CHANGE = f"""
    UPDATE message_record SET
           time = given.time, exchange = given.exchange, way = given.way,
           subject = given.subject, leaf = given.leaf, subjects = given.subjects,
           packed = given.packed
    FROM ({GIVEN}) given WHERE n = given.claim
"""


async def placed(connection: asyncpg.Connection) -> list[records.Placed]:
    """Every row with its leaf, in the order of time."""
    return await records.placed(connection, await connection.fetch(ALL))


def all_placed(database) -> list[records.Placed]:
    async def read():
        connection = await asyncpg.connect(database.owner_url)
        try:
            return await placed(connection)
        finally:
            await connection.close()

    return _run(read())


def _run(story):
    """Also from inside a loop that runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, story).result()


def all_rows(database) -> list[LogRow]:
    return [one.row for one in all_placed(database)]


async def leaves_of(connection: asyncpg.Connection) -> list[bytes]:
    """Every leaf, in the order of the tree."""
    return await rounds.leaves(connection, 0, 1 << 40)


def tamper(database, which: Callable[[LogRow], bool], change: Callable[[LogRow], LogRow]) -> int:
    """Put other rows in the place of some, packed as the gateway would; how many."""

    async def story() -> int:
        connection = await asyncpg.connect(database.owner_url)
        lexicon = Lexicon()
        await lexicon.open(connection)
        found = await connection.fetch(ALL)
        changed = 0
        for record, row in zip(found, await records.load(connection, found), strict=True):
            if which(row):
                (packed,) = await lexicon.pack_all(connection, [change(row)])
                await connection.execute(CHANGE, *columns_of([packed], [record["n"]]))
                changed += 1
        await connection.close()
        return changed

    return _run(story())


def seal_all(database) -> None:
    """One round over every row, as the owner writes it: with no tree and no head."""

    async def story() -> None:
        connection = await asyncpg.connect(database.owner_url)
        found = sorted(await connection.fetch(ALL), key=lambda record: record["n"])
        rows = await records.load(connection, found)
        times = [record["time"] for record in found]
        await rounds.add(
            connection, 0, [record["n"] for record in found], [row.leaf for row in rows],
            (min(times), max(times)), rounds.Counts(),
        )  # fmt: skip
        await connection.close()

    _run(story())


def write_and_seal(database, rows: Sequence[LogRow]) -> None:
    async def story() -> None:
        connection = await asyncpg.connect(database.owner_url)
        await write_rows(connection, rows)
        await connection.close()

    _run(story())
    seal_all(database)


def told(database, sql: str, given: Sequence[object] = ()) -> list[tuple]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(sql, given or None).fetchall()

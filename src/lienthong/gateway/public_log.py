"""
The public side of the message log: heads, tiles of hashes, proofs (decision 20).

Anyone may ask and nothing is told but hashes: there are no entry tiles, and a
leaf cannot be guessed for the 32 random bytes in it. Tiles follow C2SP
tlog-tiles; proofs of single leaves are a convenience for holders of a promise.

    GET /log/checkpoint
    GET /log/tile/{level}/{number}[.p/{width}]
    GET /log/proof/inclusion?index=I | leaf=HEX[&time=SECONDS] [&size=N]
    GET /log/proof/consistency?old=M[&size=N]
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

from lienthong.gateway import rounds, tree
from lienthong.gateway.bodies import Body
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.packing import short
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.reading import LogReader
from lienthong.protocol import merkle
from lienthong.protocol.errors import BadProof, LoggingFailed

logger = logging.getLogger("lienthong.gateway.public_log")

TILE = re.compile(
    r"/log/tile/(?P<level>[0-9]|[1-5][0-9]|6[0-3])"
    r"/(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?"
)
NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
# Four bytes of the leaf find a few rows at most; the whole of it says which.
LAST_SECOND = 253_402_300_000
PROMISED = "SELECT n FROM message_record WHERE leaf = $1 LIMIT 100"
# A full tile never changes; a head and a proof to it do.
FOREVER = b"public, max-age=31536000, immutable"
BRIEFLY = b"public, max-age=1"


class Wrong(Exception):
    """What the asker is told in one line."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Hashes in hex, leaf side first."""

    size: int
    proof: list[str]
    leaf_index: int | None = None
    leaf: str | None = None
    old_size: int | None = None


REASONS = {
    200: b"OK", 400: b"Bad Request", 404: b"Not Found", 405: b"Method Not Allowed",
    500: b"Internal Server Error", 503: b"Service Unavailable",
}  # fmt: skip


class PublicLog:
    """The application behind the public port of the log."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader

    def body_limit(self, head: Head) -> int:
        return 0

    async def answer(self, request: Incoming) -> Outgoing:
        try:
            if request.head.method not in (b"GET", b"HEAD") or request.refused is not None:
                raise Wrong(405, "only GET")
            path, _, query = request.head.target.partition(b"?")
            return await self._answer(path.decode("ascii", "replace"), read_query(query))
        except Wrong as wrong:
            return text(wrong.status, str(wrong))
        except BadProof as problem:
            return text(404, str(problem))
        except LoggingFailed:
            return text(503, "the log is away")
        except Exception as error:
            logger.error("unforeseen", exc_info=error)
            return text(500, "the log could not answer")

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return text(400, why)

    async def _answer(self, path: str, query: Mapping[str, str]) -> Outgoing:
        async with self._reader.connection() as connection:
            if path == "/log/checkpoint":
                return await checkpoint(connection)
            if found := TILE.fullmatch(path):
                number = int(found["number"].replace("x", "").replace("/", ""))
                return await tile(connection, int(found["level"]), number, found["width"])
            if path == "/log/proof/inclusion":
                return proof(await inclusion(connection, query))
            if path == "/log/proof/consistency":
                return proof(await consistency(connection, query))
        raise Wrong(404, "there is nothing here")


async def checkpoint(connection: Connection) -> Outgoing:
    note = await connection.fetchval("SELECT note FROM log_checkpoint ORDER BY size DESC LIMIT 1")
    if note is None:
        raise Wrong(404, "nothing is sealed yet")
    return Outgoing(
        200,
        REASONS[200],
        [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Cache-Control", BRIEFLY)],
        Body.of(bytes(note)),
    )


async def tile(connection: Connection, level: int, number: int, partial: str | None) -> Outgoing:
    width = int(partial) if partial is not None else tree.WIDTH
    if not 1 <= width <= tree.WIDTH or (partial is not None and width == tree.WIDTH):
        raise Wrong(400, "a partial tile has from 1 to 255 hashes")
    hashes = await tree.tile(connection, level, number, width)
    return Outgoing(
        200,
        REASONS[200],
        [(b"Content-Type", b"application/octet-stream"), (b"Cache-Control", FOREVER)],
        Body.of(b"".join(hashes)),
    )


async def inclusion(connection: Connection, query: Mapping[str, str]) -> Proof:
    size = await _size(connection, query)
    if "leaf" in query:
        try:
            leaf = bytes.fromhex(query["leaf"])
        except ValueError:
            raise Wrong(400, "a leaf is written in hex") from None
        found = await _promised(connection, leaf, query)
        if found is None:
            raise Wrong(404, "the log has no such leaf")
        index = found
    else:
        index = _number(query, "index")
    if index >= size:
        raise Wrong(404, "the log has no such leaf in a tree of this size")
    path = merkle.inclusion_path(index, size)
    hashes = await tree.prove(connection, path, size)
    own = await rounds.leaf(connection, index)
    if own is None:
        raise Wrong(404, "the log has no such leaf")
    return Proof(size=size, leaf_index=index, leaf=own.hex(), proof=[step.hex() for step in hashes])


async def _promised(connection: Connection, leaf: bytes, query: Mapping[str, str]) -> int | None:
    """The number of a leaf that a promise names: by its time, else while its row is in the log."""
    if len(leaf) != rounds.HASH:
        return None
    if "time" in query:
        seconds = min(_number(query, "time"), LAST_SECOND)
        return await rounds.find_leaf(connection, leaf, datetime.fromtimestamp(seconds, UTC))
    for record in await connection.fetch(PROMISED, short(leaf)):
        found = await rounds.sealed(connection, record["n"])
        if found is not None and found.leaf == leaf:
            return found.seq
    return None


async def consistency(connection: Connection, query: Mapping[str, str]) -> Proof:
    size = await _size(connection, query)
    old = _number(query, "old")
    if old > size:
        raise Wrong(400, "a tree does not shrink")
    hashes = await tree.prove(connection, merkle.consistency_path(old, size), size)
    return Proof(size=size, old_size=old, proof=[step.hex() for step in hashes])


async def _size(connection: Connection, query: Mapping[str, str]) -> int:
    newest = await tree.tree_size(connection)
    size = _number(query, "size") if "size" in query else newest
    if size > newest:
        raise Wrong(404, "the log is not so long yet")
    return size


def _number(query: Mapping[str, str], name: str) -> int:
    given = query.get(name, "")
    if NUMBER.fullmatch(given) is None:
        raise Wrong(400, f"{name} is a whole number")
    return int(given)


def read_query(query: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(query.decode("ascii"), errors="strict", max_num_fields=8))
    except (UnicodeDecodeError, ValueError):
        raise Wrong(400, "the query is not readable") from None


def proof(made: Proof) -> Outgoing:
    return Outgoing(
        200,
        REASONS[200],
        [(b"Content-Type", b"application/json"), (b"Cache-Control", BRIEFLY)],
        Body.of(msgspec.json.encode(made)),
    )


def text(status: int, line: str) -> Outgoing:
    return Outgoing(
        status,
        REASONS[status],
        [(b"Content-Type", b"text/plain; charset=utf-8")],
        Body.of(line.encode() + b"\n"),
    )

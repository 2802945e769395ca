"""
Sealing rounds: which rows a round numbered, their leaves, and what it counted.

A round gives leaf numbers to rows in the order of their own numbers
(``message_record.n``), so a set of ranges says which row got which leaf: one
range where nothing came late. Its leaves stand together, 32 bytes each, and its
counts as numbers of ways beside them, under SHA-256 of the leaves.
"""

from __future__ import annotations

import bisect
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from lienthong.gateway.dictionary import Connection
from lienthong.gateway.packing import number
from lienthong.gateway.rows import EPOCH

HASH = 32
Counts = Counter[tuple[int, int]]
"""Hours since 1970 and number of a way, how often."""

ADD = (
    "INSERT INTO log_round (first, count, ns, leaves, since, until, counts, digest)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
# In nearly every case the first of these is it; a row that came late may be in a later one.
NEAR = "SELECT first, ns FROM log_round WHERE upper(ns) > $1 ORDER BY upper(ns) LIMIT 4"
FAR = (
    "SELECT first, ns FROM log_round WHERE upper(ns) > $1 AND lower(ns) <= $1 AND $1 <@ ns LIMIT 1"
)
AROUND = """
    SELECT first, leaves FROM log_round WHERE until >= $1 AND since <= $2 ORDER BY first LIMIT 1000
"""
NEARBY = timedelta(seconds=10)
LEAVES = """
    SELECT first, count, substr(
        leaves, greatest($1 - first, 0)::int * 32 + 1,
        (least($2, first + count) - greatest($1, first))::int * 32) AS leaves
    FROM log_round
    WHERE first < $2
      AND first >= (SELECT coalesce(max(first), 0) FROM log_round WHERE first <= $1)
    ORDER BY first
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Where a row stands in the tree."""

    seq: int
    leaf: bytes
    """The hash its round keeps."""


def ranges_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges, each with its end left out."""
    ranges: list[tuple[int, int]] = []
    start = end = None
    for one in numbers:
        if one != end:
            if start is not None and end is not None:
                ranges.append((start, end))
            start = one
        end = one + 1
    if start is not None and end is not None:
        ranges.append((start, end))
    return ranges


def read_ranges(value: Iterable[Any]) -> list[tuple[int, int]]:
    """Ranges as asyncpg or psycopg give them."""
    return [(one.lower, one.upper) for one in value]


def place_in(ranges: Sequence[tuple[int, int]], n: int) -> int | None:
    """How many numbers of the ranges are below ``n``; None when it is in none of them."""
    place = bisect.bisect_right(ranges, n, key=lambda one: one[0]) - 1
    if place < 0 or n >= ranges[place][1]:
        return None
    return sum(end - start for start, end in ranges[:place]) + n - ranges[place][0]


async def add(
    connection: Connection,
    first: int,
    numbers: Sequence[int],
    leaves: Sequence[bytes],
    span: tuple[datetime, datetime],
    counts: Counts,
) -> None:
    """Keep one round; ``span`` is from its earliest to its latest row."""
    joined = b"".join(leaves)
    await connection.execute(
        ADD, first, len(leaves), [asyncpg.Range(*one) for one in ranges_of(numbers)], joined,
        *span, write_counts(counts), hashlib.sha256(joined).digest(),
    )  # fmt: skip


async def sealed(connection: Connection, n: int) -> Sealed | None:
    """Leaf number and hash of a row; None until it is sealed."""
    for sql in (NEAR, FAR):
        for record in await connection.fetch(sql, n):
            place = place_in(read_ranges(record["ns"]), n)
            if place is not None:
                seq = record["first"] + place
                return Sealed(seq, await leaf(connection, seq) or b"")
    return None


async def leaves(connection: Connection, start: int, end: int) -> list[bytes]:
    """The leaf hashes from ``start`` up to ``end``; fewer when there are not so many."""
    joined = b"".join([bytes(one["leaves"]) for one in await connection.fetch(LEAVES, start, end)])
    return [joined[at : at + HASH] for at in range(0, len(joined), HASH)]


async def find_leaf(connection: Connection, wanted: bytes, around: datetime) -> int | None:
    """The number of a leaf whose row was made about that time, archived or not."""
    for record in await connection.fetch(AROUND, around - NEARBY, around + NEARBY):
        held = bytes(record["leaves"])
        at = held.find(wanted)
        while at >= 0 and at % HASH:
            at = held.find(wanted, at + 1)
        if at >= 0:
            return int(record["first"]) + at // HASH
    return None


async def leaf(connection: Connection, seq: int) -> bytes | None:
    found = await leaves(connection, seq, seq + 1)
    return found[0] if found else None


# -- counts ----------------------------------------------------------------------------------


def hour_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(hours=1)


def moment_of(hour: int) -> datetime:
    return EPOCH + timedelta(hours=hour)


def write_counts(counts: Counts) -> bytes:
    """
    Counts as numbers: the least hour, then for each its distance, the way, how often.

    A way's number is doubled, and odd when it is negative.
    """
    if not counts:
        return b""
    base = min(hour for hour, _ in counts)
    pieces = [number(base)]
    for (hour, way), count in sorted(counts.items()):
        pieces += (number(hour - base), number(abs(way) << 1 | (way < 0)), number(count))
    return b"".join(pieces)


def read_counts(data: bytes) -> Counts:
    """The counts again; ValueError when they are broken."""
    values = _numbers(data)
    counts: Counts = Counter()
    if not values:
        return counts
    base, rest = values[0], values[1:]
    if len(rest) % 3:
        raise ValueError("counts are threefold")
    for at in range(0, len(rest), 3):
        way = rest[at + 1] >> 1
        counts[base + rest[at], -way if rest[at + 1] & 1 else way] += rest[at + 2]
    return counts


def _numbers(data: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    if shift:
        raise ValueError("a number ends too early")
    return values

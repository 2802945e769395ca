"""
The log's tree as tiles of 256 hashes (C2SP tlog-tiles, height 8).

The database keeps the leaves, a sealing round's together, and the root of every
full tile; a tile of a higher level is just the roots of 256 tiles below it. `Edge`
is what the sealer holds in memory: the unfinished tile of each level. `tile` and `prove` read
what a proof needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lienthong.gateway import rounds
from lienthong.gateway.dictionary import Connection
from lienthong.protocol import merkle
from lienthong.protocol.errors import BadProof
from lienthong.protocol.merkle import Node

HEIGHT = 8
WIDTH = 1 << HEIGHT


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that just got its last hash."""

    level: int
    number: int
    root: bytes


@dataclass(slots=True)
class Edge:
    """The right edge of the tree: its size and the unfinished tile of each level."""

    size: int = 0
    open_tiles: list[list[bytes]] = field(default_factory=lambda: [[]])

    def append(self, leaf: bytes) -> list[FullTile]:
        """Add a leaf hash; the tiles it filled, lowest first."""
        number = self.size
        self.size += 1
        filled: list[FullTile] = []
        level, reached = 0, leaf
        while True:
            if level == len(self.open_tiles):
                self.open_tiles.append([])
            tile = self.open_tiles[level]
            tile.append(reached)
            if len(tile) < WIDTH:
                return filled
            reached = perfect_root(tile)
            number >>= HEIGHT
            filled.append(FullTile(level, number, reached))
            self.open_tiles[level] = []
            level += 1

    def root(self) -> bytes:
        hashes: list[bytes] = []
        for tile in reversed(self.open_tiles):
            hashes += [
                perfect_root(tile[index << level : (index + 1) << level])
                for level, index in merkle.cover(0, len(tile))
            ]
        return merkle.fold(hashes)

    def copy(self) -> Edge:
        """For a transaction that may fail."""
        return Edge(self.size, [list(tile) for tile in self.open_tiles])


def perfect_root(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [
            merkle.node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)
        ]
    return hashes[0]


async def read_edge(connection: Connection) -> Edge:
    """The edge of the tree in the database; the last checkpoint and the leaves must agree."""
    size = await tree_size(connection)
    sealed = await connection.fetchval(
        "SELECT first + count FROM log_round ORDER BY first DESC LIMIT 1"
    )
    if (sealed or 0) != size:
        raise BadProof("the rounds do not end at the last checkpoint")
    edge = Edge(size)
    edge.open_tiles = []
    level = 0
    while level == 0 or size >> (HEIGHT * level):
        entries = size >> (HEIGHT * level)
        full = entries >> HEIGHT
        edge.open_tiles.append(await tile(connection, level, full, entries - (full << HEIGHT)))
        level += 1
    return edge


async def tree_size(connection: Connection) -> int:
    """How many leaves are under a signed head."""
    size = await connection.fetchval("SELECT max(size) FROM log_checkpoint")
    return int(size or 0)


async def tile(connection: Connection, level: int, number: int, width: int = WIDTH) -> list[bytes]:
    """The first ``width`` hashes of a tile; raises BadProof when the log has not so many."""
    first = number << HEIGHT
    if level == 0:
        hashes = await rounds.leaves(connection, first, first + width)
    else:
        records = await connection.fetch(
            "SELECT root FROM log_tile"
            " WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY number",
            level - 1,
            first,
            first + width,
        )
        hashes = [bytes(record["root"]) for record in records]
    if len(hashes) != width:
        raise BadProof("the log has no such tile")
    return hashes


async def prove(connection: Connection, path: list[list[Node]], size: int) -> list[bytes]:
    """The hashes of a proof whose path is given, in a tree of ``size`` leaves."""
    wanted = {place_of(node)[:2] for group in path for node in group}
    tiles: dict[tuple[int, int], list[bytes]] = {}
    for level, number in sorted(wanted):
        entries = (size >> (HEIGHT * level)) - (number << HEIGHT)
        tiles[level, number] = await tile(connection, level, number, min(entries, WIDTH))

    def lookup(node: Node) -> bytes:
        level, number, start, count = place_of(node)
        return perfect_root(tiles[level, number][start : start + count])

    return merkle.prove(path, lookup)


def place_of(node: Node) -> tuple[int, int, int, int]:
    """Tile level, tile number, first hash and how many hashes lie under a subtree."""
    level, inside = divmod(node[0], HEIGHT)
    first = node[1] << inside
    return level, first >> HEIGHT, first & (WIDTH - 1), 1 << inside


def tiles_of(full: Iterable[FullTile]) -> list[tuple[int, int, bytes]]:
    return [(one.level, one.number, one.root) for one in full]

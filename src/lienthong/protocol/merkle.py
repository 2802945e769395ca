"""
The append-only tree of RFC 9162: SHA-256, leaves under 0x00 and nodes under 0x01.

A perfect subtree is named by its level and its index at that level; every root
and proof is a fold over such subtrees. So the functions below first say which
subtrees they need, and whoever stores hashes (a list, tiles in a database)
looks up just those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from lienthong.protocol.errors import BadProof

Node = tuple[int, int]
"""Level and index of a perfect subtree; (0, i) is leaf i."""
Lookup = Callable[[Node], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def cover(start: int, end: int) -> list[Node]:
    """The perfect subtrees, left to right, of the leaves from ``start`` up to ``end``."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over the perfect subtrees of one cover."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def inclusion_path(index: int, size: int) -> list[list[Node]]:
    """For each hash of the inclusion proof, the subtrees it folds over; leaf side first."""
    if not 0 <= index < size:
        raise BadProof("there is no such leaf in a tree of this size")

    def walk(start: int, end: int) -> list[list[Node]]:
        if end - start == 1:
            return []
        middle = start + split_point(end - start)
        if index < middle:
            return [*walk(start, middle), cover(middle, end)]
        return [*walk(middle, end), cover(start, middle)]

    return walk(0, size)


def consistency_path(old: int, new: int) -> list[list[Node]]:
    """For each hash of the consistency proof from ``old`` to ``new`` leaves, its subtrees."""
    if not 0 <= old <= new:
        raise BadProof("a tree does not shrink")
    if old in (0, new):
        return []

    def walk(start: int, end: int, whole: bool) -> list[list[Node]]:
        if old == end:
            return [] if whole else [cover(start, end)]
        middle = start + split_point(end - start)
        if old <= middle:
            return [*walk(start, middle, whole), cover(middle, end)]
        return [*walk(middle, end, False), cover(start, middle)]

    return walk(0, new, True)


def prove(path: list[list[Node]], lookup: Lookup) -> list[bytes]:
    """The proof whose path is given, with hashes from ``lookup``."""
    return [fold([lookup(node) for node in group]) for group in path]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> int:
    """The index, once the proof leads from the leaf hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise BadProof("there is no such leaf in a tree of this size")
    number, last, reached = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        if number & 1 or number == last:
            reached = node_hash(step, reached)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            reached = node_hash(reached, step)
        number >>= 1
        last >>= 1
    if last != 0 or reached != root:
        raise BadProof
    return index


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> int:
    """The new size, once the new tree extends the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise BadProof("a tree does not shrink")
    if old in (0, new):
        if proof or (old == new and old_root != new_root) or (old == 0 and old_root != EMPTY_ROOT):
            raise BadProof
        return new
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise BadProof
    number, last = old - 1, new - 1
    while number & 1:
        number >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if number & 1 or number == last:
            first = node_hash(step, first)
            second = node_hash(step, second)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        number >>= 1
        last >>= 1
    if last != 0 or first != old_root or second != new_root:
        raise BadProof
    return new


class Tree:
    """A whole tree in memory: every perfect subtree's hash, level by level."""

    def __init__(self) -> None:
        self.levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        return len(self.levels[0])

    def append(self, leaf: bytes) -> int:
        """Add a leaf hash; its index."""
        index, level, reached = self.size, 0, leaf
        while True:
            if level == len(self.levels):
                self.levels.append([])
            row = self.levels[level]
            row.append(reached)
            if len(row) % 2:
                return index
            reached = node_hash(row[-2], row[-1])
            level += 1

    def lookup(self, node: Node) -> bytes:
        return self.levels[node[0]][node[1]]

    def root(self, size: int | None = None) -> bytes:
        nodes = cover(0, self.size if size is None else size)
        return fold([self.lookup(node) for node in nodes])

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        return prove(inclusion_path(index, self.size if size is None else size), self.lookup)

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        return prove(consistency_path(old, self.size if size is None else size), self.lookup)


class Frontier:
    """Only the right edge of a tree: enough to append and to state the root."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """``edge`` holds the hashes of ``cover(0, size)``."""
        if len(edge) != size.bit_count():
            raise BadProof("the edge does not fit the size")
        self.size = size
        self.edge = list(edge)

    def append(self, leaf: bytes) -> None:
        reached, size = leaf, self.size
        while size & 1:
            reached = node_hash(self.edge.pop(), reached)
            size >>= 1
        self.edge.append(reached)
        self.size += 1

    def root(self) -> bytes:
        return fold(self.edge)

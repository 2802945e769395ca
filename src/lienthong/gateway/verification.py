"""
The whole log checked again: rows against leaves, tiles against the tree, heads, time-stamps.

One pass over the leaves in their order rebuilds the tree in constant memory;
everything that was ever stored or signed about it is compared on the way.
What does not fit is named, and the check goes on, so that one broken row does
not hide another. Archived days are read from their files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509

from lienthong.gateway import parquet, tree
from lienthong.gateway.heads import Trust, snapshot_of, verified_head
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.records import read_row
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
from lienthong.protocol import timestamp
from lienthong.protocol.checkpoint import read_checkpoint
from lienthong.protocol.cosignature import WitnessStatement, open_cosignature
from lienthong.protocol.errors import BadProof, ProtocolError
from lienthong.protocol.evidence import digest_of_subjects, leaf_of
from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.promise import SEAL_WITHIN

BATCH = 2_000
MOST_FINDINGS = 1_000
ROW = "row"
LEAF = "leaf"
TILE = "tile"
HEAD = "head"
TIMESTAMP = "timestamp"
COSIGNATURE = "cosignature"
ROLLUP = "rollup"
ARCHIVE = "archive"

LEAVES = """
    SELECT l.seq, l.record_id, l.record_time, l.leaf AS sealed_leaf, r.*
    FROM log_leaf l
    LEFT JOIN message_record r ON r.id = l.record_id AND r.time = l.record_time
    WHERE l.seq >= $1 ORDER BY l.seq LIMIT $2
"""
TILES = "SELECT level, number, root FROM log_tile"
HEADS = "SELECT size, root, note FROM log_checkpoint ORDER BY size"
TOKENS = "SELECT size, token FROM log_timestamp ORDER BY size, place"
COSIGNATURES = "SELECT size, witness, line, statement FROM log_cosignature ORDER BY size, witness"
UNSEALED = """
    SELECT r.id, r.message_id FROM message_record r
    WHERE r.time < $1 AND NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.record_id = r.id)
    LIMIT 1000
"""
ROLLUPS = """
    SELECT DISTINCT from_seq, to_seq, range_digest FROM rollup
    WHERE origin = 'live' ORDER BY from_seq
"""
LEAVES_OF = "SELECT leaf FROM log_leaf WHERE seq BETWEEN $1 AND $2 ORDER BY seq"
ARCHIVED = "SELECT day, file, rows, sha256 FROM log_archive ORDER BY day"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit."""

    what: str
    """``row``, ``leaf``, ``tile``, ``head``, ``timestamp``, ``cosignature``, …"""
    name: str
    """Which one, so that it can be looked up."""
    why: str

    def __str__(self) -> str:
        return f"{self.what} {self.name}: {self.why}"


@dataclass(slots=True)
class Report:
    """What was checked and what does not fit."""

    leaves: int = 0
    rows: int = 0
    archived_rows: int = 0
    tiles: int = 0
    heads: int = 0
    timestamps: int = 0
    cosignatures: int = 0
    findings: list[Finding] = field(default_factory=list)
    cut: bool = False
    """Whether there were more findings than are listed."""

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, what: str, name: str, why: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(what, name, why))
        else:
            self.cut = True


@dataclass(slots=True)
class Suspect:
    """A row and a leaf that differ; the heads will say which of them is wrong."""

    seq: int
    row: str
    why: str
    row_fits_itself: bool


async def verify(
    connection: Connection,
    trust: Trust,
    archive: Archive,
    stamp_roots: Sequence[x509.Certificate] = (),
) -> Report:
    """Check everything; a transaction keeps the sealer's new rounds out of the picture."""
    report = Report()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        archived = await _archived(connection, archive, report)
        checked = _TreeCheck(report, await _heads(connection, trust, report))
        suspects = await _leaves(connection, archived, report, checked)
        await _tiles(connection, report, checked)
        checked.judge(suspects)
        await _unsealed(connection, report)
        await _stamps(connection, stamp_roots, report)
        await _cosignatures(connection, trust, report)
        await _rollups(connection, report)
    return report


# -- heads and the tree -----------------------------------------------------------------


@dataclass(slots=True)
class _TreeCheck:
    """The tree as it grows, and where the heads disagreed with it."""

    report: Report
    heads: dict[int, bytes]
    """Root by size, as the heads state it."""
    edge: tree.Edge = field(default_factory=tree.Edge)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    good: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        for full in self.edge.append(leaf):
            self.tiles[full.level, full.number] = full.root
        root = self.heads.get(self.edge.size)
        if root is not None:
            (self.good if root == self.edge.root() else self.bad).append(self.edge.size)

    def judge(self, suspects: Iterable[Suspect]) -> None:
        """Name the row or the leaf: the leaf is right when the next head over it is met."""
        for one in suspects:
            covered = any(size > one.seq for size in self.good)
            if one.row_fits_itself and not covered:
                self.report.add(LEAF, str(one.seq), "it is not the leaf its row was sealed with")
            else:
                self.report.add(ROW, one.row, one.why)
        for size in self.bad:
            self.report.add(HEAD, str(size), "the leaves do not lead to its root")
        for size in self.heads:
            if size > self.edge.size:
                self.report.add(HEAD, str(size), f"there are only {self.edge.size} leaves")
        if self.edge.size and max(self.heads, default=0) < self.edge.size:
            self.report.add(LEAF, str(self.edge.size - 1), "no head covers it")


async def _heads(connection: Connection, trust: Trust, report: Report) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    async for record in connection.cursor(HEADS, prefetch=BATCH):
        size, note = record["size"], bytes(record["note"])
        report.heads += 1
        try:
            stated = verified_head(note, trust)
        except ProtocolError as problem:
            report.add(HEAD, str(size), f"its signature does not hold ({problem.code})")
            continue
        if (stated.size, stated.root) != (size, bytes(record["root"])):
            report.add(HEAD, str(size), "it stands under another size or root than it states")
        roots[stated.size] = stated.root
    return roots


async def _leaves(
    connection: Connection,
    archived: Mapping[date, Places],
    report: Report,
    checked: _TreeCheck,
) -> list[Suspect]:
    suspects: list[Suspect] = []
    gone: dict[date, Places] = {}
    expected = 0
    while True:
        records = await connection.fetch(LEAVES, expected, BATCH)
        for record in records:
            if record["seq"] != expected:
                report.add(LEAF, str(expected), "it is missing")
                return suspects
            expected += 1
            leaf = bytes(record["sealed_leaf"])
            checked.append(leaf)
            if record["id"] is not None:
                suspects += _against_row(record, leaf, report)
                continue
            day = record["record_time"].astimezone(UTC).date()
            if day in archived:
                gone.setdefault(day, Places()).add(record["seq"])
            else:
                name = str(record["record_id"])
                report.add(ROW, name, f"the row of leaf {record['seq']} is missing")
        if len(records) < BATCH:
            report.leaves = expected
            for day, places in archived.items():
                if places.count != UNREADABLE and places != gone.get(day, Places()):
                    why = "its rows are not those whose leaves have no row"
                    report.add(ARCHIVE, parquet.name_of(day), why)
            return suspects


def _against_row(record: Any, leaf: bytes, report: Report) -> list[Suspect]:
    seq = record["seq"]
    report.rows += 1
    row = f"{record['record_id']} (message {record['message_id']})"
    wrong = wrong_with(record)
    fits_itself = not wrong
    if not wrong and bytes(record["leaf"]) != leaf:
        wrong = f"it is not the row that leaf {seq} was made from"
    return [Suspect(seq, row, wrong, fits_itself)] if wrong else []


def wrong_with(record: Mapping[str, Any]) -> str:
    """Why a row is not what its own leaf was made from; empty when it is."""
    row = read_row(record)
    if row.evidence.digest() != row.record_digest:
        return "it was changed after it was written"
    if leaf_of(row.blind, row.record_digest) != row.leaf:
        return "its leaf is not made from it"
    if digest_of_subjects(row.subjects) != row.evidence.subjects_digest:
        return "its data subjects were changed"
    return ""


async def _tiles(connection: Connection, report: Report, checked: _TreeCheck) -> None:
    stored = {}
    async for record in connection.cursor(TILES, prefetch=BATCH):
        stored[record["level"], record["number"]] = bytes(record["root"])
    report.tiles = len(stored)
    # A wrong leaf has been named already, and everything above it is wrong with it.
    for key in sorted(stored.keys() | checked.tiles.keys()):
        name = f"{key[0]}/{key[1]}"
        if key not in stored:
            report.add(TILE, name, "it is missing")
        elif key not in checked.tiles:
            report.add(TILE, name, "the tree has no such tile")
        elif stored[key] != checked.tiles[key]:
            report.add(TILE, name, "its hash is not that of what lies under it")


async def _unsealed(connection: Connection, report: Report) -> None:
    late = clock.instant() - timedelta(seconds=SEAL_WITHIN * 2)
    for record in await connection.fetch(UNSEALED, late):
        report.add(ROW, f"{record['id']} (message {record['message_id']})", "it has no leaf")


# -- what others say -----------------------------------------------------------------------


async def _stamps(
    connection: Connection, roots: Sequence[x509.Certificate], report: Report
) -> None:
    chains: dict[int, list[bytes]] = {}
    async for record in connection.cursor(TOKENS, prefetch=BATCH):
        chains.setdefault(record["size"], []).append(bytes(record["token"]))
    for size, tokens in chains.items():
        report.timestamps += len(tokens)
        note = await connection.fetchval("SELECT note FROM log_checkpoint WHERE size = $1", size)
        try:
            timestamp.open_chain(tokens, bytes(note), roots)
        except ProtocolError as problem:
            report.add(TIMESTAMP, str(size), f"{problem} [{problem.code}]")


async def _cosignatures(connection: Connection, trust: Trust, report: Report) -> None:
    for record in await connection.fetch(COSIGNATURES):
        report.cosignatures += 1
        name = f"{record['size']} of {record['witness']}"
        try:
            note = await connection.fetchval(
                "SELECT note FROM log_checkpoint WHERE size = $1", record["size"]
            )
            _check_cosignature(bytes(note), record, trust)
        except (ProtocolError, msgspec.DecodeError) as problem:
            report.add(COSIGNATURE, name, str(problem))


def _check_cosignature(note: bytes, record: Any, trust: Trust) -> None:
    head, _, _ = read_checkpoint(note)
    statement = msgspec.json.decode(record["statement"], type=WitnessStatement)
    then = datetime.fromtimestamp(head.time, UTC)
    member, key = snapshot_of(trust).sign_key_at(statement.kid, trust.anchor, then)
    witness = statement.opened(key)
    if GatewayId.parse(witness.name).owner != member or witness.name != record["witness"]:
        raise BadProof("another member stands for the witness's key")
    open_cosignature(note, record["line"], witness)


async def _rollups(connection: Connection, report: Report) -> None:
    """Whether every sum still names the leaves it was counted from."""
    for record in await connection.fetch(ROLLUPS):
        leaves = await connection.fetch(LEAVES_OF, record["from_seq"], record["to_seq"])
        digest = hashlib.sha256(b"".join(bytes(one["leaf"]) for one in leaves)).digest()
        if digest != bytes(record["range_digest"]):
            name = f"{record['from_seq']}-{record['to_seq']}"
            report.add(ROLLUP, name, "the leaves it was counted from are others")


# -- archived days -----------------------------------------------------------------------


UNREADABLE = -1


@dataclass(slots=True)
class Places:
    """A set of leaf numbers as a count and a sum of their hashes: a day of them is too many."""

    count: int = 0
    sum: int = 0

    def add(self, seq: int) -> None:
        self.count += 1
        value = int.from_bytes(hashlib.sha256(seq.to_bytes(8, "big")).digest())
        self.sum = (self.sum + value) % (1 << 256)


async def _archived(connection: Connection, archive: Archive, report: Report) -> dict[date, Places]:
    """The leaves of each archived day, its file checked against its digest and its rows' leaves."""
    days: dict[date, Places] = {}
    for record in await connection.fetch(ARCHIVED):
        places = days[record["day"]] = Places()
        try:
            written = parquet.read_written(archive.directory, record["day"])
            if written.sha256 != bytes(record["sha256"]):
                report.add(ARCHIVE, record["file"], "the file is not the one that was written")
            for row in parquet.read_rows(archive.directory / written.file):
                places.add(row["seq"])
                await _archived_row(connection, row, record["file"], report)
        except (LienThongError, OSError) as problem:
            report.add(ARCHIVE, record["file"], str(problem))
            # Told once, and not again for each of its rows.
            days[record["day"]] = Places(UNREADABLE)
            continue
        report.archived_rows += places.count
    return days


async def _archived_row(
    connection: Connection, row: dict[str, Any], file: str, report: Report
) -> None:
    wrong = wrong_with(row)
    if not wrong:
        sealed = await connection.fetchval("SELECT leaf FROM log_leaf WHERE seq = $1", row["seq"])
        if sealed is None or bytes(sealed) != row["leaf"]:
            wrong = f"it is not the row that leaf {row['seq']} was made from"
    if wrong:
        report.add(ROW, f"{row['id']} (message {row['message_id']}) in {file}", wrong)

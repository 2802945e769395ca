"""
The whole log checked again: rows against leaves, tiles against the tree, heads, time-stamps,
signed days.

One pass over the leaves in their order rebuilds the tree in constant memory;
everything that was ever stored or signed about it is compared on the way.
What does not fit is named, and the check goes on, so that one broken row does
not hide another. Archived days are read from their files.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509

from lienthong.gateway import parquet, records, rounds, tree
from lienthong.gateway.dictionary import Entries
from lienthong.gateway.heads import Trust, snapshot_of, verified_head
from lienthong.gateway.packing import Unreadable
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.records import WHOLE
from lienthong.gateway.rows import Kind, LogRow
from lienthong.gateway.verification_days import SignedDays, read_signed
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
SIGNED_DAY = "day"

ROUNDS = """
    SELECT first, count, ns, leaves, since, until, counts, digest FROM log_round
    WHERE first >= $1 ORDER BY first LIMIT 16
"""
ROWS = f"""
    SELECT {WHOLE} FROM message_record r
    WHERE r.n <@ $1::int8multirange AND r.n >= $2 AND r.n < $3
      AND r.time >= $4 AND r.time <= $5
"""
ANYWHERE = f"SELECT {WHOLE} FROM message_record r WHERE r.n = ANY($1::bigint[])"
AROUND_MIDNIGHT = """
    SELECT first, count FROM log_round
    WHERE (since AT TIME ZONE 'UTC')::date <> (until AT TIME ZONE 'UTC')::date ORDER BY first
"""
TILES = "SELECT level, number, root FROM log_tile"
HEADS = "SELECT size, root, note FROM log_checkpoint ORDER BY size"
TOKENS = "SELECT size, token FROM log_timestamp ORDER BY size, place"
COSIGNATURES = "SELECT size, witness, line, statement FROM log_cosignature ORDER BY size, witness"
UNSEALED = f"""
    SELECT {WHOLE} FROM message_record r
    WHERE r.time < $1
      AND NOT r.n <@ (SELECT coalesce(range_agg(d.ns), '{{}}') FROM log_round d)
    ORDER BY r.n LIMIT 1000
"""
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
    days: int = 0
    """Signed days, each counted again."""
    late: int = 0
    """Answers sealed after their day was closed: no signed day holds them."""
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
    row_fits_itself: bool = True
    """Whether the row can be read at all: one that cannot is wrong whatever its leaf is."""


async def verify(
    connection: Connection,
    trust: Trust,
    archive: Archive,
    stamp_roots: Sequence[x509.Certificate] = (),
) -> Report:
    """Check everything; a transaction keeps the sealer's new rounds out of the picture."""
    report = Report()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        heads = await _heads(connection, trust, report)
        signed = await read_signed(
            connection, trust, heads, lambda name, why: report.add(SIGNED_DAY, name, why)
        )
        archived = await _archived(connection, archive, report, signed)
        entries = Entries()
        checked = _TreeCheck(report, heads)
        suspects = await _leaves(connection, entries, archived, report, checked, signed)
        signed.judge_under(max(report.leaves, *heads, 0))
        report.days, report.late = signed.checked, signed.late
        await _tiles(connection, report, checked)
        checked.judge(suspects)
        await _unsealed(connection, entries, report)
        await _stamps(connection, stamp_roots, report)
        await _cosignatures(connection, trust, report)
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
    entries: Entries,
    archived: Archived,
    report: Report,
    checked: _TreeCheck,
    signed: SignedDays,
) -> list[Suspect]:
    suspects: list[Suspect] = []
    gone: dict[date, Places] = {}
    expected = 0
    while records_of := await connection.fetch(ROUNDS, expected):
        for record in records_of:
            if record["first"] != expected:
                report.add(LEAF, str(expected), "it is missing")
                return suspects
            leaves = _leaves_of(record, report)
            for leaf in leaves:
                checked.append(leaf)
            suspects += await _round(
                connection, entries, record, leaves, archived, gone, report, signed
            )
            expected += len(leaves)
            signed.judge_under(expected)
    report.leaves = expected
    for day, places in archived.days.items():
        if places.count != UNREADABLE and places != gone.get(day, Places()):
            why = "its rows are not those whose leaves have no row"
            report.add(ARCHIVE, parquet.name_of(day), why)
    return suspects


def _leaves_of(record: Any, report: Report) -> list[bytes]:
    """The leaves of a round, after what it counted was held against them."""
    joined = bytes(record["leaves"])
    name = f"{record['first']}-{record['first'] + record['count'] - 1}"
    if hashlib.sha256(joined).digest() != bytes(record["digest"]):
        report.add(ROLLUP, name, "the leaves it was counted from are others")
    try:
        rounds.read_counts(bytes(record["counts"]))
    except ValueError:
        report.add(ROLLUP, name, "its counts cannot be read")
    return [joined[at : at + rounds.HASH] for at in range(0, len(joined), rounds.HASH)]


async def _round(
    connection: Connection,
    entries: Entries,
    record: Any,
    leaves: list[bytes],
    archived: Archived,
    gone: dict[date, Places],
    report: Report,
    signed: SignedDays,
) -> list[Suspect]:
    """Each row of a round against its leaf; the leaves without a row go to ``gone``."""
    suspects: list[Suspect] = []
    numbers = [n for one in rounds.read_ranges(record["ns"]) for n in range(*one)]
    rows = await _rows(connection, entries, record, numbers)
    counted: rounds.Counts = Counter()
    for place, (n, leaf) in enumerate(zip(numbers, leaves, strict=False)):
        seq = record["first"] + place
        held = rows.get(n)
        if held is None:
            _missed(archived, record, seq, gone, report)
            continue
        report.rows += 1
        way, time, row = held
        if way in entries.ways and entries.ways[way].kind == Kind.ANSWER:
            counted[rounds.hour_of(time), way] += 1
            signed.see(seq, time, entries.ways[way])
        if isinstance(row, Unreadable):
            name = f"of leaf {seq}"
            suspects.append(Suspect(seq, name, str(row), row_fits_itself=False))
        elif row.leaf != leaf:
            name = f"{row.id} (message {row.evidence.message_id})"
            suspects.append(Suspect(seq, name, "it was changed after it was written"))
    if len(numbers) != len(leaves):
        report.add(LEAF, str(record["first"]), "its round names more rows or fewer than leaves")
    if len(rows) == len(numbers):
        _against_counts(record, counted, suspects, report)
    return suspects


def _against_counts(
    record: Any, counted: rounds.Counts, suspects: list[Suspect], report: Report
) -> None:
    """Whether a round counted what its rows say; of rows that are wrong nothing is concluded."""
    try:
        stated = rounds.read_counts(bytes(record["counts"]))
    except ValueError:
        return
    if stated != counted and not suspects:
        name = f"{record['first']}-{record['first'] + record['count'] - 1}"
        report.add(ROLLUP, name, "it is not what its rows come to")


Held = tuple[int, datetime, LogRow | Unreadable]
"""Way, time, and the row or what is wrong with it."""


async def _rows(
    connection: Connection, entries: Entries, record: Any, numbers: list[int]
) -> dict[int, Held]:
    """The rows of a round by their numbers, wherever they stand."""
    if not numbers:
        return {}
    fetched = await connection.fetch(
        ROWS, record["ns"], numbers[0], numbers[-1] + 1, record["since"], record["until"]
    )
    # A row whose time was changed stands outside its round's span.
    if 0 < len(fetched) < len(numbers):
        missing = set(numbers) - {one["n"] for one in fetched}
        fetched += await connection.fetch(ANYWHERE, sorted(missing))
    rows = await records.load_each(connection, fetched, entries)
    return {
        one["n"]: (one["way"], one["time"], row) for one, row in zip(fetched, rows, strict=True)
    }


def _missed(
    archived: Archived, record: Any, seq: int, gone: dict[date, Places], report: Report
) -> None:
    """A leaf whose row is not in the log: it must be in the archive of its day."""
    day = archived.around_midnight.get(seq, record["since"].astimezone(UTC).date())
    if day in archived.days:
        gone.setdefault(day, Places()).add(seq)
    else:
        report.add(ROW, f"of leaf {seq}", f"the row of leaf {seq} is missing")


def wrong_with(record: Mapping[str, Any]) -> str:
    """Why an archived row is not what its own leaf was made from; empty when it is."""
    row = records.read_row(record)
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


async def _unsealed(connection: Connection, entries: Entries, report: Report) -> None:
    late = clock.instant() - timedelta(seconds=SEAL_WITHIN * 2)
    fetched = await connection.fetch(UNSEALED, late)
    for record, row in zip(
        fetched, await records.load_each(connection, fetched, entries), strict=True
    ):
        name = f"{record['n']}"
        if not isinstance(row, Unreadable):
            name = f"{row.id} (message {row.evidence.message_id})"
        report.add(ROW, name, "it has no leaf")


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


@dataclass(slots=True)
class Archived:
    """The leaves of each archived day."""

    days: dict[date, Places] = field(default_factory=dict)
    around_midnight: dict[int, date] = field(default_factory=dict)
    """The days of leaves whose round holds rows of more than one."""


async def _archived(
    connection: Connection, archive: Archive, report: Report, signed: SignedDays
) -> Archived:
    """Each file is checked against its digest, and its rows against their leaves."""
    found = Archived()
    files = await connection.fetch(ARCHIVED)
    mixed = await connection.fetch(AROUND_MIDNIGHT) if files else []
    spans = [(one["first"], one["first"] + one["count"]) for one in mixed]
    for record in files:
        places = found.days[record["day"]] = Places()
        try:
            written = parquet.read_written(archive.directory, record["day"])
            if written.sha256 != bytes(record["sha256"]):
                report.add(ARCHIVE, record["file"], "the file is not the one that was written")
            for row in parquet.read_rows(archive.directory / written.file):
                places.add(row["seq"])
                if rounds.place_in(spans, row["seq"]) is not None:
                    found.around_midnight[row["seq"]] = record["day"]
                await _archived_row(connection, row, record["file"], report)
                await signed.see_archived(connection, row)
        except (LienThongError, OSError) as problem:
            report.add(ARCHIVE, record["file"], str(problem))
            # Told once, and not again for each of its rows.
            found.days[record["day"]] = Places(UNREADABLE)
            signed.forget(record["day"])
            continue
        signed.judge_archived(record["day"])
        report.archived_rows += places.count
    return found


async def _archived_row(
    connection: Connection, row: dict[str, Any], file: str, report: Report
) -> None:
    wrong = wrong_with(row)
    if not wrong and await rounds.leaf(connection, row["seq"]) != row["leaf"]:
        wrong = f"it is not the row that leaf {row['seq']} was made from"
    if wrong:
        report.add(ROW, f"{row['id']} (message {row['message_id']}) in {file}", wrong)

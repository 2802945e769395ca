"""
What many rows of the log have in common, kept once and named by a number.

Four tables, append-only like the log itself: *ways* (who asked whom under which
grant and how it ended), *signers* (names of keys), *shapes* of heads, and the
*seeds* that blind leaves. An entry is committed before any row that names it.
They stay when rows leave for an archive, so nothing enters them that could
not stay: no body, no id of a message or person, no value of a header outside
`shapes.TECHNICAL`. How many there can be is bounded, since names come from
outside; a row that would need one more keeps its names itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg

from lienthong.gateway import packing
from lienthong.gateway.packing import Names, Packed, Parts, UnknownEntry, Way
from lienthong.gateway.rows import LogRow, Outcome
from lienthong.gateway.shapes import Facts, Filled, shorten
from lienthong.protocol.housekeeping import UNCOUNTED

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

MOST_WAYS = 100_000
MOST_REFUSED_WAYS = 5_000
MOST_SIGNERS = 20_000
MOST_SHAPES = 1_000
LONGEST_NAME = 300
MOST_REMEMBERED = 50_000
SEEN_BEFORE_LEARNING = 3
MOST_CANDIDATES = 256
# Faults that questions about the log tell apart, also where their way stands for many. A closed
# set, since a peer writes what it likes where a fault's type is told.
KNOWN_FAULTS = frozenset(
    f"{origin}.InvalidMessage" for origin in ("Server.ServerProxy", "Server.ClientProxy", "Client")
)
# What was refused names whatever its sender put in a path, a person's number too; a way stays
# for as long as the log, so such names stay in their row and go with it.
ID_LIKE = re.compile(r"[0-9]{5}|[0-9A-Fa-f]{12}|@")

WAY_COLUMNS = (
    "kind", "side", "gateway", "client", "service", "outcome", "fault", "status", "peer", "mode",
    "effect", "grant_id", "reason", "in_row",
)  # fmt: skip
FIND_WAYS = "SELECT digest, id FROM log_way WHERE digest = ANY($1::bytea[])"
ADD_WAYS = f"""
    INSERT INTO log_way (digest, {", ".join(WAY_COLUMNS)})
    SELECT * FROM unnest(
        $1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
        $15::boolean[])
    ON CONFLICT (digest) DO NOTHING
"""
HOW_MANY_WAYS = "SELECT count(*) AS all, count(*) FILTER (WHERE id < 0) AS refused FROM log_way"
FIND_SIGNERS = "SELECT kid, id FROM log_signer WHERE kid = ANY($1::text[])"
ADD_SIGNERS = (
    "INSERT INTO log_signer (kid) SELECT * FROM unnest($1::text[])"
    f" WHERE (SELECT count(*) FROM log_signer) < {MOST_SIGNERS} ON CONFLICT (kid) DO NOTHING"
)
FIND_SEEDS = "SELECT seed, id FROM log_seed WHERE seed = ANY($1::bytea[])"
ADD_SEEDS = (
    "INSERT INTO log_seed (seed) SELECT * FROM unnest($1::bytea[]) ON CONFLICT (seed) DO NOTHING"
)
ALL_SHAPES = "SELECT id, template FROM log_shape ORDER BY id"
ADD_SHAPES = (
    "INSERT INTO log_shape (digest, template)"
    " SELECT sha256(template), template FROM unnest($1::bytea[]) AS given (template)"
    f" WHERE (SELECT count(*) FROM log_shape) < {MOST_SHAPES} ON CONFLICT (digest) DO NOTHING"
)

WayKey = tuple[str, str, str, str, str, str, str, int, str, str, str, str, str]


def way_key(row: LogRow) -> WayKey:
    """The names of a row, in the order of `Way`."""
    one = row.evidence
    return (
        one.kind, one.side, one.gateway, one.client, one.service, one.outcome, one.fault,
        one.status, row.peer, row.mode, row.effect, row.grant, row.reason,
    )  # fmt: skip


def stands_for_many(key: WayKey) -> WayKey:
    """The way of rows that keep their names themselves; what counting needs is still told."""
    kind, side, gateway, _, service, outcome, fault, _, _, mode, _, _, _ = key
    code = service.rpartition("/")[2]
    return (
        kind, side, gateway, "", f"/{code}" if code in UNCOUNTED else "", outcome,
        fault if fault in KNOWN_FAULTS else "", 0, "", mode, "", "", "",
    )  # fmt: skip


def digest_of(key: WayKey, in_row: bool) -> bytes:
    pieces = [str(one).encode() for one in (*key, in_row)]
    return hashlib.sha256(b"".join(len(one).to_bytes(8, "big") + one for one in pieces)).digest()


@dataclass(slots=True)
class Lexicon:
    """The numbers a writer knows of its database; made anew with each connection."""

    ways: dict[WayKey, int] = field(default_factory=dict)
    crowded: dict[WayKey, int] = field(default_factory=dict)
    """Ways that stand for many, by `stands_for_many`."""
    nameless: set[WayKey] = field(default_factory=set)
    """Keys that got no way of their own."""
    signers: dict[str, int] = field(default_factory=dict)
    seeds: dict[bytes, int] = field(default_factory=dict)
    shapes: dict[bytes, int] = field(default_factory=dict)
    seen: dict[bytes, int] = field(default_factory=dict)
    """How often a template without a shape was met."""

    def pack(self, row: LogRow) -> Packed | None:
        """The row in the database's form; None while the dictionary lacks one of its names."""
        key = way_key(row)
        names: Names | None = None
        way = self.ways.get(key)
        if way is None:
            if key not in self.nameless:
                return None
            way = self.crowded[stands_for_many(key)]
            names = key[3], key[4], key[6], key[7], key[8], key[10], key[11], key[12]
        evidence = row.evidence
        signer = self.signers.get(evidence.signer)
        seed = self.seeds.get(row.place.seed) if row.place is not None else 0
        if signer is None or seed is None:
            return None
        head = self._head(row)
        return packing.pack(row, way=way, seed=seed, signer=signer, head=head, names=names)

    def _head(self, row: LogRow) -> Filled:
        one = row.evidence
        facts = Facts(one.message_id, one.request_id, one.client, one.service, one.time)
        head = shorten(one.head, facts, self.shapes)
        # What was refused may come from anybody, so it teaches nothing.
        if head.template and one.outcome != Outcome.REFUSED:
            self._see(head.template)
        return head

    def _see(self, template: bytes) -> None:
        """
        Count a template that is no shape yet, among no more than `MOST_CANDIDATES`.

        When there is no room, one more makes each of the others count one less, and those
        without a count go: what comes often stays, however much comes once.
        """
        if template not in self.seen and len(self.seen) >= MOST_CANDIDATES:
            self.seen = {
                # What has been met often enough waits for a quiet moment to be entered.
                one: count if count >= SEEN_BEFORE_LEARNING else count - 1
                for one, count in self.seen.items()
                if count > 1
            }
            if len(self.seen) >= MOST_CANDIDATES:
                return
        self.seen[template] = self.seen.get(template, 0) + 1

    async def pack_all(self, connection: Connection, rows: Sequence[LogRow]) -> list[Packed]:
        """The rows in the database's form, after entering what the dictionary lacks of them."""
        packed = [self.pack(row) for row in rows]
        lacking = [row for row, one in zip(rows, packed, strict=True) if one is None]
        if lacking:
            await self.learn(connection, lacking)
            packed = [
                self.pack(row) if one is None else one
                for row, one in zip(rows, packed, strict=True)
            ]
        whole = [one for one in packed if one is not None]
        if len(whole) != len(rows):
            raise RuntimeError("the dictionary did not take a row's names")
        return whole

    def way(self, key: WayKey) -> int:
        """The number of a key that `learn_keys` was given."""
        number = self.ways.get(key)
        return number if number is not None else self.crowded[stands_for_many(key)]

    async def learn(self, connection: Connection, rows: Sequence[LogRow]) -> None:
        """Give numbers to the names of these rows, entering those that are new."""
        if len(self.ways) + len(self.nameless) > MOST_REMEMBERED:
            self.ways.clear()
            self.nameless.clear()
        await self.learn_keys(connection, {way_key(row) for row in rows})
        signers = {row.evidence.signer for row in rows} - self.signers.keys()
        await self._learn_signers(connection, signers)
        seeds = {row.place.seed for row in rows if row.place is not None} - self.seeds.keys()
        if seeds:
            given = sorted(seeds)
            await connection.execute(ADD_SEEDS, given)
            found = await connection.fetch(FIND_SEEDS, given)
            self.seeds.update((bytes(one["seed"]), one["id"]) for one in found)

    async def learn_keys(self, connection: Connection, keys: set[WayKey]) -> None:
        """Give numbers to these keys, entering those that are new and may have one."""
        keys -= self.nameless | self.ways.keys()
        if not keys:
            return
        wanted = {digest_of(key, False): key for key in keys}
        await self._find_ways(connection, wanted, self.ways)
        new = {digest: key for digest, key in wanted.items() if key not in self.ways}
        if not new:
            return
        count = await connection.fetchrow(HOW_MANY_WAYS)
        assert count is not None
        room, refused_room = MOST_WAYS - count["all"], MOST_REFUSED_WAYS - count["refused"]
        named: dict[bytes, WayKey] = {}
        unnamed: set[WayKey] = set()
        for digest, key in new.items():
            refused = key[5] == Outcome.REFUSED
            short = all(len(str(name)) <= LONGEST_NAME for name in key)
            telling = refused and ID_LIKE.search(f"{key[3]} {key[4]}") is not None
            if short and not telling and room > 0 and (not refused or refused_room > 0):
                named[digest] = key
                room, refused_room = room - 1, refused_room - refused
            else:
                unnamed.add(key)
        await self._add_ways(connection, named, False, self.ways)
        crowds = {stands_for_many(key) for key in unnamed} - self.crowded.keys()
        await self._add_ways(
            connection, {digest_of(key, True): key for key in crowds}, True, self.crowded
        )
        # Last, so that a name the database refuses leaves none without its crowd.
        self.nameless |= unnamed

    async def _add_ways(
        self, connection: Connection, wanted: dict[bytes, WayKey], in_row: bool,
        into: dict[WayKey, int],
    ) -> None:  # fmt: skip
        if not wanted:
            return
        # In one order everywhere, so that two processes cannot wait for each other.
        ordered = sorted(wanted.items())
        columns = list(zip(*(key for _, key in ordered), strict=True))
        await connection.execute(
            ADD_WAYS, [digest for digest, _ in ordered], *columns, [in_row] * len(ordered)
        )
        await self._find_ways(connection, wanted, into)

    async def _find_ways(
        self, connection: Connection, wanted: dict[bytes, WayKey], into: dict[WayKey, int]
    ) -> None:
        for record in await connection.fetch(FIND_WAYS, list(wanted)):
            into[wanted[bytes(record["digest"])]] = record["id"]

    async def _learn_signers(self, connection: Connection, signers: set[str]) -> None:
        # 0 says that the row spells its signer.
        for signer in [one for one in signers if not one or len(one) > LONGEST_NAME]:
            self.signers[signer] = 0
            signers.discard(signer)
        if not signers:
            return
        given = sorted(signers)
        found = await connection.fetch(FIND_SIGNERS, given)
        if len(found) < len(given):
            await connection.execute(ADD_SIGNERS, given)
            found = await connection.fetch(FIND_SIGNERS, given)
        self.signers.update(dict.fromkeys(given, 0))
        self.signers.update((one["kid"], one["id"]) for one in found)

    async def open(self, connection: Connection) -> None:
        """Read the shapes there are; they are few."""
        for record in await connection.fetch(ALL_SHAPES):
            self.shapes[bytes(record["template"])] = record["id"]

    @property
    def has_learned(self) -> bool:
        """Whether some head was met often enough to become a shape."""
        return any(count >= SEEN_BEFORE_LEARNING for count in self.seen.values())

    async def learn_shapes(self, connection: Connection) -> None:
        """Enter the templates that were met more than now and then."""
        often = [one for one, count in self.seen.items() if count >= SEEN_BEFORE_LEARNING]
        self.seen = {}
        if often and len(self.shapes) < MOST_SHAPES:
            await connection.execute(ADD_SHAPES, sorted(often))
            await self.open(connection)


# -- reading ---------------------------------------------------------------------------------

READ_WAYS = f"SELECT id, {', '.join(WAY_COLUMNS)} FROM log_way WHERE id = ANY($1::int[])"
READ_SIGNERS = "SELECT id, kid FROM log_signer WHERE id = ANY($1::int[])"
READ_SHAPES = "SELECT id, template FROM log_shape WHERE id = ANY($1::int[])"
READ_SEEDS = "SELECT id, seed FROM log_seed WHERE id = ANY($1::int[])"


def way_of(record: Any) -> Way:
    """A way from its columns."""
    return Way(*(record[name] for name in WAY_COLUMNS))


@dataclass(slots=True)
class Entries:
    """The dictionary's entries that a reader has looked up."""

    ways: dict[int, Way] = field(default_factory=dict)
    signers: dict[int, str] = field(default_factory=dict)
    shapes: dict[int, bytes] = field(default_factory=dict)
    seeds: dict[int, bytes] = field(default_factory=dict)

    def add(self, table: str, records: Iterable[Any]) -> None:
        """What a query of this table gave."""
        for one in records:
            if table == "log_way":
                self.ways[one["id"]] = way_of(one)
            elif table == "log_signer":
                self.signers[one["id"]] = one["kid"]
            elif table == "log_shape":
                self.shapes[one["id"]] = bytes(one["template"])
            else:
                self.seeds[one["id"]] = bytes(one["seed"])

    def lacking(self, parts: Iterable[Parts]) -> dict[str, tuple[str, list[int]]]:
        """By table, the query and the numbers of entries that these rows name and are not here."""
        ways, signers, shapes, seeds = set(), set(), set(), set()
        for one in parts:
            ways.add(one.way)
            signers.add(one.signer)
            shapes.add(one.shape)
            seeds.add(one.seed)
        wanted = {
            "log_way": (READ_WAYS, sorted(ways - self.ways.keys())),
            "log_signer": (READ_SIGNERS, sorted(signers - self.signers.keys() - {0})),
            "log_shape": (READ_SHAPES, sorted(shapes - self.shapes.keys() - {0})),
            "log_seed": (READ_SEEDS, sorted(seeds - self.seeds.keys() - {0})),
        }
        # A number that no column can hold names nothing.
        kept = {
            table: (sql, [one for one in numbers if one < 1 << 31])
            for table, (sql, numbers) in wanted.items()
        }
        return {table: (sql, numbers) for table, (sql, numbers) in kept.items() if numbers}

    async def look_up(self, connection: Connection, parts: Iterable[Parts]) -> None:
        """Read what these rows name."""
        for table, (sql, numbers) in self.lacking(parts).items():
            self.add(table, await connection.fetch(sql, numbers))

    def row(self, parts: Parts) -> LogRow:
        """The row, put together; raises UnknownEntry or another `Unreadable`."""
        way = _entry(self.ways, parts.way, "way")
        signer = _entry(self.signers, parts.signer, "signer") if parts.signer else ""
        shape = _entry(self.shapes, parts.shape, "shape") if parts.shape else b""
        seed = _entry(self.seeds, parts.seed, "seed") if parts.own is None else None
        return packing.assemble(parts, way, seed=seed, signer=signer, shape=shape)


def _entry(entries: dict[int, Any], number: int, what: str) -> Any:
    found = entries.get(number)
    if found is None:
        raise UnknownEntry(f"{UnknownEntry.message()} ({what} {number})")
    return found

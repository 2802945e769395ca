"""
Heads of logs, verified against what a gateway trusts, with all that others say of them.

A head is worth what stands under it: the signature of its log's owner, the
cosignatures of witnesses, the tokens of time-stamping authorities.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.settings import Holdings
from lienthong.protocol.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from lienthong.protocol.cosignature import WitnessStatement
from lienthong.protocol.errors import BadProof, OutdatedSnapshot, ProtocolError
from lienthong.protocol.identifiers import GatewayId, MemberId
from lienthong.protocol.snapshot import Anchor, Snapshot


class Trust(Protocol):
    """What the gateway knows that judges evidence."""

    @property
    def identity(self) -> GatewayId: ...
    @property
    def anchor(self) -> Anchor: ...
    @property
    def current(self) -> Snapshot | None: ...
    @property
    def holdings(self) -> Holdings: ...


@dataclass(frozen=True, slots=True)
class Attested:
    """A head with what was said of it."""

    size: int
    note: bytes
    """As the log's owner signed it, without cosignatures: what the tokens cover."""
    cosignatures: tuple[str, ...] = ()
    statements: tuple[WitnessStatement, ...] = ()
    tokens: tuple[bytes, ...] = ()

    @property
    def cosigned(self) -> bytes:
        """The note with all its signature lines."""
        return self.note + "".join(self.cosignatures).encode()


# The newest head of all, and the first stamped head that is long enough.
NEWEST = "SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1"
FIRST_STAMPED = """
    SELECT c.size, c.note FROM log_checkpoint c
    WHERE c.size >= $1 AND EXISTS (SELECT 1 FROM log_timestamp t WHERE t.size = c.size)
    ORDER BY c.size LIMIT 1
"""
FIRST_COSIGNED = """
    SELECT c.size, c.note FROM log_checkpoint c
    WHERE c.size >= $1 AND EXISTS (SELECT 1 FROM log_cosignature s WHERE s.size = c.size)
    ORDER BY c.size LIMIT 1
"""
TOKENS = "SELECT token FROM log_timestamp WHERE size = $1 ORDER BY place"
COSIGNATURES = "SELECT line, statement FROM log_cosignature WHERE size = $1 ORDER BY witness"


async def newest(connection: Connection) -> Attested | None:
    record = await connection.fetchrow(NEWEST)
    return await _attested(connection, record["size"], record["note"]) if record else None


async def best_for(connection: Connection, size: int) -> Attested | None:
    """
    The head to prove a leaf with: the first above it that is stamped, else cosigned, else newest.

    None while no head is so long.
    """
    for sql in (FIRST_STAMPED, FIRST_COSIGNED):
        record = await connection.fetchrow(sql, size)
        if record is not None:
            return await _attested(connection, record["size"], record["note"])
    found = await newest(connection)
    return found if found is not None and found.size >= size else None


async def _attested(connection: Connection, size: int, note: bytes) -> Attested:
    lines = await connection.fetch(COSIGNATURES, size)
    return Attested(
        size,
        bytes(note),
        tuple(one["line"] for one in lines),
        tuple(msgspec.json.decode(one["statement"], type=WitnessStatement) for one in lines),
        tuple(bytes(one["token"]) for one in await connection.fetch(TOKENS, size)),
    )


def owner_of_head(head: Checkpoint, trust: Trust) -> MemberId:
    """The member whose log this is; raises ProtocolError when the exchange knows no such log."""
    snapshot = snapshot_of(trust)
    identity = GatewayId.parse(head.origin)
    entry = snapshot.gateway(identity.code)
    if identity.owner != MemberId.from_local(snapshot.instance, entry.owner):
        raise BadProof("another member owns the gateway of this name")
    return identity.owner


def verified_head(note: bytes, trust: Trust, *, origin: str = "") -> Checkpoint:
    """The head of a note, once a key of the log's owner signed it; raises ProtocolError."""
    return _verified(note, trust, origin)[0]


def signer_of_head(note: bytes, trust: Trust) -> str:
    """The name of the owner's key that signed this log's head; raises ProtocolError."""
    return _verified(note, trust, "")[1]


def _verified(note: bytes, trust: Trust, origin: str) -> tuple[Checkpoint, str]:
    head, _, _ = read_checkpoint(note)
    origin = origin or str(trust.identity)
    snapshot = snapshot_of(trust)
    then = datetime.fromtimestamp(head.time, UTC)
    problem: ProtocolError = BadProof("no key of the log's owner signed its head")
    for entry in snapshot.member(GatewayId.parse(origin).owner).sign_keys:
        try:
            _, key = snapshot.sign_key_at(entry.kid, trust.anchor, then)
            return open_checkpoint(note, key, origin=origin), entry.kid
        except ProtocolError as why:
            problem = why
    raise problem


def snapshot_of(trust: Trust) -> Snapshot:
    if trust.current is None:
        raise OutdatedSnapshot("this gateway has no snapshot")
    return trust.current

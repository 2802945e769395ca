"""
A gateway as witness of its peers' logs (C2SP tlog-witness), and its own log's witnesses.

The serving side stands on the peer port, under mutual TLS: ``POST
/witness/add-checkpoint`` takes the next head of a log whose owner the snapshot
names, and ``GET /witness/key`` tells the key. What was signed is kept in the
database before the signature leaves, so a restart forgets nothing; a head that
does not extend the last one is refused and told as an alarm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lienthong.gateway import heads, tree
from lienthong.gateway.bodies import EMPTY, Body
from lienthong.gateway.core import Gateway, Message
from lienthong.gateway.heads import owner_of_head
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.gateway.pool import SendFailed
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.reading import LogReader
from lienthong.kernel import clock
from lienthong.protocol import merkle, pki
from lienthong.protocol.checkpoint import Checkpoint, read_checkpoint
from lienthong.protocol.cosignature import (
    WitnessKey,
    WitnessStatement,
    cosign,
    open_cosignature,
    read_submission,
    state_witness,
    write_submission,
)
from lienthong.protocol.errors import BadProof, BadSignature, LoggingFailed, ProtocolError
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.snapshot import GatewayEntry

logger = logging.getLogger("lienthong.gateway.witness")

PREFIX = b"/witness/"
LARGEST = 64 << 10
PATIENCE = 5.0
EVERY = 10.0
"""Seconds between two heads shown to the witnesses; a receipt's head may be that much older."""
SIZE_TYPE = b"text/x.tlog.size"
TEXT_TYPE = b"text/plain; charset=utf-8"
REASONS = {
    200: b"OK", 400: b"Bad Request", 403: b"Forbidden", 404: b"Not Found",
    405: b"Method Not Allowed", 409: b"Conflict", 422: b"Unprocessable Content",
    503: b"Service Unavailable",
}  # fmt: skip

LATEST = "SELECT size, root FROM witnessed_head WHERE origin = $1 ORDER BY size DESC LIMIT 1"
KEEP = (
    "INSERT INTO witnessed_head (origin, size, root, note, witnessed_at)"
    " VALUES ($1, $2, $3, $4, $5)"
)


def witness_key(directory: Path, passphrase: bytes) -> Ed25519PrivateKey:
    """The key this gateway witnesses with, made when there is none."""
    path = directory / "witness.key"
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        pki.write_private(
            path,
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(passphrase),
            ),
        )
    key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} does not hold an Ed25519 key")
    return key


class Refuse(Exception):
    """What the log that asked is told."""

    def __init__(self, status: int, text: str, kind: bytes = TEXT_TYPE) -> None:
        super().__init__(text)
        self.status, self.kind = status, kind


@dataclass(slots=True)
class Witness:
    """The serving side."""

    gateway: Gateway
    reader: LogReader
    key: Ed25519PrivateKey

    @property
    def name(self) -> str:
        return str(self.gateway.identity)

    def serves(self, head: Head) -> bool:
        return head.target.startswith(PREFIX)

    def statement(self) -> WitnessStatement:
        owner = self.gateway.holdings.keys[self.gateway.identity.owner]
        return state_witness(self.name, self.key, owner)

    async def answer(self, request: Incoming) -> Outgoing:
        """Never raises: what is wrong is told in the words of tlog-witness."""
        asked = (request.head.method, request.head.target.removeprefix(PREFIX))
        try:
            self._require_peer(request.head)
            if asked == (b"GET", b"key"):
                body = msgspec.json.encode(self.statement())
                return _answer(200, body, b"application/json")
            if asked == (b"POST", b"add-checkpoint"):
                return _answer(200, (await self.add(request.body.whole())).encode())
            raise Refuse(404, "a witness has no such address")
        except Refuse as refusal:
            return _answer(refusal.status, f"{refusal}\n".encode(), refusal.kind)
        except LoggingFailed:
            return _answer(503, b"the witness cannot remember now\n")
        except ProtocolError as problem:
            return _answer(400, f"{problem}\n".encode())

    def _require_peer(self, head: Head) -> None:
        """Only gateways of this exchange are witnessed: a stranger would fill the table."""
        try:
            self.gateway.snapshot.gateway_of_certificate(head.caller.certificate)
        except ProtocolError:
            raise Refuse(403, "only gateways of this exchange are witnessed") from None

    async def add(self, body: bytes) -> str:
        """The signature line for a head that extends the last one; raises Refuse."""
        submitted = read_submission(body)
        head = self._trusted(submitted.note)
        if submitted.old > head.size:
            raise Refuse(400, "the old size is above the new one")
        async with self.reader.connection() as connection, connection.transaction():
            # One at a time for each log, whichever process was asked.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", head.origin)
            latest = await connection.fetchrow(LATEST, head.origin)
            size = latest["size"] if latest is not None else 0
            root = bytes(latest["root"]) if latest is not None else merkle.EMPTY_ROOT
            if submitted.old != size:
                raise Refuse(409, str(size), SIZE_TYPE)
            self._check(head, size, root, submitted.proof)
            if latest is None or head.size > size:
                await connection.execute(
                    KEEP, head.origin, head.size, head.root, submitted.note, clock.instant()
                )
        return cosign(submitted.note, self.name, self.key, now=int(clock.instant().timestamp()))

    def _trusted(self, note: bytes) -> Checkpoint:
        """The head of a note that the owner of its log signed; raises Refuse."""
        try:
            head, _, _ = read_checkpoint(note)
        except BadSignature as problem:
            raise Refuse(400, str(problem)) from None
        try:
            owner_of_head(head, self.gateway)
        except ProtocolError:
            raise Refuse(404, "the exchange knows no such log") from None
        try:
            return heads.verified_head(note, self.gateway, origin=head.origin)
        except ProtocolError:
            raise Refuse(403, "no key of the log's owner signed this head") from None

    def _check(self, head: Checkpoint, size: int, root: bytes, proof: tuple[bytes, ...]) -> None:
        if head.size == size and head.root != root:
            logger.critical("two heads of one size", extra={"log": head.origin, "size": size})
            raise Refuse(409, str(size), SIZE_TYPE)
        try:
            merkle.verify_consistency(size, root, head.size, head.root, proof)
        except BadProof:
            logger.critical("a head does not extend the last", extra={"log": head.origin})
            raise Refuse(422, "the head does not extend the one witnessed before") from None


def _answer(status: int, body: bytes, kind: bytes = TEXT_TYPE) -> Outgoing:
    return Outgoing(status, REASONS[status], [(b"Content-Type", kind)], Body.of(body))


# -- the asking side -----------------------------------------------------------------

UNSEEN = """
    SELECT size, note FROM log_checkpoint c
    WHERE NOT EXISTS (SELECT 1 FROM log_cosignature s WHERE s.size = c.size AND s.witness = $1)
    ORDER BY size DESC LIMIT 1
"""
COSIGNED = "SELECT max(size) FROM log_cosignature WHERE witness = $1"
NOTED = (
    "INSERT INTO log_cosignature (size, witness, line, statement, received_at)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True)
class Witnesses:
    """Shows this log's newest head to every other gateway of the snapshot, again and again."""

    gateway: Gateway
    reader: LogReader

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.show_all()

    async def show_all(self) -> int:
        """Ask every other gateway once; how many signed. One that is away is asked next time."""
        signed = 0
        if self.gateway.current is None:
            return signed
        for entry in self.gateway.current.gateways:
            if self._name(entry) == str(self.gateway.identity):
                continue
            try:
                signed += await self.show(entry)
            except (SendFailed, ProtocolError, ValueError, msgspec.DecodeError) as problem:
                logger.info("no cosignature", extra={"error": type(problem).__name__,
                                                     "log": self._name(entry)})  # fmt: skip
        return signed

    def _name(self, entry: GatewayEntry) -> str:
        return f"{self.gateway.snapshot.instance}/{entry.owner}/{entry.code}"

    async def show(self, entry: GatewayEntry) -> bool:
        """Whether this witness signed the newest head; raises what was wrong with its answer."""
        name = self._name(entry)
        async with self.reader.connection() as connection:
            record = await connection.fetchrow(UNSEEN, name)
            if record is None:
                return False
            note = bytes(record["note"])
            old = int(await connection.fetchval(COSIGNED, name) or 0)
            status, body = await self._submit(connection, entry, old, record["size"], note)
            if status == 409 and body.strip().isdigit():
                # It knows another head than this log remembers, as after a restored backup.
                old = int(body)
                status, body = await self._submit(connection, entry, old, record["size"], note)
            if status != 200:
                logger.error("a witness refuses", extra={"status": status, "log": name})
                return False
            statement = await self._statement(entry)
            key = self._key_of(entry, statement)
            line = body.decode()
            open_cosignature(note, line, key)
            if key.name != name:
                raise BadSignature("the witness signs under another name")
            await connection.execute(
                NOTED, record["size"], name, line,
                msgspec.json.encode(statement).decode(), clock.instant(),
            )  # fmt: skip
        return True

    async def _submit(
        self, connection: Connection, entry: GatewayEntry, old: int, size: int, note: bytes
    ) -> tuple[int, bytes]:
        if old > size:
            raise BadProof("a witness knows a longer history than this log")
        proof = await tree.prove(connection, merkle.consistency_path(old, size), size)
        body = Body.of(write_submission(old, proof, note))
        return await self._ask(entry, b"POST", b"add-checkpoint", body)

    async def _statement(self, entry: GatewayEntry) -> WitnessStatement:
        status, body = await self._ask(entry, b"GET", b"key", EMPTY)
        if status != 200:
            raise BadSignature("the witness does not tell its key")
        return msgspec.json.decode(body, type=WitnessStatement)

    def _key_of(self, entry: GatewayEntry, statement: WitnessStatement) -> WitnessKey:
        snapshot = self.gateway.snapshot
        owner = MemberId.from_local(snapshot.instance, entry.owner)
        member, key = snapshot.sign_key_at(statement.kid, self.gateway.anchor, clock.instant())
        if member != owner:
            raise BadSignature("another member stands for the witness's key")
        return statement.opened(key)

    async def _ask(
        self, entry: GatewayEntry, method: bytes, name: bytes, body: Body
    ) -> tuple[int, bytes]:
        message = Message(method, PREFIX + name, [(b"Content-Type", TEXT_TYPE)], body)
        received = await self.gateway.way_out.to_peer(
            entry, message, deadline=time.monotonic() + PATIENCE, limit=LARGEST
        )
        try:
            return received.status, received.body.whole()
        finally:
            received.body.close()

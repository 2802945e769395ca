"""
The rows a gateway writes: one per message and side, with all that proves it.

A row is made before anything is sent, so its leaf hash is known when the
answer's promise is signed. Bytes from outside stay bytes. The 32 bytes that
blind a leaf follow from a secret seed of the process and the row's place in
it; the seed stands in the log's own database, beside the rows it blinds.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
import struct
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lienthong.protocol.evidence import (
    Evidence,
    Kind,
    LogSide,
    Outcome,
    digest_of_subjects,
    leaf_of,
)
from lienthong.protocol.signature import Signed

__all__ = ["Evidence", "KeptBody", "Kind", "LogRow", "LogSide", "Outcome", "ReplayKey", "make_row"]

SEED_BYTES = 32
MICROSECONDS_OF_A_DAY = 86_400_000_000
STRICT = "strict"
OVERLAP = "overlap"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReplayKey:
    """What a peer may send once (decision 16): its request id, within the window."""

    peer: str
    request_id: str


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A body as it is stored: sealed, with the id of its key."""

    key_id: str
    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What blinds a row and names it: a seed, and the row's number under it."""

    seed: bytes
    """Secret, 32 random bytes of one process and day."""
    counter: int
    """Of 32 bits, so that no two rows of a microsecond are alike."""

    def blind(self, time: int) -> bytes:
        """The 32 bytes in the leaf; without the seed nobody can tell them from random ones."""
        return hmac.digest(self.seed, pack_place(time, self.counter), "sha256")

    def id(self, time: int) -> uuid.UUID:
        """A UUID of version 7 with the microseconds of the time in it (RFC 9562, 5.7 and 6.2)."""
        milliseconds, rest = divmod(time, 1000)
        tail = int.from_bytes(hashlib.sha256(self.seed).digest()[:4], "big") >> 2
        value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | rest << 66 | 2 << 62
        return uuid.UUID(int=value | tail << 32 | self.counter)


pack_place = struct.Struct(">qI").pack


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the message log."""

    evidence: Evidence
    blind: bytes
    record_digest: bytes
    leaf: bytes
    place: Place | None = None
    """None for a row of a log from before seeds, whose id and blind are its own."""
    own_id: uuid.UUID | None = field(default=None, kw_only=True)
    peer: str = ""
    """The other gateway, or the client's address for a refusal."""
    mode: str = STRICT
    effect: str = ""
    grant: str = ""
    trace: str = ""
    """The id that stands in the fault's ``detail`` and in the application log."""
    reason: str = ""
    """More exactly than the fault why a request was refused; for the operator, no evidence."""
    subjects: tuple[bytes, ...] = ()
    """Pseudonyms of the data subjects (HMAC under the subject index key)."""
    kept: KeptBody | None = None
    """The message's body, where its offer asks to keep it."""

    @property
    def id(self) -> uuid.UUID:
        if self.place is not None:
            return self.place.id(self.evidence.time)
        return self.own_id or uuid.UUID(int=0)


def make_row(
    *,
    kind: str,
    side: str,
    gateway: str,
    at: datetime,
    message_id: str,
    request_id: str,
    client: str,
    service: str,
    outcome: str = Outcome.OPEN,
    fault: str = "",
    status: int = 0,
    signed: Signed | None = None,
    head: bytes = b"",
    body_digest: bytes = b"",
    body_size: int = 0,
    peer: str = "",
    mode: str = STRICT,
    effect: str = "",
    grant: str = "",
    trace: str = "",
    reason: str = "",
    subjects: tuple[bytes, ...] = (),
) -> LogRow:
    """A row ready to be appended; ``signed`` supplies head, digest and signature when given."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    evidence = Evidence(
        kind=kind,
        side=side,
        gateway=gateway,
        time=microseconds(at),
        message_id=message_id,
        request_id=request_id,
        client=client,
        service=service,
        outcome=outcome,
        fault=fault,
        status=status,
        head=signed.head if signed else head,
        body_digest=signed.body_digest if signed else body_digest,
        body_size=body_size,
        signature_input=signed.input if signed else b"",
        signature=signed.signature if signed else b"",
        signer=signed.kid if signed else "",
        subjects_digest=digest_of_subjects(subjects),
    )
    place = next_place(evidence.time)
    blind = place.blind(evidence.time)
    digest = evidence.digest()
    return LogRow(
        evidence=evidence,
        blind=blind,
        record_digest=digest,
        leaf=leaf_of(blind, digest),
        place=place,
        peer=peer,
        mode=mode,
        effect=effect,
        grant=grant,
        trace=trace,
        reason=reason,
        subjects=subjects,
    )


class _Places:
    """The seed of this process and day, and what was counted under it."""

    def __init__(self) -> None:
        self.day = -1
        self.seed = b""
        self.counter = itertools.count()

    def next(self, time: int) -> Place:
        day = time // MICROSECONDS_OF_A_DAY
        if day != self.day:
            self.renew()
            self.day = day
        return Place(self.seed, next(self.counter) & 0xFFFFFFFF)

    def renew(self) -> None:
        self.day, self.seed = -1, os.urandom(SEED_BYTES)
        self.counter = itertools.count(int.from_bytes(os.urandom(4), "big"))


_places = _Places()
next_place = _places.next
# A child process counts under a seed of its own.
os.register_at_fork(after_in_child=_places.renew)


def microseconds(moment: datetime) -> int:
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

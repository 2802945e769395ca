"""
The rows a gateway writes: one per message and side, with all that proves it.

A row is made before anything is sent, so its leaf hash is known when the
answer's promise is signed. Bytes from outside stay bytes.
"""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from lienthong.protocol.evidence import (
    BLIND_BYTES,
    Evidence,
    Kind,
    LogSide,
    Outcome,
    digest_of_subjects,
    leaf_of,
)
from lienthong.protocol.signature import Signed

__all__ = ["Evidence", "KeptBody", "Kind", "LogRow", "LogSide", "Outcome", "ReplayKey", "make_row"]

ID_RANDOM = 10
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
class LogRow:
    """One row of the message log."""

    id: uuid.UUID
    evidence: Evidence
    blind: bytes
    record_digest: bytes
    leaf: bytes
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
    # Asked for at once: each request for random bytes is a call of the system.
    drawn = os.urandom(BLIND_BYTES + ID_RANDOM)
    blind = drawn[:BLIND_BYTES]
    digest = evidence.digest()
    return LogRow(
        id=new_id(drawn[BLIND_BYTES:]),
        evidence=evidence,
        blind=blind,
        record_digest=digest,
        leaf=leaf_of(blind, digest),
        peer=peer,
        mode=mode,
        effect=effect,
        grant=grant,
        trace=trace,
        reason=reason,
        subjects=subjects,
    )


def microseconds(moment: datetime) -> int:
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def new_id(drawn: bytes) -> uuid.UUID:
    """A UUID of version 7, so that the primary key grows at one end (RFC 9562, 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(drawn, "big")
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)

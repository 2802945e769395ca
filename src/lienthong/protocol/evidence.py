"""
What the log keeps of one message and how it becomes a leaf.

The record digest is SHA-256 over the fields below, each with its length, in a
fixed order. The leaf adds 32 random bytes, so that the public log tells nobody
what was exchanged (decision 20); they stand in the row and in the receipt.
"""

from __future__ import annotations

import hashlib
import struct
from enum import StrEnum

import msgspec

DOMAIN = b"lienthong-record-1"
length_in_eight = struct.Struct(">Q").pack
BLIND_BYTES = 32


class Kind(StrEnum):
    """What a row is about."""

    REQUEST = "request"
    ANSWER = "answer"
    IMPORT = "import"
    READING = "reading"


class LogSide(StrEnum):
    """Which side of the exchange wrote the row."""

    CONSUMER = "consumer"
    PROVIDER = "provider"


class Outcome(StrEnum):
    """How it ended. Request rows say ``open``; the answer row of the same side tells the rest."""

    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one message as one side saw them."""

    kind: str
    side: str
    gateway: str
    """The log's origin: ``VN/GOV/G14/national``."""
    time: int
    """Microseconds since 1970, UTC."""
    message_id: str
    request_id: str
    client: str
    service: str
    outcome: str
    fault: str = ""
    status: int = 0
    head: bytes = b""
    """The serialised part of the message; empty when none could be read."""
    body_digest: bytes = b""
    body_size: int = 0
    signature_input: bytes = b""
    signature: bytes = b""
    signer: str = ""
    """The kid of the key that signed; empty for an unsigned message (a refusal)."""
    subjects_digest: bytes = b""
    """SHA-256 over the pseudonyms of the data subjects, empty when none were named."""

    def canonical(self) -> bytes:
        """Every field with its length in eight bytes, in the order of the class."""
        # Written out, since every row passes here: a loop over the fields took three times as long.
        fields = (
            DOMAIN, self.kind.encode(), self.side.encode(), self.gateway.encode(),
            b"%d" % self.time, self.message_id.encode(), self.request_id.encode(),
            self.client.encode(), self.service.encode(), self.outcome.encode(),
            self.fault.encode(), b"%d" % self.status, self.head, self.body_digest,
            b"%d" % self.body_size, self.signature_input, self.signature,
            self.signer.encode(), self.subjects_digest,
        )  # fmt: skip
        pieces: list[bytes] = []
        for part in fields:
            pieces += (length_in_eight(len(part)), part)
        return b"".join(pieces)

    def digest(self) -> bytes:
        return hashlib.sha256(self.canonical()).digest()


def leaf_of(blind: bytes, record_digest: bytes) -> bytes:
    """The leaf hash of a record: SHA-256(0x00, 32 random bytes, record digest)."""
    return hashlib.sha256(b"\x00" + blind + record_digest).digest()


def digest_of_subjects(pseudonyms: tuple[bytes, ...]) -> bytes:
    return hashlib.sha256(b"".join(sorted(pseudonyms))).digest() if pseudonyms else b""

"""
What stands in a receipt beside records and head: whose keys were hosted, witnesses, time-stamps.

The hosting statement is the log owner's signed word on which of the parties'
keys its gateway held (decision 11): who reads a receipt must know whether the
two signatures came from two houses or from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lienthong.protocol import batch
from lienthong.protocol.checkpoint import read_checkpoint
from lienthong.protocol.cosignature import WitnessStatement, open_cosignature
from lienthong.protocol.errors import BadProof, ProtocolError
from lienthong.protocol.evidence import Evidence
from lienthong.protocol.identifiers import GatewayId, MemberId
from lienthong.protocol.pki import P256, SigningKey, VerifyingKey

HOSTING = "lienthong-hosting-1"

SignerAt = Callable[[str, datetime], tuple[MemberId, VerifyingKey]]
"""From a key's name and a time to its member and the key; raises what is wrong with it."""


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """The signature under the list of members whose keys were hosted."""

    time: int
    """Unix seconds."""
    kid: str
    signature: bytes


def hosting_text(gateway: str, request_id: str, hosted: Sequence[str], time: int) -> bytes:
    return "\n".join((HOSTING, gateway, request_id, str(time), *hosted, "")).encode()


def state_hosting(
    gateway: str, request_id: str, hosted: Sequence[str], key: SigningKey, *, now: int
) -> Hosting:
    text = hosting_text(gateway, request_id, hosted, now)
    return Hosting(time=now, kid=key.kid, signature=key.sign_der(text))


def open_hosting(
    hosting: Hosting, gateway: str, request_id: str, hosted: Sequence[str], signer_at: SignerAt
) -> tuple[str, ...]:
    """The hosted members, once the owner of the log stands for the list."""
    member, key = signer_at(hosting.kid, datetime.fromtimestamp(hosting.time, UTC))
    if member != GatewayId.parse(gateway).owner:
        raise BadProof("somebody else than the log's owner says whose keys were hosted")
    key.verify_der(hosting.signature, hosting_text(gateway, request_id, hosted, hosting.time))
    return tuple(hosted)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A witness that saw the head, and when."""

    name: str
    at: datetime


def open_witnesses(
    note: bytes, statements: Iterable[WitnessStatement], signer_at: SignerAt
) -> tuple[Witnessed, ...]:
    """
    The witnesses under a head; raises BadProof unless lines and statements answer each other.

    The first signature line is the log's own.
    """
    lines = note.decode().rpartition("\n\n")[2].splitlines()[1:]
    found = []
    statements = list(statements)
    if len(lines) != len(statements):
        raise BadProof("a cosignature has no statement of its witness's key")
    for line, statement in zip(lines, statements, strict=True):
        found.append(_open_witness(note, line, statement, signer_at))
    return tuple(found)


def _open_witness(
    note: bytes, line: str, statement: WitnessStatement, signer_at: SignerAt
) -> Witnessed:
    head, _, _ = read_checkpoint(note)
    # The statement names no time of its own; it is judged as of the head's.
    member, key = signer_at(statement.kid, datetime.fromtimestamp(head.time, UTC))
    witness = statement.opened(key)
    if GatewayId.parse(witness.name).owner != member:
        raise BadProof("another member stands for the witness's key")
    signed = open_cosignature(note, line, witness)
    return Witnessed(signed.witness, datetime.fromtimestamp(signed.time, UTC))


def asn1_of(evidence: Evidence) -> bytes:
    """
    A message's signature in the form most tools take; Ed25519 has only one form.

    Of one signed with others (``lt-batch-1``) that of the batch's root.
    """
    raw, named = evidence.signature, evidence.signature_input
    is_p256 = b'alg="ecdsa-p256-sha256"' in named
    if b'alg="lt-batch-1"' in named:
        held = batch.Evidence.load(raw)
        raw, is_p256 = held.signature, held.algorithm == P256
    if not is_p256:
        return raw
    half = len(raw) // 2
    return encode_dss_signature(
        int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
    )


def own_note(note: bytes) -> bytes:
    """The note with the log's own signature only: what time-stamps cover."""
    text, separator, signatures = note.decode().rpartition("\n\n")
    first = signatures.splitlines()[:1]
    if not separator or not first:
        raise BadProof("the head is not signed")
    return f"{text}{separator}{first[0]}\n".encode()


def stamped_at(
    tokens: Sequence[bytes], note: bytes, roots: Sequence[x509.Certificate]
) -> tuple[datetime, ...]:
    """When authorities saw the head; raises ProtocolError when a token does not hold."""
    if not tokens:
        return ()
    if not roots:
        raise ProtocolError("no root of a time-stamping authority was given")
    # Reading CMS takes a library that a gateway without time-stamps never needs.
    from lienthong.protocol import timestamp

    return tuple(stamp.time for stamp in timestamp.open_chain(tokens, own_note(note), roots))

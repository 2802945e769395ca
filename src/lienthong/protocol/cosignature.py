"""
Cosignatures of witnesses: C2SP tlog-cosignature (``cosignature/v1``, Ed25519) and tlog-witness.

A witness signs a head only after it has seen that the head extends the one it
signed before, so a log with a witness cannot show different histories to
different people. Its key is named by a statement that the owner of the
witness signed with its SIGN key; with that a receipt leads to the anchor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lienthong.protocol.checkpoint import ROOT_BYTES, read_checkpoint
from lienthong.protocol.errors import BadProof, BadSignature
from lienthong.protocol.pki import SigningKey, VerifyingKey

TYPE = b"\x04"
STATEMENT = b"lienthong-witness-1\n"
LONGEST_PROOF = 63
VKEY = re.compile(r"([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness, with its name: what C2SP calls a vkey."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + TYPE + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(TYPE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> WitnessKey:
        """Read a vkey; raises BadSignature for anything else."""
        found = VKEY.fullmatch(text)
        raw = base64.b64decode(found[3]) if found is not None else b""
        if found is None or raw[:1] != TYPE:
            raise BadSignature("not the key of a witness")
        key = cls(found[1], raw[1:])
        if key.id.hex() != found[2]:
            raise BadSignature("the witness's key has another id")
        return key


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word that it saw this head extend all heads it saw before."""

    witness: str
    time: int
    """Unix seconds."""


def cosign(note: bytes, name: str, key: Ed25519PrivateKey, *, now: int) -> str:
    """The signature line a witness puts under a checkpoint it has checked."""
    public = WitnessKey(name, key.public_key().public_bytes_raw())
    signature = key.sign(_message(note, now))
    value = base64.b64encode(public.id + now.to_bytes(8, "big") + signature).decode()
    return f"— {name} {value}\n"


def open_cosignature(note: bytes, line: str, key: WitnessKey) -> Cosignature:
    """The cosignature of a line, once this witness made it under this head; raises BadSignature."""
    try:
        dash, name, value = line.rstrip("\n").split(" ")
        raw = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise BadSignature("not a cosignature") from None
    if dash != "—" or name != key.name or raw[:4] != key.id or len(raw) != 76:
        raise BadSignature("the cosignature is not of this witness")
    time = int.from_bytes(raw[4:12], "big")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[12:], _message(note, time))
    except InvalidSignature:
        raise BadSignature("the witness did not sign this head") from None
    return Cosignature(name, time)


def _message(note: bytes, time: int) -> bytes:
    _, text, _ = read_checkpoint(note)
    return b"cosignature/v1\ntime %d\n" % time + text.encode()


class WitnessStatement(msgspec.Struct, frozen=True, kw_only=True):
    """Which key a gateway witnesses with, in the word of the member that owns the gateway."""

    vkey: str
    kid: str
    """The owner's SIGN key."""
    signature: bytes

    def opened(self, key: VerifyingKey) -> WitnessKey:
        """The witness's key, once the owner's key stands for it; raises BadSignature."""
        key.verify_der(self.signature, STATEMENT + self.vkey.encode())
        return WitnessKey.parse(self.vkey)


def state_witness(name: str, key: Ed25519PrivateKey, owner: SigningKey) -> WitnessStatement:
    vkey = str(WitnessKey(name, key.public_key().public_bytes_raw()))
    return WitnessStatement(
        vkey=vkey, kid=owner.kid, signature=owner.sign_der(STATEMENT + vkey.encode())
    )


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of ``add-checkpoint``: a head, and the proof from the one the witness knows."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


def write_submission(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", ""]
    return "\n".join(lines).encode() + note


def read_submission(body: bytes) -> Submission:
    """Read the body of ``add-checkpoint``; raises BadProof for anything else."""
    head, separator, note = body.partition(b"\n\n")
    try:
        first, *steps = head.decode("ascii").split("\n")
        word, number = first.split(" ")
        proof = tuple(base64.b64decode(step, validate=True) for step in steps)
    except (ValueError, binascii.Error):
        raise BadProof("not a checkpoint to be witnessed") from None
    if (
        not separator
        or word != "old"
        or NUMBER.fullmatch(number) is None
        or len(proof) > LONGEST_PROOF
        or any(len(step) != ROOT_BYTES for step in proof)
    ):
        raise BadProof("not a checkpoint to be witnessed")
    return Submission(int(number), proof, note)

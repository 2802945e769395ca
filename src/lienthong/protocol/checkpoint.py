"""
Checkpoints of a gateway's log: C2SP tlog-checkpoint as a signed note.

The note's text is origin, size, base64 root and one extension line with the
time; under it stands one signature line. ECDSA notes are signed in ASN.1 form
and their key id is the head of SHA-256 over the public key (type 0x02 of C2SP
signed-note); Ed25519 notes have type 0x01, whose id also covers the name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from lienthong.protocol.errors import BadSignature
from lienthong.protocol.pki import SigningKey, VerifyingKey

ROOT_BYTES = 32
TIME = re.compile(r"lienthong-time ([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: how many leaves it has and their root."""

    origin: str
    """The log's name: instance, owner and gateway, as in ``VN/GOV/G14/national``."""
    size: int
    root: bytes
    time: int
    """Unix seconds at which the head was signed."""

    def text(self) -> str:
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nlienthong-time {self.time}\n"


def key_id(key: VerifyingKey, name: str) -> bytes:
    """Four bytes by which a signature line names the key of this log."""
    if isinstance(key.public, ed25519.Ed25519PublicKey):
        named = name.encode() + b"\n\x01" + key.public.public_bytes_raw()
        return hashlib.sha256(named).digest()[:4]
    spki = key.public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).digest()[:4]


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """The signed note."""
    text = checkpoint.text()
    value = base64.b64encode(
        key_id(key.verifying, checkpoint.origin) + key.sign_der(text.encode())
    ).decode()
    return f"{text}\n— {checkpoint.origin} {value}\n".encode()


def read_checkpoint(note: bytes) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    """Head, signed text and signatures of a note, nothing verified; raises BadSignature."""
    try:
        text, separator, signatures = note.decode("utf-8").rpartition("\n\n")
        lines = text.split("\n")
        if not separator or len(lines) < 4 or not lines[0]:
            raise ValueError
        time = next(found[1] for line in lines[3:] if (found := TIME.fullmatch(line)))
        if not re.fullmatch(r"0|[1-9][0-9]*", lines[1]):
            raise ValueError
        root = base64.b64decode(lines[2], validate=True)
        if len(root) != ROOT_BYTES:
            raise ValueError
        head = Checkpoint(lines[0], int(lines[1]), root, int(time))
        signed = [_signature_line(line) for line in signatures.splitlines()]
    except (ValueError, StopIteration, binascii.Error):
        raise BadSignature("not a checkpoint") from None
    return head, text + "\n", signed


def open_checkpoint(note: bytes, key: VerifyingKey, *, origin: str | None = None) -> Checkpoint:
    """The head a note states, once this key signed it for this origin; raises BadSignature."""
    head, text, signatures = read_checkpoint(note)
    if origin is not None and head.origin != origin:
        raise BadSignature("the checkpoint is of another log")
    for name, value in signatures:
        if name == head.origin and value[:4] == key_id(key, name):
            key.verify_der(value[4:], text.encode())
            return head
    raise BadSignature("the log's key did not sign this checkpoint")


def _signature_line(line: str) -> tuple[str, bytes]:
    dash, name, value = line.split(" ")
    if dash != "—":
        raise ValueError
    return name, base64.b64decode(value, validate=True)

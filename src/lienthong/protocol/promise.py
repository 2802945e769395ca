"""
The signed promise an answer carries: this leaf will be under a head by then.

The receipt with its proof comes later, by message id; a promise that is not
kept within ten seconds is an alarm (decision 14).
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from lienthong.protocol.errors import BadSignature, MissingSignature
from lienthong.protocol.pki import P256, SigningKey, VerifyingKey

SEAL_WITHIN = 10
DOMAIN = b"lienthong-promise-1\n"


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Which leaf will be sealed, in which log, and by when (Unix seconds)."""

    log: str
    leaf: str
    """Base64 of the leaf hash."""
    time: int
    seal_by: int
    kid: str
    alg: str = P256.decode()
    """The key's algorithm, by the name of RFC 9421."""


class _Carried(msgspec.Struct, frozen=True):
    promise: str
    signature: str


def make_promise(log: str, leaf: bytes, key: SigningKey, *, now: float) -> bytes:
    """The value of ``Lienthong-Promise``: base64url of JSON."""
    promise = Promise(
        log=log,
        leaf=base64.b64encode(leaf).decode(),
        time=int(now),
        seal_by=int(now) + SEAL_WITHIN,
        kid=key.kid,
        alg=key.algorithm.decode(),
    )
    payload = msgspec.json.encode(promise)
    carried = _Carried(
        promise=payload.decode(),
        signature=base64.b64encode(key.sign(DOMAIN + payload)).decode(),
    )
    return base64.urlsafe_b64encode(msgspec.json.encode(carried)).rstrip(b"=")


def read_promise(value: bytes) -> Promise:
    """What a promise says, nothing verified; raises MissingSignature for anything else."""
    return msgspec.json.decode(_carried(value).promise, type=Promise)


def open_promise(value: bytes, key: VerifyingKey) -> Promise:
    """The promise, once the log's key made it; raises BadSignature."""
    carried = _carried(value)
    try:
        signature = base64.b64decode(carried.signature, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the promise is not signed in a known form") from None
    promise = msgspec.json.decode(carried.promise, type=Promise)
    if promise.alg != key.algorithm.decode():
        raise BadSignature("the promise names another algorithm than its key's")
    key.verify(signature, DOMAIN + carried.promise.encode())
    return promise


def _carried(value: bytes) -> _Carried:
    try:
        raw = base64.b64decode(value + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
        carried = msgspec.json.decode(raw, type=_Carried)
        msgspec.json.decode(carried.promise, type=Promise)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise MissingSignature("not a promise of a log") from None
    return carried

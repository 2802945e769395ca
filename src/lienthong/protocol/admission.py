"""
What the gateway tells the provider's edge about an admitted request (decision 18).

A JSON object and an HMAC-SHA-256 over it, under a key only the gateway and the
edge of one node hold. The edge applies the grant's field list it finds inside.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from lienthong.protocol.errors import BadSignature, Expired, MissingSignature

SKEW = 60.0


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, by which grant, and what the edge must hold the answer to."""

    v: int = 1
    client: str
    service: str
    message_id: str
    request_id: str
    grant: str
    purpose: str
    fields: list[str]
    effect: str
    names_subjects: bool
    deadline: float
    """Unix time after which nobody waits for the answer."""
    digest: str
    """Base64 SHA-256 of the body, so that the header cannot be moved to another one."""
    at: float


def seal_admission(admission: Admission, key: bytes) -> bytes:
    """The value of ``Lienthong-Admission``."""
    payload = _b64(msgspec.json.encode(admission))
    return payload + b"." + _b64(_mac(payload, key))


def open_admission(value: bytes, key: bytes, *, body: bytes, now: float) -> Admission:
    """The admission, once its seal, its body and its time hold; raises BadSignature or Expired."""
    payload, dot, mac = value.partition(b".")
    if not dot:
        raise MissingSignature("the request carries no admission")
    try:
        sent, raw = _unb64(mac), _unb64(payload)
    except (binascii.Error, ValueError):
        raise BadSignature("the admission is not base64url") from None
    if not hmac.compare_digest(sent, _mac(payload, key)):
        raise BadSignature("the admission was not sealed by this node's gateway")
    try:
        admission = msgspec.json.decode(raw, type=Admission)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadSignature("the admission is not of a known form") from None
    if admission.v != 1:
        raise BadSignature("the admission is not of a known version")
    if admission.digest != base64.b64encode(hashlib.sha256(body).digest()).decode():
        raise BadSignature("the admission belongs to another body")
    if admission.at > now + SKEW or now > max(admission.deadline, admission.at) + SKEW:
        raise Expired("the admission is out of its time")
    return admission


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"lienthong-admission-1\n" + payload, "sha256")


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _unb64(data: bytes) -> bytes:
    return base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)

"""
Signatures of DCI messages: a detached JWS over the canonical ``{"header", "message"}``.

The specification says what is signed and by whose key, and mandates neither algorithm
nor canonical form. Ours is RFC 8785 (members in the order of their UTF-16 code units, no
space between, texts unescaped as far as JSON allows) and the compact JWS of RFC 7515 with
an empty payload part. Only algorithms named here count, each with a key of its kind.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

SMALLEST_RSA = 2048


class BadSignature(Exception):
    """The message is not signed by a key of its sender."""


def canonical(header: Any, message: Any) -> bytes:
    """The bytes that are signed; raises BadSignature for numbers with a fraction."""
    return json.dumps(
        _ordered({"header": header, "message": message}), separators=(",", ":"), ensure_ascii=False
    ).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if isinstance(value, float):
        # Their canonical form is that of ECMAScript; nothing here is a fraction.
        raise BadSignature
    return value


def check(signature: str, header: Any, message: Any, keys: Mapping[str, Any]) -> str:
    """The kid of the key of this JWKS that signed; raises BadSignature."""
    parts = signature.split(".")
    if len(parts) != 3 or parts[1]:
        raise BadSignature
    try:
        head = json.loads(_decoded(parts[0]))
        signed, raw = _decoded(parts[2]), base64.urlsafe_b64encode(canonical(header, message))
    except (ValueError, binascii.Error, UnicodeError):
        raise BadSignature from None
    if not isinstance(head, dict) or set(head) - {"alg", "kid", "typ"}:
        raise BadSignature
    known = [one for one in keys.get("keys", []) if one.get("kid") == head.get("kid")]
    if len(known) != 1:
        raise BadSignature
    try:
        _verify(head.get("alg"), known[0], signed, parts[0].encode() + b"." + raw.rstrip(b"="))
    except (InvalidSignature, KeyError, ValueError, TypeError, binascii.Error):
        raise BadSignature from None
    return str(head["kid"])


def _verify(algorithm: Any, key: Mapping[str, Any], signed: bytes, text: bytes) -> None:
    if key.get("alg", algorithm) != algorithm:
        raise BadSignature
    if algorithm == "EdDSA" and (key["kty"], key["crv"]) == ("OKP", "Ed25519"):
        ed25519.Ed25519PublicKey.from_public_bytes(_decoded(key["x"])).verify(signed, text)
    elif algorithm == "ES256" and (key["kty"], key["crv"]) == ("EC", "P-256"):
        if len(signed) != 64:
            raise BadSignature
        public = ec.EllipticCurvePublicNumbers(
            _number(key["x"]), _number(key["y"]), ec.SECP256R1()
        ).public_key()
        halves = int.from_bytes(signed[:32]), int.from_bytes(signed[32:])
        public.verify(utils.encode_dss_signature(*halves), text, ec.ECDSA(hashes.SHA256()))
    elif algorithm == "RS256" and key["kty"] == "RSA":
        whole = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        if whole.key_size < SMALLEST_RSA:
            raise BadSignature
        whole.verify(signed, text, padding.PKCS1v15(), hashes.SHA256())
    else:
        raise BadSignature


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text))

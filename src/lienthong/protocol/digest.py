"""Digest fields of RFC 9530, sha-256 only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from lienthong.protocol.errors import BadDigest

MEMBER = re.compile(rb"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?=,|$)")
EMPTY = hashlib.sha256(b"").digest()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def field(digest: bytes) -> bytes:
    """The field value that states this SHA-256 digest."""
    return b"sha-256=:" + binascii.b2a_base64(digest, newline=False) + b":"


def parse(value: bytes) -> bytes:
    """The SHA-256 digest a field value states; raises BadDigest when it states none."""
    found = MEMBER.search(value)
    if found is None:
        raise BadDigest("the digest field names no sha-256 digest")
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise BadDigest("the digest field is not base64") from None


def check(value: bytes, body: bytes) -> bytes:
    """The digest of the body, once it is the one the field states; raises BadDigest."""
    digest = sha256(body)
    if parse(value) != digest:
        raise BadDigest
    return digest

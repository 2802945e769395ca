"""
Credentials in the head of a message: sent on as they are, signed and kept as a digest.

``Authorization``, ``Cookie`` and ``Set-Cookie`` belong to the two systems, so they
cross (X-Road passes them unchanged). But the head of a message is signed, stays in
two logs and is shown in receipts. Between gateways that can, the signed head
therefore holds in place of such a value::

    Authorization:lienthong-concealed;sha-256=:…:;salt=:…:

SHA-256 over the salt, the name in lower case, a colon and the value; the salt is
16 random bytes of the message. The value itself travels beside, and with it
``Lienthong-Concealed``: the salt and the names. The receiver builds the same head out
of what arrived, so the signature covers what was sent; whoever knows a value can
show that a receipt is of it. A value that can be guessed can be guessed out of a log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from typing import TypeVar

from lienthong.protocol.errors import BadDigest, MalformedSignature
from lienthong.protocol.headers import CONCEALED, Header, get
from lienthong.protocol.rest import NAME, RequestPart, ResponsePart

CAPABILITY = "lt-conceal-1"
DEFAULT = ("authorization", "cookie", "set-cookie")
FORM = b"lienthong-concealed;sha-256=:%b:;salt=:%b:"
SALT_BYTES = 16
MOST_NAMES = 16
# What the exchange itself reads of a head is never hidden from those who check it.
OPEN = (b"x-road-", b"lienthong-", b"content-", b"idempotency-key", b"signature")

Part = TypeVar("Part", RequestPart, ResponsePart)


def may_be_concealed(name: bytes) -> bool:
    """Whether a header of this lower-case name may stand concealed in a signed head."""
    return NAME.fullmatch(name) is not None and not name.startswith(OPEN)


def conceal(part: Part, names: frozenset[bytes]) -> tuple[Part, bytes]:
    """The part as it is signed and kept, and the value of the header that says how."""
    held = frozenset(name for name in names if part.header(name) is not None)
    if not held:
        return part, b""
    salt = os.urandom(SALT_BYTES)
    note = base64.b64encode(salt) + b";" + b",".join(sorted(held))
    return _concealed(part, held, salt), note


def as_signed(part: Part, carried: Iterable[Header]) -> Part:
    """
    The part as its sender signed it, built from what arrived.

    ``carried`` are the headers between gateways. Raises MalformedSignature for a note
    that cannot be read, or that hides what everybody has to see.
    """
    note = get(carried, CONCEALED)
    if note is None:
        return part
    text, mark, listed = note.partition(b";")
    names = frozenset(listed.split(b","))
    try:
        salt = base64.b64decode(text, validate=True)
    except binascii.Error:
        salt = b""
    good = len(salt) == SALT_BYTES and len(names) <= MOST_NAMES and mark
    if not good or not all(map(may_be_concealed, names)):
        raise MalformedSignature("it does not say in order what is concealed")
    return _concealed(part, names, salt)


def _concealed(part: Part, names: frozenset[bytes], salt: bytes) -> Part:
    headers = tuple(
        (name, form_of(name, value, salt) if name.lower() in names else value)
        for name, value in part.headers
    )
    if isinstance(part, RequestPart):
        return RequestPart(part.method, part.target, headers)
    return ResponsePart(part.status, part.reason, headers)


def form_of(name: bytes, value: bytes, salt: bytes) -> bytes:
    """What stands in a signed head in place of a value."""
    digest = hashlib.sha256(salt + name.lower() + b":" + value).digest()
    return FORM % (base64.b64encode(digest), base64.b64encode(salt))


def check_concealed(head: bytes, name: bytes, value: bytes) -> None:
    """Raise BadDigest unless a kept head holds just this value, concealed, under this name."""
    for line in head.split(b"\r\n"):
        held, _, kept = line.partition(b":")
        if held.lower() != name.lower() or not kept.startswith(b"lienthong-concealed;"):
            continue
        try:
            salt = base64.b64decode(
                kept.rpartition(b";salt=:")[2].removesuffix(b":"), validate=True
            )
        except binascii.Error:
            continue
        if form_of(name, value, salt) == kept:
            return
    raise BadDigest("the head holds another value, or none")

"""
Names of the HTTP headers of the exchange, and which of them travel.

Header names compare without case. A list of headers keeps arrival order and
original spelling, because the request hash is taken over exactly those bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

Header = tuple[bytes, bytes]
Headers = list[Header]

CLIENT = b"x-road-client"
ID = b"x-road-id"
USER_ID = b"x-road-userid"
ISSUE = b"x-road-issue"
REPRESENTED_PARTY = b"x-road-represented-party"
SECURITY_SERVER = b"x-road-security-server"
REQUEST_ID = b"x-road-request-id"
REQUEST_HASH = b"x-road-request-hash"
SERVICE = b"x-road-service"
ERROR = b"x-road-error"

CLIENT_SECRET = b"lienthong-client-secret"
DEADLINE = b"lienthong-deadline"
PROMISE = b"lienthong-promise"
ADMISSION = b"lienthong-admission"
SUBJECT = b"lienthong-subject"
TRACEPARENT = b"lienthong-traceparent"
CONCEALED = b"lienthong-concealed"
HEAD_DIGEST = b"lienthong-head-digest"
IDEMPOTENCY_KEY = b"idempotency-key"
CONTENT_DIGEST = b"content-digest"
SIGNATURE = b"signature"
SIGNATURE_INPUT = b"signature-input"

# Dropped in both directions (reference code, RestMessage.SKIPPED_HEADERS).
SKIPPED = frozenset(
    {
        b"transfer-encoding",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"upgrade",
        b"connection",
        b"user-agent",
        b"host",
        b"content-length",
        b"server",
        b"expect",
    }
)

# Set by the consumer's gateway; whatever a client sends under these names is dropped.
NOT_FROM_CLIENT = frozenset(
    {REQUEST_ID, REQUEST_HASH, SERVICE, ERROR, CLIENT_SECRET, ADMISSION, SUBJECT, PROMISE, DEADLINE}
)
# Set by the provider's gateway; whatever a service sends under these names is dropped.
NOT_FROM_SERVICE = frozenset(
    {ID, CLIENT, SERVICE, REQUEST_ID, REQUEST_HASH, ERROR, SUBJECT, PROMISE, ADMISSION}
)

# Between gateways only. A party's own header of such a name still has to arrive,
# so it crosses under KEPT + name.
PEER_ONLY = frozenset(
    {CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, HEAD_DIGEST, DEADLINE, TRACEPARENT, CONCEALED}
)
KEPT = b"lienthong-kept-"


def get(headers: Iterable[Header], name: bytes) -> bytes | None:
    """The last value under this lower-case name (X-Road: repeated, the last wins)."""
    found = None
    for key, value in headers:
        if key.lower() == name:
            found = value
    return found


@functools.lru_cache(maxsize=64)
def _gone(dropped: tuple[frozenset[bytes], ...]) -> frozenset[bytes]:
    return SKIPPED.union(*dropped)


def index(headers: Iterable[Header]) -> dict[bytes, bytes]:
    """All headers by lower-case name, for whoever asks for several; the last value wins."""
    return {name.lower(): value for name, value in headers}


def surviving(headers: Iterable[Header], *dropped: frozenset[bytes]) -> Headers:
    """What passes: everything but the skipped names and those in ``dropped``."""
    gone = _gone(dropped)
    return [(name, value) for name, value in headers if name.lower() not in gone]


def escape_for_peer(headers: Iterable[Header]) -> Headers:
    """Move a party's own headers out of the way of those the gateways set between them."""
    escaped: Headers = []
    for name, value in headers:
        lower = name.lower()
        if lower in PEER_ONLY or lower.startswith(KEPT):
            name = KEPT + name
        escaped.append((name, value))
    return escaped


def unescape_from_peer(headers: Iterable[Header]) -> Headers:
    """Undo `escape_for_peer` and drop what the peer gateway added."""
    kept: Headers = []
    for name, value in headers:
        lower = name.lower()
        if lower in PEER_ONLY or lower in SKIPPED:
            continue
        kept.append((name[len(KEPT) :], value) if lower.startswith(KEPT) else (name, value))
    return kept

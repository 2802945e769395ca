"""
Consent at the provider's edge: a signed list on this node, at most a minute old (decision 18).

The system that keeps citizens' consents writes the list anew several times a
minute into ``gateway/consents.json``. An offer with ``needs_consent`` is answered
only when each data subject it named agreed to this caller and service. A list
that is missing, old, from the future, or not signed by its owner stands for no
consent at all: the edge fails closed, and says that it may be asked again.

The list names nobody: subjects are HMAC-SHA-256 under the node's key for it.

Form, all of it signed (``lienthong-consents-1`` and a line feed before the payload)::

    {"payload": base64(JSON), "kid": "…", "value": base64(signature)}
    {"format": "lienthong-consents-1", "number": 7, "made_at": "…", "owner": "GOV/G14",
     "consents": {"<hex of the subject>": [{"client": "GOV/G24/…",
                   "service": "GOV/G01/population/person.find.v1", "until": "…"}]}}
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from lienthong.exchange.edge import Caller
from lienthong.kernel import clock
from lienthong.kernel.errors import Refused, Unavailable
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot

FORMAT = "lienthong-consents-1"
DOMAIN = b"lienthong-consents-1\n"
OLDEST = timedelta(seconds=60)
SKEW = timedelta(seconds=5)
Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class NoConsent(Refused):
    """Somebody this would be about has not agreed to it."""

    code = "exchange.no_consent"


class ConsentUnknown(Unavailable):
    """Whether people agreed to this cannot be told now, so it is not answered."""

    code = "exchange.consent_unknown"


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One subject's consent to one caller and service."""

    client: str
    service: str
    until: Aware | None = None


class ConsentList(msgspec.Struct, frozen=True, kw_only=True):
    """All consents in force at a moment, as their owner states them."""

    format: str = FORMAT
    number: int
    made_at: Aware
    owner: str
    consents: dict[str, list[Consent]] = {}


class _Sealed(msgspec.Struct, frozen=True):
    payload: str
    kid: str
    value: str


def pseudonym(subject: str, key: bytes) -> str:
    """How the list names a subject."""
    return hmac.new(key, b"consent\n" + subject.encode(), hashlib.sha256).hexdigest()


def seal(said: ConsentList, key: SigningKey) -> bytes:
    """The signed file; for the system that owns the list, and for tests."""
    payload = msgspec.json.encode(said)
    value = base64.b64encode(key.sign(DOMAIN + payload)).decode()
    return msgspec.json.encode(_Sealed(base64.b64encode(payload).decode(), key.kid, value))


def open_list(raw: bytes, snapshot: Snapshot, anchor: Anchor, owner: str) -> ConsentList:
    """The list of signed bytes, once ``owner``'s key signed it; raises ConsentUnknown."""
    try:
        sealed = msgspec.json.decode(raw, type=_Sealed)
        payload = base64.b64decode(sealed.payload, validate=True)
        value = base64.b64decode(sealed.value, validate=True)
        member, key = snapshot.sign_key(sealed.kid, anchor, clock.instant())
        key.verify(value, DOMAIN + payload)
        said = msgspec.json.decode(payload, type=ConsentList)
    except (msgspec.DecodeError, binascii.Error, ValueError, ProtocolError):
        raise ConsentUnknown(reason="not_signed") from None
    expected = MemberId.from_local(snapshot.instance, owner)
    if said.format != FORMAT or said.owner != owner or member != expected:
        raise ConsentUnknown(reason="not_its_owner")
    return said


@dataclass(frozen=True, slots=True)
class Consents:
    """A list that was checked, and the key under which it names people."""

    said: ConsentList
    key: bytes

    def check(self, subjects: Iterable[str], caller: Caller) -> None:
        """Raise NoConsent unless everybody agreed; an answer about nobody needs no consent."""
        now = clock.instant()
        wanted = (caller.client.local, f"{caller.service.subsystem.local}/{caller.service.code}")
        for subject in subjects:
            held = self.said.consents.get(pseudonym(subject, self.key), ())
            if not any(
                (one.client, one.service) == wanted and (one.until is None or now < one.until)
                for one in held
            ):
                raise NoConsent


class ConsentFile:
    """The list on disk; read again when it changes, never older than `OLDEST`, never back."""

    def __init__(self, directory: Path, owner: str, key: bytes) -> None:
        self._directory = directory
        self._owner = owner
        self._key = key
        self._stamp: tuple[int, int] | None = None
        self._held: ConsentList | None = None
        self._lock = threading.Lock()

    def current(self) -> Consents:
        """The list, while it is fresh; raises ConsentUnknown otherwise."""
        with self._lock:
            said = self._read()
        age = clock.instant() - said.made_at
        if age > OLDEST or age < -SKEW:
            raise ConsentUnknown(reason="too_old" if age > OLDEST else "from_the_future")
        return Consents(said, self._key)

    def _read(self) -> ConsentList:
        try:
            found = (self._directory / "consents.json").stat()
        except OSError:
            raise ConsentUnknown(reason="no_list") from None
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._stamp or self._held is None:
            self._take(self._opened())
            self._stamp = stamp
        assert self._held is not None
        return self._held

    def _opened(self) -> ConsentList:
        try:
            anchor = Anchor.load((self._directory / "anchor.json").read_bytes())
            snapshot = open_snapshot((self._directory / "snapshot.json").read_bytes(), anchor)
            raw = (self._directory / "consents.json").read_bytes()
        except (OSError, msgspec.DecodeError, ProtocolError):
            raise ConsentUnknown(reason="no_snapshot") from None
        return open_list(raw, snapshot, anchor, self._owner)

    def _take(self, said: ConsentList) -> None:
        """A withdrawn consent does not come back with an older list."""
        if self._held is not None and said.number < self._held.number:
            raise ConsentUnknown(reason="rolled_back")
        self._held = said


@functools.cache
def _of_node() -> ConsentFile:
    node = Node.from_environment()
    try:
        owner = (node.gateway / "consents.owner").read_text().strip()
        key = node.secret("consent_key").encode()
    except OSError:
        raise ConsentUnknown(reason="no_owner") from None
    return ConsentFile(node.gateway, owner, key)


def current() -> Consents:
    """The consents of this node; raises ConsentUnknown when they cannot be known."""
    return _of_node().current()

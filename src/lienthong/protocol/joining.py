"""
How a gateway joins an exchange and stays in it: invitation, joining, letters.

The invitation is the result of an approval. It names the directory and the
fingerprint of the exchange's root, so that the new gateway needs no trust but
in whoever handed it over, and a secret that is good once. Private keys never
travel: the gateway sends PKCS #10 requests, the directory answers with
certificates. Later letters to the directory are signed with the gateway's AUTH
key. ``docs/reference/protocol/PR-DIRECTORY.md`` is written from this module.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from lienthong.protocol import pki
from lienthong.protocol.errors import (
    BadSignature,
    Expired,
    ProtocolError,
    RolledBack,
    UntrustedCertificate,
)
from lienthong.protocol.grants import Mark, Terms
from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.pki import FileKey, SigningKey, VerifyingKey
from lienthong.protocol.snapshot import CAPABILITIES, Anchor, Aware

PREFIX = "ltj1"
SECRET_BYTES = 32
LETTER_DOMAIN = b"lienthong-letter-1\n"
DENIED_DOMAIN = b"lienthong-denied-1\n"
DENIED_FORMAT = "lienthong-denied-1"
LETTER_AGE = timedelta(minutes=5)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,34}")
S = TypeVar("S", bound=msgspec.Struct)


class BadInvitation(ProtocolError):
    """This is not an invitation to an exchange."""

    code = "exchange.bad_invitation"
    status = 400
    fault = "BadRequest"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What one token says."""

    url: str
    """Where the directory's door is, ``https://host:port``."""
    root_sha256: str
    """SHA-256 of the exchange's root certificate (DER), in hex."""
    directory: str
    """The gateway that speaks for the directory, ``VN/GOV/G14/national``."""
    gateway: str
    """The gateway this invites, ``VN/GOV/G15/justice``."""
    secret: str
    """32 random bytes in base64url; the directory keeps their SHA-256 only."""

    def token(self) -> str:
        """One word of letters, digits, dots, dashes and underscores, to copy and paste."""
        text = base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()
        return f"{PREFIX}.{text}.{_check(text)}"

    @classmethod
    def read(cls, token: str) -> Invitation:
        """
        The invitation of a token; raises BadInvitation, also for one cut in copying.

        The four letters at the end are a check of the copying, no protection.
        """
        prefix, _, rest = "".join(token.split()).partition(".")
        text, _, check = rest.partition(".")
        if prefix != PREFIX:
            raise BadInvitation
        if check != _check(text):
            raise BadInvitation("the token is not whole; copy all of it")
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            invitation = msgspec.json.decode(raw, type=cls)
            GatewayId.parse(invitation.gateway)
            GatewayId.parse(invitation.directory)
        except (binascii.Error, ValueError, ProtocolError):
            raise BadInvitation from None
        if not invitation.url.startswith("https://"):
            raise BadInvitation("an invitation leads to an https address")
        return invitation


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:4]


def secret_digest(secret: str) -> str:
    """What the directory keeps of an invitation's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


# -- what a gateway registers ---------------------------------------------------------------


class GrantStatement(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a provider states that it gives an offer; ``to`` is a subsystem's code."""

    to: str
    purpose: str
    legal_basis: str
    fields: list[str] = msgspec.field(default_factory=lambda: ["*"])


class OfferStatement(msgspec.Struct, frozen=True, kw_only=True):
    """An offer with the shapes of its messages (JSON Schema)."""

    code: str
    title: str
    effect: str
    names_subjects: bool = False
    max_body: int = 10 * 1024 * 1024
    timeout: float = 30.0
    request_schema: dict[str, Any] = {}
    answer_schema: dict[str, Any] = {}
    grants: list[GrantStatement] = []


class SubsystemStatement(msgspec.Struct, frozen=True, kw_only=True):
    """An information system behind the gateway, one of those the approval names."""

    code: str
    title: str
    offers: list[OfferStatement] = []


class SignedAsk(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the member asks to be allowed at the directory itself, under its signature.

    Every gateway asks so for the services of `lienthong.protocol.housekeeping`:
    without them it could not fetch what waits for its signature.
    """

    terms: Terms
    mark: Mark


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway listens for its peers and what stands behind it; always the whole."""

    host: str
    port: int
    subsystems: list[SubsystemStatement] = []
    capabilities: list[str] = msgspec.field(default_factory=lambda: list(CAPABILITIES))
    asks: list[SignedAsk] = []


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Two PKCS #10 requests in PEM, for keys that stay where they were made."""

    auth: str
    sign: str

    @classmethod
    def of(cls, auth: FileKey, sign: FileKey, gateway: GatewayId) -> Keys:
        return cls(
            auth=pki.make_request(auth, name=str(gateway)),
            sign=pki.make_request(sign, name=str(gateway.owner)),
        )

    def proved(self) -> tuple[VerifyingKey, VerifyingKey]:
        """AUTH and SIGN key, once each is proved to be the asker's; raises BadSignature."""
        auth, sign = pki.key_of_request(self.auth), pki.key_of_request(self.sign)
        if auth.kid == sign.kid:
            raise BadSignature("AUTH and SIGN are two keys")
        return auth, sign


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /exchange/join``."""

    gateway: str
    secret: str
    keys: Keys
    registration: Registration


class Chains(msgspec.Struct, frozen=True, kw_only=True):
    """What the directory answers to new keys: two chains in PEM."""

    auth: str
    sign: str

    def check(
        self, auth: FileKey, sign: FileKey, gateway: GatewayId, anchor: Anchor, now: datetime
    ) -> Chains:
        """
        These chains, once they are of these keys, names and under the anchor's root.

        Raises UntrustedCertificate or Expired.
        """
        for text, key in ((self.auth, auth), (self.sign, sign)):
            if pki.check_chain(pki.load_chain(text), anchor.certificates, at=now).kid != key.kid:
                raise UntrustedCertificate("the directory certified another key")
        if pki.gateway_of(pki.load_chain(self.auth)[0]) != str(gateway):
            raise UntrustedCertificate("the directory certified another gateway")
        if pki.member_of(pki.load_chain(self.sign)[0]) != gateway.owner:
            raise UntrustedCertificate("the directory certified another member")
        return self


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Joining`."""

    chains: Chains
    subsystems: list[str]
    """Codes of the subsystems the approval names."""


def anchor_under(raw: bytes, root_sha256: str) -> Anchor:
    """
    The anchor of an exchange, once it holds the root with this fingerprint.

    Other roots it may hold are left out: the invitation speaks for one. Raises
    UntrustedCertificate or `msgspec.DecodeError`.
    """
    anchor = Anchor.load(raw)
    roots = [
        pem for pem in anchor.roots if pki.fingerprint(pki.load_certificate(pem)) == root_sha256
    ]
    if not roots:
        raise UntrustedCertificate("the directory does not show the root the invitation names")
    return Anchor(anchor.instance, anchor.directory_keys, roots)


# -- letters --------------------------------------------------------------------------------


class Renewal(msgspec.Struct, frozen=True, kw_only=True, tag="renewal"):
    """New keys for a gateway that has joined."""

    keys: Keys


class Update(msgspec.Struct, frozen=True, kw_only=True, tag="update"):
    """A new registration of a gateway that has joined."""

    registration: Registration


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says to the directory; the directory's own gateway is its reader."""

    gateway: str
    to: str
    made_at: Aware
    says: Renewal | Update


class _Signature(msgspec.Struct, frozen=True):
    kid: str
    alg: str
    value: str


class _Sealed(msgspec.Struct, frozen=True):
    payload: str
    signatures: list[_Signature]


def write_letter(letter: Letter, key: SigningKey) -> bytes:
    """The letter signed with the gateway's AUTH key."""
    return _seal(letter, [key], LETTER_DOMAIN)


def signer_of(raw: bytes) -> str:
    """The kid a letter claims to be signed with; nothing is verified yet. Raises BadSignature."""
    _, signatures = _opened(raw)
    return signatures[0].kid


def open_letter(raw: bytes, key: VerifyingKey, *, to: str, now: datetime) -> Letter:
    """
    The letter, once this key signed it, it is for this directory and fresh.

    Raises BadSignature or Expired. The same letter twice does no harm: it asks
    for the same keys, or states the same registration.
    """
    letter = _unseal(raw, {key.kid: key}, LETTER_DOMAIN, Letter)
    if letter.to != to:
        raise BadSignature("the letter is for another directory")
    if abs(now - letter.made_at) > LETTER_AGE:
        raise Expired("the letter is older than five minutes, or a clock is wrong")
    return letter


# -- the deny list --------------------------------------------------------------------------


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """
    Keys no longer to be believed, whatever a snapshot says; numbers only grow.

    It is small and is pushed by long poll, so a gateway refuses a stolen key
    within seconds; an entry leaves when the certificate would have ended.
    """

    format: str = DENIED_FORMAT
    instance: str
    number: int
    made_at: Aware
    kids: list[str] = []
    """SIGN keys, by name."""
    auth_sha256: list[str] = []
    """AUTH certificates, by fingerprint."""


def seal_denied(denied: Denied, *keys: SigningKey) -> bytes:
    """The signed file of a deny list, under each of these keys."""
    return _seal(denied, keys, DENIED_DOMAIN)


def open_denied(raw: bytes, anchor: Anchor, *, newer_than: int = 0) -> Denied:
    """The deny list, once a key of the anchor signed it; raises BadSignature or RolledBack."""
    denied = _unseal(raw, anchor.keys, DENIED_DOMAIN, Denied)
    if denied.format != DENIED_FORMAT or denied.instance != anchor.instance:
        raise BadSignature("the deny list is of another format or instance")
    if denied.number < newer_than:
        raise RolledBack
    return denied


def _seal(said: msgspec.Struct, keys: Sequence[SigningKey], domain: bytes) -> bytes:
    payload = msgspec.json.encode(said)
    signatures = [
        _Signature(key.kid, "ES256", base64.b64encode(key.sign(domain + payload)).decode())
        for key in keys
    ]
    return msgspec.json.encode(_Sealed(base64.b64encode(payload).decode(), signatures))


def _opened(raw: bytes) -> tuple[bytes, list[_Signature]]:
    try:
        sealed = msgspec.json.decode(raw, type=_Sealed)
        payload = base64.b64decode(sealed.payload, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise BadSignature("not a signed document") from None
    if not sealed.signatures:
        raise BadSignature("the document is not signed")
    return payload, sealed.signatures


def _unseal(raw: bytes, keys: dict[str, VerifyingKey], domain: bytes, kind: type[S]) -> S:
    payload, signatures = _opened(raw)
    for signature in signatures:
        key = keys.get(signature.kid)
        if key is None or signature.alg != "ES256":
            continue
        try:
            value = base64.b64decode(signature.value, validate=True)
        except (binascii.Error, ValueError):
            continue
        key.verify(value, domain + payload)
        break
    else:
        raise BadSignature("no known key signed this document")
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.DecodeError as problem:
        raise BadSignature(f"the document is not of a known form: {problem}") from None


def without_denied(fingerprints: Iterable[str], denied: Denied | None) -> frozenset[str]:
    """AUTH certificates that may still be shown."""
    refused = set(denied.auth_sha256) if denied is not None else set()
    return frozenset(fingerprints) - refused

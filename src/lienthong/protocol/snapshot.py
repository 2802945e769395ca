"""
The directory's snapshot: members and keys, gateways, offers, grants.

A snapshot is numbered, signed and never rolled back; each class of service
says how old it may be (decision 19). The gateway reads it once and answers
every question of a request from dictionaries.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import unquote_to_bytes

import msgspec
from cryptography import x509

from lienthong.protocol import pki
from lienthong.protocol.errors import (
    AccessDenied,
    BadSignature,
    Expired,
    OutdatedSnapshot,
    RolledBack,
    UnknownKey,
    UnknownMember,
    UnknownService,
    UntrustedCertificate,
)
from lienthong.protocol.identifiers import MemberId, ServiceId, SubsystemId
from lienthong.protocol.pki import SigningKey, VerifyingKey

Aware = Annotated[datetime, msgspec.Meta(tz=True)]

FORMAT = "lienthong-snapshot-1"
DOMAIN = b"lienthong-snapshot-1\n"
# By the names JWS has for them (RFC 7518 and 8037).
JWS_NAMES = {pki.P256: "ES256", pki.ED25519: "EdDSA"}
AGES = {
    "changing": timedelta(hours=24),
    "sensitive": timedelta(hours=24),
    "public": timedelta(days=7),
}
# A directory's clock may run ahead of a gateway's by this much.
SKEW = timedelta(minutes=5)
# What a gateway of this release reads (PR-MESSAGE, section 6).
CAPABILITIES = ("rfc9421", "lt-batch-1")
SOAP, OPENAPI = "soap", "openapi"
LONGEST_BODY = 1 << 30
REMEMBERED_PATH = 200
"""Longer paths are read anew each time, so that what is remembered stays small."""
LONGEST_KEPT = 10 * 1024 * 1024
NO_REVOCATIONS: frozenset[str] = frozenset()


class SignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A member's signing certificate."""

    kid: str
    cert: str
    """Its chain in PEM: the certificate, then the issuing authority's."""
    not_before: Aware
    not_after: Aware
    algorithm: str = pki.P256.decode()
    status: str = "active"
    """``active``, ``retired`` (proves old messages, signs no new ones) or ``revoked``."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A body connected to the exchange."""

    member_class: str = msgspec.field(name="class")
    code: str
    name: str
    sign_keys: list[SignKey] = []

    @property
    def local(self) -> str:
        return f"{self.member_class}/{self.code}"


class GatewayEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway listens for its peers and which TLS certificates are its own."""

    code: str
    owner: str
    host: str
    port: int
    auth_cert_sha256: list[str]
    capabilities: list[str] = msgspec.field(default_factory=lambda: ["rfc9421"])
    """What this gateway can read beside plain signatures: ``lt-batch-1``."""
    in_maintenance: bool = False
    """Announced by its operator; others send elsewhere while a subsystem has another gateway."""


class Subsystem(msgspec.Struct, frozen=True, kw_only=True):
    """An information system and the gateways behind which it stands."""

    member: str
    code: str
    name: str
    gateways: list[str]
    status: str = "registered"

    @property
    def local(self) -> str:
        return f"{self.member}/{self.code}"


class OfferEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A service of a subsystem."""

    provider: str
    code: str
    methods: list[str] = msgspec.field(default_factory=lambda: ["POST"])
    effect: str = "changing"
    names_subjects: bool = False
    max_body: int = 10 * 1024 * 1024
    timeout: float = 30.0
    schema_sha256: str = ""
    kind: str = "rest"
    """``rest``, ``openapi`` (described by its provider) or ``soap``."""
    versions: list[str] = []
    """Of a SOAP service; empty when its identifier has no version."""
    keep_body: bool = False
    """Whether both sides keep the bodies, encrypted, beside their rows."""

    @property
    def is_soap(self) -> bool:
        return self.kind == SOAP

    @property
    def longest_body(self) -> int:
        """
        Bytes a request or an answer may have: the offer's limit, never above 1 GiB.

        What is kept stands in one value of the log's database, so it is shorter.
        """
        return min(self.max_body, LONGEST_KEPT if self.keep_body else LONGEST_BODY)

    @property
    def is_strict(self) -> bool:
        """Whether the request's row must be durable before it is forwarded (decision 15)."""
        return self.effect != "public"


class GrantEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call an offer, why and by which law."""

    id: str
    client: str
    provider: str
    code: str
    methods: list[str] = msgspec.field(default_factory=lambda: ["*"])
    paths: list[str] = msgspec.field(default_factory=lambda: ["**"])
    purpose: str
    legal_basis: str
    fields: list[str] = msgspec.field(default_factory=lambda: ["*"])
    valid_from: Aware
    valid_to: Aware | None = None


class DirectoryKey(msgspec.Struct, frozen=True):
    kid: str
    pem: str


class Anchor(msgspec.Struct, frozen=True, dict=True):
    """What is handed over out of band: whose snapshots and certificates to trust."""

    instance: str
    directory_keys: list[DirectoryKey]
    roots: list[str]

    @classmethod
    def load(cls, raw: bytes) -> Anchor:
        """Read ``anchor.json``; raises `msgspec.DecodeError`."""
        return msgspec.json.decode(raw, type=cls)

    @functools.cached_property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        return tuple(pki.load_certificate(pem) for pem in self.roots)

    @functools.cached_property
    def keys(self) -> dict[str, VerifyingKey]:
        """The directory's keys by the name computed from them, whatever the file says."""
        keys = (VerifyingKey.from_pem(entry.pem) for entry in self.directory_keys)
        return {key.kid: key for key in keys}

    def dump(self) -> bytes:
        return msgspec.json.encode(self)


class Snapshot(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """The directory at one moment; lookups take one dictionary access."""

    format: str = FORMAT
    instance: str
    number: int
    made_at: Aware
    members: list[Member] = []
    gateways: list[GatewayEntry] = []
    subsystems: list[Subsystem] = []
    offers: list[OfferEntry] = []
    grants: list[GrantEntry] = []

    @functools.cached_property
    def _members(self) -> dict[str, Member]:
        return {member.local: member for member in self.members}

    @functools.cached_property
    def _subsystems(self) -> dict[str, Subsystem]:
        return {subsystem.local: subsystem for subsystem in self.subsystems}

    @functools.cached_property
    def _gateways(self) -> dict[str, GatewayEntry]:
        return {gateway.code: gateway for gateway in self.gateways}

    @functools.cached_property
    def _gateways_by_certificate(self) -> dict[str, GatewayEntry]:
        return {sha256: entry for entry in self.gateways for sha256 in entry.auth_cert_sha256}

    @functools.cached_property
    def _offers(self) -> dict[tuple[str, str], OfferEntry]:
        return {(offer.provider, offer.code): offer for offer in self.offers}

    @functools.cached_property
    def longest_soap(self) -> int:
        """The longest message any SOAP service takes; which one is meant stands in the message."""
        return max((offer.max_body for offer in self.offers if offer.is_soap), default=0)

    @functools.cached_property
    def _grants(self) -> dict[tuple[str, str, str], list[GrantEntry]]:
        found: dict[tuple[str, str, str], list[GrantEntry]] = {}
        for grant in self.grants:
            found.setdefault((grant.client, grant.provider, grant.code), []).append(grant)
        return found

    @functools.cached_property
    def _sign_keys(self) -> dict[str, tuple[MemberId, SignKey]]:
        return {
            entry.kid: (MemberId(self.instance, member.member_class, member.code), entry)
            for member in self.members
            for entry in member.sign_keys
        }

    @functools.cached_property
    def _verified(self) -> dict[str, VerifyingKey]:
        return {}

    def check_age(self, effect: str, now: datetime) -> Snapshot:
        """This snapshot, while it is fresh enough for services of this class."""
        if self.made_at > now + SKEW:
            raise OutdatedSnapshot("the snapshot was made in the future")
        if now - self.made_at > AGES.get(effect, AGES["changing"]):
            raise OutdatedSnapshot
        return self

    def member(self, member: MemberId) -> Member:
        if member.instance != self.instance or member.local not in self._members:
            raise UnknownMember(f"{member} is not a member of this exchange")
        return self._members[member.local]

    def subsystem(self, subsystem: SubsystemId) -> Subsystem:
        """A registered subsystem; raises UnknownMember for any other."""
        found = self._subsystems.get(subsystem.local)
        if subsystem.instance != self.instance or found is None or found.status != "registered":
            raise UnknownMember(f"{subsystem} is not registered in this exchange")
        return found

    def offer(self, service: ServiceId) -> OfferEntry:
        """The offer; raises UnknownMember or UnknownService."""
        provider = self.subsystem(service.subsystem)
        found = self._offers.get((provider.local, service.code))
        if found is None:
            raise UnknownService(f"Unknown service: {service}")
        return found

    def offers_of(self, subsystem: SubsystemId) -> list[OfferEntry]:
        return [offer for offer in self.offers if offer.provider == subsystem.local]

    def gateway(self, code: str) -> GatewayEntry:
        if code not in self._gateways:
            raise UnknownMember(f"the exchange has no gateway {code}")
        return self._gateways[code]

    def gateways_of(self, subsystem: SubsystemId) -> list[GatewayEntry]:
        """Where to reach a subsystem, in the directory's order."""
        return [self.gateway(code) for code in self.subsystem(subsystem).gateways]

    def gateway_of_certificate(self, sha256: str) -> GatewayEntry:
        """Whose TLS certificate this is; raises UnknownMember."""
        found = self._gateways_by_certificate.get(sha256)
        if found is None:
            raise UnknownMember("no gateway of this exchange has this TLS certificate")
        return found

    def grant(
        self,
        client: SubsystemId,
        service: ServiceId,
        method: str,
        path: bytes,
        now: datetime,
        *,
        revoked: Container[str] = NO_REVOCATIONS,
    ) -> GrantEntry:
        """
        The grant that allows this request; raises AccessDenied when there is none in force.

        ``path`` is the raw service path; ``revoked`` names grants the provider
        withdrew since the snapshot was made.
        """
        self.subsystem(client)
        plain = plain_path(path) if len(path) > REMEMBERED_PATH else _remembered_path(path)
        for grant in self._grants.get((client.local, service.subsystem.local, service.code), ()):
            if grant.id in revoked or now < grant.valid_from:
                continue
            if grant.valid_to is not None and now >= grant.valid_to:
                continue
            if not any(name in ("*", method.upper()) for name in map(str.upper, grant.methods)):
                continue
            if any(compile_glob(glob).fullmatch(plain) for glob in grant.paths):
                return grant
        raise AccessDenied(f"Request is not allowed: {service}")

    def sign_key(self, kid: str, anchor: Anchor, now: datetime) -> tuple[MemberId, VerifyingKey]:
        """
        The member a key belongs to and the key, fit to sign a new message.

        The certificate is checked against the anchor's roots once per snapshot;
        status and time each time. Raises UnknownKey, Expired, UntrustedCertificate.
        """
        member, entry = self._entry(kid)
        if entry.status != "active":
            raise UnknownKey(f"the key is {entry.status}")
        if not entry.not_before <= now <= entry.not_after:
            raise Expired("the signing certificate is out of its time")
        key = self._verified.get(kid)
        if key is None:
            key = self._checked(member, entry, anchor, now)
            self._verified[kid] = key
        return member, key

    def sign_key_at(
        self, kid: str, anchor: Anchor, then: datetime
    ) -> tuple[MemberId, VerifyingKey]:
        """As `sign_key`, for a message signed at ``then``: retired keys still prove old ones."""
        member, entry = self._entry(kid)
        if entry.status == "revoked":
            raise UnknownKey("the key is revoked")
        return member, self._checked(member, entry, anchor, then)

    def certificate(self, kid: str) -> str:
        """The PEM of the signing certificate with this key."""
        return self._entry(kid)[1].cert

    def _entry(self, kid: str) -> tuple[MemberId, SignKey]:
        found = self._sign_keys.get(kid)
        if found is None:
            raise UnknownKey
        return found

    def _checked(
        self, member: MemberId, entry: SignKey, anchor: Anchor, at: datetime
    ) -> VerifyingKey:
        chain = pki.load_chain(entry.cert)
        key = pki.check_chain(chain, anchor.certificates, at=at)
        named = (key.kid, key.algorithm.decode(), pki.member_of(chain[0]))
        if named != (entry.kid, entry.algorithm, member):
            raise UntrustedCertificate("the certificate is not that of the member it stands under")
        return key


class _Signature(msgspec.Struct, frozen=True):
    kid: str
    alg: str
    value: str


class _Sealed(msgspec.Struct, frozen=True):
    payload: str
    signatures: list[_Signature]


def seal(snapshot: Snapshot, key: SigningKey) -> bytes:
    """The signed file of a snapshot."""
    payload = msgspec.json.encode(snapshot)
    signature = _Signature(
        kid=key.kid,
        alg=JWS_NAMES[key.algorithm],
        value=base64.b64encode(key.sign(DOMAIN + payload)).decode(),
    )
    return msgspec.json.encode(_Sealed(base64.b64encode(payload).decode(), [signature]))


def open_snapshot(raw: bytes, anchor: Anchor, *, newer_than: int = 0) -> Snapshot:
    """
    The snapshot of a signed file, once a key of the anchor signed it.

    Raises BadSignature; RolledBack when its number is below ``newer_than``
    (the highest number already seen; the same number again is accepted).
    """
    try:
        sealed = msgspec.json.decode(raw, type=_Sealed)
        payload = base64.b64decode(sealed.payload, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise BadSignature("not a signed snapshot") from None
    for signature in sealed.signatures:
        key = anchor.keys.get(signature.kid)
        if key is None or signature.alg != JWS_NAMES[key.algorithm]:
            continue
        try:
            value = base64.b64decode(signature.value, validate=True)
        except (binascii.Error, ValueError):
            continue
        key.verify(value, DOMAIN + payload)
        break
    else:
        raise BadSignature("no key of the anchor signed this snapshot")
    try:
        snapshot = msgspec.json.decode(payload, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadSignature(f"the snapshot is not of a known form: {problem}") from None
    if snapshot.format != FORMAT or snapshot.instance != anchor.instance:
        raise BadSignature("the snapshot is of another format or instance")
    if snapshot.number < newer_than:
        raise RolledBack
    return snapshot


def plain_path(path: bytes) -> str:
    """
    The service path decoded and normalised, as grants match it.

    Decoded first, then anything with ``..`` in it is denied (the path
    traversal mended in X-Road 7.7.1, XRDDEV-3054).
    """
    try:
        text = unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise AccessDenied("the path is not UTF-8") from None
    text = re.sub(r"/(\./)+", "/", re.sub(r"/{2,}", "/", text))
    # A second round of encoding is how a climb is smuggled past a single decoding.
    again = unquote_to_bytes(text)
    if ".." in text or b".." in again or b"\\" in again or not text.replace(" ", "").isprintable():
        raise AccessDenied("the path leads out of the service")
    return text


@functools.lru_cache(maxsize=1000)
def _remembered_path(path: bytes) -> str:
    return plain_path(path)


@functools.lru_cache(maxsize=1000)
def compile_glob(glob: str) -> re.Pattern[str]:
    """``*`` is anything but a slash, ``**`` is anything, a backslash escapes."""
    parts: Iterable[str] = re.findall(r"\\.|\*\*|\*|[^\\*]+|\\", glob, flags=re.DOTALL)
    forms = {"**": ".*", "*": "[^/]*"}
    return re.compile(
        "".join(
            forms.get(part) or re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
            for part in parts
        ),
        re.DOTALL,
    )

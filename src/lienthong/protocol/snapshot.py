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
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from cryptography import x509

from lienthong.protocol import pki, reasons
from lienthong.protocol.errors import (
    AccessDenied,
    BadSignature,
    Expired,
    OutdatedSnapshot,
    RolledBack,
    UnknownDirectoryKey,
    UnknownKey,
    UnknownMember,
    UnknownService,
    UntrustedCertificate,
)
from lienthong.protocol.grants import NO_QUOTA, GrantProof, Quota, Terms
from lienthong.protocol.identifiers import MemberId, OwnerId, ServiceId, SubsystemId
from lienthong.protocol.paths import compile_glob, plain_path
from lienthong.protocol.pki import SigningKey, VerifyingKey

__all__ = ["compile_glob", "plain_path"]

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
CAPABILITIES = ("rfc9421", "lt-batch-1", "lt-trace-1", "lt-conceal-1")
SOAP, OPENAPI = "soap", "openapi"
LONGEST_BODY = 1 << 30
REMEMBERED_PATH = 200
"""Longer paths are read anew each time, so that what is remembered stays small."""
LONGEST_KEPT = 10 * 1024 * 1024
EVENT = "event"
"""The effect of an offer that is published: a grant of it is a subscription."""
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
    """What this gateway reads beside plain signatures: ``lt-batch-1``, ``lt-trace-1``."""
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
    def is_event(self) -> bool:
        """Whether this is not asked for but delivered to those who subscribed."""
        return self.effect == EVENT

    def delivered_to(self, subscriber: str) -> OfferEntry:
        """The service under which a subscriber takes this event."""
        return msgspec.structs.replace(
            self, provider=subscriber, methods=["POST"], effect="changing"
        )

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
    quota: Quota = NO_QUOTA
    proof: GrantProof | None = None
    """What was asked and who signed; absent only where no member signs its grants yet."""

    def terms(self, instance: str) -> Terms:
        """The grant as its provider signed it, to whole seconds."""
        start, end = self.valid_from, self.valid_to
        return Terms(
            instance=instance, id=self.id, client=self.client, provider=self.provider,
            code=self.code, methods=self.methods, paths=self.paths, fields=self.fields,
            purpose=self.purpose, legal_basis=self.legal_basis,
            valid_from=start.replace(microsecond=0),
            valid_to=end.replace(microsecond=0) if end is not None else None, quota=self.quota,
        )  # fmt: skip

    @property
    def delivery(self) -> GrantEntry:
        """
        The other direction of a subscription: the publisher may deliver to the subscriber.

        It has the same id, so that whoever revokes the subscription ends the deliveries.
        """
        return GrantEntry(
            id=self.id, client=self.provider, provider=self.client, code=self.code,
            methods=["POST"], paths=["**"], purpose=self.purpose, legal_basis=self.legal_basis,
            valid_from=self.valid_from, valid_to=self.valid_to,
        )  # fmt: skip


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

    def learned(self, said: list[DirectoryKey]) -> Anchor:
        """This anchor with the keys that a signed snapshot announces; itself when they are its."""
        told = Anchor(self.instance, said, self.roots)
        return told if said and told.keys.keys() != self.keys.keys() else self


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
    directory_keys: list[DirectoryKey] = []
    """By which this and the next snapshots are signed, the one in use first; a reader that took
    this snapshot believes these from then on, and no others. Empty says nothing."""

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
    def _stated(self) -> dict[tuple[str, str], OfferEntry]:
        return {(offer.provider, offer.code): offer for offer in self.offers}

    @functools.cached_property
    def longest_soap(self) -> int:
        """The longest message any SOAP service takes; which one is meant stands in the message."""
        return max((offer.max_body for offer in self.offers if offer.is_soap), default=0)

    @functools.cached_property
    def _offers(self) -> dict[tuple[str, str], OfferEntry]:
        """With the services under which subscribers take what they subscribed to."""
        found = dict(self._stated)
        for grant in self.grants:
            offer = self._stated.get((grant.provider, grant.code))
            if offer is not None and offer.is_event:
                found.setdefault((grant.client, grant.code), offer.delivered_to(grant.client))
        return found

    @functools.cached_property
    def _grants(self) -> dict[tuple[str, str, str], list[GrantEntry]]:
        found: dict[tuple[str, str, str], list[GrantEntry]] = {}
        for grant in self.grants:
            offer = self._stated.get((grant.provider, grant.code))
            held = grant.delivery if offer is not None and offer.is_event else grant
            found.setdefault((held.client, held.provider, held.code), []).append(held)
        return found

    @functools.cached_property
    def _grants_by_id(self) -> dict[str, GrantEntry]:
        return {grant.id: grant for grant in self.grants}

    def stated_grant(self, grant_id: str) -> GrantEntry:
        """The grant with this id as its parties stated it; raises AccessDenied for none."""
        found = self._grants_by_id.get(grant_id)
        if found is None:
            raise AccessDenied(reason=reasons.NO_GRANT)
        return found

    def subscriptions(
        self,
        publisher: SubsystemId,
        code: str,
        now: datetime,
        *,
        revoked: Container[str] = NO_REVOCATIONS,
    ) -> list[GrantEntry]:
        """Who has subscribed to an event, by grants in force."""
        return [
            grant
            for grant in self.grants
            if (grant.provider, grant.code) == (publisher.local, code)
            and grant.id not in revoked
            and _time_reason(grant, now) == ""
        ]

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

    @functools.cached_property
    def checked_grants(self) -> dict[str, bool | None]:
        """What a gateway found about the signatures under grants of this snapshot."""
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

    def offer_under(self, provider: str, code: str) -> OfferEntry | None:
        """The service of this code of a subsystem in its local form, or None."""
        return self._offers.get((provider, code))

    def offers_of(self, subsystem: SubsystemId) -> list[OfferEntry]:
        return [offer for offer in self.offers if offer.provider == subsystem.local]

    def gateway(self, code: str) -> GatewayEntry:
        if code not in self._gateways:
            raise UnknownMember(f"the exchange has no gateway {code}")
        return self._gateways[code]

    def gateways_of(self, subsystem: SubsystemId) -> list[GatewayEntry]:
        """Where to reach a subsystem, or the gateways of an owner, in the directory's order."""
        if isinstance(subsystem, OwnerId):
            member = self.member(subsystem.member)
            return [entry for entry in self.gateways if entry.owner == member.local]
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
        held = self._grants.get((client.local, service.subsystem.local, service.code), ())
        nearest = reasons.NO_GRANT
        for grant in held:
            why = _why_not(grant, method, plain, now, revoked)
            if not why:
                return grant
            nearest = reasons.nearer(nearest, why)
        raise AccessDenied(f"Request is not allowed: {service}", reason=nearest)

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


def seal(snapshot: Snapshot, *keys: SigningKey) -> bytes:
    """The signed file of a snapshot, under each of these keys."""
    payload = msgspec.json.encode(snapshot)
    signatures = [
        _Signature(
            kid=key.kid,
            alg=JWS_NAMES[key.algorithm],
            value=base64.b64encode(key.sign(DOMAIN + payload)).decode(),
        )
        for key in keys
    ]
    return msgspec.json.encode(_Sealed(base64.b64encode(payload).decode(), signatures))


def open_snapshot(raw: bytes, anchor: Anchor, *, newer_than: int = 0) -> Snapshot:
    """
    The snapshot of a signed file, once a key of the anchor signed it.

    Raises BadSignature, or UnknownDirectoryKey when none of the keys that signed it is the
    anchor's; RolledBack when its number is below ``newer_than``
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
        raise UnknownDirectoryKey
    try:
        snapshot = msgspec.json.decode(payload, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadSignature(f"the snapshot is not of a known form: {problem}") from None
    if snapshot.format != FORMAT or snapshot.instance != anchor.instance:
        raise BadSignature("the snapshot is of another format or instance")
    if snapshot.number < newer_than:
        raise RolledBack
    return snapshot


def _why_not(
    grant: GrantEntry, method: str, plain: str, now: datetime, revoked: Container[str]
) -> str:
    """Why this grant does not allow a request, in one word; empty when it does."""
    if grant.id in revoked:
        return reasons.REVOKED
    if why := _time_reason(grant, now):
        return why
    if not any(name in ("*", method.upper()) for name in map(str.upper, grant.methods)):
        return reasons.METHOD
    if not any(compile_glob(glob).fullmatch(plain) for glob in grant.paths):
        return reasons.PATH
    return ""


@functools.lru_cache(maxsize=1000)
def _remembered_path(path: bytes) -> str:
    return plain_path(path)


def _time_reason(grant: GrantEntry, now: datetime) -> str:
    if now < grant.valid_from:
        return reasons.NOT_YET
    return reasons.ENDED if grant.valid_to is not None and now >= grant.valid_to else ""

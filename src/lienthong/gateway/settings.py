"""
What one gateway is: its identity, its members' keys, its clients and providers.

Everything is read from files under ``LIENTHONG_HOME`` into frozen values, so
the core never meets a path. A named file that is missing or broken stops the
start; a file that breaks while the gateway runs leaves the last good values.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import msgspec

from lienthong.gateway.facades import Facade
from lienthong.gateway.facades import load as load_facades
from lienthong.gateway.pool import Address
from lienthong.gateway.year_keys import YearKeys
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import conceal, tokens
from lienthong.protocol.faults import Spelling
from lienthong.protocol.identifiers import (
    GatewayId,
    MemberId,
    ServiceId,
    SubsystemId,
    encode,
    split,
)
from lienthong.protocol.pki import SigningKey, load_certificate, member_of
from lienthong.protocol.snapshot import Anchor

UNCHECKED = "none"
TLS_ONLY = "tls"
CERTIFICATE = "certificate"
SECRET = "secret"
"""How a system proves itself: X-Road's HTTP, HTTPS NO AUTH and HTTPS, and a secret of its own."""


class BadSettings(Exception):
    """A file of the gateway does not say what it must."""


class TimestampAuthority(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask for time-stamps: an RFC 3161 address, or ``demonstration`` for our own."""

    url: str
    roots: str = ""
    """The file in ``gateway/`` with the certificates its tokens must lead to."""


class Timestamps(msgspec.Struct, frozen=True, kw_only=True):
    """How heads are stamped."""

    every: float = 600.0
    """Seconds between stamps while there are new heads."""
    authorities: list[TimestampAuthority] = msgspec.field(
        default_factory=lambda: [TimestampAuthority(url="demonstration")]
    )
    """Asked in this order until one answers; none means no stamps."""
    algorithm: str = "sha256"
    algorithms_end: dict[str, Annotated[datetime, msgspec.Meta(tz=True)]] = {}
    """Until when an algorithm is to be relied on; heads are stamped anew before."""


class GatewayFile(msgspec.Struct, frozen=True, kw_only=True):
    """``gateway/gateway.json``."""

    code: str
    owner: str
    processes: int = 1
    """How many of them share the ports; `lienthong up` starts one a core."""
    batch_signatures: bool = True
    """Whether messages are signed together towards gateways that read it (decision 13)."""
    system_at_once: int = 128
    """Requests one system is asked at a time by one process (decision 7)."""
    peer_at_once: int = 1024
    """The same for another gateway, behind which stand many systems."""
    snapshot_url: str = ""
    """Where the directory of this node is asked for snapshots; members have a membership."""
    peer_host: str = "127.0.0.1"
    """The address the peer port listens on; another than loopback is a site's own decision."""
    consumer_tls_host: str = "127.0.0.1"
    """The address on which information systems are listened for by HTTPS."""
    consumer_tls_oldest: Literal["1.2", "1.3"] = "1.3"
    """Of TLS towards information systems; 1.2 only for those that cannot do better."""
    public_log_host: str = "127.0.0.1"
    """The address of the public log."""
    timestamps: Timestamps = msgspec.field(default_factory=Timestamps)
    """How often heads are stamped, and by which authorities."""
    keep_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Days of the log that stay in the database; older ones are archived. 0 keeps all."""
    operational_monitoring: bool = True
    """Whether operational data of each exchange are kept (PR-OPMON)."""
    keep_operational_days: Annotated[int, msgspec.Meta(ge=1)] = 7
    """Days that operational data stay."""
    operational_offset: Annotated[int, msgspec.Meta(ge=15)] = 60
    """Seconds that operational data must be old before others may ask for them: longer than a
    group of them may take to be written."""
    monitoring_client: str = ""
    """The subsystem (``GOV/G14/monitoring``) that sees the data of all this gateway's members."""
    monitoring_client_metrics: list[str] = []
    """Metrics of the machine that subsystem may have, by name; empty gives it all."""
    keep_bodies_days: Annotated[int, msgspec.Meta(ge=0)] = 90
    """Days that kept bodies stay; 0 keeps them for ever."""
    door_host: str = ""
    """Where the directory's door listens; empty on every node but the directory's own."""
    conceal_headers: list[str] = msgspec.field(default_factory=lambda: list(conceal.DEFAULT))
    """Headers whose values are signed and logged as a salted digest, towards gateways that read it;
    none of the exchange's own."""
    signed_grants: bool = False
    """Whether grants that their two members did not sign are refused."""
    fault_spelling: Spelling = Spelling.PASCAL
    """How fault codes are spelled towards clients: as in X-Road ``7.7``, or as in ``7.8``."""


def concealed_names(listed: Iterable[str]) -> frozenset[bytes]:
    """The headers a gateway conceals, in lower case; raises BadSettings for one it may not."""
    names = frozenset(name.lower().encode() for name in listed)
    if wrong := [name.decode() for name in names if not conceal.may_be_concealed(name)]:
        raise BadSettings(f"no header that may be concealed: {', '.join(sorted(wrong))}")
    if len(names) > conceal.MOST_NAMES:
        raise BadSettings(f"more than {conceal.MOST_NAMES} headers to be concealed")
    return names


class ClientRule(msgspec.Struct, frozen=True, kw_only=True):
    """How a calling subsystem proves who it is (decision 8), a value of ``clients.json``."""

    modes: frozenset[str]
    secret_sha256: str = ""
    cert_sha256: frozenset[str] = frozenset()
    former_sha256: str = ""
    """Digest of the secret before this one, while systems still change over."""
    former_until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def knows_secret(self, secret: bytes) -> bool:
        if SECRET not in self.modes:
            return False
        digest = hashlib.sha256(secret).hexdigest()
        if hmac.compare_digest(digest, self.secret_sha256):
            return True
        in_time = self.former_until is not None and clock.instant() < self.former_until
        return in_time and hmac.compare_digest(digest, self.former_sha256)

    def knows_certificate(self, fingerprint: str) -> bool:
        """Whether this very certificate, byte for byte, was added for the subsystem."""
        return self.asks_certificate and fingerprint != "" and fingerprint in self.cert_sha256

    def asks_proof(self, secure: bool) -> bool:
        """Whether a connection, over TLS or not, proves nothing by itself."""
        return UNCHECKED not in self.modes and not (secure and TLS_ONLY in self.modes)

    @property
    def asks_certificate(self) -> bool:
        return bool(self.modes & {CERTIFICATE, "cert", "mtls"})


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a subsystem of this node answers, plain HTTP on loopback."""

    address: Address
    path: bytes
    host: bytes
    is_service: bool = False
    """Whether this is the URL of one service; else a service's code is appended."""
    description: Provider | None = None
    """Where the service's WSDL or OpenAPI description is to be had; its path may have a query."""


class ProviderFile(msgspec.Struct, frozen=True, kw_only=True):
    """A value of ``providers.json`` that says more than a URL."""

    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What may change while the gateway runs."""

    clients: Mapping[str, ClientRule]
    """By the local form of the subsystem, ``GOV/G15/civil-status``."""
    providers: Mapping[str, Provider]
    """By subsystem, service, or service and version: the most exact one answers."""
    keys: Mapping[MemberId, SigningKey]
    facades: tuple[Facade, ...] = ()

    def provider(self, service: ServiceId, version: str = "") -> Provider | None:
        """Where a service answers, when it is behind this gateway."""
        subsystem = service.subsystem.local
        exact = f"{subsystem}/{encode(service.code)}"
        found = self.providers.get(f"{exact}/{encode(version)}") if version else None
        return found or self.providers.get(exact) or self.providers.get(subsystem)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys shared inside the node only."""

    admission: bytes
    subjects: YearKeys
    """Of the subject index."""
    bodies: YearKeys = field(default_factory=YearKeys)
    """Of the bodies that offers ask to keep."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What stays for the life of the process."""

    node: Node
    gateway: GatewayId
    file: GatewayFile
    anchor: Anchor
    secrets: Secrets

    @property
    def auth_certificate(self) -> Path:
        return self.node.keys / "gateway" / "auth.crt"

    @property
    def auth_key(self) -> Path:
        return self.node.keys / "gateway" / "auth.key"


def load_settings(node: Node) -> GatewaySettings:
    """Read what must be there; raises BadSettings, FileNotFoundError or `msgspec.DecodeError`."""
    file = msgspec.json.decode((node.gateway / "gateway.json").read_bytes(), type=GatewayFile)
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return GatewaySettings(
        node=node,
        gateway=GatewayId(MemberId.from_local(anchor.instance, file.owner), file.code),
        file=file,
        anchor=anchor,
        secrets=load_secrets(node),
    )


def load_secrets(node: Node) -> Secrets:
    """Read the keys shared inside the node; raises FileNotFoundError or BadSettings."""
    subjects = YearKeys.read(node.secrets, "subject_index_key")
    if not subjects.keys:
        raise BadSettings("the key of the subject index is missing")
    return Secrets(
        admission=node.secret("admission_key").encode(),
        subjects=subjects,
        bodies=YearKeys.read(node.secrets, "body_key"),
    )


def load_holdings(node: Node, instance: str) -> Holdings:
    """Read clients, providers and the members' keys; raises as `load_settings`, or ValueError."""
    clients = msgspec.json.decode(
        (node.gateway / "clients.json").read_bytes(), type=dict[str, ClientRule]
    )
    urls = msgspec.json.decode(
        (node.gateway / "providers.json").read_bytes(), type=dict[str, str | ProviderFile]
    )
    return Holdings(
        clients={_local(instance, name): rule for name, rule in clients.items()},
        providers=dict(read_providers(urls)),
        facades=load_facades(node.gateway / "facades.json", instance),
        keys=load_keys(node, instance),
    )


def _local(instance: str, name: str) -> str:
    """A subsystem's local form, or that of a member that asks gateways about themselves."""
    if name.count("/") == 1:
        return MemberId.from_local(instance, name).local
    return SubsystemId.from_local(instance, name).local


def read_providers(
    urls: Mapping[str, str | ProviderFile],
) -> Iterator[tuple[str, Provider]]:
    """Each subsystem, service, or service and version with its address; raises BadSettings."""
    for name, said in urls.items():
        parts = split(name, 3, 4, 5)
        url, description = (said, "") if isinstance(said, str) else (said.url, said.description)
        provider = read_provider(url)
        if len(parts) > 3:
            # The URL of a service is kept as it is, with its slash at the end if it has one.
            path = urlsplit(url).path.encode() or b"/"
            provider = replace(provider, path=path, is_service=True)
        if description:
            provider = replace(provider, description=read_description(description))
        yield "/".join(map(encode, parts)), provider


def read_description(url: str) -> Provider:
    """Where a description is fetched; unlike a base URL it may have a query."""
    path, mark, query = url.partition("?")
    described = read_provider(path)
    target = (urlsplit(path).path or "/") + (mark + query if query else "")
    if not target.isascii() or any(letter <= " " for letter in target):
        raise BadSettings(f"not the URL of a description: {url}")
    return replace(described, path=target.encode(), is_service=True)


def read_provider(url: str) -> Provider:
    """A provider's base URL; only plain HTTP, since it never leaves the node."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.query or parts.fragment:
        raise BadSettings(f"not the base URL of a provider: {url}")
    port = parts.port or 80
    return Provider(
        Address(parts.hostname, port), parts.path.rstrip("/").encode(), parts.netloc.encode()
    )


def load_keys(node: Node, instance: str) -> dict[MemberId, SigningKey]:
    """
    The signing keys of all members hosted here, from files or tokens (decision 11).

    A directory is named by the member's code; its certificate says the class.
    """
    keys: dict[MemberId, SigningKey] = {}
    members = node.keys / "members"
    for path in sorted([*members.glob("*/sign.key"), *members.glob(f"*/sign{tokens.SUFFIX}")]):
        certificate = load_certificate(path.with_suffix(".crt").read_bytes())
        member = member_of(certificate)
        if member.instance != instance:
            raise BadSettings(f"the key of {path.parent.name} belongs to another instance")
        if member in keys:
            raise BadSettings(f"{path.parent.name} has a key in a file and one in a token")
        keys[member] = load_key(path, node)
    return keys


def load_key(path: Path, node: Node) -> SigningKey:
    """The key of ``sign.key`` or ``sign.pkcs11``; raises ValueError or TokenUnavailable."""
    if path.suffix == tokens.SUFFIX:
        return tokens.TokenKey(tokens.KeyPlace.load(path), node.secret("pkcs11_pin"))
    return SigningKey.load(path, node.secret("passphrase").encode())


def database_url(node: Node, environ: Mapping[str, str]) -> str:
    """The gateway's database: named by the environment, else in the embedded PostgreSQL."""
    if url := environ.get("LIENTHONG_GATEWAY_DATABASE_URL"):
        return url
    password = quote(node.secret("db_gateway"), safe="")
    return f"postgresql://lt_gateway:{password}@127.0.0.1:{node.ports.postgres}/lt_gateway"


def stamp(node: Node) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever a file that `load_holdings` reads does, or the TLS certificate."""
    paths = [node.gateway / name for name in ("clients.json", "providers.json", "facades.json")]
    paths += sorted((node.keys / "members").glob("*/sign.*"))
    paths += sorted((node.keys / "gateway").glob("auth.*"))
    paths += sorted(node.secrets.glob("*_key.*"))
    paths += sorted((node.gateway / "client_certificates").glob("*.pem"))
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)

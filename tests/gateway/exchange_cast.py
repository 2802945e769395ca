"""A small exchange for the gateway's tests: two members, one gateway, an outside test subsystem."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from lienthong.gateway.inprocess import InProcessGateway, SystemAnswer, SystemRequest
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.settings import ClientRule
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import Authority, SigningKey
from lienthong.protocol.snapshot import (
    Anchor,
    DirectoryKey,
    GatewayEntry,
    GrantEntry,
    Member,
    OfferEntry,
    SignKey,
    Snapshot,
    Subsystem,
    seal,
)

POLICE = MemberId("VN", "GOV", "G01")
JUSTICE = MemberId("VN", "GOV", "G15")
OPERATOR = MemberId("VN", "GOV", "G14")
NAMES = {POLICE: "Bộ Công an", JUSTICE: "Bộ Tư pháp", OPERATOR: "Bộ Thông tin và Truyền thông"}

CIVIL_STATUS = "VN/GOV/G15/civil-status"
POPULATION = "VN/GOV/G01/population"
OUTSIDER = "VN/GOV/G14/outside-test"
ISSUE = f"{POPULATION}/personal-id.issue.v1"
FIND = f"{POPULATION}/person.find.v1"
UNITS = f"{POPULATION}/units.list.v1"

SECRET = "the secret of civil-status"


def offers() -> list[OfferEntry]:
    provider = "GOV/G01/population"
    return [
        OfferEntry(provider=provider, code="personal-id.issue.v1", effect="changing",
                   names_subjects=True),
        OfferEntry(provider=provider, code="person.find.v1", effect="sensitive", max_body=4096),
        OfferEntry(provider=provider, code="units.list.v1", effect="public",
                   methods=["GET", "HEAD", "POST"]),
    ]  # fmt: skip


def grant(client: str, code: str, **changes: object) -> GrantEntry:
    values: dict[str, object] = {
        "id": f"grant-{client.rsplit('/', 1)[-1]}-{code}",
        "client": client,
        "provider": "GOV/G01/population",
        "code": code,
        "purpose": "đăng ký khai sinh",
        "legal_basis": "Luật Hộ tịch 60/2014/QH13",
        "valid_from": clock.instant() - timedelta(days=1),
    }
    return GrantEntry(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class Country:
    """Keys, anchor and snapshot of the small exchange."""

    authority: Authority
    keys: dict[MemberId, SigningKey]
    directory_key: SigningKey
    auth_key: SigningKey
    auth_certificate: pki.x509.Certificate
    anchor: Anchor
    snapshot: Snapshot
    clients: dict[str, ClientRule]
    asked: list[SystemRequest] = field(default_factory=list)

    def changed(self, **changes: object) -> Snapshot:
        """The snapshot with some of its lists replaced."""
        return msgspec.structs.replace(self.snapshot, **changes)

    def gateway(self, *, system=None, snapshot: Snapshot | None = None) -> InProcessGateway:
        def answer(request: SystemRequest) -> SystemAnswer:
            self.asked.append(request)
            if system is not None:
                return system(request)
            return SystemAnswer(
                body=b'{"personal_id":"..."}',
                headers=[
                    (b"Content-Type", b"application/json"),
                    (b"Lienthong-Subject", b"091095000017, 091093000025"),
                ],
            )

        return InProcessGateway(
            snapshot=snapshot or self.snapshot,
            anchor=self.anchor,
            keys=self.keys,
            clients=self.clients,
            provider=answer,
            log=MemoryLog(),
        )

    def write(
        self,
        node: Node,
        provider_url: str,
        *,
        snapshot: Snapshot | None = None,
        snapshot_url: str = "",
    ) -> None:
        """Put everything where a gateway process of this node reads it."""
        for directory in (node.secrets, node.gateway, node.run):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = ("passphrase", "admission_key", "subject_index_key.2020", "body_key.2020",
                 "admin_token")  # fmt: skip
        for name in names:
            (node.secrets / name).write_text(f"{name} of the tests\n")
        passphrase = node.secret("passphrase").encode()
        self.auth_key.save(node.keys / "gateway" / "auth.key", passphrase)
        (node.keys / "gateway" / "auth.crt").write_text(pki.pem_of(self.auth_certificate))
        for member, key in self.keys.items():
            place = node.keys / "members" / member.code
            key.save(place / "sign.key", passphrase)
            (place / "sign.crt").write_text(self.snapshot.certificate(key.kid))
        (node.gateway / "anchor.json").write_bytes(self.anchor.dump())
        (node.gateway / "gateway.json").write_bytes(
            msgspec.json.encode(
                {"code": "national", "owner": "GOV/G14", "snapshot_url": snapshot_url}
            )
        )
        (node.gateway / "clients.json").write_bytes(msgspec.json.encode(self.clients))
        (node.gateway / "providers.json").write_bytes(
            msgspec.json.encode({"GOV/G01/population": provider_url})
        )
        self.publish(node, snapshot or self.snapshot)

    def publish(self, node: Node, snapshot: Snapshot) -> None:
        pki.write_private(node.gateway / "snapshot.json", seal(snapshot, self.directory_key))


def country(*, peer_port: int = 5500) -> Country:
    """Make everything anew; keys are never files here."""
    now = clock.instant()
    root = SigningKey.generate()
    authority = Authority(
        root, pki.make_root(root, name="Root of the tests", instance="VN", now=now)
    )
    keys = {member: SigningKey.generate() for member in NAMES}
    certificates = {
        member: authority.issue_sign(key.verifying, member=member, name=NAMES[member], now=now)
        for member, key in keys.items()
    }
    auth_key = SigningKey.generate()
    auth = authority.issue_auth(auth_key.verifying, owner=OPERATOR, gateway="national", now=now)
    directory_key = SigningKey.generate()
    anchor = Anchor(
        instance="VN",
        directory_keys=[DirectoryKey(directory_key.kid, directory_key.verifying.pem())],
        roots=[pki.pem_of(authority.certificate)],
    )
    members = [
        Member(
            member_class=member.member_class,
            code=member.code,
            name=NAMES[member],
            sign_keys=[
                SignKey(
                    kid=keys[member].kid,
                    cert=pki.pem_of(certificates[member]),
                    not_before=certificates[member].not_valid_before_utc,
                    not_after=certificates[member].not_valid_after_utc,
                )
            ],
        )
        for member in NAMES
    ]
    snapshot = Snapshot(
        instance="VN",
        number=7,
        # Older than the tests that turn the clock back.
        made_at=now - timedelta(hours=1),
        members=members,
        gateways=[
            GatewayEntry(
                code="national",
                owner="GOV/G14",
                host="127.0.0.1",
                port=peer_port,
                auth_cert_sha256=[pki.fingerprint(auth)],
            )
        ],
        subsystems=[
            Subsystem(member="GOV/G01", code="population", name="Dân cư", gateways=["national"]),
            Subsystem(member="GOV/G15", code="civil-status", name="Hộ tịch", gateways=["national"]),
            Subsystem(member="GOV/G14", code="outside-test", name="Thử", gateways=["national"]),
        ],
        offers=offers(),
        grants=[
            grant("GOV/G15/civil-status", "personal-id.issue.v1"),
            grant("GOV/G15/civil-status", "person.find.v1"),
            grant("GOV/G15/civil-status", "units.list.v1"),
        ],
    )
    secret = hashlib.sha256(SECRET.encode()).hexdigest()
    clients = {
        "GOV/G15/civil-status": ClientRule(modes=frozenset({"secret"}), secret_sha256=secret),
        "GOV/G14/outside-test": ClientRule(modes=frozenset({"none"})),
    }
    return Country(authority, keys, directory_key, auth_key, auth, anchor, snapshot, clients)


def asks(client: str = CIVIL_STATUS, secret: str | None = SECRET, **more: str):
    """The headers of a request by this client; underscores in names become hyphens."""
    headers = [(b"X-Road-Client", client.encode())]
    if secret is not None:
        headers.append((b"Lienthong-Client-Secret", secret.encode()))
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return headers

"""An exchange of two members and an authority, on paper."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from lienthong.protocol import pki, snapshot
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import Authority, SigningKey

NOW = datetime(2021, 8, 20, 3, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass
class PaperExchange:
    """Keys, certificates and a snapshot, made anew for a test module."""

    now: datetime = NOW
    directory: SigningKey = field(default_factory=SigningKey.generate)
    root: SigningKey = field(default_factory=SigningKey.generate)
    keys: dict[str, SigningKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        certificate = pki.make_root(self.root, name="Authority", instance="VN", now=self.now)
        self.authority = Authority(self.root, certificate)
        for code in ("G01", "G14", "G15"):
            self.keys[code] = SigningKey.generate()

    @property
    def anchor(self) -> snapshot.Anchor:
        return snapshot.Anchor(
            instance="VN",
            directory_keys=[
                snapshot.DirectoryKey(self.directory.kid, self.directory.verifying.pem())
            ],
            roots=[pki.pem_of(self.authority.certificate)],
        )

    def certificate(self, code: str, key: SigningKey | None = None) -> str:
        key = key or self.keys[code]
        return pki.pem_of(
            self.authority.issue_sign(
                key.verifying, member=MemberId("VN", "GOV", code), name=code, now=self.now
            )
        )

    def member(self, code: str, *, status: str = "active") -> snapshot.Member:
        return snapshot.Member(
            member_class="GOV",
            code=code,
            name=code,
            sign_keys=[
                snapshot.SignKey(
                    kid=self.keys[code].kid,
                    cert=self.certificate(code),
                    not_before=self.now,
                    not_after=self.now + timedelta(days=30),
                    status=status,
                )
            ],
        )

    def snapshot(self, **changes: object) -> snapshot.Snapshot:
        values: dict[str, object] = {
            "instance": "VN",
            "number": 12,
            "made_at": self.now,
            "members": [self.member(code) for code in self.keys],
            "gateways": [
                snapshot.GatewayEntry(
                    code="national",
                    owner="GOV/G14",
                    host="127.0.0.1",
                    port=5500,
                    auth_cert_sha256=["ab" * 32],
                )
            ],
            "subsystems": [
                snapshot.Subsystem(
                    member="GOV/G01", code="population", name="Dân cư", gateways=["national"]
                ),
                snapshot.Subsystem(
                    member="GOV/G15", code="civil-status", name="Hộ tịch", gateways=["national"]
                ),
            ],
            "offers": [snapshot.OfferEntry(provider="GOV/G01/population", code="person.find.v1")],
            "grants": [
                snapshot.GrantEntry(
                    id="g1",
                    client="GOV/G15/civil-status",
                    provider="GOV/G01/population",
                    code="person.find.v1",
                    methods=["POST"],
                    paths=["**"],
                    purpose="Đăng ký khai sinh",
                    legal_basis="Luật Hộ tịch",
                    valid_from=self.now - timedelta(days=1),
                )
            ],
        }
        return snapshot.Snapshot(**{**values, **changes})


@pytest.fixture(scope="module")
def paper() -> PaperExchange:
    return PaperExchange()

"""Officers of the directory and a gateway that wants to join, without sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from lienthong.cli import vault
from lienthong.gateway import membership
from lienthong.gateway.membership import Membership
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node, Ports
from lienthong.protocol.joining import (
    GrantStatement,
    Invitation,
    Joined,
    Joining,
    OfferStatement,
    Registration,
    SubsystemStatement,
)
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot
from lienthong.systems.directory.models import JoinRequest
from lienthong.systems.directory.services import joining

DAY = date(2021, 8, 20)
DOOR = "https://127.0.0.1:8444"


def officer(number: int) -> Actor:
    """One of several officers of the directory."""
    account = f"00000000-0000-7000-8000-00000000000{number}"
    return Actor(account, "G14.NDXP", "", DAY, frozenset({"directory.operator"}))


ASKS, FIRST, SECOND, THIRD = (officer(number) for number in range(1, 5))

KIEN_GIANG = joining.Wanted(
    member_code="TINH-91",
    member_name="UBND tỉnh Kiên Giang",
    member_kind="province",
    gateway_code="kien-giang",
    subsystems=[("lgsp", "Nền tảng LGSP - tỉnh Kiên Giang", "lgsp")],
    legal_basis="Nghị định 47/2020/NĐ-CP",
)
PROVINCE_OFFER = OfferStatement(
    code="dossier.status.v1",
    title="Tình trạng hồ sơ",
    effect="public",
    request_schema={"type": "object"},
    answer_schema={"type": "object"},
    grants=[GrantStatement(to="steering", purpose="Theo dõi", legal_basis="NĐ 47/2020/NĐ-CP")],
)


def approved(node: Node, wanted: joining.Wanted = KIEN_GIANG) -> tuple[JoinRequest, str]:
    """A request with the approvals it takes, and the token of its invitation."""
    request = joining.ask_to_join(wanted, by=ASKS)
    token = ""
    for by in (FIRST, SECOND)[: request.needed]:
        token = joining.approve(request.pk, by=by, url=DOOR, node=node)
    request.refresh_from_db()
    return request, token


@dataclass
class DirectWay:
    """What a gateway posts goes straight to the directory's services; no HTTP between."""

    node: Node
    posted: list[str] = field(default_factory=list)

    def post(self, path: str, body: bytes) -> bytes:
        self.posted.append(path)
        answer: object
        if path == "/exchange/join":
            answer = joining.join(msgspec.json.decode(body, type=Joining), node=self.node)
        elif path == "/exchange/renew":
            answer = joining.renew(body, node=self.node)
        else:
            answer = joining.update(body, node=self.node)
        return msgspec.json.encode(answer)


@dataclass
class Newcomer:
    """The node of a body that joins."""

    directory: Node
    node: Node
    way: DirectWay
    anchor: Anchor

    @classmethod
    def fresh(cls, directory: Node, home: Path, base: int = 21000) -> Newcomer:
        node = Node(home=home, ports=Ports(base))
        vault.make_home(node)
        vault.make_secrets(node, [])
        anchor = Anchor.load((directory.gateway / "anchor.json").read_bytes())
        return cls(directory, node, DirectWay(directory), anchor)

    def registration(self, *codes: str, host: str = "10.0.0.9") -> Registration:
        return Registration(
            host=host,
            port=self.node.ports.peer,
            subsystems=[
                SubsystemStatement(code=code, title=code, offers=[PROVINCE_OFFER])
                for code in codes or ("lgsp",)
            ],
        )

    def join(self, token: str, registration: Registration | None = None) -> Joined:
        invitation = Invitation.read(token)
        joined = membership.join(
            self.node, invitation, self.anchor, self.way, registration or self.registration()
        )
        Membership(
            url=invitation.url,
            directory=invitation.directory,
            gateway=invitation.gateway,
            subsystems=joined.subsystems,
        ).write(self.node)
        return joined

    def renewals(self) -> membership.Renewals:
        held = Membership.of(self.node)
        assert held is not None
        return membership.Renewals(self.node, held, self.anchor, self.way)

    def snapshot(self) -> Snapshot:
        return open_snapshot((self.directory.gateway / "snapshot.json").read_bytes(), self.anchor)

"""What a member's node registers at its directory, and the files of its gateway."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from lienthong.cli import vault
from lienthong.exchange import client_file, housekeeping
from lienthong.exchange.cards import Event, Offer, System
from lienthong.gateway.directory_client import DirectoryAway, DirectoryClient
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.grants import Terms, sign_asked
from lienthong.protocol.held_keys import held_key
from lienthong.protocol.housekeeping import CODES, DIRECTORY
from lienthong.protocol.identifiers import GatewayId, to_wire
from lienthong.protocol.joining import (
    GrantStatement,
    Letter,
    OfferStatement,
    Registration,
    SignedAsk,
    SubsystemStatement,
    Update,
    write_letter,
)
from lienthong.protocol.snapshot import EVENT, Anchor, open_snapshot

LOOPBACK = "127.0.0.1"
HOUSEKEEPING = uuid.UUID("5d6f0b1e-8a58-4d0e-9d5c-6f1d3a0e2b47")
"""Under which the ids of grants for housekeeping are made, the same for the same parties."""
HOUSEKEEPING_PURPOSE = "Vận hành trục liên thông: gửi báo cáo ngày, ký quyền truy cập"
HOUSEKEEPING_BASIS = "Nghị định 47/2020/NĐ-CP"


def registration(node: Node, cards: Iterable[System], host: str) -> Registration:
    """The whole of what this node states: its address and what its systems offer to whom."""
    return Registration(
        host=host or LOOPBACK,
        port=node.ports.peer,
        subsystems=[
            SubsystemStatement(
                code=card.subsystem,
                title=card.title,
                offers=[statement(stated) for stated in card.shared],
            )
            for card in cards
        ],
        asks=housekeeping_asks(node),
    )


def housekeeping_asks(node: Node) -> list[SignedAsk]:
    """
    What the gateway's owner asks of the directory itself, signed once and kept.

    Nothing before it has joined: only then it is known which systems stand behind it.
    """
    membership = Membership.of(node)
    if membership is None:
        return []
    try:
        client, _ = housekeeping.asker(node)
    except housekeeping.NobodyAsks:
        return []
    kept = node.gateway / "asks.json"
    if kept.exists():
        asks = msgspec.json.decode(kept.read_bytes(), type=list[SignedAsk])
        if {ask.terms.code for ask in asks} == CODES and {a.terms.client for a in asks} == {client}:
            return asks
    owner = membership.identity.owner
    key = held_key(node, owner.code)
    if key is None:
        return []
    directory = GatewayId.parse(membership.directory).owner
    now = clock.instant().replace(microsecond=0)
    asks = []
    for code in sorted(CODES):
        terms = Terms(
            instance=owner.instance,
            id=str(uuid.uuid5(HOUSEKEEPING, f"{owner.instance}/{client}/{code}")),
            client=client,
            provider=f"{directory.local}/{DIRECTORY}",
            code=code,
            methods=["POST"],
            paths=["**"],
            fields=["*"],
            purpose=HOUSEKEEPING_PURPOSE,
            legal_basis=HOUSEKEEPING_BASIS,
            valid_from=now,
        )
        asks.append(SignedAsk(terms=terms, mark=sign_asked(terms, key, now)))
    pki.write_private(kept, msgspec.json.format(msgspec.json.encode(asks), indent=1))
    return asks


def statement(stated: Offer | Event) -> OfferStatement:
    """What is offered, or what happens here and others may be told of."""
    offer = stated.offered if isinstance(stated, Event) else stated
    return OfferStatement(
        code=offer.code,
        title=offer.title,
        effect=EVENT if isinstance(stated, Event) else offer.effect.value,
        names_subjects=offer.names_subjects,
        max_body=offer.max_body,
        timeout=offer.timeout,
        request_schema=msgspec.json.schema(offer.request),
        answer_schema=msgspec.json.schema(offer.answers),
        grants=[
            GrantStatement(
                to=to_wire(given.to),
                purpose=given.purpose,
                legal_basis=given.legal_basis,
                fields=list(given.fields),
            )
            for given in offer.grants
        ],
    )


def digest(said: Registration) -> str:
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def remember(node: Node, said: Registration) -> None:
    pki.write_private(node.gateway / "registered", digest(said).encode())


def update(node: Node, membership: Membership, said: Registration) -> bool:
    """
    Tell the directory when this release states something else than the last.

    Returns whether it was told. A directory that is away keeps no member from
    starting: what was registered before goes on, and the next start tells it.
    """
    kept = node.gateway / "registered"
    if kept.exists() and kept.read_text() == digest(said):
        return False
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    client = DirectoryClient(membership.url, membership.directory, anchor.roots)
    letter = Letter(
        gateway=membership.gateway,
        to=membership.directory,
        made_at=clock.instant(),
        says=Update(registration=said),
    )
    passphrase = node.secret("passphrase").encode()
    key = pki.SigningKey.load(node.keys / "gateway" / "auth.key", passphrase)
    try:
        client.post("/exchange/register", write_letter(letter, key))
    except DirectoryAway:
        print("The directory is away; what this node offers is registered later.", file=sys.stderr)
        return False
    except LienThongError as refused:
        print(f"The directory refuses what this node registers: {refused}", file=sys.stderr)
        return False
    remember(node, said)
    return True


def write_gateway_files(
    node: Node, membership: Membership, cards: Iterable[System], *, listen: str = ""
) -> None:
    """
    Write what a member's gateway reads about itself: who it is, its systems, their credentials.

    Systems that are no program of this release keep the address and the
    credential somebody gave them in these files; see `connect-a-system`.
    """
    with client_file.writing(node.gateway):
        _write_gateway_files(node, membership, cards, listen)


def _write_gateway_files(
    node: Node, membership: Membership, cards: Iterable[System], listen: str
) -> None:
    owner = membership.identity.owner
    carried = {card.subsystem: card for card in cards}
    merge(
        node.gateway / "gateway.json",
        {
            "code": membership.identity.code,
            "owner": owner.local,
            "peer_host": listen or LOOPBACK,
            "door_host": "",
            "signed_grants": insists(node, membership),
        },
    )
    base = f"http://{LOOPBACK}:{node.ports.offers}/offers"
    merge(
        node.gateway / "providers.json",
        {f"{owner.local}/{code}": f"{base}/{card.code}" for code, card in carried.items()},
    )
    known = client_file.read(node.gateway)
    local = {f"{owner.local}/{code}": code for code in membership.subsystems}
    ours = [name for name, code in local.items() if name not in known or code in carried]
    for name in ours:
        if name not in known or client_file.SECRET in known[name]["modes"]:
            vault.make_secret(node.secrets / client_file.secret_name(name))
    settled = client_file.settled(known, ours, client_file.secrets_of(node))
    client_file.write(node.gateway, known | settled)


def insists(node: Node, membership: Membership) -> bool:
    """
    Whether this gateway asks for both signatures under every grant of what stands behind it.

    A new member does from its first day. One of before does once every grant it gave
    is signed, and then for ever.
    """
    known = read(node.gateway / "gateway.json")
    if not known or known.get("signed_grants"):
        return True
    try:
        raw = (node.gateway / "snapshot.json").read_bytes()
        snapshot = open_snapshot(raw, Anchor.load((node.gateway / "anchor.json").read_bytes()))
    except (FileNotFoundError, ProtocolError):
        return False
    own = {f"{membership.identity.owner.local}/{code}" for code in membership.subsystems}
    return all(grant.proof is not None for grant in snapshot.grants if grant.provider in own)


def read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return {}


def merge(path: Path, said: dict[str, Any]) -> None:
    """Set these values in a file of JSON and leave its others; a gateway never reads half."""
    whole = {**read(path), **said}
    if not path.exists() or whole != read(path):
        pki.write_private(path, json.dumps(whole, indent=1, ensure_ascii=False).encode())

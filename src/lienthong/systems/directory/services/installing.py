"""
Bringing the directory in line with the cards of the systems this node carries.

Every change ends in a new signed snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction

from lienthong.exchange.cards import Event as EventCard
from lienthong.exchange.cards import Offer as OfferCard
from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import snapshot as wire
from lienthong.protocol.identifiers import to_wire

from ..domain import GATEWAY_CODE, content_digest
from ..models import (
    AccessGrant,
    Certificate,
    Gateway,
    Member,
    MemberKind,
    Offer,
    Snapshot,
    Subsystem,
    SubsystemKind,
)
from ..queries import joining
from . import signing
from .certificates import keep_certificate, keep_in_use
from .denying import keep_denied_signed
from .gateway_files import write_gateway_files
from .hosting import stand_behind, state_offers
from .publishing import one_at_a_time, publish
from .stated_grants import follow_grants, sign_what_is_stated

OWNERS = {
    "G01": ("Bộ Công an", MemberKind.MINISTRY),
    "G14": ("Bộ Thông tin và Truyền thông", MemberKind.MINISTRY),
    "G15": ("Bộ Tư pháp", MemberKind.MINISTRY),
    "G22": ("Văn phòng Chính phủ", MemberKind.MINISTRY),
}
"""Bodies that own the systems of this release, by their code of Decision 20/2020/QĐ-TTg."""

KINDS = {
    "population": SubsystemKind.DATABASE,
    "civil_status": SubsystemKind.DATABASE,
}


def install_country(node: Node, cards: Iterable[System]) -> Snapshot:
    """
    Bring the directory in line with the cards of the systems this node carries.

    Safe to repeat: rows are added or amended, offers that left their card are
    withdrawn, grants that a card no longer states end now. Publishes a snapshot
    when it would say something new, and writes the gateway's local files.
    """
    cards = list(cards)
    with transaction.atomic():
        one_at_a_time()
        gateway = _register_gateway(node)
        for card in cards:
            _register_card(card, gateway)
        follow_grants()
        _register_certificates(node, gateway)
        sign_what_is_stated(node)
        published = publish(node)
    write_gateway_files(node)
    keep_denied_signed(node)
    return published


def _member(code: str) -> Member:
    name, kind = OWNERS.get(code, (code, MemberKind.AGENCY))
    member, _ = Member.objects.get_or_create(
        member_class="GOV",
        code=code,
        defaults={"name": name, "kind": kind, "joined_on": clock.today()},
    )
    return member


def _register_gateway(node: Node) -> Gateway:
    gateway, _ = Gateway.objects.update_or_create(
        code=GATEWAY_CODE,
        defaults={"owner": _member("G14"), "host": announced_host(), "port": node.ports.peer},
    )
    return gateway


def announced_host() -> str:
    """Under which host the gateways of the exchange find this node's."""
    return os.environ.get("LIENTHONG_HOST") or "127.0.0.1"


def door_url(node: Node) -> str:
    """Where gateways reach this directory, as an invitation names it."""
    return f"https://{announced_host()}:{node.ports.door}"


def _register_card(card: System, gateway: Gateway) -> None:
    subsystem, _ = Subsystem.objects.update_or_create(
        member=_member(card.owner),
        code=card.subsystem,
        defaults={"name": card.title, "made_up": False, "ended_on": None},
        create_defaults={
            "name": card.title,
            "kind": KINDS.get(card.code, SubsystemKind.OTHER),
            "connected_on": clock.today(),
        },
    )
    for offer in card.offers:
        Offer.objects.update_or_create(
            subsystem=subsystem, code=offer.code, defaults=_offer_row(offer)
        )
    for event in card.events:
        Offer.objects.update_or_create(
            subsystem=subsystem, code=event.code, defaults=_event_row(event)
        )
    if joining.was_taken_away(subsystem, gateway):
        return
    state_offers(stand_behind(subsystem, gateway), [stated.code for stated in card.shared])


def _offer_row(offer: OfferCard) -> dict[str, Any]:
    schemas = {
        "request_schema": msgspec.json.schema(offer.request),
        "answer_schema": msgspec.json.schema(offer.answers),
    }
    return {
        "title": offer.title,
        "effect": offer.effect.value,
        "names_subjects": offer.names_subjects,
        "max_body": offer.max_body,
        "timeout": offer.timeout,
        "keep_body": offer.keep_body,
        "schema_sha256": content_digest(schemas),
        "stated_grants": [
            {
                "to": to_wire(given.to),
                "purpose": given.purpose,
                "legal_basis": given.legal_basis,
                "fields": list(given.fields),
            }
            for given in offer.grants
        ],
        "withdrawn_at": None,
        **schemas,
    }


def _event_row(event: EventCard) -> dict[str, Any]:
    return _offer_row(event.offered) | {"effect": wire.EVENT}


def _register_certificates(node: Node, gateway: Gateway) -> None:
    """Read the public certificates under the node's keys; private keys stay where they are."""
    held = [
        (_member(path.parent.name), Certificate.Use.SIGN, path)
        for path in sorted((node.keys / "members").glob("*/sign.crt"))
    ]
    held.append((gateway.owner, Certificate.Use.AUTH, node.keys / "gateway" / "auth.crt"))
    for member, use, path in held:
        if path.exists():
            keep_in_use(member, use, path.read_text(), gateway)
        coming = path.with_suffix(".next.crt")
        if coming.exists():
            keep_certificate(member, use, coming.read_text(), gateway, retire=False)


def register_outside_test(node: Node) -> Subsystem:
    """
    One subsystem that may speak plain HTTP without credentials, for trying things out.

    Only in a demonstration, and only with harmless grants (decision 8).
    """
    gateway = _register_gateway(node)
    outside, _ = Subsystem.objects.update_or_create(
        member=_member("G14"),
        code="outside-test",
        defaults={
            "name": "Hệ thống thử bên ngoài",
            "kind": SubsystemKind.OTHER,
            "connected_on": clock.today(),
            "made_up": True,
        },
    )
    stand_behind(outside, gateway)
    for offer in Offer.objects.filter(effect="public", withdrawn_at=None).exclude(
        subsystem__code="directory"
    ):
        if not AccessGrant.objects.filter(client=outside, offer=offer, valid_to=None).exists():
            grant = AccessGrant.objects.create(
                client=outside,
                offer=offer,
                methods=["POST"],
                paths=["**"],
                visible_fields=["*"],
                purpose="Chạy thử, dữ liệu công khai",
                legal_basis="Bản trình diễn",
                valid_from=clock.instant(),
            )
            signing.sign_both(node, grant)
    return outside

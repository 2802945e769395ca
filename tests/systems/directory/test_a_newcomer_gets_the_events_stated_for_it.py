"""Events are registered and subscribed to like offers, also by bodies that join later."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lienthong.cli.registration import registration
from lienthong.exchange.registry import card, cards
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.identifiers import SubsystemId
from lienthong.protocol.joining import GrantStatement, OfferStatement, SubsystemStatement
from lienthong.systems.directory import services
from lienthong.systems.directory.models import AccessGrant
from lienthong.systems.directory.services import joining
from systems.directory.joining_cast import Newcomer, approved

pytestmark = pytest.mark.django_db
MOVED = OfferStatement(
    code="resident.moved.v1",
    title="Công dân chuyển nơi cư trú",
    effect="event",
    grants=[GrantStatement(to="beta", purpose="Cập nhật hồ sơ", legal_basis="NĐ 47/2020")],
)


def test_what_a_node_registers_names_its_events_and_who_is_told(node: Node) -> None:
    stated = {
        offer.code: offer
        for offer in registration(node, [card("population")], "10.0.0.9").subsystems[0].offers
        if offer.effect == "event"
    }
    assert set(stated) == {"personal-id.cancelled.v1", "person.changed.v1"}
    for event in stated.values():
        assert [given.to for given in event.grants] == ["civil-status"]
        assert event.names_subjects


def test_a_body_that_joins_later_is_told_what_was_stated_for_it(node: Node, tmp_path: Path) -> None:
    services.install_country(node, cards())
    publisher = joined(node, tmp_path, "alpha", [MOVED])
    assert subscribers(publisher) == []
    joined(node, tmp_path, "beta", [])
    assert subscribers(publisher) == ["GOV/BETA/beta"]
    [given] = AccessGrant.objects.filter(offer__code=MOVED.code)
    assert given.from_card
    assert given.purpose == "Cập nhật hồ sơ"


def joined(directory: Node, home: Path, code: str, offers: list[OfferStatement]) -> Newcomer:
    wanted = joining.Wanted(
        code.upper(), code, "agency", code, [(code, code, "other")], "NĐ 47/2020/NĐ-CP"
    )
    _, token = approved(directory, wanted)
    newcomer = Newcomer.fresh(directory, home / code)
    stated = SubsystemStatement(code=code, title=code, offers=offers)
    newcomer.join(token, msgspec.structs.replace(newcomer.registration(), subsystems=[stated]))
    return newcomer


def subscribers(publisher: Newcomer) -> list[str]:
    """Who the published snapshot says is told, as any gateway reads it."""
    alpha = SubsystemId("VN", "GOV", "ALPHA", "alpha")
    held = publisher.snapshot().subscriptions(alpha, MOVED.code, clock.instant())
    return [grant.client for grant in held]

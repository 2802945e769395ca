"""One information system behind two gateways of its member: joining, serving on, taking away."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from django.apps import apps

from lienthong.cli import registration
from lienthong.cli.cards import card_of
from lienthong.gateway import tls
from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.consumer import Consumer
from lienthong.gateway.edge_http import Listener
from lienthong.gateway.inprocess import InProcessGateway, SystemAnswer
from lienthong.gateway.membership import Membership
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.provider import PeerSide
from lienthong.gateway.settings import load_holdings, load_settings
from lienthong.gateway.ways_out import Sockets
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.joining import Registration
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import LastGateway, NotHosted
from lienthong.systems.directory.models import Gateway, Hosting, Offer, Subsystem
from lienthong.systems.directory.queries import joining as asked
from lienthong.systems.directory.services import joining
from systems.directory.installed_country import install
from systems.directory.joining_cast import (
    ASKS,
    FIRST,
    KIEN_GIANG,
    PROVINCE_OFFER,
    Newcomer,
    approved,
)

pytestmark = pytest.mark.django_db
SECOND_GATEWAY = replace(KIEN_GIANG, gateway_code="phu-quoc")
SERVICE = "VN/GOV/TINH-91/lgsp/dossier.status.v1"


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def brought_in(directory: Node, home: Path, wanted: joining.Wanted) -> Newcomer:
    """A gateway of the province that has joined, listening on a port of its own."""
    request, token = approved(directory, wanted)
    newcomer = Newcomer.fresh(directory, home)
    said = newcomer.registration(host="127.0.0.1")
    newcomer.join(token, msgspec.structs.replace(said, port=free_port()))
    held = Membership.of(newcomer.node)
    assert held is not None
    registration.write_gateway_files(newcomer.node, held, [])
    return newcomer


@pytest.fixture
def both(directory: Node, tmp_path: Path) -> tuple[Newcomer, Newcomer]:
    return (
        brought_in(directory, tmp_path / "kien-giang", KIEN_GIANG),
        brought_in(directory, tmp_path / "phu-quoc", SECOND_GATEWAY),
    )


def codes() -> list[str]:
    return [gateway.code for gateway in Subsystem.objects.get(code="lgsp").gateways]


def test_a_second_gateway_joins_the_first_and_replaces_nothing(both, directory: Node) -> None:
    assert codes() == ["kien-giang", "phu-quoc"]
    entry = next(s for s in both[0].snapshot().subsystems if s.local == "GOV/TINH-91/lgsp")
    assert entry.gateways == ["kien-giang", "phu-quoc"]
    keys = both[0].snapshot().member(Membership.of(both[0].node).identity.owner).sign_keys
    assert len([key for key in keys if key.status == "active"]) == 2  # each made its own


def test_a_request_says_which_gateways_serve_the_system_already(
    directory: Node, tmp_path: Path
) -> None:
    brought_in(directory, tmp_path / "kien-giang", KIEN_GIANG)
    request = joining.ask_to_join(SECOND_GATEWAY, by=ASKS)
    assert asked.already_behind(request) == {"lgsp": ["kien-giang"]}


@pytest.mark.scenario
def test_one_gateway_dies_and_the_other_answers(both, directory: Node) -> None:
    # Real TLS between gateways that hold nothing but what joining gave them.
    snapshot, anchor = both[0].snapshot(), both[0].anchor
    answered = []

    async def story() -> list[tuple[int, str]]:
        room = SpoolRoom()
        listeners = {}
        for newcomer in both:
            settings = load_settings(newcomer.node)
            code = settings.gateway.code

            def system(request, code=code):
                answered.append(code)
                return SystemAnswer()

            holdings = load_holdings(newcomer.node, "VN")
            peer = PeerSide(
                InProcessGateway(
                    snapshot=snapshot, anchor=anchor, keys=holdings.keys,
                    clients=holdings.clients, provider=system, code=code,
                ).gateway
            )  # fmt: skip
            listeners[code] = Listener(peer, room)
            await listeners[code].start(
                "127.0.0.1", snapshot.gateway(code).port, tls=tls.peer_listener(settings)
            )
        settings, holdings = load_settings(directory), load_holdings(directory, "VN")
        consumer = InProcessGateway(
            snapshot=snapshot, anchor=anchor, keys=holdings.keys, clients=holdings.clients,
            provider=lambda request: SystemAnswer(), code="national",
        ).gateway  # fmt: skip
        consumer.way_out = Sockets(room, tls.peer_caller(settings))
        steering = card_of("steering")
        asker = f"GOV/{steering.owner}/{steering.subsystem}"
        secret = directory.secret(f"clients/{steering.owner}.{steering.subsystem}").encode()

        async def ask() -> int:
            headers = [
                (b"X-Road-Client", f"VN/{asker}".encode()),
                (b"Lienthong-Client-Secret", secret),
                (b"Content-Type", b"application/json"),
                # So that it may be sent again where its connection dies under it.
                (b"Idempotency-Key", uuid.uuid4().hex.encode()),
            ]
            head = Head(b"POST", f"/r1/{SERVICE}".encode(), headers, Caller())
            answer = await Consumer(consumer).answer(
                Incoming(head, Body.of(b"{}"), time.monotonic())
            )
            return int(answer.status)

        try:
            statuses = [await ask() for _ in range(12)]
            before = set(answered)
            await listeners["kien-giang"].stop(0.0)
            answered.clear()
            statuses += [await ask() for _ in range(6)]
            return statuses, before, set(answered)
        finally:
            consumer.way_out.close()
            for listener in listeners.values():
                await listener.stop(0.0)

    statuses, before, after = asyncio.run(story())
    assert statuses == [200] * 18
    assert before <= {"kien-giang", "phu-quoc"}
    assert after == {"phu-quoc"}


def test_an_offer_is_withdrawn_once_no_gateway_states_it(both) -> None:
    first, second = both
    offer = Offer.objects.get(code=PROVINCE_OFFER.code)

    def states(newcomer: Newcomer, *offers) -> None:
        held = Membership.of(newcomer.node)
        gateway = Gateway.objects.get(code=held.identity.code)
        said = newcomer.registration()
        systems = [msgspec.structs.replace(said.subsystems[0], offers=list(offers))]
        joining._register(
            gateway,
            Registration(host="127.0.0.1", port=1, subsystems=systems),
            joining._allowed(gateway),
        )
        offer.refresh_from_db()

    states(first)
    assert offer.withdrawn_at is None  # the other one still states it
    states(second)
    assert offer.withdrawn_at is not None
    states(first, PROVINCE_OFFER)
    assert offer.withdrawn_at is None


def test_an_operator_takes_a_system_away_until_a_new_approval(both, directory: Node) -> None:
    first = both[0]
    lgsp, gateway = Subsystem.objects.get(code="lgsp"), Gateway.objects.get(code="kien-giang")
    services.end_hosting(lgsp, gateway, reason="chuyển máy chủ", by=FIRST, node=directory)
    assert codes() == ["phu-quoc"]
    assert first.snapshot().subsystem is not None
    entry = next(s for s in first.snapshot().subsystems if s.local == "GOV/TINH-91/lgsp")
    assert entry.gateways == ["phu-quoc"]
    # The gateway states it again with each start, and it stays away.
    joining._register(gateway, first.registration(), joining._allowed(gateway))
    assert codes() == ["phu-quoc"]
    again = brought_in(directory, first.node.home.parent / "again", KIEN_GIANG)
    assert codes() == ["phu-quoc", "kien-giang"]
    assert again.snapshot().gateway("kien-giang")
    assert Hosting.objects.filter(gateway=gateway).count() == 2  # what was is kept


def test_the_last_gateway_is_not_taken_away(both, directory: Node) -> None:
    lgsp = Subsystem.objects.get(code="lgsp")
    one, other = Gateway.objects.get(code="kien-giang"), Gateway.objects.get(code="phu-quoc")
    services.end_hosting(lgsp, one, reason="hỏng", by=FIRST, node=directory)
    with pytest.raises(NotHosted):
        services.end_hosting(lgsp, one, reason="hỏng", by=FIRST, node=directory)
    with pytest.raises(LastGateway):
        services.end_hosting(lgsp, other, reason="hỏng", by=FIRST, node=directory)


def test_systems_of_before_stand_behind_the_gateway_they_had(both) -> None:
    lgsp, gateway = Subsystem.objects.get(code="lgsp"), Gateway.objects.get(code="phu-quoc")
    Hosting.objects.filter(subsystem=lgsp).update(ended_at=clock.instant())
    lgsp.gateway_id = gateway.pk  # as the column of before said

    class Before:
        def get_model(self, app, name):
            if name == "Subsystem":
                return SimpleNamespace(objects=SimpleNamespace(exclude=lambda gateway: [lgsp]))
            return apps.get_model(app, name)

    migration = import_module("lienthong.systems.directory.migrations.0009_hosting")
    migration.keep_where_it_stands(Before(), None)
    standing = Hosting.objects.get(subsystem=lgsp, ended_at=None)
    assert (standing.gateway, standing.offers) == (gateway, [PROVINCE_OFFER.code])

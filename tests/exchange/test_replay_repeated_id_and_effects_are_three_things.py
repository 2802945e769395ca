"""
Decision 16: replay, a repeated message id and idempotency are three things.

Each is asked alone here, with the other two held still, through both sides of a gateway and
the provider's edge. The rules of each by itself stand with their parts:
`test_refusals_are_told_and_counted` and `test_log_is_durable` (replay), `test_admin_api` (the
flag in the list), `test_what_stands_between_gateway_and_offer` (keys).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from exchange.played import NOTARY, NUMBER, REGISTER, GiveNumber, NumberGiven
from exchange.whole import SECRET, whole_exchange
from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.gateway.core import Message
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.gateway.messages import Caller as Peer
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.gateway.provider import PeerSide
from lienthong.gateway.rows import Kind, LogSide, Outcome

pytestmark = pytest.mark.django_db(transaction=True)

REPLAY = "Server.ServerProxy.InvalidMessage"
REUSED = "exchange.idempotency_key_reused"
NO_KEY = "Client.MissingHeader"


@dataclass
class Exchange:
    """The notary asks the land register for numbers, and keeps what left its gateway."""

    gateway: InProcessGateway
    given: list[str]
    sent: list[Message] = field(default_factory=list)

    def ask(self, plot: str = "17", *, key: str | None = "k-1", message_id: str = "m-1") -> Any:
        """Status, fault and answer of one request."""
        headers = [
            (b"X-Road-Client", b"VN/GOV/G15/notary"),
            (b"Lienthong-Client-Secret", SECRET.format("notary").encode()),
            (b"X-Road-Id", message_id.encode()),
            (b"Content-Type", b"application/json"),
        ]
        if key is not None:
            headers.append((b"Idempotency-Key", key.encode()))
        body = json.dumps({"plot": plot, "owner": NUMBER}).encode()
        target = "/r1/VN/GOV/G05/land-register/number.give.v1"
        return told(self.gateway.call("POST", target, headers, body))

    def send_again(self, number: int = -1) -> Any:
        """The very bytes that went to the provider's gateway, once more."""
        message = self.sent[number]
        certificate = self.gateway.snapshot.gateways[0].auth_cert_sha256[0]
        head = Head(
            message.method, message.target, list(message.headers), Peer(certificate, secure=True)
        )
        request = Incoming(head, message.body, time.monotonic())
        return told(asyncio.run(PeerSide(self.gateway.gateway).answer(request)))

    def requests(self) -> list[tuple[str, str]]:
        """Message and request ids of what the provider's side let in."""
        return [
            (row.evidence.message_id, row.evidence.request_id)
            for row in self.gateway.log.rows  # type: ignore[attr-defined]
            if (row.evidence.kind, row.evidence.side) == (Kind.REQUEST, LogSide.PROVIDER)
        ]


def told(answer: Outgoing) -> tuple[int, str, Any]:
    headers = {name.lower(): value.decode() for name, value in answer.headers}
    body = json.loads(answer.body.whole())
    return answer.status, headers.get(b"x-road-error", body.get("code", "")), body


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    given: list[str] = []

    def give_number(request: GiveNumber, caller: Caller) -> NumberGiven:
        given.append(request.plot)
        edge.name_subjects([NUMBER])
        return NumberGiven(request.plot, len(given))

    edge.offer("number.give.v1", card=REGISTER)(give_number)
    with whole_exchange(REGISTER, NOTARY) as gateway:
        held = Exchange(gateway, given)
        way = gateway.gateway.way_out
        gateway.gateway.way_out = Watched(way, held.sent)
        yield held
    edge.remove("land_register", "number.give.v1")


@dataclass
class Watched:
    inner: Any
    sent: list[Message]

    async def to_peer(self, gateway: Any, message: Message, **more: Any) -> Any:
        self.sent.append(message)
        return await self.inner.to_peer(gateway, message, **more)

    async def to_provider(self, provider: Any, message: Message, **more: Any) -> Any:
        return await self.inner.to_provider(provider, message, **more)


# -- replay: the same signed request, between gateways ----------------------------------------


def test_replay_is_refused_though_its_key_would_have_been_answered(exchange: Exchange) -> None:
    assert exchange.ask()[0] == 200
    assert exchange.send_again()[:2] == (500, REPLAY)
    assert exchange.ask()[0] == 200, "the key alone is no replay"
    assert exchange.given == ["17"]


def test_replay_is_known_by_the_request_id_whatever_the_message_id(exchange: Exchange) -> None:
    exchange.ask(message_id="m-1")
    exchange.ask(message_id="m-1", key="k-2")
    for number in (0, 1):
        assert exchange.send_again(number)[1] == REPLAY
    assert len(exchange.requests()) == 2, "a replay leaves no request row"


def test_replay_is_logged_as_refused_and_does_not_count(exchange: Exchange) -> None:
    exchange.ask()
    exchange.send_again()
    ends = [
        row.evidence.outcome
        for row in exchange.gateway.log.rows  # type: ignore[attr-defined]
        if (row.evidence.kind, row.evidence.side) == (Kind.ANSWER, LogSide.PROVIDER)
    ]
    assert ends == [Outcome.ANSWERED, Outcome.REFUSED]


# -- a repeated message id: the client's own name for a message --------------------------------


def test_a_repeated_message_id_is_carried_and_not_refused(exchange: Exchange) -> None:
    one, other = exchange.ask("17", key="k-1"), exchange.ask("18", key="k-2")
    assert (one[0], other[0]) == (200, 200)
    assert exchange.given == ["17", "18"], "two effects under one message id"


def test_a_repeated_message_id_comes_with_two_request_ids_by_which_it_is_flagged(
    exchange: Exchange,
) -> None:
    exchange.ask(key="k-1")
    exchange.ask(key="k-2")
    exchange.ask(key="k-3", message_id="m-2")
    found = exchange.requests()
    assert [message for message, _ in found] == ["m-1", "m-1", "m-2"]
    assert len({request for _, request in found}) == 3
    rows = exchange.gateway.log.of_message("m-1")  # type: ignore[attr-defined]
    assert len({row.evidence.request_id for row in rows}) == 2


# -- effects: the idempotency key, at the provider's edge --------------------------------------


def test_one_key_has_one_effect_whatever_the_message_id(exchange: Exchange) -> None:
    one, again = exchange.ask(message_id="m-1"), exchange.ask(message_id="m-2")
    assert one[0] == again[0] == 200
    assert one[2] == again[2], "the kept answer"
    assert exchange.given == ["17"]
    assert len(exchange.requests()) == 2, "and yet two exchanges, each logged"


def test_one_key_with_other_bytes_is_a_conflict_and_no_fault_of_the_exchange(
    exchange: Exchange,
) -> None:
    exchange.ask("17")
    status, code, body = exchange.ask("18")
    assert (status, code) == (409, REUSED)
    assert "type" in body
    assert exchange.given == ["17"]


def test_without_a_key_nothing_that_changes_is_let_in(exchange: Exchange) -> None:
    status, code, _ = exchange.ask(key=None)
    assert (status, code) == (400, NO_KEY)
    assert exchange.given == []


def test_another_key_is_another_effect_though_every_other_byte_is_the_same(
    exchange: Exchange,
) -> None:
    exchange.ask(key="k-1")
    exchange.ask(key="k-2")
    assert exchange.given == ["17", "17"]

"""Each refusal has its X-Road code and status, is logged, and does nothing."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta

import msgspec
import pytest

from gateway.exchange_cast import (
    CIVIL_STATUS,
    FIND,
    ISSUE,
    JUSTICE,
    OPERATOR,
    OUTSIDER,
    SECRET,
    UNITS,
    asks,
    country,
    grant,
)
from lienthong.exchange.errors import UnknownOutcome, from_fault
from lienthong.gateway.bodies import EMPTY, Body, Refusal
from lienthong.gateway.consumer import Consumer
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.pool import Lost, NotReached
from lienthong.gateway.provider import PeerSide
from lienthong.gateway.rows import LogSide, Outcome
from lienthong.kernel import clock
from lienthong.protocol import headers as names

BODY = b"{}"


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def gateway(here):
    here.asked.clear()
    gateway = here.gateway()
    yield gateway
    gateway.close()


def fault_of(answer):
    said = {name.lower(): value for name, value in answer.headers}
    body = json.loads(answer.body.whole())
    assert set(body) == {"type", "message", "detail"}
    assert said[b"x-road-error"].decode() == body["type"]
    assert answer.status == (500 if body["type"].startswith("Server.") else 400)
    return body["type"]


def last_row(gateway, side=LogSide.CONSUMER):
    return [row for row in gateway.log.rows if row.evidence.side == side][-1].evidence


@pytest.mark.parametrize(
    ("target", "headers", "fault"),
    [
        (f"/r1/{FIND}", asks(secret="wrong"), "Server.ClientProxy.SslAuthenticationFailed"),
        (f"/r1/{FIND}", asks(secret=None), "Server.ClientProxy.SslAuthenticationFailed"),
        (f"/r1/{FIND}", asks(OUTSIDER, SECRET), "Server.ClientProxy.SslAuthenticationFailed"),
        (f"/r1/{FIND}", asks("VN/GOV/G99/nobody"), "Server.ClientProxy.UnknownMember"),
        (f"/r1/{FIND}", asks("EE/GOV/G15/civil-status"), "Server.ClientProxy.UnknownMember"),
        (f"/r1/{FIND}", asks("VN/GOV"), "Client.BadRequest"),
        (f"/r1/{FIND}", asks("VN/GOV/G15"), "Server.ClientProxy.InvalidClientIdentifier"),
        (f"/r1/{FIND}", [], "Server.ClientProxy.InvalidClientIdentifier"),
        ("/r1/VN/GOV/G01/population", asks(), "Client.BadRequest"),
        ("/r2/VN/GOV/G01/population/x", asks(), "Client.BadRequest"),
        ("/r1/VN/GOV/G01/%ff/x", asks(), "Client.BadRequest"),
        ("/r1/VN/GOV/G88/unknown/x", asks(), "Server.ClientProxy.UnknownMember"),
        (f"/r1/{FIND}", asks(Lienthong_Deadline="soon"), "Client.BadRequest"),
        (f"/r1/{FIND}", asks(X_Road_Id="x" * 600), "Client.BadRequest"),
        (f"/r1/{FIND}", asks(X_Road_Id="\u00e9"), "Client.BadRequest"),
        (
            f"/r1/{FIND}",
            asks(X_Road_Security_Server="VN/GOV/G14/elsewhere"),
            "Server.ClientProxy.InvalidSecurityServer",
        ),
    ],
)
def test_the_consumers_side_refuses_before_anything_is_signed(
    gateway, here, target, headers, fault
):
    answer = gateway.call("POST", target, headers, BODY)
    assert fault_of(answer) == fault
    assert here.asked == []
    (row,) = gateway.log.rows
    assert row.evidence.outcome == Outcome.REFUSED
    assert row.evidence.fault == fault
    assert row.evidence.signature == b""


@pytest.mark.parametrize(
    ("method", "target", "headers", "fault"),
    [
        ("POST", f"/r1/{FIND}", asks(OUTSIDER, None), "Server.ServerProxy.AccessDenied"),
        ("POST", "/r1/VN/GOV/G01/population/no.such.v1", asks(),
         "Server.ServerProxy.UnknownService"),
        ("GET", f"/r1/{FIND}", asks(), "Client.InvalidHttpMethod"),
        ("POST", f"/r1/{ISSUE}", asks(), "Client.MissingHeader"),
        ("POST", f"/r1/{FIND}/../personal-id.issue.v1", asks(),
         "Server.ServerProxy.AccessDenied"),
        ("POST", f"/r1/{FIND}/%2e%2e/x", asks(), "Server.ServerProxy.AccessDenied"),
        ("POST", "/r1/VN/GOV/G01/population/getOpenAPI", asks(),
         "Server.ServerProxy.UnknownService"),
    ],
)  # fmt: skip
def test_the_providers_side_refuses_and_both_sides_log_it(
    gateway, here, method, target, headers, fault
):
    answer = gateway.call(method, target, headers, BODY)
    assert fault_of(answer) == fault
    assert here.asked == [], "nothing reached the system"
    for side in LogSide:
        row = last_row(gateway, side)
        assert (row.kind, row.outcome, row.fault) == ("answer", Outcome.REFUSED, fault)


def test_the_error_is_xml_for_a_client_that_asks_for_it(gateway):
    answer = gateway.call("POST", f"/r1/{FIND}", [*asks(OUTSIDER, None), (b"Accept", b"text/xml")])
    assert answer.body.whole().startswith(b"<error><type>Server.ServerProxy.AccessDenied</type>")


def test_the_trace_of_a_fault_is_the_one_in_the_log(gateway):
    answer = gateway.call("POST", f"/r1/{FIND}", asks(OUTSIDER, None), BODY)
    detail = json.loads(answer.body.whole())["detail"]
    faults = [row for row in gateway.log.rows if row.evidence.fault]
    assert {row.trace for row in faults} == {detail}
    assert len(faults) == 2


def test_a_withdrawn_grant_is_refused_at_once(gateway, here):
    assert gateway.call("POST", f"/r1/{FIND}", asks(), BODY).status == 200
    gateway.log.revoke("grant-civil-status-person.find.v1")
    here.asked.clear()
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert fault_of(answer) == "Server.ServerProxy.AccessDenied"
    assert here.asked == []


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"valid_to": timedelta(days=1)}, True),
        ({"valid_to": timedelta(seconds=-1)}, False),
        ({"valid_from": timedelta(seconds=5)}, False),
        ({"paths": ["/of/*"]}, True),
        ({"paths": ["/of/*/more"]}, False),
        ({"methods": ["GET"]}, False),
        ({"methods": ["post"]}, True),
    ],
)
def test_a_grant_holds_for_its_time_methods_and_paths(here, changes, allowed):
    changes = {
        name: clock.instant() + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    grants = [grant("GOV/G15/civil-status", "person.find.v1", **changes)]
    gateway = here.gateway(snapshot=here.changed(grants=grants))
    answer = gateway.call("POST", f"/r1/{FIND}/of/an", asks(), BODY)
    gateway.close()
    assert (answer.status == 200) is allowed


@pytest.mark.parametrize(
    ("target", "age", "status"),
    [
        (FIND, timedelta(hours=23), 200),
        (FIND, timedelta(hours=25), 500),
        (UNITS, timedelta(hours=25), 200),
        (UNITS, timedelta(days=8), 500),
    ],
)
def test_a_snapshot_may_be_as_old_as_its_class_allows(here, target, age, status):
    old = msgspec.structs.replace(here.snapshot, made_at=clock.instant() - age)
    gateway = here.gateway(snapshot=old)
    answer = gateway.call("POST", f"/r1/{target}", asks(), BODY)
    gateway.close()
    assert answer.status == status
    if status == 500:
        assert fault_of(answer) == "Server.ClientProxy.OutdatedGlobalConf"


def test_a_gateway_without_a_snapshot_refuses(gateway):
    gateway.gateway.current = None
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert fault_of(answer) == "Server.ClientProxy.OutdatedGlobalConf"


def test_an_unlogged_request_is_not_carried(gateway, here):
    gateway.log.is_down = True
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert fault_of(answer) == "Server.ClientProxy.LoggingFailed"
    assert here.asked == []


def test_an_overlapping_exchange_whose_log_failed_is_not_answered(here):
    """Overlap may reach the system, but nobody is told that it succeeded."""
    gateway = here.gateway()
    gateway.log.is_down = True
    answer = gateway.call("GET", f"/r1/{UNITS}", asks())
    gateway.close()
    assert fault_of(answer).endswith(".LoggingFailed")


def test_a_request_without_time_left_is_not_sent(gateway, here):
    answer = gateway.call("POST", f"/r1/{FIND}", asks(Lienthong_Deadline="1"), BODY)
    assert fault_of(answer).endswith(".NetworkError")
    assert here.asked == []
    assert last_row(gateway).outcome == Outcome.UNREACHABLE


def failing_system(error):
    def answer(_):
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "fault", "outcome"),
    [
        (NotReached(), "Server.ServerProxy.NetworkError", Outcome.UNREACHABLE),
        (Lost(), "Server.ServerProxy.IOError", Outcome.FAILED),
    ],
)
def test_it_is_told_whether_the_system_may_have_acted(here, error, fault, outcome):
    gateway = here.gateway(system=failing_system(error))
    answer = gateway.call("POST", f"/r1/{ISSUE}", asks(Idempotency_Key="k"), BODY)
    gateway.close()
    assert fault_of(answer) == fault
    assert last_row(gateway, LogSide.PROVIDER).outcome == outcome
    assert last_row(gateway, LogSide.CONSUMER).outcome == outcome


def test_a_system_that_fails_is_left_alone_and_tried_again_later(here, monkeypatch):
    gateway = here.gateway(system=failing_system(NotReached()))
    for _ in range(5):
        gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    here.asked.clear()
    refused = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert fault_of(refused) == "Server.ServerProxy.NetworkError"
    assert here.asked == [], "the circuit is open"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert len(here.asked) == 1, "one request looks again"
    gateway.close()


def test_an_answer_without_its_data_subjects_is_not_handed_over(here):
    gateway = here.gateway(system=lambda _: SystemAnswer(200, b'{"personal_id":"..."}'))
    answer = gateway.call("POST", f"/r1/{ISSUE}", asks(Idempotency_Key="k"), BODY)
    gateway.close()
    assert fault_of(answer) == "Server.ServerProxy.InvalidResponse"
    assert last_row(gateway, LogSide.PROVIDER).outcome == Outcome.FAILED


def test_a_body_that_was_not_taken_is_refused(gateway):
    async def send(why):
        head = Head(b"POST", f"/r1/{FIND}".encode(), asks(), Caller())
        request = Incoming(head, EMPTY, time.monotonic(), why)
        return await Consumer(gateway.gateway).answer(request)

    too_long = asyncio.run(send(Refusal.TOO_LARGE))
    assert fault_of(too_long) == "Client.InvalidBody"
    full = asyncio.run(send(Refusal.NO_ROOM))
    assert fault_of(full) == "Server.ClientProxy.NetworkError"


class Intercepted:
    """Keeps what the consumer's side sends to the peer and lets a test change it."""

    def __init__(self, inner):
        self.inner = inner
        self.messages = []

    async def to_peer(self, gateway, message, *, deadline, limit):
        self.messages.append(message)
        return await self.inner.to_peer(gateway, message, deadline=deadline, limit=limit)

    async def to_provider(self, provider, message, *, deadline, limit):
        return await self.inner.to_provider(provider, message, deadline=deadline, limit=limit)


@pytest.fixture
def intercepted(gateway):
    gateway.gateway.way_out = Intercepted(gateway.gateway.way_out)
    gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    return gateway.gateway.way_out.messages[0]


def to_peer(gateway, here, message, *, certificate=None, body=None, headers=None):
    caller = Caller(certificate or here.snapshot.gateways[0].auth_cert_sha256[0], secure=True)
    head = Head(message.method, message.target, headers or list(message.headers), caller)
    request = Incoming(head, body or message.body, time.monotonic())
    return asyncio.run(PeerSide(gateway.gateway).answer(request))


def test_the_same_signed_request_twice_is_a_replay(gateway, here, intercepted):
    here.asked.clear()
    assert fault_of(to_peer(gateway, here, intercepted)) == "Server.ServerProxy.InvalidMessage"
    assert here.asked == []


def test_a_promise_comes_from_ones_own_gateway_only(here, monkeypatch):
    # A peer gateway of another make, which lets its service say and sign what it likes.
    careless = names.NOT_FROM_SERVICE - {names.PROMISE, names.SUBJECT}
    monkeypatch.setattr(names, "NOT_FROM_SERVICE", careless)
    said = [(b"Lienthong-Promise", b"forged"), (b"Lienthong-Subject", b"091095000017")]
    gateway = here.gateway(system=lambda _: SystemAnswer(body=BODY, headers=said))
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    gateway.close()
    assert answer.status == 200
    told = [(name.lower(), value) for name, value in answer.headers]
    (promise,) = [value for name, value in told if name == names.PROMISE]
    assert promise != b"forged"
    assert names.SUBJECT not in dict(told)


def test_a_grant_revoked_while_its_request_is_logged_is_not_used_any_more(
    gateway, here, monkeypatch
):
    log, held = gateway.log, grant(CIVIL_STATUS, FIND.rpartition("/")[2]).id
    append = log.append

    def learn_meanwhile(row, *, replay=None):
        # A log that lost its connection hears of a revocation only when it writes again.
        if replay is not None:
            log.revoke(held)
        return append(row, replay=replay)

    monkeypatch.setattr(log, "append", learn_meanwhile)
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert fault_of(answer) == "Server.ServerProxy.AccessDenied"
    assert here.asked == []


class SentTwice(Intercepted):
    """A connection that dies once the peer has acted; the pool then sends the same again."""

    async def to_peer(self, gateway, message, *, deadline, limit):
        await self.inner.to_peer(gateway, message, deadline=deadline, limit=limit)
        return await self.inner.to_peer(gateway, message, deadline=deadline, limit=limit)


def test_a_request_that_had_arrived_before_it_was_sent_again_has_an_unknown_outcome(gateway, here):
    gateway.gateway.way_out = SentTwice(gateway.gateway.way_out)
    answer = gateway.call("POST", f"/r1/{ISSUE}", asks(Idempotency_Key="k"), BODY)
    assert len(here.asked) == 1, "the effect happened, once"
    fault = fault_of(answer)
    assert fault == "Server.ClientProxy.IOError"
    assert isinstance(from_fault(fault, changes=True), UnknownOutcome), "ask again by the key"
    assert last_row(gateway).outcome == Outcome.FAILED


def test_a_certificate_of_nobody_is_refused(gateway, here, intercepted):
    answer = to_peer(gateway, here, intercepted, certificate="00" * 32)
    assert fault_of(answer) == "Server.ServerProxy.UnknownMember"


def test_a_gateway_may_not_speak_for_a_client_it_does_not_host(here):
    other = msgspec.structs.replace(
        here.snapshot.gateways[0], code="provincial", auth_cert_sha256=["11" * 32]
    )
    gateway = here.gateway(snapshot=here.changed(gateways=[*here.snapshot.gateways, other]))
    gateway.gateway.way_out = Intercepted(gateway.gateway.way_out)
    gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    message = gateway.gateway.way_out.messages[0]
    answer = to_peer(gateway, here, message, certificate="11" * 32)
    gateway.close()
    assert fault_of(answer) == "Server.ServerProxy.SslAuthenticationFailed"


def test_a_changed_body_is_noticed(gateway, here, intercepted):
    answer = to_peer(gateway, here, intercepted, body=Body.of(b'{"other":1}'))
    assert fault_of(answer) == "Client.InvalidBody"


@pytest.mark.parametrize("name", [b"signature", b"signature-input"])
def test_an_unsigned_request_is_refused(gateway, here, intercepted, name):
    headers = [pair for pair in intercepted.headers if pair[0].lower() != name]
    answer = to_peer(gateway, here, intercepted, headers=headers)
    assert fault_of(answer) == "Server.ServerProxy.MissingSignature"


def test_a_header_added_on_the_way_breaks_the_signature(gateway, here, intercepted):
    headers = [*intercepted.headers, (b"X-Road-UserId", b"somebody else")]
    answer = to_peer(gateway, here, intercepted, headers=headers)
    assert fault_of(answer) == "Client.InvalidBody"


def test_a_signature_of_another_member_does_not_count(here):
    """The outside subsystem's member signs what civil-status is said to ask."""
    gateway = here.gateway()
    gateway.gateway.holdings = gateway.gateway.holdings.__class__(
        clients=gateway.gateway.holdings.clients,
        providers=gateway.gateway.holdings.providers,
        keys={**here.keys, JUSTICE: here.keys[OPERATOR]},
    )
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    gateway.close()
    assert fault_of(answer) == "Server.ServerProxy.SignatureVerification.CertValidation"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_request_from_another_time_is_refused(gateway, here, intercepted, minutes):
    with clock.stopped(at=clock.instant() + timedelta(minutes=minutes)):
        answer = to_peer(gateway, here, intercepted)
    assert fault_of(answer) == "Server.ServerProxy.SignatureVerification.CertValidityTime"


def test_an_answer_that_is_not_to_this_request_is_not_handed_over(gateway, here):
    class Swapping(Intercepted):
        kept = None

        async def to_peer(self, entry, message, *, deadline, limit):
            received = await super().to_peer(entry, message, deadline=deadline, limit=limit)
            self.kept, received = received, self.kept or received
            return received

    gateway.gateway.way_out = Swapping(gateway.gateway.way_out)
    assert gateway.call("POST", f"/r1/{FIND}", asks(), BODY).status == 200
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert "SignatureVerification" in fault_of(answer)
    assert last_row(gateway).outcome == Outcome.FAILED
    assert last_row(gateway).client == CIVIL_STATUS

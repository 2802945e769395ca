"""With a collector named, both sides of an exchange are spans of its caller's trace."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import msgspec
import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import FIND, ISSUE, UNITS, asks, country
from gateway.soap_cast import ask, post, soap_country, soap_gateway
from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.main import make_tracer
from lienthong.gateway.messages import Outgoing
from lienthong.gateway.pool import Pool
from lienthong.gateway.settings import BadSettings
from lienthong.gateway.tracing import Tracer
from lienthong.protocol.snapshot import CAPABILITIES
from lienthong.protocol.traces import MOST_HELD, SpanBuffer, Wish

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
FROM_CLIENT = f"00-{TRACE}-{PARENT}-01"
BODY = b'{"born_on":"2021-08-17"}'
NOWHERE = Wish("127.0.0.1", 1, "/v1/traces")


def traced(here, *, understood=True, wish=NOWHERE, **more):
    capabilities = list(CAPABILITIES) if understood else ["rfc9421"]
    entries = [msgspec.structs.replace(entry, capabilities=capabilities)
               for entry in here.snapshot.gateways]  # fmt: skip
    gateway = here.gateway(snapshot=here.changed(gateways=entries), **more)
    gateway.gateway.tracer = Tracer(wish, "lienthong-gateway", "VN/GOV/G14/national")
    return gateway


@pytest.fixture
def here():
    return country()


@pytest.fixture
def opened():
    gateways = []
    yield lambda gateway: gateways.append(gateway) or gateway
    for gateway in gateways:
        gateway.close()


def spans_of(gateway):
    return {one.name: one for one in gateway.gateway.tracer.buffer.take()}


def test_both_sides_and_both_ways_out_are_one_chain(here, opened):
    gateway = opened(traced(here))
    answer = gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
    assert answer.status == 200
    buffer = gateway.gateway.tracer.buffer.take()
    provider, system, consumer, peer = (
        next(one for one in buffer if (one.name, one.span) == key)
        for key in [(one.name, one.span) for one in buffer]
    )
    assert [provider.name, system.name, consumer.name, peer.name] == [
        "provider person.find.v1", "ask person.find.v1",
        "consumer person.find.v1", "ask person.find.v1",
    ]  # fmt: skip
    assert {one.trace for one in buffer} == {TRACE}
    assert consumer.parent == PARENT
    assert peer.parent == consumer.span
    assert provider.parent == peer.span
    assert system.parent == provider.span
    assert here.asked[0].header(b"traceparent") == f"00-{TRACE}-{system.span}-01".encode()
    assert consumer.start <= peer.start <= provider.start <= system.start
    assert system.end <= provider.end <= peer.end <= consumer.end
    assert not any(one.failed for one in buffer)


def test_what_the_client_sent_stays_in_what_it_signed_for(here, opened):
    gateway = opened(traced(here))
    gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
    heads = [row.evidence.head for row in gateway.log.rows if row.evidence.kind == "request"]
    assert len(heads) == 2
    assert all(f"traceparent:{FROM_CLIENT}".encode() in head for head in heads)
    assert not any(b"lienthong-traceparent" in head.lower() for head in heads)


def test_a_client_without_a_trace_begins_one_under_the_nodes_own_id(here, opened):
    gateway = opened(traced(here))
    gateway.call("POST", f"/r1/{FIND}", asks(Lienthong_Trace=TRACE), BODY)
    spans = spans_of(gateway)
    assert {one.trace for one in spans.values()} == {TRACE}
    assert spans["consumer person.find.v1"].parent == ""


@pytest.mark.parametrize("value", [f"00-{TRACE}-{PARENT}-00"])
def test_what_its_caller_does_not_want_traced_is_not(here, opened, value):
    gateway = opened(traced(here))
    gateway.call("POST", f"/r1/{FIND}", asks(traceparent=value), BODY)
    assert spans_of(gateway) == {}
    assert here.asked[0].header(b"traceparent") == value.encode()


def test_a_gateway_of_an_older_release_is_not_sent_a_header_it_cannot_take_off(here, opened):
    gateway = opened(traced(here, understood=False))
    assert gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY).status == 200
    # The provider's side was told nothing, so it traces nothing.
    assert set(spans_of(gateway)) == {"consumer person.find.v1", "ask person.find.v1"}


def test_a_client_cannot_speak_for_a_gateway(here, opened):
    gateway = opened(traced(here))
    forged = f"00-{'a' * 32}-{'b' * 16}-01"
    gateway.call("POST", f"/r1/{FIND}",
                 asks(traceparent=FROM_CLIENT, Lienthong_Traceparent=forged), BODY)  # fmt: skip
    assert {one.trace for one in gateway.gateway.tracer.buffer.take()} == {TRACE}


def test_a_refusal_is_a_failed_span_with_its_code(here, opened):
    gateway = opened(traced(here))
    gateway.call("POST", f"/r1/{ISSUE}", asks(secret="wrong", traceparent=FROM_CLIENT), BODY)
    (span,) = gateway.gateway.tracer.buffer.take()
    assert span.failed
    assert span.attributes["error.type"] == "Server.ClientProxy.SslAuthenticationFailed"


def test_a_soap_exchange_is_traced_though_its_headers_go_no_further(opened):
    there = soap_country()
    gateway = opened(soap_gateway(there))
    entries = [msgspec.structs.replace(entry, capabilities=list(CAPABILITIES))
               for entry in there.snapshot.gateways]  # fmt: skip
    gateway.gateway.current = there.changed(gateways=entries)
    gateway.gateway.tracer = Tracer(NOWHERE, "lienthong-gateway", "g")
    post(gateway, ask(), traceparent=FROM_CLIENT)
    buffer = gateway.gateway.tracer.buffer.take()
    assert [one.name for one in buffer] == [
        "provider tinhTong", "ask tinhTong", "consumer tinhTong", "ask tinhTong"]  # fmt: skip
    assert {one.trace for one in buffer} == {TRACE}


def test_no_span_says_who_a_person_is(here, opened):
    gateway = opened(traced(here))
    secret = "001099000001"
    gateway.call(
        "GET", f"/r1/{UNITS}/nguoi/{secret}?id={secret}",
        asks(X_Road_Id=f"m-{secret}", X_Road_UserId=f"VN{secret}", X_Road_Issue=secret,
             X_Road_Represented_Party=secret, traceparent=FROM_CLIENT),
    )  # fmt: skip
    buffer = gateway.gateway.tracer.buffer.take()
    assert len(buffer) == 4
    assert secret not in msgspec.json.encode(buffer).decode()


def test_without_a_collector_nothing_is_traced_and_nothing_added(here, opened):
    gateway = opened(here.gateway())
    gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
    assert here.asked[0].header(b"traceparent") == FROM_CLIENT.encode()
    assert make_tracer(None, {}) is None  # type: ignore[arg-type]


def test_a_collector_that_is_no_address_stops_the_start():
    with pytest.raises(BadSettings, match="collector"):
        make_tracer(None, {"LIENTHONG_TRACES_URL": "ftp://x"})  # type: ignore[arg-type]


# -- the collector -------------------------------------------------------------------------


class Collector:
    """Takes what is posted to it; may be slow or say that something is wrong."""

    def __init__(self):
        self.status, self.pause = 200, 0.0
        self.taken: list[tuple[bytes, dict]] = []

    def body_limit(self, head):
        return 16 << 20

    async def answer(self, request):
        if self.pause:
            await asyncio.sleep(self.pause)
        self.taken.append((request.head.target, json.loads(request.body.whole())))
        return Outgoing(self.status, b"OK", [(b"Content-Type", b"application/json")])

    def malformed(self, why, caller):
        return Outgoing(400, b"Bad Request", [])


@pytest.fixture
def collector(tmp_path):
    application = Collector()
    edge = Edge(application, SpoolRoom(tmp_path))
    yield application, Wish("127.0.0.1", edge.port, "/v1/traces")
    edge.close()


def send(tracer):
    async def run():
        pool = Pool(tracer.room)
        try:
            return await tracer.send_all(pool)
        finally:
            pool.close()

    return asyncio.run(run())


@pytest.mark.scenario
def test_spans_reach_a_collector_as_otlp(here, opened, collector):
    application, wish = collector
    gateway = opened(traced(here, wish=wish))
    gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
    tracer = gateway.gateway.tracer
    assert send(tracer)
    ((target, body),) = application.taken
    assert target == b"/v1/traces"
    spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [one["name"] for one in spans] == [
        "provider person.find.v1", "ask person.find.v1",
        "consumer person.find.v1", "ask person.find.v1"]  # fmt: skip
    assert (tracer.buffer.exported, tracer.buffer.dropped) == (4, 0)


@pytest.mark.scenario
@pytest.mark.parametrize("trouble", ["down", "refuses"])
def test_a_collector_in_trouble_costs_spans_and_no_exchange(here, opened, collector, trouble):
    application, wish = collector
    application.status = 503
    gateway = opened(traced(here, wish=NOWHERE if trouble == "down" else wish))
    tracer = gateway.gateway.tracer
    for _ in range(3):
        assert (
            gateway.call("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY).status == 200
        )
        assert not send(tracer)
    assert (tracer.buffer.exported, tracer.buffer.dropped, len(tracer.buffer)) == (0, 12, 0)


@pytest.mark.scenario
def test_while_a_collector_is_slow_exchanges_go_on(here, collector):
    application, wish = collector
    application.pause = 30.0
    gateway = traced(here, wish=wish)
    tracer = gateway.gateway.tracer

    async def story():
        await gateway.answer("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
        pool = Pool(tracer.room)
        sending = asyncio.create_task(tracer.send_all(pool))
        await asyncio.sleep(0.05)
        assert not sending.done()
        answer = await gateway.answer("POST", f"/r1/{FIND}", asks(traceparent=FROM_CLIENT), BODY)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        pool.close()
        return answer.status

    assert asyncio.run(story()) == 200
    gateway.close()


def test_a_buffer_no_collector_empties_stays_bounded():
    buffer = SpanBuffer()
    tracer = Tracer(NOWHERE, "s", "i", buffer)
    head = type("Head", (), {"header": staticmethod(lambda name: None)})()

    def many():
        for _ in range(MOST_HELD):
            spans = tracer.follow(head, peer=False)
            tracer.ended(spans, "consumer", service="a/b", client="", peer="", request_id="",
                         times=(time.monotonic(), 0.0, 0.0), status=200, fault=None)  # fmt: skip

    threads = [threading.Thread(target=many) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(buffer), buffer.dropped) == (MOST_HELD, MOST_HELD)

"""From a page through both sides of the gateway to an offer: one chain of spans, when wanted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from exchange.played import NAME, NOTARY, NUMBER, REGISTER, FindPlot, Plot, find
from exchange.whole import whole_exchange
from lienthong.exchange import client, edge, span_export
from lienthong.exchange.edge import Caller
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.gateway.tracing import Tracer
from lienthong.protocol.snapshot import CAPABILITIES
from lienthong.protocol.traces import Span, SpanBuffer, Wish
from lienthong.record import spans, trace

NOWHERE = Wish("127.0.0.1", 1, "/v1/traces")


@pytest.fixture
def kept() -> Iterator[SpanBuffer]:
    """The buffer of this process, which is that of pages, jobs and offers in the tests."""
    buffer = SpanBuffer()
    spans.install(buffer)
    yield buffer
    spans.install(None)


@pytest.fixture
def gateway() -> Iterator[InProcessGateway]:
    def find_plot(request: FindPlot, caller: Caller) -> Plot:
        edge.name_subjects([NUMBER])
        return Plot(found=True, owner=NAME, debts=7)

    edge.offer("plot.find.v1", card=REGISTER)(find_plot)
    with whole_exchange(REGISTER, NOTARY) as held:
        core = held.gateway
        assert core.current is not None
        entries = [
            msgspec.structs.replace(entry, capabilities=list(CAPABILITIES))
            for entry in core.current.gateways
        ]
        core.current = msgspec.structs.replace(core.current, gateways=entries)
        core.tracer = Tracer(NOWHERE, "lienthong-gateway", "g")
        yield held
    edge.remove("land_register", "plot.find.v1")


def page(**headers: str) -> HttpResponse:
    """A page that asks the land register."""

    def answer(request: object) -> HttpResponse:
        client.call(find(17))
        return HttpResponse()

    return trace.TraceMiddleware(answer)(RequestFactory().get("/thua-dat/17", headers=headers))


@pytest.mark.django_db(transaction=True)
def test_a_page_its_call_both_gateway_sides_and_the_offer_are_one_chain(
    kept: SpanBuffer, gateway: InProcessGateway
) -> None:
    told = page()["Lienthong-Trace"]
    assert gateway.gateway.tracer is not None
    found: list[Span] = [*kept.take(), *gateway.gateway.tracer.buffer.take()]
    by_id = {one.span: one for one in found}
    (step,) = (one for one in found if one.name.startswith("offer "))
    chain = []
    while step:
        chain.append(step.name)
        step = by_id.get(step.parent)  # type: ignore[assignment]
    assert chain == [
        "offer land_register/plot.find.v1", "ask plot.find.v1", "provider plot.find.v1",
        "ask plot.find.v1",
        "consumer plot.find.v1", "call plot.find.v1", "GET",
    ]  # fmt: skip
    assert {one.trace for one in found} == {told}
    assert not any(one.failed for one in found)
    # What a person is called, and which plot is meant, stand in no span.
    words = msgspec.json.encode(found).decode()
    assert not [secret for secret in (NAME, NUMBER, "thua-dat") if secret in words]


@pytest.mark.django_db(transaction=True)
def test_without_traces_nothing_is_added_to_a_call(gateway: InProcessGateway) -> None:
    gateway.gateway.tracer = None
    page()
    heads = [row.evidence.head for row in gateway.log.rows]  # type: ignore[attr-defined]
    assert heads
    assert not any(b"traceparent" in head for head in heads)


def test_what_fails_is_a_failed_span(kept: SpanBuffer) -> None:
    def broken(request: object) -> HttpResponse:
        return HttpResponse(status=503)

    trace.TraceMiddleware(broken)(RequestFactory().get("/x"))
    with pytest.raises(KeyError), spans.asked("call x", trace.new()):
        raise KeyError
    first, second = kept.take()
    assert (first.name, first.failed) == ("GET", True)
    assert first.attributes == {"http.response.status_code": 503}
    assert second.failed


def test_a_header_from_outside_decides_nothing_about_a_page(kept: SpanBuffer) -> None:
    spans.install(kept, lambda: False)
    trace.TraceMiddleware(lambda request: HttpResponse())(
        RequestFactory().get("/x", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    )
    assert len(kept) == 0


@pytest.mark.django_db(transaction=True)
def test_what_machines_ask_every_few_seconds_is_not_traced(
    kept: SpanBuffer,
) -> None:
    browser = Client(raise_request_exception=False)
    browser.get("/healthz")
    assert len(kept) == 0
    browser.get("/no-such-page")
    assert [one.name for one in kept.take()] == ["GET"]


def test_an_offer_whose_caller_is_not_traced_is_not_either(kept: SpanBuffer) -> None:
    from lienthong.protocol.traces import Context

    with spans.served("offer", "a" * 32, Context("a" * 32, "b" * 16, sampled=False)) as span:
        assert span is None
    with spans.served("offer", "a" * 32) as span:
        assert span is None, "a probe of the supervisor"
    assert len(kept) == 0


# -- the collector -------------------------------------------------------------------------


class Collector(BaseHTTPRequestHandler):
    taken: list[dict[str, object]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append({"path": self.path, "body": json.loads(body)})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.scenario
def test_the_systems_spans_reach_a_collector_and_one_that_is_gone_costs_only_spans(
    kept: SpanBuffer,
) -> None:
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    exporter = span_export.Exporter(
        Wish("127.0.0.1", server.server_port, "/v1/traces"), "lienthong-systems", kept
    )
    try:
        with spans.asked("call x", trace.new()):
            pass
        assert exporter.send_all()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (taken,) = Collector.taken
    assert taken["path"] == "/v1/traces"
    assert "lienthong-systems" in json.dumps(taken["body"])
    with spans.asked("call x", trace.new()):
        pass
    assert not exporter.send_all()
    assert (kept.exported, kept.dropped, len(kept)) == (1, 1, 0)
    exporter.stop()


def test_traces_are_off_unless_a_collector_is_named() -> None:
    assert span_export.begin({}) is None
    assert span_export.counts() is None

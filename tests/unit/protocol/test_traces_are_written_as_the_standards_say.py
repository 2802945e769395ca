"""W3C Trace Context and OTLP in JSON, by the words of the standards."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from lienthong.protocol.traces import (
    CLIENT,
    MOST_SENT,
    SERVER,
    BadCollector,
    Context,
    Span,
    SpanBuffer,
    Wish,
    new_span,
    new_trace,
    otlp,
    read_context,
    trace_id,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def span(**changes: object) -> Span:
    values: dict[str, object] = {
        "name": "consumer person.find.v1", "kind": SERVER, "trace": TRACE, "span": PARENT,
        "start": 1_700_000_000_000_000_000, "end": 1_700_000_000_250_000_000,
    }  # fmt: skip
    return Span(**{**values, **changes})  # type: ignore[arg-type]


def test_a_traceparent_reads_back_as_itself() -> None:
    for flags, sampled in (("01", True), ("00", False), ("03", True)):
        found = read_context(f"00-{TRACE}-{PARENT}-{flags}")
        assert found == Context(TRACE, PARENT, sampled)
    assert str(Context(TRACE, PARENT)) == f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "value",
    [
        "", "00", f"00-{TRACE}-{PARENT}", f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more", f"00-{TRACE[:-1]}-{PARENT}-01",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_taken_for_none(value: str) -> None:
    assert read_context(value) is None


def test_a_later_version_may_say_more() -> None:
    assert read_context(f"01-{TRACE}-{PARENT}-01-what-comes") == Context(TRACE, PARENT)


def test_ids_are_hexadecimal_of_their_length_and_never_nothing() -> None:
    assert trace_id(new_trace())
    assert {len(new_span()) for _ in range(50)} == {16}
    assert trace_id("") == trace_id("0" * 32) == trace_id("x" * 32) == ""
    assert trace_id("4BF92F35-77B3-4DA6-A3CE-929D0E0E4736") == TRACE


def test_spans_are_written_as_collectors_read_them() -> None:
    body = json.loads(
        otlp("lienthong-gateway", [
            span(attributes={"lienthong.side": "consumer", "http.response.status_code": 200}),
            span(kind=CLIENT, parent="a" * 16, failed=True),
        ], {"service.instance.id": "VN/GOV/G14/national"})
    )  # fmt: skip
    (resource,) = body["resourceSpans"]
    named = {one["key"]: one["value"] for one in resource["resource"]["attributes"]}
    assert named["service.name"] == {"stringValue": "lienthong-gateway"}
    (scope,) = resource["scopeSpans"]
    first, second = scope["spans"]
    assert first["traceId"] == TRACE
    assert first["startTimeUnixNano"] == "1700000000000000000"
    assert first["attributes"][1] == {
        "key": "http.response.status_code", "value": {"intValue": "200"}}  # fmt: skip
    assert "parentSpanId" not in first
    assert (second["parentSpanId"], second["kind"], second["status"]) == ("a" * 16, 3, {"code": 2})


def test_a_buffer_is_bounded_and_counts_what_it_drops() -> None:
    buffer = SpanBuffer(most=MOST_SENT + 10)
    for _ in range(MOST_SENT + 15):
        buffer.put(span())
    assert (len(buffer), buffer.dropped) == (MOST_SENT + 10, 5)
    assert len(buffer.take()) == MOST_SENT
    buffer.done(MOST_SENT, well=True)
    buffer.done(len(buffer.take()), well=False)
    assert (buffer.exported, buffer.dropped, len(buffer)) == (MOST_SENT, 15, 0)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://collector.lan", "http://collector.lan:4318/v1/traces"),
        ("http://[::1]:9/otlp/", "http://[::1]:9/otlp/v1/traces"),
    ],
)
def test_a_collector_is_named_by_its_base(url: str, whole: str) -> None:
    wish = Wish.of({"LIENTHONG_TRACES_URL": url})
    assert wish is not None
    assert wish.url == whole
    assert wish.wants()


@pytest.mark.parametrize(
    "environ",
    [
        {"LIENTHONG_TRACES_URL": "https://collector"},
        {"LIENTHONG_TRACES_URL": "collector:4318"},
        {"LIENTHONG_TRACES_URL": "http://a b"},
        {"LIENTHONG_TRACES_URL": "http://a:99999"},
        {"LIENTHONG_TRACES_URL": "http://a", "LIENTHONG_TRACES_SHARE": "2"},
        {"LIENTHONG_TRACES_URL": "http://a", "LIENTHONG_TRACES_SHARE": "half"},
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(environ: Mapping[str, str]) -> None:
    with pytest.raises(BadCollector):
        Wish.of(environ)


def test_traces_are_off_unless_asked_for_and_a_share_of_nothing_is_nothing() -> None:
    assert Wish.of({}) is None
    none = Wish.of({"LIENTHONG_TRACES_URL": "http://a", "LIENTHONG_TRACES_SHARE": "0"})
    assert none is not None
    assert not any(none.wants() for _ in range(100))

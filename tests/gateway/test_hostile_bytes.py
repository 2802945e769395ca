"""What comes in by the socket: smuggling, floods, half requests. Nothing of it reaches the core."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time

import pytest

from gateway.edge_thread import Edge
from lienthong.gateway.bodies import Body, Refusal, SpoolRoom
from lienthong.gateway.core import fault_answer
from lienthong.gateway.edge_http import EdgeLimits
from lienthong.gateway.messages import Outgoing
from lienthong.protocol.faults import XRoadFault

pytestmark = pytest.mark.scenario

LIMITS = EdgeLimits(headers=20, head_bytes=4096, head_time=1.0, body_silence=1.0, idle=1.5,
                    linger=0.3)  # fmt: skip
GET = b"GET /r1/a HTTP/1.1\r\nHost: x\r\n"


class Recorder:
    """An application that remembers what it was asked and echoes bodies."""

    def __init__(self):
        self.requests = []
        self.complaints = []
        self.limit = 3 << 20
        self.pause = 0.0

    def body_limit(self, head):
        return self.limit

    async def answer(self, request):
        self.requests.append((request.head.method, request.head.target, request.body.whole(),
                              request.refused))  # fmt: skip
        if self.pause:
            await asyncio.sleep(self.pause)
        if request.refused:
            return fault_answer(XRoadFault("Client.InvalidBody", "too long"), None)
        return Outgoing(200, b"OK", [(b"X-Kept", b"yes")], Body.of(request.body.whole()))

    def malformed(self, why, caller):
        self.complaints.append(why)
        return fault_answer(XRoadFault("Client.BadRequest", f"Bad request: {why}"), None)


@pytest.fixture
def room(tmp_path):
    return SpoolRoom(tmp_path, quota=8 << 20)


@pytest.fixture
def edge(room):
    edge = Edge(Recorder(), room, LIMITS)
    yield edge
    edge.close()


@pytest.fixture
def talk(edge):
    """Send pieces, read until the other side closes or is silent."""

    def send(*pieces, patience=0.6, gap=0.0):
        with socket.create_connection(("127.0.0.1", edge.listener.port), timeout=5) as link:
            for piece in pieces:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    link.sendall(piece)
                if gap:
                    time.sleep(gap)
            link.settimeout(patience)
            got = b""
            with contextlib.suppress(TimeoutError):
                while part := link.recv(65536):
                    got += part
            return got

    return send


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(GET + b"X: a\r\n b\r\n\r\n", id="folded line"),
        pytest.param(b"GET /r1/a HTTP/1.1\nHost: x\n\n", id="bare LF"),
        pytest.param(GET + b"X: a\nY: b\r\n\r\n", id="bare LF in a header"),
        pytest.param(GET + b"X: a\rY: b\r\n\r\n", id="bare CR in a value"),
        pytest.param(GET + b"X: a\x00b\r\n\r\n", id="NUL"),
        pytest.param(GET + b"X : a\r\n\r\n", id="space before the colon"),
        pytest.param(GET + b": a\r\n\r\n", id="no name"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="both lengths"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Length: 3\r\n\r\n0\r\n\r\n", id="both lengths, other order"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            id="length twice"),
        pytest.param(b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
                     id="signed length"),
        pytest.param(b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
                     id="list of lengths"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            id="unknown coding"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="coding twice"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc",
            id="negative chunk"),
        pytest.param(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
            id="longer chunk"),
        pytest.param(b"GET /r1/a HTTP/1.0\r\nHost: x\r\n\r\n", id="HTTP/1.0"),
        pytest.param(b"GET /r1/a\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", id="tunnel"),
        pytest.param(b"PROPFIND /r1/a HTTP/1.1\r\nHost: x\r\n\r\n", id="method of another world"),
        pytest.param(b"GET http://y/r1/a HTTP/1.1\r\nHost: x\r\n\r\n", id="absolute target"),
        pytest.param(b"GET /r1/a HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(GET + b"Host: y\r\n\r\n", id="two hosts"),
        pytest.param(GET + b"X: a\r\n" * 30 + b"\r\n", id="too many headers"),
        pytest.param(GET + b"X: " + b"a" * 5000 + b"\r\n\r\n", id="too long a header"),
        pytest.param(GET + b"X: " + b"a" * 9000, id="a header without end"),
        pytest.param(b"GET /r1/" + b"a" * 9000, id="a path without end"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS on a plain port"),
        pytest.param("GET /r1/đường HTTP/1.1\r\nHost: x\r\n\r\n".encode(), id="path not encoded"),
    ],
)  # fmt: skip
def test_malformed_bytes_are_answered_with_bad_request_and_the_connection_ends(
    edge, talk, request_bytes
):
    got = talk(request_bytes, GET + b"\r\n", patience=3)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), got
    assert b"x-road-error: Client.BadRequest" in head
    assert b"Connection: close" in head
    assert json.loads(body)["type"] == "Client.BadRequest"
    assert edge.application.requests == []
    assert len(edge.application.complaints) == 1


def test_a_request_after_a_smuggled_one_is_not_read(edge, talk):
    inner = b"GET /r1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n0\r\n\r\n%s" % (len(inner), inner)
    )
    assert got.count(b"HTTP/1.1 ") == 1
    assert edge.application.requests == []


def test_an_upgrade_is_not_taken_and_nothing_after_it_is_read(edge, talk):
    got = talk(
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
        GET + b"\r\n",
        gap=0.05,
    )
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in got
    assert len(edge.application.requests) == 1


def test_pipelined_requests_are_answered_in_order(edge, talk):
    edge.application.pause = 0.02
    pieces = b"".join(
        b"POST /r1/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n%d" % (n, n) for n in range(5)
    )
    got = talk(pieces)
    assert [part[:1] for part in got.split(b"\r\n\r\n")[1:]] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_request_arriving_byte_by_byte_is_the_same_request(edge, talk):
    message = b"POST /r1/a?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    got = talk(*[bytes([letter]) for letter in message])
    assert got.endswith(b"\r\n\r\nabc")
    assert edge.application.requests == [(b"POST", b"/r1/a?q=1", b"abc", None)]


def test_chunks_and_trailers_become_one_body(edge, talk):
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2;ext=1\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: dropped\r\n\r\n"
    )
    assert got.endswith(b"Content-Length: 3\r\n\r\nabc")


@pytest.mark.parametrize(
    "endless",
    [
        b"2\r\nab\r\n0\r\nX-Trailer: " + b"a" * 1000,
        b"2\r\nab\r\n2;" + b"e" * 1000,
        b"2\r\nab\r\n" + b"0" * 1000,
    ],
    ids=["trailer", "chunk extension", "chunk size"],
)
def test_framing_that_never_ends_is_given_up(edge, talk, endless):
    """The parser keeps what it has not understood yet, so it must not grow without end."""
    head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    more = endless[-1:] * 4096
    got = talk(head + endless, *[more] * 64, patience=3)
    assert b"Client.BadRequest" in got
    assert edge.application.requests == []


def test_a_body_in_chunks_of_one_byte_is_a_body(edge, talk):
    head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    got = talk(head, *[b"1\r\na\r\n" * 1000] * 10, b"0\r\n\r\n", patience=3)
    assert got.endswith(b"a" * 10_000)


def test_a_client_that_takes_nothing_of_its_answer_is_given_up(room):
    limits = EdgeLimits(write_silence=1.0)
    edge = Edge(Recorder(), room, limits)
    edge.application.limit = 64 << 20
    try:
        with socket.create_connection(("127.0.0.1", edge.port), timeout=20) as link:
            body = bytes(7 << 20)
            head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
            link.sendall(head + body)
            # It never reads: neither the connection nor the room of the answer is kept.
            limit = time.monotonic() + 20
            while edge.listener.connections:
                assert time.monotonic() < limit, "the connection is held for ever"
                time.sleep(0.1)
        assert (room.used, room.memory_used) == (0, 0)
    finally:
        edge.close()


def test_a_stated_length_above_the_limit_is_refused_before_the_body_is_sent(edge, talk):
    edge.application.limit = 10
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"
    )
    assert b"100 Continue" not in got
    assert b"Client.InvalidBody" in got
    assert edge.application.requests == [(b"POST", b"/r1/a", b"", Refusal.TOO_LARGE)]


def test_a_body_that_grows_above_the_limit_is_cut_off(edge, talk):
    edge.application.limit = 1000
    chunks = [b"1f4\r\n" + b"a" * 500 + b"\r\n"] * 400
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", *chunks, patience=2
    )
    assert b"Client.InvalidBody" in got
    assert edge.application.requests[0][3] is Refusal.TOO_LARGE
    assert len(edge.application.requests) == 1


def test_a_client_that_waits_for_leave_to_send_gets_it(edge, talk):
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        b"abc",
        gap=0.1,
    )
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_long_body_is_spooled_and_comes_back_whole(edge, talk, room, tmp_path):
    body = bytes(range(256)) * 8192  # two mebibytes
    head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    got = talk(head % len(body), body, patience=5)
    assert got.partition(b"\r\n\r\n")[2] == body
    assert room.used == 0, "the room on disk is given back"
    assert list(tmp_path.iterdir()) == [], "a spool has no name"


def test_bodies_beyond_the_spools_room_are_refused(edge, talk, room):
    room.quota = 1 << 20
    head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (2 << 20)
    talk(head, b"a" * (2 << 20), patience=3)
    assert edge.application.requests[0][3] is Refusal.NO_ROOM
    assert room.used == 0
    assert room.memory_used == 0


def test_short_bodies_go_to_disk_when_memory_is_short(edge, talk, room):
    room.memory_quota = 100
    got = talk(
        b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n",
        b"a" * 60,
        b"b" * 140,
        gap=0.05,
    )
    assert got.endswith(b"a" * 60 + b"b" * 140)
    assert (room.used, room.memory_used) == (0, 0)


def test_more_connections_than_allowed_are_closed_at_once(room):
    edge = Edge(Recorder(), room, EdgeLimits(connections=2))
    links = [socket.create_connection(("127.0.0.1", edge.port), timeout=5) for _ in range(3)]
    try:
        time.sleep(0.1)
        links[2].settimeout(2)
        with contextlib.suppress(ConnectionResetError):
            assert links[2].recv(10) == b""
        links[0].sendall(GET + b"\r\n")
        assert links[0].recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for link in links:
            link.close()
        edge.close()


def test_a_head_that_never_ends_is_given_up(edge, talk):
    started = time.monotonic()
    got = talk(GET, patience=5)
    assert got == b""
    assert 0.5 < time.monotonic() - started < 4


def test_a_body_that_falls_silent_is_given_up(edge, talk):
    got = talk(b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", patience=5)
    assert got == b""
    assert edge.application.requests == []


def test_answers_to_head_have_no_body(edge, talk):
    got = talk(b"HEAD /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\n")


def test_a_stopping_listener_finishes_what_is_under_way(room):
    edge = Edge(Recorder(), room, LIMITS)
    edge.application.pause = 0.4
    with socket.create_connection(("127.0.0.1", edge.listener.port), timeout=5) as link:
        link.sendall(GET + b"\r\n")
        time.sleep(0.1)
        edge.close()
        got = link.recv(65536)
    assert got.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in got

"""The pooled transport and the offers pool over real loopback sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.db import connections

from exchange.played import NUMBER, REGISTER, FindPlot, Plot
from lienthong.exchange import edge, edge_wsgi
from lienthong.exchange.testing import ADMISSION_KEY, admission
from lienthong.exchange.transport import HttpAnswer, HttpRequest, Lost, NotSent, PooledHttp

pytestmark = pytest.mark.scenario

Talk = Callable[[socket.socket, bytes], None]
ANSWER = b"HTTP/1.1 201 Created\r\nX-Road-Id: a\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def listening(talk: Talk) -> Iterator[tuple[int, list[bytes], list[int]]]:
    """A server that reads one request at a time and answers as told; counts its connections."""
    seen: list[bytes] = []
    met: list[int] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve(peer: socket.socket) -> None:
        # The client may be gone before the answer; that is what some tests are about.
        with peer, suppress(OSError):
            data = b""
            while more := peer.recv(65536):
                data += more
                if data.endswith(b"{}"):
                    seen.append(data)
                    talk(peer, data)
                    data = b""

    def accept() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            met.append(1)
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1], seen, met
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def request(seconds: float = 2.0, body: bytes = b"{}") -> HttpRequest:
    return HttpRequest(
        "POST", "/r1/x", (("X-Road-Client", "VN/a"),), body, time.monotonic() + seconds
    )


@contextmanager
def pooled(port: int) -> Iterator[PooledHttp]:
    transport = PooledHttp("127.0.0.1", port)
    try:
        yield transport
    finally:
        transport.close()


def test_a_request_arrives_and_its_answer_comes_back() -> None:
    with (
        listening(lambda peer, data: peer.sendall(ANSWER)) as (port, seen, met),
        pooled(port) as transport,
    ):
        answers = [transport.send(request()) for _ in range(3)]
    assert answers == [HttpAnswer(201, {"x-road-id": "a", "content-length": "2"}, b"ok")] * 3
    assert seen[0].startswith(b"POST /r1/x HTTP/1.1\r\n")
    assert b"X-Road-Client: VN/a\r\n" in seen[0]
    assert len(met) == 1, "the connection is kept"


def test_when_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pooled(port) as transport, pytest.raises(NotSent):
        transport.send(request())


def test_without_time_nothing_is_sent() -> None:
    with (
        listening(lambda peer, data: None) as (port, seen, _),
        pooled(port) as transport,
        pytest.raises(NotSent),
    ):
        transport.send(request(seconds=-1))
    assert seen == []


@pytest.mark.parametrize(
    "talk",
    [
        lambda peer, data: None,
        lambda peer, data: peer.close(),
        lambda peer, data: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        lambda peer, data: peer.sendall(b"nonsense\r\n\r\n"),
    ],
    ids=["silent", "closed", "half", "nonsense"],
)
def test_an_answer_that_does_not_come_whole_is_lost(talk: Talk) -> None:
    with (
        listening(talk) as (port, _, _),
        pooled(port) as transport,
        pytest.raises(Lost),
    ):
        transport.send(request(seconds=0.5))


def test_a_trickle_does_not_outlast_the_deadline() -> None:
    def trickle(peer: socket.socket, data: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            peer.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with (
        listening(trickle) as (port, _, _),
        pooled(port) as transport,
        pytest.raises(Lost),
    ):
        transport.send(request(seconds=0.5))
    assert time.monotonic() - began < 1.5


# -- the offers pool ---------------------------------------------------------------------


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The WSGI application behind a server of the standard library."""

    def find(asked: FindPlot, caller: edge.Caller) -> Plot:
        edge.name_subjects([NUMBER])
        return Plot(found=asked.number == 1)

    def application(environ, start_response):  # type: ignore[no-untyped-def]
        try:
            return edge_wsgi.application(environ, start_response)
        finally:
            connections.close_all()

    edge.offer("plot.find.v1", card=REGISTER)(find)
    monkeypatch.setattr(edge_wsgi, "_load", lambda: ())
    monkeypatch.setattr(edge_wsgi, "_admission_key", lambda: ADMISSION_KEY)
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    edge.remove("land_register", "plot.find.v1")


@pytest.mark.django_db(transaction=True)
def test_the_offers_pool_answers_its_gateway(offers: int) -> None:
    body = b'{"number":1}'
    sealed = admission(REGISTER, "plot.find.v1", body, client_id="VN/GOV/G15/notary")
    with pooled(offers) as transport:
        answer = transport.send(
            HttpRequest(
                "POST",
                "/offers/land-register/plot.find.v1",
                (("Lienthong-Admission", sealed), ("Content-Type", "application/json")),
                body,
                time.monotonic() + 5,
            )
        )
    assert (answer.status, json.loads(answer.body)["found"]) == (200, True)
    assert answer.headers["lienthong-subject"] == NUMBER


@pytest.mark.django_db(transaction=True)
def test_the_offers_pool_says_that_it_lives_and_refuses_everyone_else(offers: int) -> None:
    with pooled(offers) as transport:
        end = time.monotonic() + 5
        health = transport.send(HttpRequest("GET", "/healthz", (), b"", end))
        stranger = transport.send(
            HttpRequest("POST", "/offers/land-register/plot.find.v1", (), b"{}", end)
        )
        page = transport.send(HttpRequest("GET", "/canbo/", (), b"", end))
    assert [health.status, stranger.status, page.status] == [200, 403, 404]

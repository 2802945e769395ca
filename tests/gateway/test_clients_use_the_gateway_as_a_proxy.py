"""Whole URLs in the request line: only the path counts, and only where clients connect."""

from __future__ import annotations

import socket

import pytest

from gateway.edge_thread import Edge
from gateway.test_hostile_bytes import Recorder
from lienthong.gateway.bodies import SpoolRoom

pytestmark = pytest.mark.scenario


@pytest.fixture
def edge(tmp_path):
    edge = Edge(Recorder(), SpoolRoom(tmp_path))
    edge.listener.proxied = True
    yield edge
    edge.close()


def send(edge, line: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as link:
        link.sendall(line + b" HTTP/1.1\r\nHost: whatever\r\nConnection: close\r\n\r\n")
        got = b""
        while part := link.recv(65536):
            got += part
    return got


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (b"http://any.host.example/r1/a/b?c=d", b"/r1/a/b?c=d"),
        (b"HTTP://10.0.0.1:8080/r1/a//b", b"/r1/a//b"),
        (b"http://[::1]:80/listClients", b"/listClients"),
        (b"http://host", b"/"),
        (b"http://host?x", b"/?x"),
        (b"/r1/a?u=http://host/", b"/r1/a?u=http://host/"),
    ],
)
def test_only_the_path_of_a_whole_url_counts(edge, written, path):
    assert send(edge, b"GET " + written).startswith(b"HTTP/1.1 200 ")
    assert [target for _, target, _, _ in edge.application.requests] == [path]


@pytest.mark.parametrize(
    "written",
    [b"https://host/r1/a", b"http:///r1/a", b"http://user@host/r1/a", b"ftp://host/a",
     b"http://host:123456/a", b"http://ho%2fst/a", b"*"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(edge, written):
    assert send(edge, b"GET " + written).startswith(b"HTTP/1.1 400 ")
    assert edge.application.requests == []

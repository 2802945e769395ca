"""What strangers send for nothing costs next to nothing: idle floods, huge bodies, escapes."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import time
from pathlib import Path

import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import FIND, UNITS, asks, country, grant
from gateway.test_gateway_processes import Running
from gateway.test_hostile_bytes import GET, Recorder
from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.edge_http import EdgeLimits

pytestmark = pytest.mark.scenario

IDLE = 10_000
SOURCES = 4
"""Loopback addresses the flood comes from."""


def descriptors() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def many_descriptors():
    """As many as the machine lets this process have; both ends of each connection are here."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * IDLE + 500
    try:
        # Only root may go beyond the hard limit; others take what there is.
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, before[1])))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, before[1]), before[1]))
    yield (descriptors() - 500) // 2
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_idle_connections_are_held_and_others_still_served(
    tmp_path, many_descriptors, record_property
):
    """Bounded by the machine's limit of descriptors; how many there were is in the result."""
    count = min(IDLE, many_descriptors)
    record_property("connections", count)
    assert count >= 400, "this machine lets a process open too few files for the test to say much"
    edge = Edge(Recorder(), SpoolRoom(tmp_path), EdgeLimits(connections=count + 10, idle=600))
    before, links = resident(), []
    try:
        for number in range(count):
            link = socket.create_connection(
                ("127.0.0.1", edge.port), timeout=30,
                source_address=(f"127.0.0.{2 + number % SOURCES}", 0),
            )  # fmt: skip
            links.append(link)
        deadline = time.monotonic() + 30
        while len(edge.listener.connections) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(edge.listener.connections) == count
        with socket.create_connection(("127.0.0.1", edge.port), timeout=20) as honest:
            honest.sendall(GET + b"\r\n")
            assert honest.recv(100).startswith(b"HTTP/1.1 200")
        # Both ends and their buffers are counted here, and the sweep has looked at all.
        assert (resident() - before) / count < 40_000
    finally:
        for link in links:
            link.close()
        edge.close()


def test_idle_connections_end_by_themselves(tmp_path):
    edge = Edge(Recorder(), SpoolRoom(tmp_path), EdgeLimits(idle=0.2))
    links = [socket.create_connection(("127.0.0.1", edge.port), timeout=10) for _ in range(50)]
    try:
        for link in links:
            assert link.recv(1) == b""
        deadline = time.monotonic() + 10
        while edge.listener.connections and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not edge.listener.connections
    finally:
        for link in links:
            link.close()
        edge.close()


def test_a_body_of_a_gigabyte_is_refused_before_it_is_sent(tmp_path):
    """One that states its length never gets leave to send; nothing of it is stored."""
    edge = Edge(Recorder(), SpoolRoom(tmp_path), EdgeLimits(linger=0.2))
    before = resident()
    try:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as link:
                link.sendall(
                    b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n"
                    b"Expect: 100-continue\r\n\r\n"
                )
                assert link.recv(1000).startswith(b"HTTP/1.1 ")
        assert all(refused is not None for *_, refused in edge.application.requests)
        assert resident() - before < 20 << 20
    finally:
        edge.close()


def test_a_body_of_a_gigabyte_without_a_length_is_cut_off_at_the_offers_limit(tmp_path):
    edge = Edge(Recorder(), SpoolRoom(tmp_path), EdgeLimits(linger=0.2))
    edge.application.limit = 1 << 20
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    sent = 0
    try:
        with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as link:
            link.sendall(b"POST /r1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(OSError):
                while sent < 1 << 30:
                    link.sendall(chunk)
                    sent += 65536
        assert sent < 256 << 20, "nearly all of it was never taken from the network"
        assert len(edge.application.requests) == 1
        assert edge.listener.room.memory_used == edge.listener.room.used == 0
    finally:
        edge.close()


# -- odd escapes, injected headers, paths that climb -----------------------------------------


@pytest.mark.parametrize(
    "tail",
    ["%", "%z", "%2", "%zz/a", "%u0061", "%00", "a%0d%0aX-Evil:%201", "%c0%ae%c0%ae/x", "%ff"],
)
def test_a_malformed_escape_in_the_identifier_or_path_reaches_no_system(tail):
    here = country()
    gateway = here.gateway()
    for target in (f"/r1/VN/GOV/G01/{tail}/x", f"/r1/VN/GOV/G01/population/{tail}"):
        answer = gateway.call("POST", target, asks(), b"{}")
        assert answer.status in (400, 500)
        assert here.asked == []
        for _, value in answer.headers:
            assert b"\r" not in value
            assert b"\n" not in value
    gateway.close()


CLIMBS = [
    "../x", "a/../../x", "..", "%2e%2e/x", "%2E%2e%2Fx", ".%2e/x", "..%2fx", "..%5cx",
    "%252e%252e/x", "a/..;/x", "%c0%ae%c0%ae/x", "a\\..\\x", "./../x", "//../x", "%2e%2e%00/x",
]  # fmt: skip


@pytest.mark.parametrize("paths", [["**"], ["/of/**"], ["/of/*"]])
@pytest.mark.parametrize("climb", CLIMBS)
def test_no_wildcard_of_a_grant_lets_a_path_climb(paths, climb):
    here = country()
    grants = [grant("GOV/G15/civil-status", "person.find.v1", paths=paths)]
    gateway = here.gateway(snapshot=here.changed(grants=grants))
    for prefix in ("", "of/"):
        answer = gateway.call("POST", f"/r1/{FIND}/{prefix}{climb}", asks(), b"{}")
        assert answer.status != 200, (prefix, climb)
    gateway.close()
    assert here.asked == []


@pytest.mark.parametrize(
    "name", ["X-Road-Id", "X-Road-UserId", "X-Road-Issue", "Idempotency-Key", "Accept", "X-Own"]
)
def test_no_header_of_a_client_becomes_two_on_its_way(name):
    """The socket refuses bare CR and LF; whatever comes past it in process is refused too."""
    here = country()
    gateway = here.gateway()
    for value in (b"a\r\nX-Evil: 1", b"a\nX-Evil: 1", b"a\rX-Evil: 1", b"a\x00b"):
        headers = [*asks(), (name.encode(), value)]
        gateway.call("POST", f"/r1/{UNITS}", headers, b"{}")
        for request in here.asked:
            for known, content in request.headers:
                assert known.lower() != b"x-evil"
                assert b"\n" not in content
                assert b"\r" not in content
    gateway.close()


def test_a_flood_of_unknown_names_does_not_grow_a_gateway(tmp_path, gateway_db):
    """Whatever strangers write into identifiers, no table in memory grows with it."""
    running = Running(tmp_path, gateway_db)
    try:
        running.write()
        running.start()
        assert running.call(FIND)[0] == 200
        statm = Path(f"/proc/{running.children[0].pid}/statm")

        def memory():
            return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        def flood(first, count):
            for number in range(first, first + count):
                target = f"VN/GOV/G{number}/{'x' * 200}{number}/y"
                running.call(target, headers=asks(f"VN/GOV/G{number}/{'z' * 200}{number}"))

        flood(0, 150)
        warm = memory()
        threads = [threading.Thread(target=flood, args=(1000 * n, 150)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert memory() - warm < 40 << 20
        assert running.call(FIND)[0] == 200
    finally:
        running.kill()
        running.edge.close()

"""Disk, database, clock and peers fail under real gateway processes; what they promised holds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import threading
import time
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import FIND, ISSUE, OPERATOR, UNITS, asks, country
from gateway.rows_cast import row
from gateway.test_gateway_processes import Running, eventually
from gateway.test_hostile_bytes import Recorder
from gateway.test_log_is_durable import cut_off, kept, let_in, resumed
from lienthong.gateway import bodies, postgres_log
from lienthong.gateway.bodies import Refusal, SpoolRoom
from lienthong.gateway.edge_http import EdgeLimits
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.kernel import clock
from lienthong.protocol import pki
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import GatewayEntry

pytestmark = pytest.mark.scenario


@pytest.fixture
def running(tmp_path, gateway_db):
    running = Running(tmp_path, gateway_db)
    yield running
    running.kill()
    running.edge.close()


# -- the disk --------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_refuses_long_bodies_in_words_and_serves_short_ones(
    tmp_path, monkeypatch, error
):
    """The operating system itself says that there is no room, in the middle of a body."""
    room = SpoolRoom(tmp_path)
    edge = Edge(Recorder(), room, EdgeLimits(linger=0.3))
    real, written = os.write, []

    def full(descriptor, data):
        # Only the spool's own chunks, which are longer than anything else written here.
        if len(data) > 60_000:
            written.append(len(data))
            if len(written) > 5:
                raise OSError(error, "full")
        return real(descriptor, data)

    monkeypatch.setattr(bodies.os, "write", full)
    try:
        with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as link:
            head = b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (2 << 20)
            with contextlib.suppress(OSError):
                link.sendall(head + b"a" * (2 << 20))
            assert link.recv(100).startswith(b"HTTP/1.1 ")
        assert edge.application.requests == [(b"POST", b"/r1/a", b"", Refusal.NO_ROOM)]
        assert edge.application.complaints == [], "a full disk is no mistake of the client"
        with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as link:
            link.sendall(b"POST /r1/b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
            assert link.recv(1000).endswith(b"ok")
        assert (room.used, room.memory_used) == (0, 0)
    finally:
        edge.close()


def test_a_database_without_room_confirms_nothing_and_does_not_blame_the_rows(
    gateway_db, monkeypatch
):
    """53100: the whole batch fails at once, instead of being cut in half again and again."""
    tries = []

    async def full(connection, rows, *_):
        tries.append(len(rows))
        raise asyncpg.exceptions.DiskFullError("could not extend file")

    async def story():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        await log.append(row())
        with monkeypatch.context() as patched:
            patched.setattr(postgres_log, "_append_rows", full)
            futures = [log.append(row()) for _ in range(40)]
            results = await asyncio.gather(*futures, return_exceptions=True)
        assert all(isinstance(result, LoggingFailed) for result in results)
        await resumed(log)
        await log.close()

    asyncio.run(story())
    assert tries == [40]
    assert len(kept(gateway_db)) == 2


# -- the database ----------------------------------------------------------------------------


def test_while_the_database_is_stopped_nothing_is_forwarded_and_afterwards_all_goes_on(running):
    running.write()
    running.start()
    assert running.call(ISSUE)[0] == 200
    asked = running.system.asked
    cut_off(running.database.server, running.database.name)
    try:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            status, headers, _ = running.call(ISSUE)
            assert (status, headers["x-road-error"]) == (500, "Server.ClientProxy.LoggingFailed")
            # Declared safe, so it may overlap with its row: still nobody is answered.
            assert running.call(UNITS)[0] == 500
        assert running.system.asked >= asked
    finally:
        let_in(running.database.server, running.database.name)
    eventually(lambda: running.call(ISSUE)[0] == 200, 30)
    rows = [
        found for *found, outcome in running.rows("service", "kind", "side", "outcome")
        if outcome in ("open", "answered")
    ]  # fmt: skip
    strict = [one for one in rows if one[0] == ISSUE]
    assert len(strict) == 8, "two answered exchanges with four rows each, and nothing else"


def test_a_strict_request_never_reaches_the_system_while_the_log_is_away(running):
    running.write()
    running.start()
    assert running.call(ISSUE)[0] == 200
    cut_off(running.database.server, running.database.name)
    try:
        for _ in range(5):
            assert running.call(ISSUE)[0] == 500
        assert running.system.asked == 1
    finally:
        let_in(running.database.server, running.database.name)


def test_a_killed_gateway_leaves_an_open_request_that_its_key_resolves(running):
    """A request row without an answer row: the outcome is unknown until it is asked again."""
    running.write()
    running.start()
    running.system.pause = 30.0

    def caller():
        with contextlib.suppress(Exception):
            running.call(ISSUE, headers=asks(Idempotency_Key="birth-7", X_Road_Id="first"))

    waiting = threading.Thread(target=caller)
    waiting.start()
    eventually(lambda: running.system.asked)
    running.kill()
    waiting.join(20)
    assert running.rows(message_id="first") == [
        ("consumer", "request", "open"),
        ("provider", "request", "open"),
    ]
    running.system.pause = 0.0
    running.start()
    assert running.call(
        ISSUE, headers=asks(Idempotency_Key="birth-7", X_Road_Id="second")
    )[0] == 200  # fmt: skip
    assert len(running.rows(message_id="second")) == 4
    assert len(running.rows(message_id="first")) == 2, "the past is not rewritten"


# -- the clock -------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_peer_whose_clock_is_off_by_an_hour_is_refused_in_both_directions(hours):
    """Each side alone may be right: a message out of its five minutes is taken by neither."""
    here = country()

    def late(request):
        return SystemAnswer(body=b"{}", headers=[(b"Lienthong-Subject", b"091095000017")])

    gateway = here.gateway(system=late)
    real = gateway.gateway.way_out
    now = clock.instant()

    class Skewed:
        async def to_peer(self, entry, message, *, deadline, limit):
            with clock.stopped(at=now + timedelta(hours=hours)):
                return await real.to_peer(entry, message, deadline=deadline, limit=limit)

        async def to_provider(self, provider, message, *, deadline, limit):
            return await real.to_provider(provider, message, deadline=deadline, limit=limit)

    gateway.gateway.way_out = Skewed()
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    gateway.close()
    assert answer.status == 500
    assert here.asked == [], "the system was not asked"


def test_a_snapshot_from_an_hour_ahead_is_not_used(running):
    running.write(made_at=clock.instant() + timedelta(hours=1))
    running.start()
    assert running.call(FIND)[1]["x-road-error"] == "Server.ClientProxy.OutdatedGlobalConf"


# -- certificates ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_signing_key_that_ends_while_the_system_works_signs_no_answer_that_counts(how):
    """The request left under a good key; when the answer comes the provider's is good no more."""
    here = country()
    changed = []

    def system(request):
        provider = here.snapshot.members[0]
        key = provider.sign_keys[0]
        ended = (
            msgspec.structs.replace(key, status="revoked")
            if how == "revoked"
            else msgspec.structs.replace(key, not_after=clock.instant() - timedelta(seconds=1))
        )
        members = [msgspec.structs.replace(provider, sign_keys=[ended]), *here.snapshot.members[1:]]
        gateway.gateway.current = here.changed(number=8, members=members)
        changed.append(how)
        return SystemAnswer(body=b"{}", headers=[(b"Lienthong-Subject", b"091095000017")])

    gateway = here.gateway(system=system)
    first = gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    # The exchange began under the old snapshot and ends under it; no later one does.
    assert first.status == 200
    later = gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    gateway.close()
    assert changed[0] == how
    assert later.status == 500
    ends = [
        (one.evidence.side, one.evidence.outcome)
        for one in gateway.log.rows
        if one.evidence.kind == "answer"
    ]
    # The provider did answer, and says so; whoever asked was told that nothing is proved.
    assert ends == [
        ("provider", "answered"), ("consumer", "answered"),
        ("provider", "answered"), ("consumer", "failed"),
    ]  # fmt: skip


# -- peers -----------------------------------------------------------------------------------


class BadPeer:
    """A gateway with a good certificate that answers whatever its script says."""

    def __init__(self, running, script):
        self.script = script
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        key = SigningKey.generate()
        certificate = running.country.authority.issue_auth(
            key.verifying, owner=OPERATOR, gateway="other", now=clock.instant()
        )
        place = running.node.home / "other"
        key.save(place / "auth.key", b"p")
        (place / "auth.crt").write_text(pki.pem_of(certificate))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(place / "auth.crt", place / "auth.key", "p")
        self.entry = GatewayEntry(
            code="other", owner="GOV/G14", host="127.0.0.1", port=self.port,
            auth_cert_sha256=[pki.fingerprint(certificate)],
        )  # fmt: skip
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.socket.accept()
                threading.Thread(target=self.answer, args=(plain,), daemon=True).start()

    def answer(self, plain):
        with contextlib.suppress(OSError, ValueError):
            if self.script == "no TLS":
                plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                plain.close()
                return
            with self.context.wrap_socket(plain, server_side=True) as link:
                link.recv(65536)
                if self.script == "silent":
                    time.sleep(5)
                elif isinstance(self.script, bytes):
                    link.sendall(self.script)

    def close(self):
        # A thread that waits for a connection would keep the socket open.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.mark.parametrize(
    ("script", "fault", "outcome"),
    [
        pytest.param("silent", "IOError", "failed", id="silent"),
        pytest.param(b"", "IOError", "failed", id="hangs up"),
        pytest.param(b"\x00\xff garbage \r\n" * 50, "IOError", "failed", id="garbage"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 100,
            "IOError", "failed", id="cut in mid-body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc",
            "IOError", "failed", id="cut in mid-chunk"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            None, "failed", id="unsigned answer"),
        pytest.param("no TLS", "NetworkError", "unreachable", id="speaks no TLS"),
        pytest.param("dead", "NetworkError", "unreachable", id="dead"),
    ],
)  # fmt: skip
def test_a_bad_peer_costs_its_caller_no_more_than_the_deadline(running, script, fault, outcome):
    peer = BadPeer(running, script)
    if script == "dead":
        peer.close()
    shot = running.country.snapshot
    moved = [
        msgspec.structs.replace(one, gateways=["other"]) if one.code == "population" else one
        for one in shot.subsystems
    ]
    running.write(gateways=[*shot.gateways, peer.entry], subsystems=moved)
    running.start()
    try:
        status, headers, _ = running.call(FIND, headers=asks(Lienthong_Deadline="1500"))
        assert status == 500
        if fault is not None:
            assert headers["x-road-error"] == f"Server.ClientProxy.{fault}"
        assert running.rows("kind", "outcome") == [("request", "open"), ("answer", outcome)]
        assert running.system.asked == 0
        # The gateway itself is well, and its other work goes on.
        assert running.admin("/health")[0] == 200
    finally:
        peer.close()

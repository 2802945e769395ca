"""Real processes, sockets, TLS and database: what only they can get wrong."""

# ruff: noqa: TID251 - this is the outside client the gateway is made for.

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import (
    FIND,
    ISSUE,
    OPERATOR,
    OUTSIDER,
    POLICE,
    UNITS,
    asks,
    country,
    grant,
)
from gateway.log_tables import all_rows
from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.messages import Outgoing
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.receipt import verify_receipt
from lienthong.protocol.snapshot import seal
from port_lanes import free_base

pytestmark = pytest.mark.scenario
SOURCE = Path(__file__).resolve().parent.parent.parent / "src"


class EchoSystem:
    """The system behind the gateway: answers with what it was asked, after ``pause``."""

    def __init__(self):
        self.pause = 0.0
        self.asked = 0

    def body_limit(self, head):
        return 64 << 20

    async def answer(self, request):
        self.asked += 1
        if self.pause:
            await asyncio.sleep(self.pause)
        headers = [(b"Content-Type", b"application/json"), (b"Lienthong-Subject", b"091095000017")]
        # The edge closes the request's body, so the answer has its own.
        return Outgoing(200, b"OK", headers, Body.of(request.body.whole()))

    def malformed(self, why, caller):
        return Outgoing(400, b"Bad Request", [])


class Running:
    """A node's gateway: its home, its database, its processes and the system behind it."""

    identity = "VN/GOV/G14/national"

    def __init__(self, home: Path, database, system=None) -> None:
        self.database = database
        self.room = SpoolRoom(home)
        self.system = system or EchoSystem()
        self.edge = Edge(self.system, self.room)
        self.node = Node(home, Ports(free_base()))
        self.country = country(peer_port=self.node.ports.peer)
        self.children: list[subprocess.Popen[str]] = []

    def write(self, **changes) -> None:
        self.country.write(
            self.node,
            f"http://127.0.0.1:{self.edge.port}/offers/population",
            snapshot=self.country.changed(**changes) if changes else None,
        )

    def start(self, count: int = 1) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if "LIENTHONG" not in name},
            "PYTHONPATH": str(SOURCE),
            "LIENTHONG_HOME": str(self.node.home),
            "LIENTHONG_PORT_BASE": str(self.node.ports.base),
            "LIENTHONG_GATEWAY_DATABASE_URL": self.database.gateway_url,
        }
        for index in range(count):
            with (self.node.home / f"gateway-{index}.log").open("a") as errors:
                child = subprocess.Popen(
                    [sys.executable, "-m", "lienthong.gateway", "--index", str(index),
                     "--of", str(count)],
                    env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
                )  # fmt: skip
            self.children.append(child)
        for child in self.children[-count:]:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line, (self.node.home / "gateway-0.log").read_text()
            assert json.loads(line)["ready"] == self.identity

    def kill(self) -> None:
        for child in self.children:
            child.kill()
        self.reap()

    def stop(self) -> list[int]:
        for child in self.children:
            child.terminate()
        return self.reap()

    def reap(self) -> list[int]:
        codes = []
        for child in self.children:
            codes.append(child.wait(20))
            child.stdout.close()
        self.children.clear()
        return codes

    def call(self, target, body=b"{}", method="POST", headers=None, link=None):
        own = link is None
        link = link or http.client.HTTPConnection("127.0.0.1", self.node.ports.consumer, timeout=20)
        try:
            headers = asks(Idempotency_Key="k") if headers is None else headers
            plain = {name.decode(): value.decode() for name, value in headers}
            link.request(method, f"/r1/{target}", body=body, headers=plain)
            answer = link.getresponse()
            return answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read()
        finally:
            if own:
                link.close()

    def admin(self, path):
        link = http.client.HTTPConnection("127.0.0.1", self.node.ports.gateway_admin, timeout=20)
        with contextlib.closing(link):
            token = self.node.secret("admin_token")
            link.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            return answer.status, answer.read()

    def rows(self, *names, **wanted):
        """These facts of every row that has these ones, in the order of time."""

        def fact(row, name):
            return getattr(row.evidence, name, None) if name != "subjects" else row.subjects

        return [
            tuple(fact(row, name) for name in names or ("side", "kind", "outcome"))
            for row in all_rows(self.database)
            if all(fact(row, name) == value for name, value in wanted.items())
        ]


@pytest.fixture
def running(tmp_path, gateway_db):
    running = Running(tmp_path, gateway_db)
    yield running
    running.kill()
    running.edge.close()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def eventually(question, seconds=8.0):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return answer


def test_an_exchange_over_sockets_ends_in_a_receipt_that_verifies(running):
    running.write()
    running.start()
    # Of its own work: on a machine that others use, the clock on the wall says little.
    assert cpu_seconds(running.children[0].pid) < 5, "a gateway starts quickly"
    status, headers, body = running.call(ISSUE, b'{"n":1}', headers=asks(
        Idempotency_Key="k", X_Road_Id="birth-1"))  # fmt: skip
    assert (status, body) == (200, b'{"n":1}')
    assert headers["x-road-id"] == "birth-1"
    assert "lienthong-promise" in headers
    assert len(running.rows()) == 4
    receipt = eventually(lambda: (got := running.admin("/receipts/birth-1"))[0] == 200 and got[1])
    facts = verify_receipt(receipt, running.country.anchor)
    assert (facts.message_id, facts.status) == ("birth-1", 200)
    assert facts.answered_by == POLICE
    assert running.admin("/health")[0] == 200
    assert running.stop() == [0]


def test_processes_share_their_ports_and_every_answered_exchange_survives_their_death(running):
    """Killed in the middle of traffic, the log still holds all rows of what was answered."""
    running.write()
    running.start(2)
    answered: list[str] = []

    def traffic(worker: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", running.node.ports.consumer, timeout=5)
        with contextlib.closing(link), contextlib.suppress(OSError, http.client.HTTPException):
            for number in range(10_000):
                name = f"m-{worker}-{number}"
                target, method = (FIND, "POST") if number % 2 else (UNITS, "GET")
                status, _, _ = running.call(
                    target, b"{}", method, asks(X_Road_Id=name), link
                )  # fmt: skip
                if status == 200:
                    answered.append(name)

    workers = [threading.Thread(target=traffic, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    eventually(lambda: len(answered) > 60)
    for child in running.children:
        child.send_signal(signal.SIGKILL)
    for worker in workers:
        worker.join(10)
    running.reap()
    kept = {}
    for message_id, outcome in running.rows("message_id", "outcome"):
        kept[message_id] = kept.get(message_id, 0) + (outcome in ("open", "answered"))
    lost = [name for name in answered if kept.get(name) != 4]
    assert lost == []


def test_a_stopping_gateway_finishes_what_is_under_way(running):
    running.write()
    running.start()
    running.system.pause = 0.8
    got = []
    caller = threading.Thread(target=lambda: got.append(running.call(FIND)))
    caller.start()
    eventually(lambda: running.system.asked)
    assert running.stop() == [0]
    caller.join(10)
    assert got[0][0] == 200


def test_a_long_body_passes_both_sides_whole(running):
    running.write()
    running.start()
    body = os.urandom(3 << 20)
    status, headers, got = running.call(ISSUE, body)
    assert status == 200, headers
    assert got == body
    assert running.rows("body_size", kind="request") == [(3 << 20,), (3 << 20,)]
    assert list((running.node.run / "spool").iterdir()) == []
    status, headers, _ = running.call(FIND, b"x" * 5000)
    assert (status, headers["x-road-error"]) == (400, "Client.InvalidBody")


def test_the_peer_port_is_closed_to_those_without_a_certificate_of_the_authority(running):
    running.write()
    running.start()
    stranger = SigningKey.generate()
    root = pki.make_root(stranger, name="Another root", instance="VN", now=clock.instant())
    other = pki.Authority(stranger, root)
    certificate = other.issue_auth(
        stranger.verifying, owner=OPERATOR, gateway="national", now=clock.instant()
    )
    place = running.node.home / "stranger"
    stranger.save(place / "auth.key", b"p")
    (place / "auth.crt").write_text(pki.pem_of(certificate))
    own = ssl.create_default_context(cadata=running.country.anchor.roots[0])
    own.check_hostname = False
    keys = running.node.keys / "gateway"
    own.load_cert_chain(keys / "auth.crt", keys / "auth.key", running.node.secret("passphrase"))
    assert ask_peer(running.node.ports.peer, own).startswith(b"HTTP/1.1 400")
    for shows_one in (False, True):
        context = ssl.create_default_context(cadata=running.country.anchor.roots[0])
        context.check_hostname = False
        if shows_one:
            context.load_cert_chain(place / "auth.crt", place / "auth.key", "p")
        assert ask_peer(running.node.ports.peer, context) == b""


def ask_peer(port, context):
    """What a peer port says to this client; nothing when it ends the connection."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain) as link,
        ):
            # In TLS 1.3 the refusal of a client's certificate arrives after the handshake.
            link.sendall(b"GET /r1/a HTTP/1.1\r\nHost: x\r\n\r\n")
            return link.recv(100)
    except (ssl.SSLError, ConnectionError):
        return b""


def test_a_client_certificate_stands_for_its_subsystem_and_no_other(running):
    key = SigningKey.generate()
    certificate = running.country.authority.issue_auth(
        key.verifying, owner=OPERATOR, gateway="outside-test", now=clock.instant()
    )
    rule = running.country.clients["GOV/G14/outside-test"]
    running.country.clients["GOV/G14/outside-test"] = msgspec.structs.replace(
        rule,
        modes=frozenset({"certificate"}),
        cert_sha256=frozenset({pki.fingerprint(certificate)}),
    )
    running.write(
        grants=[*running.country.snapshot.grants, grant("GOV/G14/outside-test", "person.find.v1")]
    )
    running.start()
    place = running.node.home / "client"
    key.save(place / "c.key", b"p")
    (place / "c.crt").write_text(pki.pem_of(certificate))
    context = ssl.create_default_context(cadata=running.country.anchor.roots[0])
    context.load_cert_chain(place / "c.crt", place / "c.key", "p")

    def call(headers, context):
        link = http.client.HTTPSConnection(
            "127.0.0.1", running.node.ports.consumer_tls, timeout=10, context=context
        )
        with contextlib.closing(link):
            return running.call(FIND, headers=headers, link=link)

    assert call(asks(OUTSIDER, None), context)[0] == 200
    refused = "Server.ClientProxy.SslAuthenticationFailed"
    assert call(asks(secret=None), context)[1]["x-road-error"] == refused
    bare = ssl.create_default_context(cadata=running.country.anchor.roots[0])
    assert call(asks(OUTSIDER, None), bare)[1]["x-road-error"] == refused


def test_a_newer_snapshot_is_taken_up_and_an_older_one_never(running):
    running.write()
    running.start()
    assert running.call(FIND)[0] == 200
    newer = running.country.changed(number=8, grants=[])
    running.country.publish(running.node, newer)
    eventually(lambda: running.call(FIND)[0] == 500)
    running.country.publish(running.node, running.country.snapshot)
    forged = SigningKey.generate()
    time.sleep(2.5)
    assert running.call(FIND)[1]["x-road-error"] == "Server.ServerProxy.AccessDenied"
    running.country.directory_key, true_key = forged, running.country.directory_key
    running.country.publish(running.node, running.country.changed(number=9))
    time.sleep(2.5)
    assert running.call(FIND)[0] == 500
    running.country.directory_key = true_key
    running.country.publish(running.node, running.country.changed(number=10))
    eventually(lambda: running.call(FIND)[0] == 200)


class DirectorySite:
    """Serves a snapshot at one address and remembers what it was asked."""

    def __init__(self):
        self.raw = b""
        self.asked = []

    def body_limit(self, head):
        return 0

    async def answer(self, request):
        self.asked.append(request.head.target)
        return Outgoing(200, b"OK", [], Body.of(self.raw))

    def malformed(self, why, caller):
        return Outgoing(400, b"Bad Request", [])


def test_the_directory_is_asked_and_believed_only_with_its_signature(running):
    site = DirectorySite()
    edge = Edge(site, running.room)
    place = running.node.gateway / "snapshot.json"
    try:
        running.country.write(
            running.node,
            f"http://127.0.0.1:{running.edge.port}",
            snapshot_url=f"http://127.0.0.1:{edge.port}/exchange/snapshot",
        )
        place.unlink()
        true_key = running.country.directory_key
        site.raw = seal(running.country.changed(number=20), SigningKey.generate())
        running.start()
        eventually(lambda: len(site.asked) > 1)
        assert running.call(FIND)[1]["x-road-error"] == "Server.ClientProxy.OutdatedGlobalConf"
        site.raw = seal(running.country.snapshot, true_key)
        eventually(lambda: running.call(FIND)[0] == 200)
        assert place.read_bytes() == site.raw, "it is kept for a start without the directory"
        eventually(lambda: site.asked[-1] == b"/exchange/snapshot?after=7")
    finally:
        edge.close()


def test_a_new_credential_counts_without_a_restart(running):
    running.write()
    running.start()
    assert running.call(FIND, headers=asks(secret="renewed"))[0] == 500
    rule = running.country.clients["GOV/G15/civil-status"]
    running.country.clients["GOV/G15/civil-status"] = msgspec.structs.replace(
        rule, secret_sha256=hashlib.sha256(b"renewed").hexdigest()
    )
    place = running.node.gateway / "clients.json"
    place.write_text("{ broken")
    time.sleep(2.5)
    assert running.call(FIND)[0] == 200, "a broken file leaves what was there"
    place.write_bytes(msgspec.json.encode(running.country.clients))
    eventually(lambda: running.call(FIND, headers=asks(secret="renewed"))[0] == 200)


def test_a_system_that_is_down_is_told_as_unreachable(running):
    running.write()
    running.country.write(running.node, "http://127.0.0.1:9")
    running.start()
    status, headers, _ = running.call(ISSUE)
    assert (status, headers["x-road-error"]) == (500, "Server.ServerProxy.NetworkError")
    ends = running.rows("side", "outcome", kind="answer")
    assert sorted(ends) == [("consumer", "unreachable"), ("provider", "unreachable")]


def test_a_system_too_slow_for_the_deadline_leaves_the_outcome_unknown(running):
    running.write()
    running.start()
    running.system.pause = 3.0
    started = time.monotonic()
    status, headers, _ = running.call(
        ISSUE, headers=asks(Idempotency_Key="k", Lienthong_Deadline="600")
    )
    assert time.monotonic() - started < 2
    assert (status, headers["x-road-error"]) == (500, "Server.ServerProxy.IOError")
    assert [end for (end,) in running.rows("outcome", kind="answer")] == ["failed", "failed"]

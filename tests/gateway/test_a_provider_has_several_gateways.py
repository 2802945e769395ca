"""Several gateways serve one subsystem: which is asked, and what happens when one fails."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time

import msgspec
import pytest

from gateway.exchange_cast import FIND, ISSUE, POLICE, UNITS, asks, country
from lienthong.gateway import tls
from lienthong.gateway.bodies import Body, Receiver, SpoolRoom
from lienthong.gateway.consumer import Consumer, in_order
from lienthong.gateway.edge_http import Listener
from lienthong.gateway.inprocess import InProcessGateway, SystemAnswer
from lienthong.gateway.limits import Lanes
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.provider import PeerSide
from lienthong.gateway.settings import load_settings
from lienthong.gateway.ways_out import Sockets
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import headers as names
from lienthong.protocol import pki
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import GatewayEntry, Subsystem

pytestmark = pytest.mark.scenario
SUBJECT = (b"Lienthong-Subject", b"091095000017")


# -- peers that misbehave, one connection each ---------------------------------------


async def silent(reader, writer):
    """Takes everything and says nothing."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass


async def garbage(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


async def cut_in_the_request(reader, writer):
    """Hangs up while the body of the request is on its way."""
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def cut_in_the_answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of")
    await writer.drain()


async def cut_before_the_answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")


BAD = {
    "garbage": garbage,
    "cut in the request": cut_in_the_request,
    "cut before the answer": cut_before_the_answer,
    "cut in the answer": cut_in_the_answer,
}


class Site:
    """A consumer's gateway and two of the provider's: "first" misbehaves, "second" is whole."""

    def __init__(self, tmp_path):
        self.here = country()
        self.auth = {}
        for code in ("first", "second"):
            key = SigningKey.generate()
            certificate = self.here.authority.issue_auth(
                key.verifying, owner=POLICE, gateway=code, now=clock.instant()
            )
            self.auth[code] = (key, certificate)
        self.node = Node(tmp_path, Ports(23000))
        self.here.write(self.node, "http://127.0.0.1:1/offers/population")
        self.settings = load_settings(self.node)
        self.tmp_path = tmp_path
        self.asked = 0
        self.connections = 0

    def context(self, code):
        key, certificate = self.auth[code]
        passphrase = b"of the tests"
        key.save(self.tmp_path / f"{code}.key", passphrase)
        (self.tmp_path / f"{code}.crt").write_text(pki.pem_of(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(
            self.tmp_path / f"{code}.crt", self.tmp_path / f"{code}.key", password=passphrase
        )
        context.load_verify_locations(cadata=pki.pem_of(self.here.authority.certificate))
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def snapshot(self, ports, maintenance=()):
        entries = [
            GatewayEntry(
                code=code,
                owner="GOV/G01",
                host="127.0.0.1",
                port=ports[code],
                auth_cert_sha256=[pki.fingerprint(certificate)],
                in_maintenance=code in maintenance,
            )
            for code, (_, certificate) in self.auth.items()
        ]
        snapshot = self.here.snapshot
        return self.here.changed(
            gateways=[*snapshot.gateways, *entries],
            subsystems=[
                Subsystem(
                    member="GOV/G01",
                    code="population",
                    name="Dân cư",
                    gateways=["first", "second"],
                )
                if subsystem.code == "population"
                else subsystem
                for subsystem in snapshot.subsystems
            ],
        )

    def system(self, request):
        self.asked += 1
        return SystemAnswer(body=b'{"found":true}', headers=[SUBJECT])

    def at(self, code, snapshot):
        return InProcessGateway(
            snapshot=snapshot,
            anchor=self.here.anchor,
            keys=self.here.keys,
            clients=self.here.clients,
            provider=self.system,
            log=MemoryLog(),
            code=code,
        ).gateway

    @contextlib.asynccontextmanager
    async def running(self, first=None, *, second=True, maintenance=()):
        """Both up; ``first`` is what handles its connections, None for a port nobody has."""

        async def handle(reader, writer):
            self.connections += 1
            try:
                await first(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        room = SpoolRoom()
        server = await asyncio.start_server(
            handle, "127.0.0.1", 0, ssl=self.context("first"), limit=1 << 20
        )
        ports = {"first": server.sockets[0].getsockname()[1], "second": 1}
        if first is None:
            server.close()
        peer = PeerSide(None)
        listener = Listener(peer, room)
        await listener.start("127.0.0.1", 0, tls=self.context("second"))
        ports["second"] = listener.port
        snapshot = self.snapshot(ports, maintenance)
        peer.gateway = self.at("second", snapshot)
        if not second:
            await listener.stop(0.0)
        consumer = self.at("national", snapshot)
        consumer.way_out = Sockets(room, tls.peer_caller(self.settings))
        try:
            yield consumer
        finally:
            consumer.way_out.close()
            await listener.stop(0.5)
            server.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


async def ask(consumer, target, body=b"{}", *, method=b"POST", **more):
    head = Head(method, target.encode(), asks(**more), Caller())
    body = body if isinstance(body, Body) else Body.of(body)
    answer = await Consumer(consumer).answer(Incoming(head, body, time.monotonic()))
    return answer, names.get(answer.headers, names.ERROR)


def first_in_line(monkeypatch, code="first"):
    """Let chance name this gateway first, as it does half of the time."""
    monkeypatch.setattr(
        "lienthong.gateway.consumer.random.sample",
        lambda gateways, count: sorted(gateways, key=lambda entry: entry.code != code),
    )


def test_a_dead_gateway_is_passed_over_for_any_request(site, monkeypatch):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(None) as consumer:
            for _ in range(3):
                answer, fault = await ask(consumer, f"/r1/{FIND}")
                assert (answer.status, fault) == (200, None)
            assert consumer.log.rows[-1].peer == "VN/GOV/G01/second"

    asyncio.run(story())
    assert site.asked == 3


def test_a_gateway_that_failed_a_moment_ago_comes_after_the_others():
    lanes = Lanes()
    entries = [
        GatewayEntry(code=code, owner="GOV/G01", host="h", port=1, auth_cert_sha256=[])
        for code in ("a", "b", "c")
    ]
    lane = lanes.lane("b")
    lane.enter(100.0)
    lane.leave(100.0, reached=False)
    rest = lane.rules.rest
    for _ in range(20):
        assert in_order(entries, lanes, 100.0 + rest / 2)[-1].code == "b"
    later = {in_order(entries, lanes, 100.1 + rest)[0].code for _ in range(200)}
    assert later == {"a", "b", "c"}, "afterwards it takes its share again"


def test_with_all_gateways_dead_the_client_learns_that_nothing_was_seen(site):
    async def story():
        async with site.running(None, second=False) as consumer:
            _, fault = await ask(consumer, f"/r1/{FIND}")
            assert fault == b"Server.ClientProxy.NetworkError"
            assert consumer.log.rows[-1].evidence.outcome == "unreachable"

    asyncio.run(story())


@pytest.mark.parametrize("what", BAD)
def test_a_request_that_may_not_arrive_twice_is_not_sent_again(site, monkeypatch, what):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(BAD[what]) as consumer:
            # Neither a method that is safe nor an Idempotency-Key.
            _, fault = await ask(consumer, f"/r1/{FIND}", b"x" * 4000)
            assert fault == b"Server.ClientProxy.IOError"
            assert consumer.log.rows[-1].evidence.outcome == "failed", "the outcome is unknown"

    asyncio.run(story())
    assert site.asked == 0, "the second gateway was not asked"
    assert site.connections == 1, "nor the first again"


@pytest.mark.parametrize("what", BAD)
def test_a_request_with_an_idempotency_key_goes_to_the_next_gateway(site, monkeypatch, what):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(BAD[what]) as consumer:
            answer, fault = await ask(
                consumer, f"/r1/{ISSUE}", b"x" * 4000, Idempotency_Key="birth-1"
            )
            assert (answer.status, fault) == (200, None)
            assert consumer.log.rows[-1].peer == "VN/GOV/G01/second"

    asyncio.run(story())
    assert site.asked == 1


def test_a_safe_method_goes_to_the_next_gateway(site, monkeypatch):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(garbage) as consumer:
            answer, fault = await ask(consumer, f"/r1/{UNITS}", b"", method=b"GET")
            assert (answer.status, fault) == (200, None)

    asyncio.run(story())
    assert site.asked == 1


def test_a_body_longer_than_memory_is_sent_whole_to_the_next_gateway(site, monkeypatch):
    """The spool is read from its start again, though the first gateway took a part of it."""
    first_in_line(monkeypatch)
    arriving = Receiver(10 << 20, SpoolRoom(site.tmp_path))
    for _ in range(300):
        arriving.write(b"0123456789" * 1000)
    body = arriving.finish()
    assert body.data is None, "it lies in the spool"

    async def story():
        async with site.running(cut_in_the_request) as consumer:
            answer, fault = await ask(consumer, f"/r1/{ISSUE}", body, Idempotency_Key="long-1")
            assert (answer.status, fault) == (200, None)
            assert consumer.log.rows[0].evidence.body_size == 3_000_000

    asyncio.run(story())
    body.close()
    assert site.asked == 1


def test_a_slow_gateway_ends_with_the_deadline_and_is_avoided_afterwards(site, monkeypatch):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(silent) as consumer:
            _, fault = await ask(consumer, f"/r1/{FIND}", Lienthong_Deadline="400")
            assert fault == b"Server.ClientProxy.IOError"
            assert consumer.log.rows[-1].evidence.outcome == "failed"
            answer, fault = await ask(consumer, f"/r1/{FIND}")
            assert (answer.status, fault) == (200, None)
            assert consumer.log.rows[-1].peer == "VN/GOV/G01/second"

    asyncio.run(story())


def test_callers_in_a_hurry_close_no_gateway_for_the_others(site, monkeypatch):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(silent, second=False) as consumer:
            for _ in range(consumer.peers.lane("first").rules.failures + 1):
                await ask(consumer, f"/r1/{FIND}", Lienthong_Deadline="100")
            assert consumer.peers.open_circuits(time.monotonic()) == 0

    asyncio.run(story())


def test_what_may_have_happened_at_one_gateway_is_not_forgotten_when_the_next_is_dead(
    site, monkeypatch
):
    first_in_line(monkeypatch)

    async def story():
        async with site.running(cut_before_the_answer, second=False) as consumer:
            _, fault = await ask(consumer, f"/r1/{ISSUE}", Idempotency_Key="birth-2")
            assert fault == b"Server.ClientProxy.IOError", "not NetworkError: the first saw it"

    asyncio.run(story())


def test_a_gateway_in_maintenance_is_not_asked(site):
    async def story():
        async with site.running(garbage, maintenance=("first",)) as consumer:
            for _ in range(12):
                answer, fault = await ask(consumer, f"/r1/{FIND}")
                assert (answer.status, fault) == (200, None)

    asyncio.run(story())
    assert site.connections == 0


def test_a_provider_whose_gateways_are_all_in_maintenance_says_so(site):
    async def story():
        async with site.running(None, maintenance=("first", "second")) as consumer:
            answer, fault = await ask(consumer, f"/r1/{FIND}")
            assert fault == b"Server.ClientProxy.MaintenanceMode"
            assert answer.status == 500
            row = consumer.log.rows[-1].evidence
            assert row.outcome == "unreachable"
            assert row.fault == "Server.ClientProxy.MaintenanceMode"

    asyncio.run(story())
    assert site.asked == 0


def test_a_client_that_names_a_gateway_in_maintenance_is_not_sent_elsewhere(site):
    async def story():
        async with site.running(None, maintenance=("first",)) as consumer:
            named = {"X_Road_Security_Server": "VN/GOV/G01/first"}
            _, fault = await ask(consumer, f"/r1/{FIND}", **named)
            assert fault == b"Server.ClientProxy.MaintenanceMode"
            named = {"X_Road_Security_Server": "VN/GOV/G01/second"}
            answer, _ = await ask(consumer, f"/r1/{FIND}", **named)
            assert answer.status == 200

    asyncio.run(story())


def test_maintenance_is_a_field_that_older_snapshots_lack():
    raw = (
        b'{"code":"a","owner":"GOV/G01","host":"h","port":1,"auth_cert_sha256":[],'
        b'"unknown_to_us":1}'
    )
    assert msgspec.json.decode(raw, type=GatewayEntry).in_maintenance is False

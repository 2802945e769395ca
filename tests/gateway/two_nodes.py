"""Two nodes of two members, each with a gateway, a database and processes of its own."""

# ruff: noqa: TID251 - here are the outside clients the gateways are made for.

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import random
import threading
import time

import msgspec

from gateway.exchange_cast import CIVIL_STATUS, ISSUE, JUSTICE, POLICE, UNITS, asks, country
from gateway.test_gateway_processes import Running
from lienthong.gateway.bodies import Body
from lienthong.gateway.messages import Outgoing
from lienthong.kernel import clock
from lienthong.protocol import pki
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import GatewayEntry

CODES = {JUSTICE: "justice", POLICE: "police"}
BEHIND = {"civil-status": "justice", "population": "police", "outside-test": "justice"}


class Register:
    """A system with effects that happen once for a key; it remembers whom it was asked by."""

    def __init__(self):
        self.seen = []
        """Request ids of what was to have an effect, as they arrived."""
        self.effects = {}
        """How often something was done, by idempotency key."""
        self.kept = {}
        """The answer of each key, as an edge keeps it for thirty days."""
        self.slowest = 0.02

    def body_limit(self, head):
        return 64 << 10

    async def answer(self, request):
        head = request.head
        if head.method == b"GET":
            headers = [(b"Content-Type", b"application/json")]
            return Outgoing(200, b"OK", headers, Body.of(b"[]"))
        key = head.header(b"idempotency-key").decode()
        self.seen.append(head.header(b"x-road-request-id").decode())
        await asyncio.sleep(random.random() * self.slowest)
        if key not in self.kept:
            self.kept[key] = b'{"key":"%b"}' % key.encode()
            self.effects[key] = self.effects.get(key, 0) + 1
        headers = [(b"Content-Type", b"application/json"), (b"Lienthong-Subject", b"091095000017")]
        return Outgoing(200, b"OK", headers, Body.of(self.kept[key]))

    def malformed(self, why, caller):
        return Outgoing(400, b"Bad Request", [])


class Node(Running):
    """One of the two."""

    def __init__(self, home, database, member, system=None):
        super().__init__(home, database, system)
        self.member = member
        self.identity = f"{member}/{CODES[member]}"

    def write_of(self, whole, auth_key, certificate):
        """This node's share of a country: its own keys, and the snapshot of all."""
        self.country = dataclasses.replace(
            whole,
            keys={self.member: whole.keys[self.member]},
            auth_key=auth_key,
            auth_certificate=certificate,
            clients={
                name: rule for name, rule in whole.clients.items()
                if name.startswith(f"{self.member.local}/")
            },
        )  # fmt: skip
        self.write()
        place = self.node.gateway / "gateway.json"
        said = msgspec.json.decode(place.read_bytes())
        said |= {"code": CODES[self.member], "owner": self.member.local}
        place.write_bytes(msgspec.json.encode(said))


@dataclasses.dataclass
class TwoNodes:
    """The consumer's node and the provider's."""

    consumer: Node
    provider: Node
    register: Register

    def both(self):
        return (self.consumer, self.provider)

    def close(self):
        for node in self.both():
            node.kill()
            node.edge.close()


def two_nodes(place, databases) -> TwoNodes:
    """Both written and started; ``databases`` are two of their own."""
    register = Register()
    homes = [place / code for code in CODES.values()]
    for home in homes:
        home.mkdir()
    consumer, provider = (
        Node(home, database, member, register)
        for home, database, member in zip(homes, databases, CODES, strict=True)
    )
    whole = country()
    keys = {member: SigningKey.generate() for member in CODES}
    certificates = {
        member: whole.authority.issue_auth(
            key.verifying, owner=member, gateway=CODES[member], now=clock.instant()
        )
        for member, key in keys.items()
    }
    whole.snapshot = whole.changed(
        gateways=[
            GatewayEntry(
                code=CODES[node.member], owner=node.member.local, host="127.0.0.1",
                port=node.node.ports.peer,
                auth_cert_sha256=[pki.fingerprint(certificates[node.member])],
            )
            for node in (consumer, provider)
        ],
        subsystems=[
            msgspec.structs.replace(one, gateways=[BEHIND[one.code]])
            for one in whole.snapshot.subsystems
        ],
    )  # fmt: skip
    for node in (consumer, provider):
        node.write_of(whole, keys[node.member], certificates[node.member])
        node.start()
    return TwoNodes(consumer, provider, register)


@dataclasses.dataclass
class Traffic:
    """
    Clients of the consumer's node that go on whatever happens, each key asked for once.

    Every third only reads what is public (overlap); its names begin with ``u``.
    """

    nodes: TwoNodes
    workers: int = 6
    answered: list = dataclasses.field(default_factory=list)
    failed: dict = dataclasses.field(default_factory=dict)
    """What was told instead of an answer, by message id; empty when nobody told anything."""
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)

    def __enter__(self):
        self.threads = [
            threading.Thread(target=self.work, args=(number,)) for number in range(self.workers)
        ]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        self.ended.set()
        for thread in self.threads:
            thread.join(40)
        assert not any(thread.is_alive() for thread in self.threads)

    def work(self, worker):
        number = 0
        while not self.ended.is_set():
            name = f"{'m' if worker % 3 else 'u'}-{worker}-{number}"
            number += 1
            try:
                status, headers = (ask if worker % 3 else read)(self.nodes, name)
            except OSError:
                self.failed[name] = ""
                time.sleep(0.05)
                continue
            if status == 200:
                self.answered.append(name)
            else:
                self.failed[name] = headers.get("x-road-error", "")
                time.sleep(0.02)


def ask(nodes: TwoNodes, name: str, message_id: str = ""):
    """One registration under the key of this name; raises OSError when nobody answers."""
    headers = asks(CIVIL_STATUS, Idempotency_Key=name, X_Road_Id=message_id or name)
    return sent(nodes, ISSUE, b"{}", "POST", headers)


def read(nodes: TwoNodes, name: str):
    """The public list of units; raises OSError when nobody answers."""
    return sent(nodes, UNITS, None, "GET", asks(CIVIL_STATUS, X_Road_Id=name))


def sent(nodes: TwoNodes, *request):
    try:
        status, headers, _ = nodes.consumer.call(*request)
    except http.client.HTTPException as problem:
        raise ConnectionError(str(problem)) from None
    return status, headers


@contextlib.contextmanager
def two_databases(server):
    """Two databases with the gateway's tables."""
    made = [server.clone(server.gateway_template(), "lt_gateway") for _ in CODES]
    try:
        yield made
    finally:
        for database in made:
            database.drop()

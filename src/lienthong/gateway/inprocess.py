"""
A whole gateway without sockets: the same core on both sides, for tests (decision 33).

Requests are identified, admitted, signed, verified and logged exactly as in a
running gateway; only the ways out are function calls, and the system behind it
is a function.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway, Message
from lienthong.gateway.front import ConsumerFront, PeerFront
from lienthong.gateway.log import MessageLog
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.pool import NotReached, Received
from lienthong.gateway.settings import ClientRule, Holdings, Provider, Secrets, read_provider
from lienthong.gateway.year_keys import YearKeys
from lienthong.protocol import headers as names
from lienthong.protocol.headers import Header
from lienthong.protocol.identifiers import GatewayId, MemberId
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import Anchor, GatewayEntry, Snapshot

TEST_SECRETS = Secrets(
    admission=b"in-process admission key",
    subjects=YearKeys({2020: b"in-process subject key"}),
    bodies=YearKeys({2020: b"in-process body key"}),
)


@dataclass(frozen=True, slots=True)
class SystemRequest:
    """What a system behind the gateway is asked."""

    method: str
    target: str
    """Service code, path and query, as in ``/person.find.v1``."""
    headers: Sequence[Header]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        return names.get(self.headers, name)


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """What it says."""

    status: int = 200
    body: bytes = b"{}"
    headers: Sequence[Header] = ((b"Content-Type", b"application/json"),)


System = Callable[[SystemRequest], SystemAnswer]


@dataclass(slots=True)
class _Calls:
    """The way out that opens no socket; `gateway` is set once it exists."""

    system: System
    certificate: str
    gateway: Gateway | None = None

    async def to_peer(
        self, gateway: GatewayEntry, message: Message, *, deadline: float, limit: int
    ) -> Received:
        assert self.gateway is not None
        if self.certificate not in gateway.auth_cert_sha256:
            raise NotReached
        caller = Caller(self.certificate, secure=True)
        headers = [(b"Host", gateway.host.encode()), *message.headers]
        head = Head(message.method, message.target, headers, caller)
        answer = await PeerFront(self.gateway).answer(
            Incoming(head, message.body, time.monotonic())
        )
        return Received(answer.status, answer.reason, list(answer.headers), answer.body)

    async def to_provider(
        self, provider: Provider, message: Message, *, deadline: float, limit: int
    ) -> Received:
        base = b"" if provider.is_service else provider.path
        target = message.target.removeprefix(base).decode("ascii")
        request = SystemRequest(
            message.method.decode("ascii"), target, message.headers, message.body.whole()
        )
        answer = self.system(request)
        return Received(answer.status, b"OK", list(answer.headers), Body.of(answer.body))


@dataclass(slots=True)
class InProcessGateway:
    """One gateway, consumer's and provider's side, answering on a loop of its own."""

    snapshot: Snapshot
    anchor: Anchor
    keys: Mapping[MemberId, SigningKey]
    clients: Mapping[str, ClientRule]
    provider: System
    log: MessageLog = field(default_factory=MemoryLog)
    secrets: Secrets = TEST_SECRETS
    providers: Mapping[str, Provider] = field(default_factory=dict)
    """Addresses of single services, beside those of all subsystems."""
    code: str = ""
    """The gateway's code in the snapshot; its first when not given."""
    gateway: Gateway = field(init=False)
    _runner: asyncio.Runner | None = None

    def __post_init__(self) -> None:
        entry = self.snapshot.gateway(self.code or self.snapshot.gateways[0].code)
        calls = _Calls(self.provider, entry.auth_cert_sha256[0])
        here = read_provider("http://127.0.0.1")
        self.gateway = Gateway(
            identity=GatewayId(
                MemberId.from_local(self.snapshot.instance, entry.owner), entry.code
            ),
            anchor=self.anchor,
            secrets=self.secrets,
            holdings=Holdings(
                clients=self.clients,
                providers={s.local: here for s in self.snapshot.subsystems} | dict(self.providers),
                keys=self.keys,
            ),
            log=self.log,
            way_out=calls,
            current=self.snapshot,
        )
        calls.gateway = self.gateway

    async def answer(
        self, method: str, target: str, headers: Sequence[Header], body: bytes = b""
    ) -> Outgoing:
        """The consumer side's answer, inside a running loop."""
        head = Head(method.encode(), target.encode(), list(headers), Caller())
        return await ConsumerFront(self.gateway).answer(
            Incoming(head, Body.of(body), time.monotonic())
        )

    def call(
        self, method: str, target: str, headers: Sequence[Header], body: bytes = b""
    ) -> Outgoing:
        """The same for callers without a loop."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(self.answer(method, target, headers, body))

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()
            self._runner = None

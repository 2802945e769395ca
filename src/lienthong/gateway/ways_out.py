"""How requests leave a running gateway: over sockets, by two pools of connections."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.core import Message
from lienthong.gateway.pool import Address, Pool, Received
from lienthong.gateway.settings import Provider
from lienthong.protocol.joining import Denied, without_denied
from lienthong.protocol.snapshot import GatewayEntry


@dataclass(slots=True)
class Sockets:
    """Mutual TLS to other gateways, plain HTTP to the systems of this node."""

    room: SpoolRoom
    tls: ssl.SSLContext
    _peers: Pool = field(init=False)
    _providers: Pool = field(init=False)
    _addresses: dict[int, tuple[GatewayEntry, Address]] = field(default_factory=dict)
    _denied: Denied | None = None

    def __post_init__(self) -> None:
        self._peers = Pool(self.room, self.tls)
        self._providers = Pool(self.room)

    async def to_peer(
        self, gateway: GatewayEntry, message: Message, *, deadline: float, limit: int
    ) -> Received:
        address = self._address(gateway)
        head = message.head_for(f"{gateway.host}:{gateway.port}".encode())
        # The same request id twice is refused as a replay, so another try is safe.
        return await self._peers.send(
            address,
            head,
            message.body,
            deadline=deadline,
            limit=limit,
            bodiless=message.method == b"HEAD",
            again=True,
        )

    async def to_provider(
        self, provider: Provider, message: Message, *, deadline: float, limit: int
    ) -> Received:
        return await self._providers.send(
            provider.address,
            message.head_for(provider.host),
            message.body,
            deadline=deadline,
            limit=limit,
            bodiless=message.method == b"HEAD",
            again=message.may_repeat,
        )

    def _address(self, gateway: GatewayEntry) -> Address:
        known = self._addresses.get(id(gateway))
        if known is not None and known[0] is gateway:
            return known[1]
        pins = without_denied(gateway.auth_cert_sha256, self._denied)
        address = Address(gateway.host, gateway.port, pins)
        if len(self._addresses) > 10_000:
            self._addresses.clear()  # entries of snapshots long replaced
        self._addresses[id(gateway)] = (gateway, address)
        return address

    def deny(self, denied: Denied | None) -> None:
        """From now on recognise nobody by these certificates; kept connections are not used."""
        if denied is not self._denied:
            self._denied = denied
            self._addresses.clear()

    def close(self) -> None:
        self._peers.close()
        self._providers.close()

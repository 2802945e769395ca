"""
Who provides a service, from the directory's verified snapshot.

The snapshot lies beside the gateway on this node and is read again when the
file changes. A snapshot that does not verify is refused, and the last good one
stays in use: the gateway, not this module, decides how old it may be.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Protocol

import msgspec

from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import System
from lienthong.exchange.errors import Refused, Unavailable
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.identifiers import ServiceId, SubsystemId, to_wire
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot

MEMBER_CLASS = "GOV"

log = logging.getLogger("lienthong.exchange.addresses")


class Addresses(Protocol):
    """Turns systems of cards into identifiers of the exchange."""

    def client(self, system: System) -> SubsystemId:
        """The identifier under which a system asks."""

    def service(self, ask: Ask) -> ServiceId:
        """The service an ask is meant for; raises Refused or Unavailable."""


class SnapshotAddresses:
    """Addresses from ``gateway/anchor.json`` and ``gateway/snapshot.json``."""

    def __init__(self, directory: Path) -> None:
        self._anchor = directory / "anchor.json"
        self._snapshot = directory / "snapshot.json"
        self._read_at: tuple[int, int] | None = None
        self._current: Snapshot | None = None
        self._lock = threading.Lock()

    @classmethod
    def of_node(cls, node: Node) -> SnapshotAddresses:
        return cls(node.gateway)

    def client(self, system: System) -> SubsystemId:
        return SubsystemId(self.snapshot().instance, MEMBER_CLASS, system.owner, system.subsystem)

    def service(self, ask: Ask) -> ServiceId:
        snapshot = self.snapshot()
        if ask.provider:
            return SubsystemId.from_local(snapshot.instance, ask.provider).service(ask.need.code)
        wanted = to_wire(ask.need.system)
        providers = [
            entry.local
            for entry in snapshot.subsystems
            if entry.code == wanted
            and entry.status == "registered"
            and any(
                offer.code == ask.need.code
                for offer in snapshot.offers
                if offer.provider == entry.local
            )
        ]
        if not providers:
            raise Refused(code="exchange.no_provider", service=f"{wanted}/{ask.need.code}")
        if len(providers) > 1:
            raise Refused(code="exchange.several_providers", service=f"{wanted}/{ask.need.code}")
        return SubsystemId.from_local(snapshot.instance, providers[0]).service(ask.need.code)

    def snapshot(self) -> Snapshot:
        """The newest snapshot on disk that verifies; raises Unavailable before there is one."""
        try:
            found = self._snapshot.stat()
        except FileNotFoundError:
            if self._current is None:
                raise Unavailable(code="exchange.no_snapshot") from None
            return self._current
        stamp = (found.st_mtime_ns, found.st_size)
        with self._lock:
            if stamp != self._read_at:
                self._read(stamp)
            if self._current is None:
                raise Unavailable(code="exchange.no_snapshot")
            return self._current

    def _read(self, stamp: tuple[int, int]) -> None:
        number = self._current.number if self._current else 0
        try:
            anchor = Anchor.load(self._anchor.read_bytes())
            self._current = open_snapshot(self._snapshot.read_bytes(), anchor, newer_than=number)
        except (ProtocolError, msgspec.DecodeError, OSError):
            log.exception("the directory's snapshot on disk was refused")
        self._read_at = stamp


class CardAddresses:
    """Addresses straight from cards: for tests and for a node before its first snapshot."""

    def __init__(self, cards: dict[str, System], instance: str = "VN") -> None:
        self._cards = cards
        self._instance = instance

    def client(self, system: System) -> SubsystemId:
        return SubsystemId(self._instance, MEMBER_CLASS, system.owner, system.subsystem)

    def service(self, ask: Ask) -> ServiceId:
        provider = self._cards.get(ask.need.system)
        if provider is None:
            raise Refused(code="exchange.no_provider", service=ask.need.code)
        return self.client(provider).service(ask.need.code)

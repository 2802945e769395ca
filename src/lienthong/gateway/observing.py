"""
What a gateway answers about itself: operational data, health, and its machine.

One place for both who ask: other bodies by SOAP (`soap_monitoring`) and the
node's own console by the administration API.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lienthong.gateway import operational_queries as queries
from lienthong.gateway.core import Gateway
from lienthong.gateway.environment import (
    EVERY,
    CertificateFacts,
    MetricSet,
    ProcessFacts,
    Sampler,
    environment,
)
from lienthong.gateway.operational_queries import ALL, Found, Health, Scope, Search
from lienthong.gateway.processes import Processes, total
from lienthong.gateway.reading import LogReader
from lienthong.kernel import clock
from lienthong.protocol.errors import AccessDenied, UnknownKey
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.pki import fingerprint, load_chain


@dataclass(slots=True)
class Observatory:
    """Answers from the table of operational data, the processes' files and the machine."""

    gateway: Gateway
    reader: LogReader
    processes: Processes
    home: Path
    offset: int = 60
    """Seconds that records are old before anybody else is told of them."""
    monitoring_client: str = ""
    """Local form of the subsystem that sees everything beside the owner."""
    limited_to: Sequence[str] = ()
    """Metrics of the machine that the monitoring client may have; empty for all."""
    auth_certificate: Path | None = None
    sampler: Sampler = field(default_factory=Sampler)

    async def run(self) -> None:
        """Sample the machine until cancelled."""
        while True:
            self.sampler.sample()
            await asyncio.sleep(EVERY)

    def sees_all(self, client: SubsystemId | MemberId) -> bool:
        return client == self.gateway.identity.owner or self.is_monitoring_client(client)

    def is_monitoring_client(self, client: SubsystemId | MemberId) -> bool:
        return (
            isinstance(client, SubsystemId)
            and self.monitoring_client != ""
            and client.local == self.monitoring_client
        )

    def scope(self, client: SubsystemId | MemberId) -> Scope:
        """What of the operational data this client may see."""
        return ALL if self.sees_all(client) else Scope(client.member)

    async def records(self, search: Search, scope: Scope, *, offset: int | None = None) -> Found:
        """Raises BadCriteria or LoggingFailed."""
        wait = self.offset if offset is None else offset
        async with self.reader.connection() as connection:
            return await queries.find(connection, search, scope, now=clock.instant(), offset=wait)

    async def health(self, scope: Scope, client: SubsystemId | MemberId | None = None) -> Health:
        """Raises LoggingFailed."""
        states, now = self.processes.all(), time.time()
        alive = [state for state in states if state.is_alive(now)]
        async with self.reader.connection() as connection:
            return await queries.health(
                connection,
                total(states, now).lasts,
                scope,
                started=int(min(state.started for state in alive) * 1000),
                now=clock.instant(),
                client=client,
            )

    def environment(self, client: SubsystemId | MemberId, fields: Sequence[str] = ()) -> MetricSet:
        """The machine as this client may see it; raises AccessDenied."""
        if not self.sees_all(client):
            raise AccessDenied("Only the owner and the monitoring client may ask for metrics")
        if self.limited_to and client != self.gateway.identity.owner:
            kept = [name for name in self.limited_to if not fields or name in fields]
            # Nothing of what was asked for is allowed: an empty list would mean everything.
            fields = kept or ["nothing"]
        return self.everything(fields)

    def everything(self, fields: Sequence[str] = ()) -> MetricSet:
        return environment(
            str(self.gateway.identity),
            self.sampler,
            self._alive(),
            self._certificates(),
            self.home,
            fields,
        )

    def _alive(self) -> Iterator[ProcessFacts]:
        now = time.time()
        for state in self.processes.all():
            if state.is_alive(now):
                memory = int(state.gauges.get("memory_bytes", 0))
                yield ProcessFacts(state.index, state.pid, memory, state.started)

    def _certificates(self) -> Iterator[CertificateFacts]:
        snapshot = self.gateway.current
        texts: list[tuple[str, str, bytes]] = []
        if self.auth_certificate is not None and self.auth_certificate.exists():
            owner = str(self.gateway.identity)
            texts.append(("AUTH", owner, self.auth_certificate.read_bytes()))
        for member, key in sorted(self.gateway.holdings.keys.items()):
            if snapshot is None:
                continue
            with contextlib.suppress(UnknownKey):
                texts.append(("SIGN", str(member), snapshot.certificate(key.kid).encode()))
        for purpose, owner, text in texts:
            certificate = load_chain(text)[0]
            yield CertificateFacts(
                purpose=purpose,
                owner=owner,
                sha256=fingerprint(certificate),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
            )

"""
Writing operational monitoring data: rows made of what ended, in groups, by binary COPY.

``recorded_at`` is set when a group is written, and a group that is not
committed within some seconds gets a new one: whoever reads what is a minute old
misses nothing (PR-OPMON, section 2). While the database is away entries wait in
the bounded buffer of `operational.Monitor`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import asyncpg

from lienthong import __version__
from lienthong.gateway.operational import Ended, Monitor
from lienthong.gateway.postgres_log import COMMAND_SECONDS, Connection, open_connection
from lienthong.gateway.rows import LogSide
from lienthong.kernel import clock
from lienthong.protocol import rest
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.identifiers import decode
from lienthong.protocol.snapshot import Snapshot

logger = logging.getLogger("lienthong.gateway.operational")

TABLE = "operational_record"
COLUMNS = (
    "recorded_at", "producer", "request_in", "request_out", "response_in", "response_out",
    "client", "service", "service_version", "service_type", "message_id", "request_id", "user_id",
    "issue", "represented_party", "protocol_version", "rest_method", "rest_path",
    "client_address", "service_address", "internal_ip", "software", "request_size",
    "request_mime_size", "request_attachments", "response_size", "response_mime_size",
    "response_attachments", "succeeded", "status", "fault_code", "fault_string",
)  # fmt: skip
SOFTWARE = f"lienthong-{__version__}"
REST_PROTOCOL, SOAP_PROTOCOL = "1", "4.0"
TYPES = {"rest": "REST", "openapi": "OPENAPI3", "soap": "WSDL"}
HOUSEKEEPING = "meta"
EVERY = 2.0
"""Seconds between groups."""
LARGEST_GROUP = 1000
LONGEST_PAUSE = 30.0
LONGEST_TEXT = 255
LONGEST_FAULT = 2048
MOST_SERVICES = 5000
NOT_WRITTEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(slots=True)
class Surroundings:
    """What a row says beside its exchange: where gateways are, and what kind a service is of."""

    identity: str
    """Of this gateway: ``VN/GOV/G14/national``."""
    internal_ip: str
    snapshot: Callable[[], Snapshot | None]

    def address_of(self, peer: str) -> str | None:
        """Under which address the directory knows a gateway."""
        snapshot = self.snapshot()
        if snapshot is None or not peer:
            return None
        try:
            return snapshot.gateway(decode(peer.rpartition("/")[2])).host
        except ProtocolError:
            return None

    def type_of(self, service: str, *, is_soap: bool) -> str | None:
        snapshot = self.snapshot()
        if service.rpartition("/")[2] in rest.METASERVICES:
            return TYPES["soap" if is_soap else "rest"]
        provider, _, code = service.partition("/")[2].rpartition("/")
        if snapshot is None or not code:
            return None
        offer = snapshot.offer_under(provider, decode(code))
        return TYPES.get(offer.kind, "REST") if offer is not None else None


@dataclass(slots=True)
class Last:
    """When a service of this process last answered well, and when it last did not (Unix ms)."""

    well: int = 0
    ill: int = 0
    kind: str = "REST"


@dataclass(slots=True)
class OperationalLog:
    """Takes what a monitor holds to the database; started and used inside one event loop."""

    dsn: str
    monitor: Monitor
    around: Surroundings
    written: int = 0
    refused: int = 0
    """Rows the database would not have."""
    lasts: dict[str, Last] = field(default_factory=dict)
    _connection: Connection | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop`; a lost database only means trying again."""
        pause = EVERY
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
            pause = EVERY if await self.write_all() else min(pause * 2, LONGEST_PAUSE)
        await self.write_all()
        await self._drop()

    def stop(self) -> None:
        self._stop.set()

    async def write_all(self) -> bool:
        """Write what waits, in groups; whether all of it could be written."""
        waiting = self.monitor.waiting
        while waiting:
            group = [waiting.popleft() for _ in range(min(len(waiting), LARGEST_GROUP))]
            if not await self._write(group):
                self._put_back(group)
                return False
        return True

    def _put_back(self, group: list[Ended]) -> None:
        """In their old place; what has no room any more is the oldest, and is counted."""
        monitor = self.monitor
        room = max(monitor.most - len(monitor.waiting), 0)
        kept = group[len(group) - min(room, len(group)) :]
        monitor.dropped += len(group) - len(kept)
        monitor.waiting.extendleft(reversed(kept))

    async def _write(self, group: Sequence[Ended]) -> bool:
        offset = time.time() - time.monotonic()
        at = clock.instant()
        rows = [row_of(ended, at, offset, self.around) for ended in group]
        try:
            await self._copy(rows)
        except NOT_WRITTEN as problem:
            logger.warning(
                "operational data wait", extra={"rows": len(rows), "error": type(problem).__name__}
            )
            await self._drop()
            return False
        except Exception:
            # A value the driver cannot encode: this group would never be written.
            logger.exception("operational data are given up", extra={"rows": len(rows)})
            self.refused += len(rows)
            await self._drop()
            return True
        self.written += len(rows)
        self._note_lasts(rows)
        return True

    async def _copy(self, rows: Sequence[tuple[object, ...]]) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await open_connection(self.dsn, "lienthong-operational")
            # Lost with the machine these rows are no loss to anybody's evidence.
            await self._connection.execute("SET synchronous_commit = off")
        await self._connection.copy_records_to_table(
            TABLE, records=rows, columns=COLUMNS, timeout=COMMAND_SECONDS
        )

    def _note_lasts(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Of services that are offered here, so that nobody fills this with made-up names."""
        for row in rows:
            producer, service, kind = row[1], str(row[7]), row[9]
            if not producer or kind is None:
                continue
            last = self.lasts.get(service)
            if last is None:
                if len(self.lasts) >= MOST_SERVICES:
                    continue
                last = self.lasts[service] = Last(kind=str(kind))
            ended = int(str(row[5]))
            if row[28]:
                last.well = max(last.well, ended)
            else:
                last.ill = max(last.ill, ended)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)


def internal_ip(listening: str) -> str:
    """The address other gateways come in by; nothing is sent to find it."""
    if listening not in ("", "0.0.0.0", "::"):
        return listening
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def row_of(ended: Ended, at: datetime, offset: float, around: Surroundings) -> tuple[object, ...]:
    """One entry in the order of `COLUMNS`; ``offset`` takes monotonic to Unix seconds."""
    producer = ended.side == LogSide.PROVIDER
    is_soap = ended.soap is not None
    began, over = moment(ended.began, offset), moment(ended.ended, offset)
    sent = moment(ended.sent, offset) if ended.sent else None
    back = moment(ended.back, offset) if ended.back else None
    if producer and ended.effect == HOUSEKEEPING:
        sent, back = began, over  # answered by the gateway itself (PR-OPMON)
    target = target_of(ended.target, is_soap=is_soap)
    here, there = around.address_of(around.identity), around.address_of(ended.peer)
    code, text = ended.fault_code, ended.fault_string
    soap_sizes: tuple[int | None, ...] = (None,) * 4
    asked_size, answered_size = ended.asked_size or None, ended.answered_size
    if (seen := ended.soap) is not None:
        code, text = code or seen.fault_code, text or seen.fault_string
        asked_size, answered_size = seen.request_size or None, seen.response_size or None
        soap_sizes = (
            seen.request_mime_size, seen.request_attachments,
            seen.response_mime_size, seen.response_attachments,
        )  # fmt: skip
    return (
        at, producer, began, sent, back, over,
        ended.client, ended.service, target[1], around.type_of(ended.service, is_soap=is_soap),
        words(ended.message_id), words(ended.request_id), said(ended.user_id, is_soap=is_soap),
        said(ended.issue, is_soap=is_soap), said(ended.party, is_soap=False),
        SOAP_PROTOCOL if is_soap else REST_PROTOCOL,
        None if is_soap else words(ended.method.decode("latin-1")), target[0],
        there if producer else here, here if producer else there, around.internal_ip, SOFTWARE,
        asked_size, soap_sizes[0], soap_sizes[1], answered_size, soap_sizes[2], soap_sizes[3],
        not code and not 400 <= ended.status <= 599,
        None if is_soap else ended.status, words(code), words(text, LONGEST_FAULT),
    )  # fmt: skip


def moment(monotonic: float, offset: float) -> int:
    """Unix milliseconds."""
    return int((monotonic + offset) * 1000)


def words(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """A text as PostgreSQL takes it, cut to what the schema of X-Road allows; None when empty."""
    if not text:
        return None
    return text.replace("\x00", "")[:longest].encode("utf-8", "replace").decode()


def said(value: bytes | None, *, is_soap: bool) -> str | None:
    """What a header says; that of a SOAP message was percent-encoded on its way into it."""
    if not value:
        return None
    text = value.decode("utf-8", "replace")
    if is_soap:
        with contextlib.suppress(ProtocolError):
            text = decode(text)
    return words(text)


@lru_cache(maxsize=1024)
def target_of(raw: bytes, *, is_soap: bool) -> tuple[str | None, str | None]:
    """The path behind a REST service's code, and the version of a SOAP service."""
    try:
        target = rest.parse_soap_target(raw) if is_soap else rest.parse_target(raw)
    except ProtocolError:
        return None, None
    return words(target.service_path.decode("latin-1")), words(target.version)

"""
The directory's door: what gateways of the exchange ask their directory, over HTTPS.

Served by the gateway of the directory's node, since waiting for news is cheap
here: a thousand gateways that wait are a thousand idle connections. What takes
a decision is handed to the directory's pages on loopback.

    GET  /exchange/anchor                           root, directory keys
    GET  /exchange/news?snapshot=N&denied=M&wait=S  200 with the numbers that are newer, or 204
    GET  /exchange/snapshot                         the newest signed snapshot
    GET  /exchange/denied                           the newest signed deny list
    POST /exchange/join | renew | register          to the directory
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from lienthong.gateway.bodies import EMPTY, Body, SpoolRoom
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.pool import Address, Pool, SendFailed
from lienthong.gateway.snapshots import SnapshotFile

logger = logging.getLogger("lienthong.gateway.door")

DECISIONS = frozenset({b"/exchange/join", b"/exchange/renew", b"/exchange/register"})
LONGEST_LETTER = 4 << 20
"""A registration carries the JSON Schemas of all its offers."""
LONGEST_WAIT = 30.0
LOOK_EVERY = 0.5
PATIENCE = 20.0
REASONS = {
    200: b"OK", 204: b"No Content", 400: b"Bad Request", 404: b"Not Found",
    405: b"Method Not Allowed", 413: b"Content Too Large", 500: b"Internal Server Error",
    503: b"Service Unavailable",
}  # fmt: skip


class News(msgspec.Struct, frozen=True):
    """Numbers of the newest snapshot and deny list."""

    snapshot: int
    denied: int


@dataclass(slots=True)
class Door:
    """The application behind the directory's HTTPS port."""

    anchor: Path
    snapshots: SnapshotFile
    denied: DeniedFile
    pages_port: int
    room: SpoolRoom
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _pages: Pool = field(init=False)
    _read: dict[Path, tuple[int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pages = Pool(self.room)

    def body_limit(self, head: Head) -> int:
        return LONGEST_LETTER if head.target in DECISIONS and head.method == b"POST" else 0

    async def answer(self, request: Incoming) -> Outgoing:
        head = request.head
        path, _, query = head.target.partition(b"?")
        try:
            if request.refused is not None:
                return told(413)
            if path in DECISIONS:
                return await self._hand_on(request) if head.method == b"POST" else told(405)
            if head.method != b"GET":
                return told(405)
            if path == b"/exchange/news":
                return await self._news(query)
            files = {
                b"/exchange/anchor": self.anchor,
                b"/exchange/snapshot": self.snapshots.path,
                b"/exchange/denied": self.denied.path,
            }
            return self._file(files[path]) if path in files else told(404)
        except Exception as error:
            logger.error("unforeseen", exc_info=error)
            return told(500)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return told(400)

    async def _news(self, query: bytes) -> Outgoing:
        """Answer when something is newer than what the asker has, or when it waited enough."""
        asked = dict(parse_qsl(query.decode("ascii", "replace"), max_num_fields=5))
        try:
            snapshot, denied = int(asked.get("snapshot", 0)), int(asked.get("denied", 0))
            wait = min(max(float(asked.get("wait", 0)), 0.0), LONGEST_WAIT)
        except ValueError:
            return told(400)
        until = time.monotonic() + wait
        while True:
            now = self.numbers()
            if now.snapshot > snapshot or now.denied > denied:
                return json_answer(msgspec.json.encode(now))
            if time.monotonic() >= until or self.stopping.is_set():
                return Outgoing(204, REASONS[204], [])
            await asyncio.sleep(LOOK_EVERY)

    def numbers(self) -> News:
        current = self.snapshots.look()
        self.denied.look()
        return News(current.number if current is not None else 0, self.denied.number)

    def _file(self, path: Path) -> Outgoing:
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            return told(404)
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = (changed, path.read_bytes())
            self._read[path] = known
        return json_answer(known[1])

    async def _hand_on(self, request: Incoming) -> Outgoing:
        """Let the directory decide; its answer goes back as it is."""
        head = (
            f"POST {request.head.target.decode('ascii')} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.pages_port}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Content-Length: {request.body.size}\r\n\r\n"
        ).encode()
        try:
            received = await self._pages.send(
                Address("127.0.0.1", self.pages_port),
                head,
                request.body,
                deadline=time.monotonic() + PATIENCE,
                limit=LONGEST_LETTER,
                again=True,
            )
        except SendFailed as error:
            logger.warning("door", extra={"fault": error.code})
            return told(503)
        kind = b"application/json" if received.status < 400 else b"application/problem+json"
        return Outgoing(
            received.status,
            received.reason,
            [(b"Content-Type", kind), (b"Cache-Control", b"no-store")],
            received.body,
        )

    def close(self) -> None:
        self._pages.close()


def told(status: int) -> Outgoing:
    return Outgoing(status, REASONS[status], [(b"Cache-Control", b"no-store")], EMPTY)


def json_answer(content: bytes) -> Outgoing:
    return Outgoing(
        200,
        REASONS[200],
        [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")],
        Body.of(content),
    )

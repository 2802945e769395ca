"""
Where a gateway gets the directory's snapshot: from its disk, and from the directory.

A snapshot is taken only when a key of the anchor signed it and its number is
not below one already seen (decision 19). It is kept on disk, so a gateway that
starts while the directory is away knows what it knew.
"""

from __future__ import annotations

import logging
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lienthong.gateway.bodies import EMPTY, SpoolRoom
from lienthong.gateway.pool import Address, Pool, SendFailed
from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot

logger = logging.getLogger("lienthong.gateway")

LARGEST = 64 << 20
PATIENCE = 10.0


@dataclass(slots=True)
class SnapshotFile:
    """The snapshot on disk; ``current`` never goes back to a lower number."""

    path: Path
    anchor: Anchor
    current: Snapshot | None = None
    _seen: tuple[int, int] = (0, 0)

    def look(self) -> Snapshot | None:
        """Read the file when it changed; what does not verify is left aside and told."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return self.current
        if (stat.st_mtime_ns, stat.st_size) != self._seen:
            self._seen = (stat.st_mtime_ns, stat.st_size)
            self.take(self.path.read_bytes())
        return self.current

    def take(self, raw: bytes) -> bool:
        """Whether these bytes are a newer snapshot that verifies; it is then the current one."""
        number = self.current.number if self.current is not None else 0
        try:
            snapshot = open_snapshot(raw, self.anchor, newer_than=number)
        except ProtocolError as error:
            logger.warning("snapshot", extra={"fault": error.code})
            return False
        if self.current is not None and snapshot.number == number:
            return False
        self.current = snapshot
        logger.info("snapshot", extra={"number": snapshot.number})
        return True

    def keep(self, raw: bytes) -> None:
        """Take the bytes and put them on disk when they are newer."""
        if self.take(raw):
            pki.write_private(self.path, raw)
            stat = self.path.stat()
            self._seen = (stat.st_mtime_ns, stat.st_size)


@dataclass(slots=True)
class Directory:
    """The directory's address, asked asked again and again."""

    url: str
    file: SnapshotFile
    room: SpoolRoom
    _pool: Pool = field(init=False)

    def __post_init__(self) -> None:
        secure = urlsplit(self.url).scheme == "https"
        self._pool = Pool(self.room, ssl.create_default_context() if secure else None)

    async def ask(self) -> None:
        """
        One poll; a directory that is away changes nothing.

        The directory answers 304 when it has nothing above ``after``.
        """
        parts = urlsplit(self.url)
        number = self.file.current.number if self.file.current is not None else 0
        port = parts.port or (443 if parts.scheme == "https" else 80)
        target = f"{parts.path or '/'}?after={number}"
        head = (
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n"
        ).encode()
        try:
            received = await self._pool.send(
                Address(parts.hostname or "", port),
                head,
                EMPTY,
                deadline=time.monotonic() + PATIENCE,
                limit=LARGEST,
                again=True,
            )
        except SendFailed as error:
            logger.debug("directory", extra={"fault": error.code})
            return
        try:
            if received.status == 200:
                self.file.keep(received.body.whole())
        finally:
            received.body.close()

    def close(self) -> None:
        self._pool.close()

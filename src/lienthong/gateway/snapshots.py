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
from typing import ClassVar
from urllib.parse import urlsplit

from lienthong.gateway.bodies import EMPTY, SpoolRoom
from lienthong.gateway.directory_file import DirectoryFile
from lienthong.gateway.pool import Address, Pool, SendFailed
from lienthong.protocol import pki
from lienthong.protocol.snapshot import Snapshot, open_snapshot

logger = logging.getLogger("lienthong.gateway")

LARGEST = 64 << 20
PATIENCE = 10.0


@dataclass(slots=True)
class SnapshotFile(DirectoryFile[Snapshot]):
    """``gateway/snapshot.json``."""

    NAME: ClassVar[str] = "snapshot"

    def opened(self, raw: bytes, newer_than: int) -> Snapshot:
        return open_snapshot(raw, self.anchor, newer_than=newer_than)

    def learn(self, found: Snapshot) -> None:
        """Believe the keys it announces from now on, and those it leaves out no more."""
        self.anchor = self.anchor.learned(found.directory_keys)

    def keep(self, raw: bytes) -> None:
        """Take the bytes and put them on disk when they are newer, and what they announce too."""
        DirectoryFile.keep(self, raw)
        if self.anchor_on_disk() not in (None, self.anchor):
            pki.write_private(self.path.with_name("anchor.json"), self.anchor.dump())


@dataclass(slots=True)
class Directory:
    """The directory's address, asked again and again."""

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
        port = parts.port or (443 if parts.scheme == "https" else 80)
        target = f"{parts.path or '/'}?after={self.file.number}"
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

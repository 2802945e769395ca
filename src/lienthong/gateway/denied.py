"""
The deny list on disk: keys no longer believed, whatever the snapshot says (decision 19).

Like a snapshot it is taken only when a key of the anchor signed it and its
number is not below one already seen; unlike one it has no age at which it
stops being used.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.joining import Denied, open_denied
from lienthong.protocol.snapshot import Anchor

logger = logging.getLogger("lienthong.gateway")


@dataclass(slots=True)
class DeniedFile:
    """``gateway/denied.json``; ``current`` never goes back to a lower number."""

    path: Path
    anchor: Anchor
    current: Denied | None = None
    _seen: tuple[int, int] = (0, 0)

    @property
    def number(self) -> int:
        return self.current.number if self.current is not None else 0

    def look(self) -> Denied | None:
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
        """Whether these bytes are a newer list that verifies; it is then the current one."""
        try:
            denied = open_denied(raw, self.anchor, newer_than=self.number)
        except ProtocolError as error:
            logger.warning("denied", extra={"fault": error.code})
            return False
        if self.current is not None and denied.number == self.current.number:
            return False
        self.current = denied
        logger.warning("denied", extra={"number": denied.number})
        return True

    def keep(self, raw: bytes) -> None:
        """Take the bytes and put them on disk when they are newer."""
        if self.take(raw):
            pki.write_private(self.path, raw)
            stat = self.path.stat()
            self._seen = (stat.st_mtime_ns, stat.st_size)

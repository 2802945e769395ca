"""
A signed file of the directory on disk, taken only when it verifies and is newer.

The snapshot and the deny list are kept in the same way: a key of the anchor
signed them, their number never goes back, and what does not verify leaves
what was there before.
"""

from __future__ import annotations

import abc
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError, UnknownDirectoryKey
from lienthong.protocol.snapshot import Anchor

logger = logging.getLogger("lienthong.gateway")


class Numbered(Protocol):
    """What the directory publishes under a number that only grows."""

    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


@dataclass(slots=True)
class DirectoryFile(abc.ABC, Generic[T]):
    """A file of the directory; ``current`` never goes back to a lower number."""

    NAME: ClassVar[str]
    """What the application log calls it."""
    LEVEL: ClassVar[int] = logging.INFO
    """How loudly a newer one is told."""

    path: Path
    anchor: Anchor
    current: T | None = None
    refused: str = ""
    """Why the last file that was newer was not taken; empty when it was."""
    _seen: tuple[int, int] = (0, 0)

    @abc.abstractmethod
    def opened(self, raw: bytes, newer_than: int) -> T:
        """What the bytes say; raises ProtocolError when they do not verify or are older."""

    @property
    def number(self) -> int:
        return self.current.number if self.current is not None else 0

    def look(self) -> T | None:
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
        """Whether these bytes are a newer one that verifies; it is then the current one."""
        try:
            found = self._opened(raw)
        except ProtocolError as error:
            self.refused = error.code
            logger.warning(self.NAME, extra={"fault": error.code})
            return False
        self.refused = ""
        if self.current is not None and found.number == self.number:
            return False
        self.current = found
        self.learn(found)
        logger.log(self.LEVEL, self.NAME, extra={"number": found.number})
        return True

    def _opened(self, raw: bytes) -> T:
        """As `opened`, also when the anchor on disk has learned the key meanwhile."""
        try:
            return self.opened(raw, self.number)
        except UnknownDirectoryKey:
            held = self.anchor_on_disk()
            if held is None or held.keys.keys() == self.anchor.keys.keys():
                raise
            self.anchor = held
            return self.opened(raw, self.number)

    def anchor_on_disk(self) -> Anchor | None:
        """What ``anchor.json`` beside the file says; None when it cannot be read."""
        try:
            return Anchor.load(self.path.with_name("anchor.json").read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def learn(self, found: T) -> None:
        """Take up what a newer file says of the keys of the directory; most say nothing."""

    def keep(self, raw: bytes) -> None:
        """Take the bytes and put them on disk when they are newer."""
        if self.take(raw):
            pki.write_private(self.path, raw)
            stat = self.path.stat()
            self._seen = (stat.st_mtime_ns, stat.st_size)

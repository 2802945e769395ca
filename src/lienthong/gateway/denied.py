"""
The deny list on disk: keys no longer believed, whatever the snapshot says (decision 19).

Unlike a snapshot it has no age at which it stops being used.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar

from lienthong.gateway.directory_file import DirectoryFile
from lienthong.protocol.joining import Denied, open_denied


@dataclass(slots=True)
class DeniedFile(DirectoryFile[Denied]):
    """``gateway/denied.json``."""

    NAME: ClassVar[str] = "denied"
    LEVEL: ClassVar[int] = logging.WARNING

    def opened(self, raw: bytes, newer_than: int) -> Denied:
        return open_denied(raw, self.anchor, newer_than=newer_than)

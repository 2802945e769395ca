"""Messages of the offer ``units.snapshot.v1``."""

from __future__ import annotations

from datetime import datetime

import msgspec


class SnapshotRequest(msgspec.Struct, frozen=True):
    """Asks for the newest snapshot, without its content when the asker has it already."""

    after: int = 0
    """Number of the snapshot the asker holds; 0 for none."""


class SnapshotAnswer(msgspec.Struct, frozen=True):
    """The newest snapshot. Its answer is signed by the exchange like every other."""

    number: int
    made_at: datetime
    digest: str
    """SHA-256 of the content, hexadecimal."""
    content: bytes = b""
    """Base64 on the wire; empty when the asker's snapshot is the newest."""

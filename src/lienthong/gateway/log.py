"""
What the gateway's core asks of a message log; memory and PostgreSQL stand behind it.

The one guarantee everything rests on: when the future of `append` resolves,
the row is durable. When it fails nobody is told that anything succeeded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Protocol

from lienthong.gateway.rows import LogRow, ReplayKey


class MessageLog(Protocol):
    """Where rows go."""

    def append(self, row: LogRow, *, replay: ReplayKey | None = None) -> asyncio.Future[None]:
        """
        Start writing a row; the future resolves once it is durable.

        Fails with LoggingFailed when it cannot be made durable, and with
        Replayed (nothing written) when ``replay`` was seen within the window.
        In strict mode await it before forwarding; in overlap mode await it
        just before answering.
        """

    @property
    def revoked(self) -> Container[str]:
        """Ids of grants this gateway's providers withdrew (decision 19)."""

    @property
    def healthy(self) -> bool:
        """Whether the next row would probably be written."""

    async def start(self) -> None:
        """Connect; raises LoggingFailed when that is not possible now."""

    async def close(self) -> None:
        """Write what is waiting and let go."""

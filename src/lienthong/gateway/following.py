"""
A member's gateway follows its directory: news by long poll, certificates in time.

The calls block and run on a thread; what they bring lies on disk, where the
node's other gateway processes find it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

import msgspec

from lienthong.gateway.core import Gateway
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.directory_client import DirectoryAway, DirectoryClient, DirectoryRefused
from lienthong.gateway.door import News
from lienthong.gateway.membership import Membership, Renewals
from lienthong.gateway.snapshots import SnapshotFile
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError, UnknownDirectoryKey

logger = logging.getLogger("lienthong.gateway")

WAIT = 25.0
PATIENCE = 40.0
AFTER_A_FAILURE = 5.0
RENEWALS_EVERY = 60.0


@dataclass(slots=True)
class Following:
    """The first process of a member's gateway runs one of these."""

    node: Node
    membership: Membership
    client: DirectoryClient
    snapshots: SnapshotFile
    denied: DeniedFile
    gateway: Gateway
    _renewals_due: float = 0.0

    async def run(self) -> None:
        """Until the process stops; a directory that is away or answers nonsense changes nothing."""
        while True:
            try:
                await self.ask()
                await self.renew_when_due()
            except (DirectoryAway, DirectoryRefused, ProtocolError, msgspec.DecodeError) as problem:
                code = getattr(problem, "code", type(problem).__name__)
                logger.warning("directory", extra={"fault": code})
                await asyncio.sleep(AFTER_A_FAILURE)
            except OSError as problem:
                logger.error("directory", extra={"error": type(problem).__name__})
                await asyncio.sleep(AFTER_A_FAILURE)

    async def ask(self) -> None:
        """One long poll; what is newer is fetched, verified and kept."""
        known = self.snapshots.current
        number = known.number if known is not None else 0
        asked = f"/exchange/news?snapshot={number}&denied={self.denied.number}&wait={WAIT:g}"
        answer = await asyncio.to_thread(self.client.get, asked, patience=PATIENCE)
        self.gateway.heard_at = clock.instant()
        if answer.status != 200:
            return
        news = msgspec.json.decode(answer.body, type=News)
        # The deny list first: it is small, and it is what cannot wait.
        if news.denied > self.denied.number:
            raw = await asyncio.to_thread(self.client.get, "/exchange/denied")
            self.denied.keep(raw.body)
            self.gateway.denied = self.denied.current
        if news.snapshot > number:
            raw = await asyncio.to_thread(self.client.get, "/exchange/snapshot")
            self.snapshots.keep(raw.body)
            self.gateway.current = self.snapshots.current
            if self.snapshots.refused == UnknownDirectoryKey.code:
                raise UnknownDirectoryKey  # not asked for again at once
            self.gateway.anchor = self.denied.anchor = self.snapshots.anchor

    async def renew_when_due(self) -> None:
        if time.monotonic() < self._renewals_due:
            return
        self._renewals_due = time.monotonic() + RENEWALS_EVERY
        renewals = Renewals(self.node, self.membership, self.gateway.anchor, self.client)
        step = await asyncio.to_thread(renewals.look, self.gateway.current)
        if step:
            logger.info("certificates", extra={"step": step})

    def stop(self) -> None:
        """Wake the thread that waits, so that the process can end."""
        self.client.cut()

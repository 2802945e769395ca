"""A message log in memory, twin of the one in PostgreSQL: for tests and the in-process gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from datetime import UTC, datetime

from lienthong.gateway.rows import Kind, LogRow, ReplayKey
from lienthong.kernel import clock
from lienthong.protocol.checkpoint import Checkpoint, sign_checkpoint
from lienthong.protocol.errors import LoggingFailed, Replayed
from lienthong.protocol.merkle import Tree
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.receipt import Receipt, ReceiptRecord


class MemoryLog:
    """Keeps rows in a list and their leaves in a tree."""

    def __init__(self) -> None:
        self.rows: list[LogRow] = []
        self.tree = Tree()
        self.replays: set[ReplayKey] = set()
        self.revocations: set[str] = set()
        self.is_down = False
        """Set by a test to make every append fail."""

    def append(self, row: LogRow, *, replay: ReplayKey | None = None) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_down:
            done.set_exception(LoggingFailed())
        elif replay is not None and replay in self.replays:
            done.set_exception(Replayed())
        else:
            if replay is not None:
                self.replays.add(replay)
            self.rows.append(row)
            self.tree.append(row.leaf)
            done.set_result(None)
        return done

    @property
    def revoked(self) -> Container[str]:
        return self.revocations

    @property
    def healthy(self) -> bool:
        return not self.is_down

    async def start(self) -> None:
        if self.is_down:
            raise LoggingFailed

    async def close(self) -> None:
        return None

    def revoke(self, grant: str) -> None:
        self.revocations.add(grant)

    def of_message(self, message_id: str) -> list[LogRow]:
        return [row for row in self.rows if row.evidence.message_id == message_id]

    def seal(self, origin: str, key: SigningKey, *, at: datetime | None = None) -> bytes:
        """A signed head over everything appended so far."""
        moment = at or clock.instant()
        head = Checkpoint(
            origin=origin,
            size=self.tree.size,
            root=self.tree.root(),
            time=int(moment.astimezone(UTC).timestamp()),
        )
        return sign_checkpoint(head, key)

    def receipt(
        self, request_id: str, side: str, note: bytes, certificates: dict[str, str]
    ) -> Receipt:
        """The receipt of one side's two rows under a head made by `seal`; KeyError without them."""
        size = int(note.split(b"\n", 2)[1])
        places = {
            row.evidence.kind: place
            for place, row in enumerate(self.rows)
            if row.evidence.request_id == request_id and row.evidence.side == side
        }
        return Receipt(
            records=[
                ReceiptRecord(
                    evidence=self.rows[places[kind]].evidence,
                    blind=self.rows[places[kind]].blind,
                    leaf_index=places[kind],
                    proof=self.tree.inclusion(places[kind], size),
                )
                for kind in (Kind.REQUEST, Kind.ANSWER)
            ],
            checkpoint=note.decode(),
            certificates=certificates,
        )

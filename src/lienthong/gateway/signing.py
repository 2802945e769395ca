"""
When a message is signed alone and when together with others (decision 13).

Alone costs one signature and no waiting; together costs a share of one and up
to a millisecond. So messages are gathered only while several exchanges are
under way, and only for gateways whose entry in the snapshot says they read it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from lienthong.protocol import batch
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.signature import Draft, Signed
from lienthong.protocol.snapshot import GatewayEntry

CAPABILITY = batch.ALGORITHM.decode()
WINDOW = 0.001
"""Seconds the first message of a batch waits for others."""
ALONE_BELOW = 4
"""With fewer exchanges under way in this process a batch would hold one message."""

MakeDraft: TypeAlias = Callable[[bytes], Draft]
"""From the name of an algorithm to the message as it is signed under it."""


@dataclass(slots=True)
class _Gathering:
    """Messages of one key that will share a signature."""

    key: SigningKey
    waiting: list[tuple[bytes, asyncio.Future[bytes]]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Signing:
    """Signs the messages of one process; used inside one event loop."""

    gathers: bool = True
    """Whether this gateway signs in batches at all (``batch_signatures`` in its file)."""
    under_way: int = 0
    alone: int = 0
    together: int = 0
    batches: int = 0
    _open: dict[str, _Gathering] = field(default_factory=dict)

    def exchange(self) -> Self:
        """``with signing.exchange():`` counts an exchange as under way."""
        return self

    def __enter__(self) -> None:
        self.under_way += 1

    def __exit__(self, *error: object) -> None:
        self.under_way -= 1

    async def sign(
        self, make: MakeDraft, key: SigningKey, readers: Iterable[GatewayEntry]
    ) -> Signed:
        """The signed message, which every one of these gateways must be able to read."""
        if (
            self.gathers
            and self.under_way >= ALONE_BELOW
            and all(CAPABILITY in reader.capabilities for reader in readers)
        ):
            draft = make(batch.ALGORITHM)
            return draft.finish(await self._gather(draft.base, key))
        self.alone += 1
        draft = make(key.algorithm)
        return draft.finish(key.sign(draft.base))

    def _gather(self, base: bytes, key: SigningKey) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        gathering = self._open.get(key.kid)
        if gathering is None:
            gathering = self._open[key.kid] = _Gathering(key)
            gathering.timer = loop.call_later(WINDOW, self._finish, gathering)
        done: asyncio.Future[bytes] = loop.create_future()
        gathering.waiting.append((base, done))
        if len(gathering.waiting) >= batch.MOST_LEAVES:
            self._finish(gathering)
        return done

    def _finish(self, gathering: _Gathering) -> None:
        if gathering.timer is not None:
            gathering.timer.cancel()
        if self._open.get(gathering.key.kid) is gathering:
            del self._open[gathering.key.kid]
        # Who waited may be gone by now; what is left is signed all the same.
        waiting = [(base, done) for base, done in gathering.waiting if not done.done()]
        if not waiting:
            return
        try:
            evidence = batch.sign([base for base, _ in waiting], gathering.key)
        except Exception as problem:
            for _, done in waiting:
                done.set_exception(problem)
            return
        self.batches += 1
        self.together += len(waiting)
        for (_, done), signature in zip(waiting, evidence, strict=True):
            done.set_result(signature)

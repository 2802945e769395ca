"""The file for verifiers, made once for each snapshot and off the loop that carries exchanges."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.snapshot import Anchor, Snapshot


@dataclass(slots=True)
class Described:
    """``verificationconf.zip`` of the snapshot it was last asked for."""

    _of: tuple[Snapshot, Anchor] | None = None
    _packed: bytes = b""
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def packed(self, snapshot: Snapshot, anchor: Anchor, gateway: GatewayId) -> bytes:
        """The file; whoever asks while it is made waits for it, and others are served."""
        if not self._is_of(snapshot, anchor):
            async with self._making:
                if not self._is_of(snapshot, anchor):
                    packed = await asyncio.to_thread(_make, snapshot, anchor, gateway)
                    self._of, self._packed = (snapshot, anchor), packed
                return self._packed
        return self._packed

    def _is_of(self, snapshot: Snapshot, anchor: Anchor) -> bool:
        # By identity: both are replaced whole, and comparing a country's entries takes long.
        return self._of is not None and self._of[0] is snapshot and self._of[1] is anchor


def _make(snapshot: Snapshot, anchor: Anchor, gateway: GatewayId) -> bytes:
    from lienthong.gateway import shared_params

    return shared_params.packed(snapshot, anchor, gateway)

"""
Leaves of rows this process wrote a moment ago, for the sealer that runs in it.

The sealer numbers rows of every process. Those of its own need not be read back
and put together again to know their leaf: the writer that made them durable
still holds it. A row is recognised by the key of its exchange, and its counter and
the number of its seed; whatever is not found here is computed from the row itself.
"""

from __future__ import annotations

MOST = 200_000

FRONT = 36
"""How much of a packed row tells it from all others: its keys, its counter, its seed."""

Mark = tuple[int, bytes]
"""Exchange, and the front of the packed row."""


class Recent:
    """Leaves by mark; kept only while a sealer in this process wants them."""

    def __init__(self) -> None:
        self.wanted = False
        self._leaves: dict[Mark, bytes] = {}

    def keep(self, mark: Mark, leaf: bytes) -> None:
        if len(self._leaves) < MOST:
            self._leaves[mark] = leaf

    def take(self, mark: Mark) -> bytes | None:
        return self._leaves.pop(mark, None)

    def want(self, wanted: bool) -> None:
        self.wanted = wanted
        self._leaves.clear()


_known: dict[str, Recent] = {}


def of(dsn: str) -> Recent:
    """What the writer and the sealer of one database share in this process."""
    return _known.setdefault(dsn, Recent())

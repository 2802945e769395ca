"""The question put to every source: what can you state about these days."""

from __future__ import annotations

from lienthong.exchange.asks import Ask
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest
from lienthong.kernel.periods import Period

from ..manifest import SYSTEM


def figures_of(source: str, period: Period) -> Ask:
    """All the figures a system can state about these days."""
    return Ask(
        SYSTEM,
        SYSTEM.need(source, FIGURES_CODE),
        FigureRequest(start=period.start, end=period.end),
    )

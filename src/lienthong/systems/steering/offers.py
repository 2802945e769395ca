"""What the steering secretariat answers through the exchange: the figures of its own rows."""

from __future__ import annotations

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet

from .figures import FIGURES


@edge.offer(FIGURES_CODE)
def figures(request: FigureRequest, caller: Caller) -> FigureSet:
    return FIGURES.answer(request)

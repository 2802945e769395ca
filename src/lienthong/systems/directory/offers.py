"""Services of the directory to the exchange."""

from __future__ import annotations

from lienthong.exchange.edge import figures_offer

from .figures import FIGURES
from .manifest import SYSTEM

figures = figures_offer(SYSTEM, FIGURES)

"""
Demonstration data of the steering secretariat: none.

The report of the demonstration month is collected live, through the exchange,
from what the other systems hold; a report loaded beside them would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from lienthong.kernel.demo import DemoPlan


def load(plan: DemoPlan, tell: Callable[[str, int, int], None]) -> None:
    """Nothing to load: the figures come when somebody collects them."""
    tell("steering", 0, 0)

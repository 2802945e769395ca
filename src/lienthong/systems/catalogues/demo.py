"""The demo country stands on the real tables: nothing is made up here."""

from __future__ import annotations

from collections.abc import Callable

from lienthong.kernel.actor import system_actor
from lienthong.kernel.demo import DemoPlan
from lienthong.systems.catalogues import services


def load(plan: DemoPlan, tell: Callable[[str, int, int], None]) -> None:
    """Load the shipped tables and publish them; loading again changes nothing."""
    by = system_actor(services.SYSTEM, plan.legal_day)
    tell("catalogues", 0, 2)
    services.load_shipped(by=by)
    tell("catalogues", 1, 2)
    services.publish(by=by)
    tell("catalogues", 2, 2)

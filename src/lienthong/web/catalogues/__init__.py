"""
The node's copy of the catalogues: units, bodies, working calendar, time limits.

The last snapshot the system ``catalogues`` published to this node, or else the
tables shipped with the program. Pages and rules ask here; the tables
themselves are values of the kernel. Nothing here knows Django.
"""

from __future__ import annotations

from lienthong.kernel.bodies import BodyTable
from lienthong.kernel.limits import LimitTable
from lienthong.kernel.units import UnitTable
from lienthong.kernel.working_days import WorkingCalendar
from lienthong.web.catalogues.published import current

__all__ = ["bodies", "calendar", "limits", "snapshot_number", "units"]


def units() -> UnitTable:
    """Administrative units and successions; its ``number`` is the snapshot's."""
    return current().unit_table


def bodies() -> BodyTable:
    return current().body_table


def calendar() -> WorkingCalendar:
    return current().working_calendar


def limits() -> LimitTable:
    return current().limit_table


def snapshot_number() -> int:
    """Number of the snapshot in use; 0 for the tables shipped with the program."""
    return current().number

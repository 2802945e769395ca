"""
Tables of the shared catalogues; Django looks for them here.

`tables` holds the catalogues and what was published of them, `reforms` what
officers are about to change.
"""

from __future__ import annotations

from .reforms import Reform, ReformPart, ReformUnit
from .tables import Body, CalendarDay, Shipment, Snapshot, Succession, TimeLimit, Unit

__all__ = [
    "Body",
    "CalendarDay",
    "Reform",
    "ReformPart",
    "ReformUnit",
    "Shipment",
    "Snapshot",
    "Succession",
    "TimeLimit",
    "Unit",
]

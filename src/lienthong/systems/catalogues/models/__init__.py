"""
Tables of the shared catalogues; Django looks for them here.

`tables` holds the catalogues and what was published of them, `reforms` and
`amendments` what officers are about to change.
"""

from __future__ import annotations

from .amendments import Amendment
from .reforms import Reform, ReformPart, ReformUnit
from .tables import Body, CalendarDay, Shipment, Snapshot, Succession, TimeLimit, Unit

__all__ = [
    "Amendment",
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

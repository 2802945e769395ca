"""A figure as a system stated it, reduced to what the rules of the report need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Stated:
    """One number of one system. ``whole`` is the second term of a ratio (22 of 22)."""

    code: str
    value: Decimal
    unit: str
    rows: int = 0
    imported: int = 0
    part: int | None = None
    whole: int | None = None
    days: int = 1
    """Days of the window it was counted over."""


Figures = Mapping[str, Stated]

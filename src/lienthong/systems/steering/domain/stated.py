"""A figure as a system or a body stated it, reduced to what the rules of the report need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .rounding import Exactness


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
    start: date | None = None
    end: date | None = None
    as_of: date | None = None
    """The day it is said to hold on; nothing where its source does not say."""
    counted: bool = True
    """Whether rows were counted; a reported or entered number has none to show."""
    exactness: Exactness = Exactness.EXACT
    below: Decimal = Decimal(0)
    above: Decimal = Decimal(0)
    """How far the true value may lie from the stated one, where that was rounded."""


Figures = Mapping[str, Stated]

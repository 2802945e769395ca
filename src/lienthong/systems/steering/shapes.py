"""What the report reads of an answer of ``figures.v1``: its own shape, with only these fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class ReadFigure(msgspec.Struct, frozen=True):
    """One figure of a system's answer."""

    code: str
    title: str
    value: Decimal
    unit: str
    kind: str
    definition: str
    start: date
    end: date
    source: str
    rows: int
    imported: int
    function: str
    parts: tuple[int, int] | None = None
    note: str = ""


class ReadFigures(msgspec.Struct, frozen=True):
    """The figures one system stated."""

    system: str
    figures: tuple[ReadFigure, ...]

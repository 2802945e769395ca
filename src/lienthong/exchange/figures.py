"""
The standard offer ``figures.v1``: numbers a system can state, each with its definition.

A figure is a function in a system's ``figures.py``, decorated with `figure`.
It counts live rows and says how many of them came in by import (decision 2).
Steering and reporting collect figures through the exchange; nothing reads them
from another system's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from lienthong.kernel.errors import NotFound
from lienthong.kernel.periods import Period

FIGURES_CODE = "figures.v1"


class Kind(StrEnum):
    STOCK = "stock"  # counted on the last day of the window
    FLOW = "flow"  # counted over the window
    RATIO = "ratio"
    TYPICAL = "typical"  # a median or mean


class FigureRequest(msgspec.Struct, frozen=True):
    """Which figures, over which window; both ends are legal days and belong to it."""

    start: date
    end: date
    codes: tuple[str, ...] = ()
    """Empty asks for all the system can state."""


class FigureValue(msgspec.Struct, frozen=True):
    """One number with all that is needed to follow it to its rows."""

    code: str
    title: str
    value: Decimal
    unit: str
    kind: Kind
    definition: str
    start: date
    end: date
    source: str
    """The countable source: ``records``, ``events`` or ``rollups``, and of what."""
    rows: int
    """Rows behind the number."""
    imported: int
    """How many of them came in by an import statement and carry no receipt."""
    function: str
    """Dotted name of the function that counted."""
    parts: tuple[int, int] | None = None
    """Both terms of a ratio (22 of 22), else nothing."""
    note: str = ""
    """What whoever reads the number has to know today, such as who has not reported yet."""


class FigureSet(msgspec.Struct, frozen=True):
    """The answer of ``figures.v1``."""

    system: str
    figures: tuple[FigureValue, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure's function returns."""

    value: Decimal | int
    rows: int
    imported: int = 0
    start: date | None = None
    """Set when the figure's own window differs from the one asked (a year to date)."""
    end: date | None = None
    parts: tuple[int, int] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FigureDefinition:
    code: str
    title: str
    unit: str
    kind: Kind
    definition: str
    source: str
    function: str
    count: Callable[[Period], Counted]

    def value(self, period: Period) -> FigureValue:
        counted = self.count(period)
        return FigureValue(
            code=self.code,
            title=self.title,
            value=Decimal(counted.value),
            unit=self.unit,
            kind=self.kind,
            definition=self.definition,
            start=counted.start or period.start,
            end=counted.end or period.end,
            source=self.source,
            rows=counted.rows,
            imported=counted.imported,
            function=self.function,
            parts=counted.parts,
            note=counted.note,
        )


class FigureBook:
    """The figures one system can state; a module-level ``FIGURES`` in its ``figures.py``."""

    def __init__(self, system: str) -> None:
        self.system = system
        self._definitions: dict[str, FigureDefinition] = {}

    def figure(
        self, code: str, *, title: str, unit: str, kind: Kind, source: str
    ) -> Callable[[Callable[[Period], Counted]], Callable[[Period], Counted]]:
        """Register a function as a figure; its docstring (in Vietnamese) is the definition."""

        def register(count: Callable[[Period], Counted]) -> Callable[[Period], Counted]:
            self._definitions[code] = FigureDefinition(
                code=code,
                title=title,
                unit=unit,
                kind=kind,
                definition=" ".join((count.__doc__ or "").split()),
                source=source,
                function=f"{count.__module__.removeprefix('lienthong.systems.')}.{count.__name__}",
                count=count,
            )
            return count

        return register

    def codes(self) -> Iterable[str]:
        return tuple(self._definitions)

    def definition(self, code: str) -> FigureDefinition:
        try:
            return self._definitions[code]
        except KeyError:
            raise NotFound(f"{self.system} states no figure {code}", figure=code) from None

    def answer(self, request: FigureRequest) -> FigureSet:
        """Count what was asked for; raises NotFound for a code this system does not state."""
        period = Period(request.start, request.end)
        codes = request.codes or tuple(self._definitions)
        return FigureSet(
            system=self.system,
            figures=tuple(self.definition(code).value(period) for code in codes),
        )

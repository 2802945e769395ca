"""
The figures of Report 76/BC-BTTTT as a person reads them off the paper.

Value, days and exactness of each; ``hơn`` and ``trên`` are lower bounds, ``8,1 triệu``
was rounded. Where the paper gives no day, the day is left open and the count goes to
the day of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lienthong.kernel.demo import FigureRow, shipped_figures
from lienthong.kernel.periods import Period

from ..domain.catalogue import Definition, in_force
from ..domain.rounding import Exactness

PAPER = "76/BC-BTTTT"
MONTH = Period.month("2021-08")
ISSUED = date(2021, 8, 27)
DAYS = {
    "Dec 2020": date(2020, 12, 31),
    "20 Aug 2021": date(2021, 8, 20),
    "23 Aug 2021": date(2021, 8, 23),
    "19 Jul-19 Aug 2021": date(2021, 8, 19),
}
SAME = "same"
"""As of the figure before it."""


@dataclass(frozen=True, slots=True)
class SeedValue:
    """One figure as printed."""

    definition: Definition
    value: Decimal
    window: Period
    as_of: date | None
    exactness: Exactness
    part: int | None = None
    whole: int | None = None


def seed_values(rows: Iterable[FigureRow] | None = None) -> tuple[SeedValue, ...]:
    """Every figure of the paper, in the order of its codes."""
    known = in_force(MONTH.end)
    found: list[SeedValue] = []
    for row in shipped_figures() if rows is None else rows:
        as_of = found[-1].as_of if row.as_of == SAME else DAYS.get(row.as_of)
        found.append(as_printed(row, known[row.code], as_of))
    return tuple(found)


def as_printed(row: FigureRow, known: Definition, as_of: date | None) -> SeedValue:
    part, _, whole = row.printed.partition("/")
    day = as_of or ISSUED
    return SeedValue(
        definition=known,
        value=row.value,
        window=Period(day, day) if known.window.name == "day" else known.window.of(MONTH, day),
        as_of=as_of,
        exactness=exactness_of(row),
        part=int(part) if whole else None,
        whole=int(whole) if whole else None,
    )


def exactness_of(row: FigureRow) -> Exactness:
    """``hơn 20.000`` is a lower bound; ``8.1 million`` and ``khoảng 150.000`` were rounded."""
    if row.qualifier in ("hơn", "trên"):
        return Exactness.MORE_THAN
    if row.qualifier or " " in row.printed:
        return Exactness.ROUNDED
    return Exactness.EXACT

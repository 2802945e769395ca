"""
What the demo country should count to, at any scale (decision 34).

``figures.csv`` holds the figures of the report of August 2021 with the columns
``scales`` (does it shrink with the country), ``sum_group`` (figures that must
still add up after rounding) and ``qualifier`` ("hơn" compares as an
inequality). Demo loaders make data from these numbers; no figure is ever
computed from them.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources

from lienthong.kernel.money import apportion
from lienthong.kernel.numbers import rounded

_WORDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_TOTAL_OF = re.compile(r"=\s*(F[0-9]{3}(?:\+F[0-9]{3})+)")


class NotAFigure(ValueError):
    """This text states no number."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of the report, as printed and as a number."""

    code: str
    title: str
    printed: str
    value: Decimal
    unit: str
    scales: bool
    sum_group: str = ""
    qualifier: str = ""
    total_of: tuple[str, ...] = ()
    """Figures of the same group that this one is the sum of."""
    as_of: str = ""
    """The day the report states for it, in words: ``20 Aug 2021``, ``not dated``."""

    def holds(self, counted: int, expected: int) -> bool:
        """
        Whether a count agrees with the report's figure at this scale.

        "hơn" and "trên" (more than) are lower bounds, "khoảng" (about) allows a
        tenth either way, everything else is equality.
        """
        if self.qualifier in ("hơn", "trên"):
            return counted >= expected
        if self.qualifier == "khoảng":
            return abs(counted - expected) * 10 <= expected
        return counted == expected


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How large a demo country to make, from which seed, standing on which legal day."""

    scale: Decimal
    seed: int
    legal_day: date
    figures: Mapping[str, int]
    """Scaled figures by code (F019); whole numbers only, percentages are left out."""

    @classmethod
    def make(cls, scale: Decimal, seed: int, legal_day: date) -> DemoPlan:
        """A plan from the figures shipped with the program."""
        if not 0 < scale <= 1:
            raise ValueError("a scale lies above 0 and is at most 1")
        return cls(scale, seed, legal_day, scaled(shipped_figures(), scale))

    def random(self, room: str) -> random.Random:
        """Random numbers of one loader: the same seed gives the same country, in any order."""
        digest = hashlib.sha256(f"{self.seed}/{room}".encode()).digest()
        return random.Random(digest)


def shipped_figures() -> tuple[FigureRow, ...]:
    """The rows of ``figures.csv`` beside this module."""
    text = resources.files(__package__).joinpath("figures.csv").read_text(encoding="utf-8")
    return read_figures(text.splitlines())


def read_figures(lines: Iterable[str]) -> tuple[FigureRow, ...]:
    """Rows of a CSV with the columns of ``figures.csv``."""
    raw = list(csv.DictReader(lines))
    groups = {row["code"]: row["sum_group"] for row in raw}
    return tuple(_row(row, groups) for row in raw)


def number_of(text: str) -> Decimal:
    """``8,110,019``, ``8.1 million``, ``232 billion``; of ``22/22`` the first number."""
    first, _, word = text.strip().partition(" ")
    first = first.partition("/")[0]
    try:
        return Decimal(first.replace(",", "")) * (_WORDS[word] if word else 1)
    except (InvalidOperation, KeyError):
        raise NotAFigure(text) from None


def scaled(rows: Iterable[FigureRow], scale: Decimal) -> dict[str, int]:
    """
    Whole numbers at this scale, by code.

    A figure that does not scale keeps its value; one that is not whole (a
    percentage) is left out. Figures of a sum group are shared out by largest
    remainder, so that they add up to their rounded total.
    """
    out: dict[str, int] = {}
    groups: dict[str, list[FigureRow]] = {}
    for row in rows:
        if row.value != row.value.to_integral_value():
            continue
        if not row.scales:
            out[row.code] = int(row.value)
        elif row.sum_group:
            groups.setdefault(row.sum_group, []).append(row)
        else:
            out[row.code] = int(rounded(row.value * scale))
    for members in groups.values():
        out.update(_scaled_group(members, scale))
    return out


def _scaled_group(members: list[FigureRow], scale: Decimal) -> dict[str, int]:
    parts = [row for row in members if not row.total_of]
    values = [int(row.value) for row in parts]
    shares = apportion(int(rounded(sum(values) * scale)), values)
    out = {row.code: share for row, share in zip(parts, shares, strict=True)}
    for row in members:
        if row.total_of:
            # The sum of its parts, also where the report rounded the total
            # (2.5 million printed for 490 thousand and 2 million).
            out[row.code] = sum(out[code] for code in row.total_of)
    return out


def _row(row: Mapping[str, str], groups: Mapping[str, str]) -> FigureRow:
    match = _TOTAL_OF.match(row["relation"])
    parts = tuple(match[1].split("+")) if match else ()
    group = row["sum_group"]
    return FigureRow(
        code=row["code"],
        title=row["figure"],
        printed=row["value"],
        value=number_of(row["value"]),
        unit=row["unit"],
        scales=row["scales"] == "yes",
        sum_group=group,
        qualifier=row["qualifier"],
        as_of=row["as_of"],
        total_of=parts if group and all(groups.get(part) == group for part in parts) else (),
    )

"""
How a figure is rounded where the report writes it in words: "hơn 6,3 triệu", "khoảng 150.000".

"Hơn" and "trên" stand only before a number that is truly below the value, "khoảng"
goes to the nearest. A number from which nothing was rounded away stands alone,
unless its source itself said that it is more, or about.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from lienthong.kernel.numbers import vn_number

SCALES = {"nghìn": Decimal(10) ** 3, "triệu": Decimal(10) ** 6, "tỷ": Decimal(10) ** 9}
MORE = {"floor": "hơn", "above": "trên"}
HUNDREDTH = Decimal("0.01")


class Exactness(StrEnum):
    """What a source says of its own number."""

    EXACT = "exact"
    MORE_THAN = "more"  # the true value is greater; it was rounded down
    ROUNDED = "rounded"  # the true value is near; it was rounded to the nearest


@dataclass(frozen=True, slots=True)
class Rounding:
    """
    ``mode`` is exact, whole (22/22), percent, floor, nearest or above.

    ``step`` is the place rounded to in units of the figure and ``word`` the scale
    that is written (``triệu``); with ``digits`` that many leading digits are kept
    instead, so that a small country is rounded as finely as a large one.
    """

    mode: str
    step: Decimal = Decimal(0)
    word: str = ""
    digits: int = 0

    @classmethod
    def parse(cls, text: str) -> Rounding:
        """``exact``, ``floor 2`` (leading digits), ``nearest 100000 triệu``; ValueError else."""
        mode, *rest = text.split()
        if mode in ("exact", "whole") and not rest:
            return cls(mode)
        if mode == "percent" and not rest:
            return cls(mode, HUNDREDTH)
        if mode in ("floor", "nearest", "above") and len(rest) == 1:
            return cls(mode, digits=int(rest[0]))
        if mode in ("floor", "nearest", "above") and len(rest) == 2 and rest[1] in SCALES:
            return cls(mode, Decimal(rest[0]), rest[1])
        raise ValueError(text)

    def slack(self, exactness: Exactness) -> tuple[Decimal, Decimal]:
        """By how much the true value may lie below and above the stated one."""
        if exactness == Exactness.MORE_THAN:
            return Decimal(0), self.step
        if exactness == Exactness.ROUNDED or self.mode == "percent":
            return self.step / 2, self.step / 2
        return Decimal(0), Decimal(0)

    def written(self, value: Decimal, exactness: Exactness = Exactness.EXACT) -> str:
        """The number in words; digits are never dropped without a word that says so."""
        rounded = self.rounded(value)
        if rounded == 0 != value:
            # Smaller than the place rounded to: every digit, as of a small country.
            rounded = value
        dropped = rounded != value
        text = self._scaled(rounded)
        if self.mode in MORE and (dropped or exactness == Exactness.MORE_THAN):
            return f"{MORE[self.mode]} {text}"
        if self.mode == "nearest" and dropped:
            return f"khoảng {text}"
        if exactness == Exactness.MORE_THAN:
            return f"hơn {text}"
        return text

    def rounded(self, value: Decimal) -> Decimal:
        """The value cut or rounded to the place of this rule."""
        step = self.step
        if self.digits and value:
            step = Decimal(1).scaleb(max(0, value.adjusted() - self.digits + 1))
        if not step or self.mode in ("exact", "whole", "percent"):
            return value
        way = ROUND_HALF_UP if self.mode == "nearest" else ROUND_FLOOR
        return (value / step).quantize(Decimal(1), rounding=way) * step

    def _scaled(self, value: Decimal) -> str:
        if self.word and abs(value) >= SCALES[self.word]:
            return f"{plain(value / SCALES[self.word])} {self.word}"
        return plain(value)


def plain(value: Decimal) -> str:
    """Every digit, a point between thousands; a whole number without a comma."""
    if value == value.to_integral_value():
        return vn_number(int(value))
    return vn_number(value.normalize())

"""
Reading a number as Vietnamese reports write it: 8.110.019; 65,11; 61/63; hơn 6,3 triệu.

A point stands between thousands and a comma before decimals. A number written the
other way round is refused: read as it stands it would be another number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ..errors import BadNumberStyle
from .rounding import SCALES, Exactness

NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,24})(?:,([0-9]{1,8}))?")
BOUNDS = {
    "hơn": Exactness.MORE_THAN,
    "trên": Exactness.MORE_THAN,
    "khoảng": Exactness.ROUNDED,
}
WORDS = {**SCALES, "ngàn": SCALES["nghìn"], "tỉ": SCALES["tỷ"]}


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value as its writer meant it; ``whole`` is the second term of 61/63."""

    value: Decimal
    exactness: Exactness
    part: int | None = None
    whole: int | None = None


def read_value(text: str) -> ReadValue:
    """The value in a text; raises `BadNumberStyle` for anything that is not one number."""
    words = text.replace("\u00a0", " ").split()
    exactness = Exactness.EXACT
    if words and words[0].lower() in BOUNDS:
        exactness = BOUNDS[words.pop(0).lower()]
    scale = Decimal(1)
    if len(words) == 2 and words[1].lower() in WORDS:
        scale = WORDS[words.pop().lower()]
        if exactness == Exactness.EXACT:
            exactness = Exactness.ROUNDED
    if len(words) != 1:
        raise BadNumberStyle(text=text[:40])
    first, slash, second = words[0].rstrip("%").partition("/")
    value = number(first) * scale
    if not slash:
        return ReadValue(value, exactness)
    whole = number(second)
    if value != int(value) or whole != int(whole):
        raise BadNumberStyle(text=text[:40])
    return ReadValue(value, exactness, int(value), int(whole))


def number(text: str) -> Decimal:
    """``8.110.019`` or ``65,11``; raises `BadNumberStyle`."""
    found = NUMBER.fullmatch(text)
    if found is None:
        raise BadNumberStyle(text=text[:40])
    sign, whole, decimals = found[1], found[2].replace(".", ""), found[3] or "0"
    return Decimal(f"{sign}{whole}.{decimals}").normalize() + 0

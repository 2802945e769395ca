"""Numbers as they are written in Viet Nam: a point between thousands, a comma before decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_UNITS = ((Decimal(10) ** 9, "tỷ"), (Decimal(10) ** 6, "triệu"), (Decimal(10) ** 3, "nghìn"))


def vn_number(value: int | Decimal, places: int | None = None) -> str:
    """``8.110.019``; ``places`` fixes the decimals (half up), else they stay as they are."""
    return en_number(value, places).translate(str.maketrans(",.", ".,"))


def en_number(value: int | Decimal, places: int | None = None) -> str:
    """``8,110,019``."""
    number = Decimal(value)
    if places is not None:
        number = rounded(number, places)
    return f"{number:,f}"


def percent(value: int | Decimal, places: int = 2) -> str:
    """``65,11%`` of a number that is already a percentage."""
    return f"{vn_number(value, places)}%"


def share(part: int, whole: int, places: int = 2) -> str:
    """``98,33%`` for 59 of 60; a share of nothing is ``-``."""
    return percent(Decimal(part) * 100 / whole, places) if whole else "-"


def shortened(value: int | Decimal, places: int = 1) -> str:
    """``8,1 triệu``: the largest fitting unit, trailing zeros dropped."""
    number = Decimal(value)
    for place, (size, word) in enumerate(_UNITS):
        if abs(number) < size:
            continue
        amount = rounded(number / size, places)
        if abs(amount) >= 1000 and place:
            # 999.96 thousand is one million, not 1.000,0 thousand.
            amount, word = amount / 1000, _UNITS[place - 1][1]
        text = vn_number(amount.normalize())
        return f"{text} {word}"
    return vn_number(number)


def rounded(value: int | Decimal, places: int = 0) -> Decimal:
    """Half away from zero, as people round; Python's own rounds half to even."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

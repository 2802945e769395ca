"""
How a figure is written in the report's sentences.

The seed writes 8.110.019, 05, 22/22, 65,11%, "hơn 20.000", "khoảng 150.000".
"Hơn" stands only before a number that is truly below the value; "khoảng" goes to
the nearest. Words are added to a number, never digits taken away in silence.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from lienthong.kernel.numbers import percent, vn_number

from .stated import Stated

SIGNIFICANT = 2


class Form(StrEnum):
    """How a sentence prints a figure."""

    EXACT = "exact"
    PADDED = "padded"  # a leading zero below ten, as counts in prose have
    OF_WHOLE = "of_whole"  # 22/22
    PERCENT = "percent"
    MORE_THAN = "more_than"
    ABOUT = "about"


def written(figure: Stated, form: Form) -> str:
    """The figure as it stands in a sentence, with its rounding word where it has one."""
    match form:
        case Form.OF_WHOLE if figure.whole is not None:
            part = figure.part if figure.part is not None else figure.value
            return f"{vn_number(part)}/{vn_number(figure.whole)}"
        case Form.PERCENT:
            return percent_of(figure.value)
        case Form.MORE_THAN:
            return more_than(figure.value)
        case Form.ABOUT:
            return about(figure.value)
        case Form.PADDED if figure.value == figure.value.to_integral_value():
            return padded(int(figure.value))
        case _:
            return exact(figure.value)


def exact(value: Decimal) -> str:
    """Every digit; a whole number without a comma."""
    if value == value.to_integral_value():
        return vn_number(int(value))
    return vn_number(value.normalize())


def percent_of(value: Decimal) -> str:
    """``100%`` for a whole percentage, two decimals otherwise."""
    return percent(value, 0 if value == value.to_integral_value() else 2)


def padded(value: int) -> str:
    return f"{value:02d}" if 0 < value < 10 else vn_number(value)


def more_than(value: Decimal) -> str:
    """``hơn 20.000`` for 20.431; the bare number when nothing was rounded away."""
    rounded = shortened(value, ROUND_FLOOR)
    return exact(value) if rounded == value else f"hơn {exact(rounded)}"


def about(value: Decimal) -> str:
    """``khoảng 160.000`` for 159.772; "khoảng" stays, since the figure is typical by nature."""
    return f"khoảng {exact(shortened(value, ROUND_HALF_UP))}"


def shortened(value: Decimal, rounding: str) -> Decimal:
    """The value with two significant digits."""
    if value == 0:
        return value
    step = Decimal(1).scaleb(max(0, value.adjusted() - SIGNIFICANT + 1))
    return (value / step).quantize(Decimal(1), rounding=rounding) * step

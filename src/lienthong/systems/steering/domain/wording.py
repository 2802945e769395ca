"""
How a figure is written in the report's sentences.

The seed writes 8.110.019, 05, 22/22, 65,11%, "hơn 20.000", "khoảng 150.000".
"Hơn" stands only before a number that is truly below the value; "khoảng" goes to
the nearest. Words are added to a number, never digits taken away in silence.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from lienthong.kernel.numbers import percent, vn_number

from .catalogue import of_its_day
from .rounding import Exactness, Rounding, plain
from .stated import Stated

MORE_THAN, ABOUT = Rounding("floor", digits=2), Rounding("nearest", digits=2)


class Form(StrEnum):
    """How a sentence prints a figure."""

    EXACT = "exact"
    PADDED = "padded"  # a leading zero below ten, as counts in prose have
    OF_WHOLE = "of_whole"  # 22/22
    PERCENT = "percent"
    MORE_THAN = "more_than"
    ABOUT = "about"
    ROUNDED = "rounded"  # by the rule of its definition: hơn 6,3 triệu
    CHANGE = "change"  # tăng 12,66%, giảm 3%


def written(figure: Stated, form: Form) -> str:
    """The figure as it stands in a sentence, with its rounding word where it has one."""
    match form:
        case Form.OF_WHOLE if figure.whole is not None:
            part = figure.part if figure.part is not None else figure.value
            return f"{vn_number(part)}/{vn_number(figure.whole)}"
        case Form.PERCENT:
            return percent_of(figure.value)
        case Form.MORE_THAN:
            return more_than(figure.value, figure.exactness)
        case Form.ABOUT:
            return about(figure.value)
        case Form.ROUNDED:
            known = of_its_day(figure.code, figure.end)
            rule = known.rounding if known else Rounding("exact")
            return rule.written(figure.value, figure.exactness)
        case Form.CHANGE:
            return change(figure.value)
        case Form.PADDED if figure.value == figure.value.to_integral_value():
            return padded(int(figure.value))
        case _:
            return exact(figure.value)


def exact(value: Decimal) -> str:
    """Every digit; a whole number without a comma."""
    return plain(value)


def percent_of(value: Decimal) -> str:
    """``100%`` for a whole percentage, two decimals otherwise."""
    return percent(value, 0 if value == value.to_integral_value() else 2)


def change(value: Decimal) -> str:
    """``tăng 12,66%``, ``giảm 3%``, ``không đổi``."""
    if not value:
        return "không đổi"
    return f"{'tăng' if value > 0 else 'giảm'} {percent_of(abs(value))}"


def padded(value: int) -> str:
    return f"{value:02d}" if 0 < value < 10 else vn_number(value)


def more_than(value: Decimal, exactness: Exactness = Exactness.EXACT) -> str:
    """``hơn 20.000`` for 20.431; the bare number when nothing was rounded away."""
    return MORE_THAN.written(value, exactness)


def about(value: Decimal) -> str:
    """``khoảng 160.000`` for 159.772; "khoảng" stays, since the figure is typical by nature."""
    return f"khoảng {exact(ABOUT.rounded(value))}"

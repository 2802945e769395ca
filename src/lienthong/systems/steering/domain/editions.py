"""Windows, numbers and states of an edition of the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lienthong.kernel.periods import Period

from ..errors import MonthNotBegun

BODY = "G14"
BODY_NAME = "Bộ Thông tin và Truyền thông"
BODY_LINES = "Bộ Thông tin\nvà Truyền thông"
"""As the name is broken in a letterhead."""
SYMBOL = "BC-BTTTT"
PLACE = "Hà Nội"
HEAD, DEPUTY = "Bộ trưởng", "Thứ trưởng"


class State(StrEnum):
    DRAFT = "draft"
    SIGNING = "signing"
    """It has its number and waits for the person, or for the seal."""
    ISSUED = "issued"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Window:
    """The month of an edition and the part of it that has already been."""

    month: Period
    counted: Period

    @property
    def is_whole(self) -> bool:
        return self.counted == self.month


def window(month: Period, today: date) -> Window:
    """
    What may be counted of a month on this legal day.

    A report written on the 20th counts to the 20th, as the seed does, and says so.
    Raises `MonthNotBegun` for a month of the future.
    """
    if today < month.start:
        raise MonthNotBegun(month=str(month))
    return Window(month, month.until(today))


def document_number(number: int | None, symbol: str = SYMBOL) -> str:
    """``Số: 76/BC-BTTTT``; below ten with a zero, no blanks; a draft leaves room for it."""
    written = "\u00a0" * 6 if number is None else f"{number:02d}"
    return f"Số: {written}/{symbol}"


def authority_lines(title: str) -> tuple[str, ...]:
    """Box 7a: the head signs in his own right, a deputy for him (``KT.``)."""
    return (title,) if title == HEAD else (f"KT. {HEAD}", title)


def month_words(month: Period) -> str:
    """``tháng 8 năm 2021``."""
    return f"tháng {month_number(month.start)} năm {month.start.year}"


def short_day(day: date) -> str:
    """``20/8/2021``, as the seed writes dates in its sentences."""
    return f"{day.day:02d}/{month_number(day)}/{day.year}"


def month_number(day: date) -> str:
    """Months 1 and 2 with a zero, the others without (Decree 30/2020, annex I)."""
    return f"{day.month:02d}" if day.month < 3 else str(day.month)

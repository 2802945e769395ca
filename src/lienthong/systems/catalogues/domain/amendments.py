"""
What can be changed in the tables that are not units: limits, bodies, days.

Law is data with dates: a new rule opens a row on its day and closes the one
before, so that a day of the past keeps the rule it had. Only a row whose first
day is the same is corrected in place, and its history keeps what it said.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

LimitUnitName = Literal["calendar_days", "working_days", "months", "same_day"]


class LimitRow(msgspec.Struct, frozen=True, tag="limit"):
    """A time limit from a day on; ``amount`` is 0 for the same day."""

    code: str
    title: str
    amount: int
    unit: LimitUnitName
    valid_from: date
    legal_basis: str
    doubt: str = ""

    @property
    def key(self) -> str:
        return self.code


class BodyRow(msgspec.Struct, frozen=True, tag="body"):
    """A body under its code from a day on."""

    code: str
    scheme: str
    name: str
    kind: str
    unit: str
    valid_from: date
    legal_basis: str
    doubt: str = ""

    @property
    def key(self) -> str:
        return f"{self.scheme} {self.code}"


class BodyEnd(msgspec.Struct, frozen=True, tag="body-end"):
    """A body that ends: ``ends_on`` is its last day, ``successor`` the code that takes over."""

    code: str
    scheme: str
    ends_on: date
    successor: str
    legal_basis: str

    @property
    def key(self) -> str:
        return f"{self.scheme} {self.code}"


class DayRow(msgspec.Struct, frozen=True):
    """A day off, a day worked in exchange, or (``works`` nothing) an ordinary day again."""

    day: date
    works: bool | None
    name: str = ""


class CalendarRows(msgspec.Struct, frozen=True, tag="calendar"):
    """Days of one year, as its act fixes them."""

    year: int
    days: tuple[DayRow, ...]
    legal_basis: str
    doubt: str = ""

    @property
    def key(self) -> str:
        return str(self.year)


Content = LimitRow | BodyRow | BodyEnd | CalendarRows
TABLES: dict[type, str] = {
    LimitRow: "limits",
    BodyRow: "bodies",
    BodyEnd: "bodies",
    CalendarRows: "calendar",
}


def packed(content: Content) -> dict[str, object]:
    """As the database keeps it."""
    found: dict[str, object] = msgspec.to_builtins(content)
    return found


def unpacked(kept: dict[str, object]) -> Content:
    """`packed` back; raises msgspec.ValidationError for anything else."""
    found: Content = msgspec.convert(kept, Content)
    return found

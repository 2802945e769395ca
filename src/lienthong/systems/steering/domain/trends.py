"""
Each figure against the month and the year before, and what is out of the usual in that.

A count of part of a month is compared by its daily mean, and said to be; a stock that
only grows and yet falls is remarked on whatever the limit. Limits are dated rows,
chosen by code, else by kind, so that a month keeps those it was read under.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lienthong.kernel.numbers import rounded

from .catalogue import Definition, Kind
from .remarks import Remark
from .stated import Stated
from .wording import change, exact


@dataclass(frozen=True, slots=True)
class Limit:
    """Growth beyond which a reader is told, in percent; ``of`` is a code or a kind."""

    of: str
    since: date
    up: Decimal
    down: Decimal


FIRST_LIMITS = tuple(
    Limit(of, date(2019, 3, 7), Decimal(up), Decimal(down))
    for of, up, down in (
        ("flow", 100, 50),
        ("stock", 25, 25),
        ("ratio", 10, 10),
        ("typical", 50, 50),
    )
)
"""Until the secretariat sets others: a count doubles or halves, a stock moves by a quarter."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure beside its value of another month."""

    code: str
    now: Stated
    before: Stated
    by_day: bool
    """Whether the daily means were compared, since the windows are not of like length."""

    @property
    def growth(self) -> Decimal | None:
        """In percent, to two places; nothing from zero. A ratio grows by points."""
        if self.now.unit == "%":
            return rounded(self.now.value - self.before.value, 2)
        base, value = self.before.value, self.now.value
        if self.by_day:
            base, value = base / self.before.days, value / self.now.days
        return rounded((value / base - 1) * 100, 2) if base else None


def limit_of(definition: Definition, day: date, limits: Iterable[Limit]) -> Limit | None:
    """The limit in force on a day: that of the figure itself, else that of its kind."""
    known = sorted((one for one in limits if one.since <= day), key=lambda one: one.since)
    for of in (definition.code, definition.kind.value):
        if found := [one for one in known if one.of == of]:
            return found[-1]
    return None


def compare(definition: Definition, now: Stated, before: Stated) -> Compared:
    flow = definition.kind == Kind.FLOW and definition.window.name in ("month", "19-19")
    # Months differ by up to three days; more than that is an unfinished month.
    by_day = flow and abs(now.days - before.days) > 3
    return Compared(definition.code, now, before, by_day)


def remarks_on(
    compared: Compared, definition: Definition, limit: Limit | None, against: str
) -> Iterable[Remark]:
    """What to tell about one comparison; ``against`` is ``tháng trước`` or ``cùng kỳ``."""
    before, now = compared.before.value, compared.now.value
    if definition.kind == Kind.STOCK and now < before:
        yield Remark(
            "stock-falls",
            f"{definition.title} giảm từ {exact(before)} xuống {exact(now)} so với {against};"
            " số lũy kế thường không giảm.",
            codes=(compared.code,),
        )
        return
    growth = compared.growth
    if limit is None or growth is None or -limit.down <= growth <= limit.up:
        return
    unit = " điểm phần trăm" if compared.now.unit == "%" else ""
    how = (
        f"{'tăng' if growth > 0 else 'giảm'} {exact(abs(growth))}{unit}" if unit else change(growth)
    )
    mean = ", tính theo bình quân ngày" if compared.by_day else ""
    yield Remark(
        "unusual-growth",
        f"{definition.title} {how} so với {against}{mean}, ngoài mức thông thường"
        f" (tăng {exact(limit.up)}, giảm {exact(limit.down)}).",
        codes=(compared.code,),
    )

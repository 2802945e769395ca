"""
What must hold between the figures of one report, and what must be said when it does not.

The relations are those of the register of figures beside Report 76. A relation
that fails is shown with both sides and their difference; nothing here changes a
figure. A remark says what a careful reader would ask, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .slips import Slip, slips
from .stated import Figures, Stated
from .wording import exact

HUNDREDTH = Decimal("0.005")
UNLIKE = Decimal("0.5")
"""A typical day that differs from the window's daily mean by more than half needs a remark."""


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    REMARK = "remark"
    OPEN = "open"  # a figure it needs was not stated


@dataclass(frozen=True, slots=True)
class Finding:
    """How a relation turned out on the figures of one report."""

    verdict: Verdict
    left: Decimal | None = None
    right: Decimal | None = None
    rounded: bool = False
    """Whether the sides differ by no more than the rounding of their figures allows."""

    @property
    def difference(self) -> Decimal | None:
        if self.left is None or self.right is None:
            return None
        return self.left - self.right


@dataclass(frozen=True, slots=True)
class Relation:
    """``left`` and ``right`` are counted from the figures; ``sign`` stands between them."""

    key: str
    text: str
    sign: str
    codes: tuple[str, ...]
    left: Callable[[Figures], Decimal]
    right: Callable[[Figures], Decimal]
    tolerance: Decimal = Decimal(0)
    within: Decimal | None = None
    """Share of the right side by which the left may differ, instead of a tolerance."""
    only_remark: bool = False
    remainder: bool = False
    """A sum of parts that may fall short of its whole: what is left over is remarked on."""
    left_parts: tuple[str, ...] = ()
    right_parts: tuple[str, ...] = ()
    """Figures added up on a side, for the picture that draws both to one scale."""
    hint: str = ""
    """What a reader should ask for when it is remarked on."""

    @property
    def words(self) -> str:
        """The relation for paper, whose font has no signs of comparison."""
        return self.text.replace(" ≤ ", " không quá ").replace(" ≥ ", " không dưới ")

    def check(self, figures: Figures) -> Finding:
        """Whether it holds; OPEN when a figure or the second term of a ratio is missing."""
        if any(code not in figures for code in self.codes):
            return Finding(Verdict.OPEN)
        try:
            left, right = self.left(figures), self.right(figures)
        except NoSecondTerm:
            return Finding(Verdict.OPEN)
        if not self._holds(left, right):
            if self.only_remark:
                return Finding(Verdict.REMARK, left, right)
            below, above = self._slack(figures)
            if left != right and -below <= left - right <= above:
                return Finding(Verdict.REMARK, left, right, rounded=True)
            return Finding(Verdict.FAILS, left, right)
        if self.remainder and left != right:
            return Finding(Verdict.REMARK, left, right)
        return Finding(Verdict.HOLDS, left, right)

    def _slack(self, figures: Figures) -> tuple[Decimal, Decimal]:
        """By how much the left side may seem too small, and too large, for rounding alone."""
        lefts = [figures[code] for code in self.left_parts]
        rights = [figures[code] for code in self.right_parts]
        return (
            Decimal(sum(f.above for f in lefts) + sum(f.below for f in rights)),
            Decimal(sum(f.below for f in lefts) + sum(f.above for f in rights)),
        )

    def slips(self, figures: Figures) -> tuple[Slip, ...]:
        """Single digits that would make a sum add up; none for another kind of relation."""
        if self.sign != "=" or len(self.left_parts) != 1 or len(self.right_parts) < 2:
            return ()
        (whole,) = self.left_parts
        if any(code not in figures for code in (whole, *self.right_parts)):
            return ()
        parts = {code: figures[code].value for code in self.right_parts}
        return slips((whole, figures[whole].value), parts)

    def advice(self, figures: Figures) -> str:
        """What to ask about a relation that fails or is remarked on, in words for the report."""
        found = self.check(figures)
        if found.verdict not in (Verdict.FAILS, Verdict.REMARK) or found.difference is None:
            return ""
        if found.rounded:
            return "Chênh lệch nằm trong sai số làm tròn của các số liệu."
        if self.remainder and found.verdict == Verdict.REMARK:
            return f"Danh sách trong đó chưa đủ, còn {exact(found.difference)}."
        guesses = self.slips(figures) if found.verdict == Verdict.FAILS else ()
        if guesses:
            words = " hoặc ".join(f"{s.code} là {exact(s.candidate)}" for s in guesses)
            return f"Có thể nhầm một chữ số: {words} thì khớp."
        return self.hint

    def _holds(self, left: Decimal, right: Decimal) -> bool:
        if self.sign == "≤":
            return left <= right
        if self.sign == "≥":
            return left >= right
        if self.within is not None:
            return abs(left - right) <= self.within * abs(right)
        return abs(left - right) <= self.tolerance


class NoSecondTerm(Exception):
    """A ratio without its second term cannot be compared."""


def value(code: str) -> Callable[[Figures], Decimal]:
    return lambda figures: figures[code].value


def total(*codes: str) -> Callable[[Figures], Decimal]:
    return lambda figures: sum((figures[code].value for code in codes), Decimal(0))


def whole(*codes: str) -> Callable[[Figures], Decimal]:
    """The second terms of ratios, added up."""

    def add(figures: Figures) -> Decimal:
        terms = [figures[code].whole for code in codes]
        if any(term is None for term in terms):
            raise NoSecondTerm
        return Decimal(sum(term for term in terms if term is not None))

    return add


def rows(*codes: str) -> Callable[[Figures], Decimal]:
    """The rows behind figures; open where a number was reported and no rows were counted."""

    def add(figures: Figures) -> Decimal:
        if not all(figures[code].counted for code in codes):
            raise NoSecondTerm
        return Decimal(sum(figures[code].rows for code in codes))

    return add


def share(*codes: str) -> Callable[[Figures], Decimal]:
    """First terms over second terms, in percent."""

    def divide(figures: Figures) -> Decimal:
        if not (base := whole(*codes)(figures)):
            raise NoSecondTerm
        return total(*codes)(figures) * 100 / base

    return divide


def daily(code: str) -> Callable[[Figures], Decimal]:
    return lambda figures: (figures[code].value / figures[code].days).quantize(Decimal(1))


def growth(now: Stated, change: Stated) -> Decimal:
    """
    The change in percent against the whole number of the month before that fits best.

    A change that no whole number gives was computed from something else.
    """
    if change.value <= -100:
        raise NoSecondTerm
    before = (now.value / (1 + change.value / 100)).quantize(Decimal(1))
    if not before:
        raise NoSecondTerm
    return (now.value / before - 1) * 100


def equal(left: str, *parts: str) -> Relation:
    """A figure is the sum of others."""
    return Relation(
        key=f"{left}={'+'.join(parts)}",
        text=f"{left} = {' + '.join(parts)}",
        sign="=",
        codes=(left, *parts),
        left=value(left),
        right=total(*parts),
        left_parts=(left,),
        right_parts=parts,
    )


def at_most(left: str, right: str) -> Relation:
    return Relation(
        key=f"{left}<={right}",
        text=f"{left} ≤ {right}",
        sign="≤",
        codes=(left, right),
        left=value(left),
        right=value(right),
        left_parts=(left,),
        right_parts=(right,),
    )


def at_least(left: str, *parts: str, remainder: bool = False) -> Relation:
    """A figure is not below the sum of some of its parts."""
    return Relation(
        key=f"{left}>={'+'.join(parts)}",
        text=f"{left} ≥ {' + '.join(parts)}",
        sign="≥",
        codes=(left, *parts),
        left=value(left),
        right=total(*parts),
        remainder=remainder,
        left_parts=(left,),
        right_parts=parts,
    )


def within_provinces(code: str, counting: str) -> Relation:
    """A count of provinces is not above their number, which another figure carries."""
    return Relation(
        key=f"{code}<=provinces",
        text=f"{code} ≤ số tỉnh, thành phố",
        sign="≤",
        codes=(code, counting),
        left=value(code),
        right=whole(counting),
    )


CIVIL_STATUS_GROUP = ("F019", "F021", "F022", "F023")

RELATIONS: tuple[Relation, ...] = (
    equal("F006", "F001", "F002"),
    Relation(
        key="F003=(F001+F002)/whole",
        text="F003 = (F001 + F002) : tổng số bộ, tỉnh",
        sign="=",
        codes=("F003", "F001", "F002"),
        left=value("F003"),
        right=share("F001", "F002"),
        tolerance=HUNDREDTH,
    ),
    at_least("F004", "F006", "F007", "F008", remainder=True),
    at_least("F005", "F006"),
    at_least("F004", "F005"),
    at_most("F009", "F010"),
    Relation(
        key="F011~F009/days",
        text="F011 so với bình quân ngày của F009",
        sign="≈",
        codes=("F011", "F009"),
        left=value("F011"),
        right=daily("F009"),
        within=UNLIKE,
        only_remark=True,
        hint="Cần nêu kỳ tính bình quân.",
    ),
    Relation(
        key="F011~F010/days",
        text="F011 so với bình quân ngày của F010",
        sign="≈",
        codes=("F011", "F010"),
        left=value("F011"),
        right=daily("F010"),
        within=UNLIKE,
        only_remark=True,
        hint="Cần nêu kỳ tính bình quân.",
    ),
    within_provinces("F012", "F002"),
    at_least("F015", "F016", "F017", "F018"),
    Relation(
        key="F018=provinces",
        text="F018 = số tỉnh, thành phố",
        sign="=",
        codes=("F018", "F014"),
        left=value("F018"),
        right=whole("F014"),
    ),
    at_most("F020", "F019"),
    # The two registers count apart: numbers given, and births that bear one. A number
    # on its way through the outbox makes the first larger for a moment, never smaller.
    at_least("P001", "F020", remainder=True),
    at_most("P002", "P001"),
    Relation(
        key="F019+F021+F022+F023=rows",
        text="F019 + F021 + F022 + F023 = số bản ghi đã đếm",
        sign="=",
        codes=CIVIL_STATUS_GROUP,
        left=total(*CIVIL_STATUS_GROUP),
        right=rows(*CIVIL_STATUS_GROUP),
        left_parts=CIVIL_STATUS_GROUP,
    ),
    equal("F024", "F025", "F026"),
    equal("F027", "F028", "F029"),
    at_least("F030", "F027"),
    at_most("F031", "F035"),
    at_most("F032", "F036"),
    at_most("F034", "F037"),
    at_most("F038", "F041"),
    at_most("F039", "F040"),
    Relation(
        key="F041+F042=provinces",
        text="F041 + F042 = số tỉnh, thành phố",
        sign="=",
        codes=("F041", "F042"),
        left=total("F041", "F042"),
        right=whole("F041"),
    ),
    at_least("F044", "F043"),
    at_least("F047", "F046"),
    at_most("F048", "F049"),
    at_most("F049", "F050"),
    within_provinces("F051", "F002"),
    equal("F054", "F055", "F056"),
    at_least("F060", "F061"),
    Relation(
        key="F068=F067/before",
        text="F068 = F067 so với một số nguyên của tháng trước",
        sign="=",
        codes=("F068", "F067"),
        left=value("F068"),
        right=lambda figures: growth(figures["F067"], figures["F068"]),
        tolerance=HUNDREDTH,
    ),
    within_provinces("F069", "F002"),
)


def relations_of(code: str) -> tuple[Relation, ...]:
    """The relations a figure takes part in."""
    return tuple(relation for relation in RELATIONS if code in relation.codes)


def relation(key: str) -> Relation:
    """The relation with this key; KeyError for another."""
    for known in RELATIONS:
        if known.key == key:
            return known
    raise KeyError(key)

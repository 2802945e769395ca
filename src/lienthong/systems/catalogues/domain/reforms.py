"""
Rules of replacing administrative units.

A code is never used for two units on one day, and never again for another unit
unless the reform itself says so (Decision 19/2025/QĐ-TTg keeps some codes under
new names). What a code meant in the past stays: old rows are closed, not
changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from lienthong.kernel.units import Confidence, Level, Succession, Unit, UnitTable
from lienthong.systems.catalogues.errors import BadMerger

ABOVE = {Level.DISTRICT: (Level.PROVINCE,), Level.COMMUNE: (Level.DISTRICT, Level.PROVINCE)}
KINDS = {
    Level.PROVINCE: ("tỉnh", "thành phố"),
    Level.DISTRICT: ("quận", "huyện", "thị xã", "thành phố"),
    Level.COMMUNE: ("xã", "phường", "thị trấn", "đặc khu"),
}


class Fault(StrEnum):
    """Why a reform cannot be decided as it is written."""

    NO_BASIS = "no legal basis"
    EMPTY = "nothing is replaced"
    CODE_TWICE = "a code is named twice"
    GOES_NOWHERE = "an old unit goes nowhere, or twice to one place"
    NO_MATCH = "links and new units do not match"
    OTHER_DAY = "a new unit does not begin on the day of the reform"
    NOT_STANDING = "an old unit did not stand until the day before"
    LATER_REFORM = "a later reform ends this unit already"
    CODE_IN_USE = "the code names another unit on that day"
    NO_PARENT = "the unit above does not stand on that day"
    WRONG_LEVEL = "units of different levels are joined"
    WRONG_KIND = "this kind does not belong to the level"
    CHILD_UNDECIDED = "a unit below a split one is not placed"
    NO_DEFAULT = "no new unit takes the largest part"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault with the code of the unit it is about; empty for the reform as a whole."""

    fault: Fault
    code: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An old unit and the new units it goes to; the first of them is the default."""

    old: Unit
    new_codes: tuple[str, ...]
    shares: tuple[str, ...] = ()
    """Which part each new unit takes, in the words of the act; empty when not stated."""

    @property
    def confidence(self) -> Confidence:
        return Confidence.WHOLE if len(self.new_codes) == 1 else Confidence.SPLIT

    def share(self, place: int) -> str:
        return self.shares[place] if place < len(self.shares) else ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """One reform on one day: old units end the day before, new ones begin."""

    happened_on: date
    legal_basis: str
    parts: tuple[Part, ...]
    new: tuple[Unit, ...]
    source: str = ""
    """Where its rows say they come from; names the reform they belong to."""

    @property
    def last_day(self) -> date:
        return self.happened_on - timedelta(days=1)

    @property
    def old_codes(self) -> tuple[str, ...]:
        return tuple(part.old.code for part in self.parts)

    def successions(self, source: str) -> tuple[Succession, ...]:
        """The links old to new that this reform makes."""
        return tuple(
            Succession(
                old=part.old.code,
                new=code,
                happened_on=self.happened_on,
                confidence=part.confidence,
                is_default=place == 0,
                share=part.share(place),
                legal_basis=self.legal_basis,
                source=source,
            )
            for part in self.parts
            for place, code in enumerate(part.new_codes)
        )

    def with_those_below(self, table: UnitTable) -> Replacement:
        """
        The same with every unit below an ended one that the reform itself leaves out.

        Such a unit keeps code, name and kind and gets the new unit above it: a
        row of the catalogues stands for one parent. Below a split unit nobody
        can know the new parent, so nothing is added there (`CHILD_UNDECIDED`).
        """
        named, begun = set(self.old_codes), {unit.code for unit in self.new}
        parts, new = list(self.parts), list(self.new)
        for part in self.parts:
            # Under the same code the rows below stay as they are.
            if len(part.new_codes) != 1 or part.new_codes[0] == part.old.code:
                continue
            for child in table.children(part.old.code, self.last_day):
                if child.code in named or child.code in begun:
                    continue
                parts.append(Part(child, (child.code,)))
                new.append(self._carried(child, part.new_codes[0]))
        return replace(self, parts=tuple(parts), new=tuple(new))

    def _carried(self, child: Unit, above: str) -> Unit:
        return replace(
            child,
            parent=above,
            valid_from=self.happened_on,
            valid_to=None,
            legal_basis=self.legal_basis,
            source=self.source,
            doubt="",
        )


def checked(replacement: Replacement) -> Replacement:
    """The replacement itself, or `BadMerger` with the reason in its detail."""
    for complaint in shape_complaints(replacement):
        raise BadMerger(reason=complaint.fault.value, unit=complaint.code)
    return replacement


def complaints(replacement: Replacement, table: UnitTable) -> tuple[Complaint, ...]:
    """Everything that stands in the way of a reform, on the units of the table."""
    return (*shape_complaints(replacement), *_complaints_on(replacement, table))


def shape_complaints(replacement: Replacement) -> Iterator[Complaint]:
    """What is wrong with a reform whatever units stand."""
    day = replacement.happened_on
    new_codes = [unit.code for unit in replacement.new]
    named = {code for part in replacement.parts for code in part.new_codes}
    if not replacement.legal_basis.strip():
        yield Complaint(Fault.NO_BASIS)
    if not replacement.parts or not replacement.new:
        yield Complaint(Fault.EMPTY)
    for code in (*_repeated(new_codes), *_repeated(replacement.old_codes)):
        yield Complaint(Fault.CODE_TWICE, code)
    for part in replacement.parts:
        if not part.new_codes or _repeated(part.new_codes):
            yield Complaint(Fault.GOES_NOWHERE, part.old.code)
        if not part.old.was_valid_on(replacement.last_day):
            yield Complaint(Fault.NOT_STANDING, part.old.code)
    for code in sorted(named ^ set(new_codes)):
        yield Complaint(Fault.NO_MATCH, code)
    for unit in replacement.new:
        if unit.valid_from != day or unit.valid_to is not None:
            yield Complaint(Fault.OTHER_DAY, unit.code)


def _complaints_on(replacement: Replacement, table: UnitTable) -> Iterator[Complaint]:
    day, ended = replacement.happened_on, set(replacement.old_codes)
    begun = {unit.code: unit for unit in replacement.new}
    for part in replacement.parts:
        standing = table.find(part.old.code, replacement.last_day)
        if standing is not None and standing.valid_to is not None:
            yield Complaint(Fault.LATER_REFORM, part.old.code)
        if any(code in begun and begun[code].level != part.old.level for code in part.new_codes):
            yield Complaint(Fault.WRONG_LEVEL, part.old.code)
        if len(part.new_codes) > 1:
            for child in table.children(part.old.code, replacement.last_day):
                if child.code not in ended:
                    yield Complaint(Fault.CHILD_UNDECIDED, child.code)
    for unit in replacement.new:
        if unit.code not in ended and table.find(unit.code, day) is not None:
            yield Complaint(Fault.CODE_IN_USE, unit.code)
        if unit.kind not in KINDS[unit.level]:
            yield Complaint(Fault.WRONG_KIND, unit.code)
        if not _has_parent(unit, begun, ended, table, day):
            yield Complaint(Fault.NO_PARENT, unit.code)


def _has_parent(
    unit: Unit, begun: dict[str, Unit], ended: set[str], table: UnitTable, day: date
) -> bool:
    if unit.level is Level.PROVINCE:
        return not unit.parent
    above = begun.get(unit.parent)
    if above is None and unit.parent not in ended:
        above = table.find(unit.parent, day)
    return above is not None and above.level in ABOVE[unit.level]


def _repeated(codes: Sequence[str]) -> list[str]:
    return sorted(code for code, times in Counter(codes).items() if times > 1)

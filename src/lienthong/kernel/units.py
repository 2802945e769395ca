"""
Administrative units on a date: values, and pure functions over rows passed in.

A code alone names nothing: code 24 was Bắc Giang and is Bắc Ninh since
2025-07-01 (Decision 19/2025/QD-TTg). So everything here takes the date it is
asked for, and the key of a unit is code and date. Both ends of a validity
belong to it; an open end is None.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from lienthong.kernel import names
from lienthong.kernel.errors import NotFound


class Level(StrEnum):
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class Confidence(StrEnum):
    """How sure the link from an old unit to a new one is."""

    WHOLE = "whole"  # all of the old unit went to this new one
    SPLIT = "split"  # the old unit was divided; a person's place needs a decision
    UNCERTAIN = "uncertain"  # the link or its day is inferred from two data sets


class NoSuchUnit(NotFound):
    """There was no administrative unit with this code on that day."""

    code = "kernel.no_such_unit"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit for as long as its name, kind and parent stayed the same."""

    code: str
    name: str
    kind: str
    """Vietnamese kind, small letters: tỉnh, thành phố, quận, huyện, thị xã, xã, phường, …"""
    level: Level
    parent: str
    """Code of the unit above on the same days; empty for provinces."""
    valid_from: date
    valid_to: date | None
    legal_basis: str = ""
    source: str = ""
    doubt: str = ""
    """What is not known for certain about this row; empty when nothing."""

    @property
    def full_name(self) -> str:
        """``phường Dương Đông``, ``tỉnh Kiên Giang``."""
        return f"{self.kind} {self.name}"

    @property
    def sort_key(self) -> str:
        return names.alphabetical_key(self.name)

    def was_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Succession:
    """An old unit and one new unit that took over all or a part of it on a day."""

    old: str
    new: str
    happened_on: date
    """First day of the new unit."""
    confidence: Confidence
    is_default: bool
    """The new unit that took most of a split one; the only one of a whole one."""
    share: str = ""
    """Part of the old unit, where the source states one."""
    legal_basis: str = ""
    source: str = ""
    doubt: str = ""

    @property
    def is_split(self) -> bool:
        return self.confidence is Confidence.SPLIT


@dataclass(frozen=True)
class UnitTable:
    """Dated rows of units and their successions, with look-ups by code and day."""

    units: tuple[Unit, ...]
    successions: tuple[Succession, ...] = ()
    number: int = 0
    """Number of the published snapshot; 0 for rows shipped with the program."""

    @classmethod
    def of(
        cls, units: Iterable[Unit], successions: Iterable[Succession] = (), number: int = 0
    ) -> UnitTable:
        return cls(tuple(units), tuple(successions), number)

    def on(self, day: date) -> UnitTable:
        """Only the units of one day (successions stay)."""
        return UnitTable(
            tuple(unit for unit in self.units if unit.was_valid_on(day)),
            self.successions,
            self.number,
        )

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    def __len__(self) -> int:
        return len(self.units)

    def find(self, code: str, on: date) -> Unit | None:
        """The unit a code named on a day, or None."""
        for unit in self._by_code.get(code, ()):
            if unit.was_valid_on(on):
                return unit
        return None

    def get(self, code: str, on: date) -> Unit:
        """The unit a code named on a day; raises `NoSuchUnit`."""
        unit = self.find(code, on)
        if unit is None:
            raise NoSuchUnit(code=code, on=on.isoformat())
        return unit

    def history(self, code: str) -> tuple[Unit, ...]:
        """All units a code has named, oldest first."""
        return self._by_code.get(code, ())

    def children(self, code: str, on: date) -> tuple[Unit, ...]:
        """Units directly under one, in Vietnamese alphabetical order."""
        below = (unit for unit in self._by_parent.get(code, ()) if unit.was_valid_on(on))
        return tuple(sorted(below, key=lambda unit: unit.sort_key))

    def provinces(self, on: date) -> tuple[Unit, ...]:
        return self.children("", on)

    def communes(self, code: str, on: date) -> tuple[Unit, ...]:
        """Communes under a province or district, through districts where there are any."""
        if self.get(code, on).level is Level.COMMUNE:
            return (self.get(code, on),)
        found: list[Unit] = []
        for unit in self.children(code, on):
            found += (unit,) if unit.level is Level.COMMUNE else self.communes(unit.code, on)
        return tuple(found)

    def count(self, level: Level, on: date) -> int:
        return sum(unit.level is level and unit.was_valid_on(on) for unit in self.units)

    def line(self, code: str, on: date) -> tuple[Unit, ...]:
        """The unit and all above it, lowest first."""
        units = [self.get(code, on)]
        while units[-1].parent:
            units.append(self.get(units[-1].parent, on))
        return tuple(units)

    def path(self, code: str, on: date) -> str:
        """``xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang``."""
        return ", ".join(unit.full_name for unit in self.line(code, on))

    def province_of(self, code: str, on: date) -> Unit:
        return self.line(code, on)[-1]

    def is_within(self, code: str, above: str, on: date) -> bool:
        """Whether a unit is, or lies under, another one on a day."""
        return any(unit.code == above for unit in self.line(code, on))

    def successors(self, code: str, on: date) -> tuple[Succession, ...]:
        """
        What became of the unit a code named on a day: the next links, default first.

        Empty while the unit still stands. More than one link means it was split.
        """
        unit = self.get(code, on)
        return tuple(
            link
            for link in self._by_old.get(code, ())
            if unit.valid_to is not None and (link.happened_on - unit.valid_to).days == 1
        )

    def predecessors(self, code: str, on: date) -> tuple[Succession, ...]:
        """What the unit a code names on a day was made of."""
        unit = self.get(code, on)
        return tuple(
            link for link in self._by_new.get(code, ()) if link.happened_on == unit.valid_from
        )

    def became(self, code: str, then: date, on: date) -> tuple[Unit, ...]:
        """
        The units standing on a later day for a code written down ``then``.

        One for a unit that stayed or went whole; several candidates, default
        first, once any step was a split: choosing is a human's decision.
        """
        unit = self.get(code, then)
        if unit.was_valid_on(on):
            return (unit,)
        found: dict[str, Unit] = {}
        for link in self.successors(code, then):
            if link.happened_on <= on:
                for later in self.became(link.new, link.happened_on, on):
                    found.setdefault(later.code, later)
        return tuple(found.values())

    def search(
        self, text: str, on: date, level: Level | None = None, limit: int = 20
    ) -> tuple[Unit, ...]:
        """
        Units whose name starts with, or holds, what was typed; with or without tones.

        Exact names come first, then beginnings, then the rest. Typed tones count:
        ``hòa`` does not find Hóa, while ``hoa`` finds both. A code finds its unit.
        """
        wanted = _searchable(text)
        if not wanted[0]:
            return ()
        ranked = []
        for unit, keys in zip(self.units, self._search_keys, strict=True):
            if (level is None or unit.level is level) and unit.was_valid_on(on):
                rank = 0 if unit.code == text.strip() else _rank(wanted, keys)
                if rank is not None:
                    ranked.append((rank, unit.sort_key, unit.code, unit))
        ranked.sort(key=lambda row: row[:3])
        return tuple(row[3] for row in ranked[:limit])

    @cached_property
    def days_of_change(self) -> tuple[date, ...]:
        """First days of units, oldest first: when the picture changed."""
        return tuple(sorted({unit.valid_from for unit in self.units}))

    def changed_on_or_before(self, day: date) -> date | None:
        """The last change not after a day."""
        place = bisect.bisect_right(self.days_of_change, day)
        return self.days_of_change[place - 1] if place else None

    @cached_property
    def _by_code(self) -> dict[str, tuple[Unit, ...]]:
        return _grouped((unit.code, unit) for unit in self._ordered)

    @cached_property
    def _by_parent(self) -> dict[str, tuple[Unit, ...]]:
        return _grouped((unit.parent, unit) for unit in self._ordered)

    @cached_property
    def _ordered(self) -> tuple[Unit, ...]:
        return tuple(sorted(self.units, key=lambda unit: (unit.code, unit.valid_from)))

    @cached_property
    def _by_old(self) -> dict[str, tuple[Succession, ...]]:
        return _links((link.old, link) for link in self.successions)

    @cached_property
    def _by_new(self) -> dict[str, tuple[Succession, ...]]:
        return _links((link.new, link) for link in self.successions)

    @cached_property
    def _search_keys(self) -> tuple[tuple[str, str], ...]:
        return tuple(_searchable(unit.name) for unit in self.units)


def _searchable(text: str) -> tuple[str, str]:
    return names.folding_key(text), names.tone_key(text)


def _rank(wanted: tuple[str, str], keys: tuple[str, str]) -> int | None:
    folded, toned = wanted
    if folded not in keys[0]:
        return None
    # Marks were typed: then they must be there too, letter for letter.
    if folded != toned and toned not in keys[1]:
        return None
    if keys[0] == folded:
        return 1
    return 2 if keys[0].startswith(folded) else 3


def _grouped(pairs: Iterable[tuple[str, Unit]]) -> dict[str, tuple[Unit, ...]]:
    groups: defaultdict[str, list[Unit]] = defaultdict(list)
    for key, unit in pairs:
        groups[key].append(unit)
    return {key: tuple(found) for key, found in groups.items()}


def _links(pairs: Iterable[tuple[str, Succession]]) -> dict[str, tuple[Succession, ...]]:
    groups: defaultdict[str, list[Succession]] = defaultdict(list)
    for key, link in pairs:
        groups[key].append(link)
    return {
        key: tuple(sorted(found, key=lambda link: (not link.is_default, link.old, link.new)))
        for key, found in groups.items()
    }

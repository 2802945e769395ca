"""
Rules of replacing administrative units.

A code is never used for two units on one day, and never again for another unit
unless the reform itself says so (Decision 19/2025/QĐ-TTg keeps some codes under
new names). What a code meant in the past stays: old rows are closed, not
changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lienthong.kernel.units import Confidence, Succession, Unit
from lienthong.systems.catalogues.errors import BadMerger


@dataclass(frozen=True, slots=True)
class Part:
    """An old unit and the new units it goes to; the first of them is the default."""

    old: Unit
    new_codes: tuple[str, ...]

    @property
    def confidence(self) -> Confidence:
        return Confidence.WHOLE if len(self.new_codes) == 1 else Confidence.SPLIT


@dataclass(frozen=True, slots=True)
class Replacement:
    """One reform on one day: old units end the day before, new ones begin."""

    happened_on: date
    legal_basis: str
    parts: tuple[Part, ...]
    new: tuple[Unit, ...]

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
                legal_basis=self.legal_basis,
                source=source,
            )
            for part in self.parts
            for place, code in enumerate(part.new_codes)
        )


def checked(replacement: Replacement) -> Replacement:
    """The replacement itself, or `BadMerger` with the reason in its detail."""
    reason = _fault(replacement)
    if reason:
        raise BadMerger(reason=reason)
    return replacement


def _fault(replacement: Replacement) -> str:
    day = replacement.happened_on
    new_codes = [unit.code for unit in replacement.new]
    named = {code for part in replacement.parts for code in part.new_codes}
    if not replacement.legal_basis.strip():
        return "no legal basis"
    if not replacement.parts or not replacement.new:
        return "nothing is replaced"
    if _repeats(new_codes) or _repeats(replacement.old_codes):
        return "a code is named twice"
    if any(not part.new_codes or _repeats(part.new_codes) for part in replacement.parts):
        return "an old unit goes nowhere, or twice to one place"
    if named != set(new_codes):
        return "links and new units do not match"
    if any(unit.valid_from != day or unit.valid_to is not None for unit in replacement.new):
        return "a new unit does not begin on the day of the reform"
    if any(not part.old.was_valid_on(replacement.last_day) for part in replacement.parts):
        return "an old unit did not stand until the day before"
    return ""


def _repeats(codes: Sequence[str]) -> bool:
    return len(set(codes)) != len(codes)

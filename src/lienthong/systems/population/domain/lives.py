"""
Rules of a life in the register: standing, residence, households, kin.

Which particulars there are: Law on Citizen Identification 59/2014/QH13 art. 9.
Residence: Law on Residence 68/2020/QH14. Who is declared missing or dead, and what an
annulment does: Civil Code 91/2015/QH13 art. 68-73.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lienthong.systems.population.errors import (
    BasisMissing,
    DatesOutOfOrder,
    DeathOutOfOrder,
    StandingStep,
    TemporaryTooLong,
)


class Standing(StrEnum):
    """What the register says of a person's life."""

    ACTIVE = "active"
    DECEASED = "deceased"
    MISSING = "missing"
    DECLARED_DEAD = "declared_dead"
    LEFT = "left"
    """Settled abroad, and still a citizen."""
    RENOUNCED = "renounced"
    """No citizen any more: released, renounced or deprived (Law on Nationality art. 26)."""
    PENDING = "pending"


STEPS: dict[Standing, frozenset[Standing]] = {
    Standing.PENDING: frozenset({Standing.ACTIVE, Standing.DECEASED}),
    Standing.ACTIVE: frozenset(
        {
            Standing.MISSING,
            Standing.DECLARED_DEAD,
            Standing.DECEASED,
            Standing.LEFT,
            Standing.RENOUNCED,
        }
    ),
    # A court's declaration is annulled when the person comes back (Civil Code art. 70, 73).
    Standing.MISSING: frozenset({Standing.ACTIVE, Standing.DECLARED_DEAD, Standing.DECEASED}),
    Standing.DECLARED_DEAD: frozenset({Standing.ACTIVE, Standing.MISSING, Standing.DECEASED}),
    Standing.LEFT: frozenset(
        {
            Standing.ACTIVE,
            Standing.MISSING,
            Standing.DECLARED_DEAD,
            Standing.DECEASED,
            Standing.RENOUNCED,
        }
    ),
    Standing.RENOUNCED: frozenset({Standing.ACTIVE, Standing.DECEASED}),
    # Only when the entry of the death itself is withdrawn.
    Standing.DECEASED: frozenset({Standing.ACTIVE, Standing.MISSING, Standing.LEFT}),
}
"""Where a life may go from where it stands."""

LOCKED = frozenset({Standing.DECEASED, Standing.DECLARED_DEAD})
"""Whose record takes no ordinary change (Luật Hộ tịch art. 34.2)."""


class Precision(StrEnum):
    """How much of a birth date is known; a missing day is never made the first."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Marital(StrEnum):
    UNKNOWN = ""
    SINGLE = "single"
    MARRIED = "married"
    WIDOWED = "widowed"
    DIVORCED = "divorced"


class ResidenceKind(StrEnum):
    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    ABSENCE = "absence"
    """Temporary absence from the permanent residence; the place is where the person went."""


class Relation(StrEnum):
    """What a member is to the head of the household."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    WARD = "ward"
    OTHER = "other"


class Happening(StrEnum):
    """The kinds of events of the register."""

    PARTICULARS = "particulars"
    STANDING = "standing"
    RESIDENCE = "residence"
    HOUSEHOLD = "household"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    Why the register changes: what is said in the event and shown in the history.

    ``registration`` is the lasting name of the entry of another register that caused it;
    empty for an officer's own act.
    """

    reason: str
    document: str
    basis: str
    effective_on: date
    registration: str = ""

    def check(self, today: date) -> None:
        """Raises BasisMissing or DatesOutOfOrder."""
        if not (self.reason.strip() and self.document.strip() and self.basis.strip()):
            raise BasisMissing
        if self.effective_on > today:
            raise DatesOutOfOrder


def check_death(*, born_on: date, precision: str, died_on: date, registered_on: date) -> None:
    """A death comes after the birth, as far as that is known, and not after its registration."""
    before_birth = died_on < born_on if precision == Precision.DAY else died_on.year < born_on.year
    if before_birth or died_on > registered_on:
        raise DeathOutOfOrder


def check_step(now: str, then: str) -> None:
    """Raises StandingStep when a life cannot go that way."""
    if Standing(then) not in STEPS[Standing(now)]:
        raise StandingStep(now=now, then=then)


# Luật Cư trú 68/2020/QH14 Điều 27 khoản 2: "thời hạn tạm trú tối đa là 02 năm".
LONGEST_TEMPORARY_YEARS = 2


@dataclass(frozen=True, slots=True)
class Stay:
    """Days somebody lives somewhere; no end while it is not known, no beginning in old records."""

    begins: date | None
    ends: date | None

    def overlaps(self, other: Stay) -> bool:
        """Whether some day belongs to both; ``ends`` is the last day."""
        starts_late = self.ends is not None and other.begins is not None
        starts_early = other.ends is not None and self.begins is not None
        return not (
            (starts_late and other.begins > self.ends)  # type: ignore[operator]
            or (starts_early and self.begins > other.ends)  # type: ignore[operator]
        )

    def covers(self, day: date) -> bool:
        begun = self.begins is None or self.begins <= day
        return begun and (self.ends is None or day <= self.ends)


def check_stay(kind: ResidenceKind, stay: Stay, *, born_on: date, today: date) -> None:
    """
    Raises DatesOutOfOrder or TemporaryTooLong.

    A temporary residence and an absence have an end that is stated when they are
    registered; a permanent one has none then.
    """
    begins, ends = stay.begins, stay.ends
    if begins is None or begins > today or begins.year < born_on.year:
        raise DatesOutOfOrder
    if kind is ResidenceKind.PERMANENT:
        if ends is not None:
            raise DatesOutOfOrder
        return
    if ends is None or ends < begins:
        raise DatesOutOfOrder
    if kind is ResidenceKind.TEMPORARY and ends > years_after(begins, LONGEST_TEMPORARY_YEARS):
        raise TemporaryTooLong(years=LONGEST_TEMPORARY_YEARS)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)

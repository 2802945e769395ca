"""
Rules of personal numbers.

The number: Decree 137/2015/NĐ-CP art. 13, Circular 07/2016/TT-BCA art. 7. Cancelling
and re-establishing: Circular 59/2021/TT-BCA art. 6. The last six digits must be
unpredictable, and no number may ever be given twice: a keyed permutation of a counter
gives both, since a permutation has no collisions and a stranger without the key
cannot tell the next number from the last.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lienthong.kernel.identifiers import FIRST_YEAR, PersonalId, Sex, century_sex_digit
from lienthong.kernel.pin_prefixes import PIN_PREFIXES
from lienthong.systems.population.errors import (
    BirthAfterRegistration,
    DecisionInFuture,
    NothingCorrected,
    RangeExhausted,
    UnknownPrefix,
)

SERIALS = 1_000_000
HALF = 1_000
# Ten rounds: eight are asked of small-domain Feistel networks (NIST SP 800-38G), two to spare.
ROUNDS = 10
ALARM_SHARE = 0.8
BLOCK = 20_000
"""Places of a range that may be used beyond the block known to the newest backup: one more
block, so that a restore without any log knows how far to step (decision 12)."""


class NumberStatus(StrEnum):
    ACTIVE = "active"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """Why a number was given."""

    BIRTH = "birth_registration"
    ESTABLISHED = "established"
    REESTABLISHED = "reestablished"


@dataclass(frozen=True, slots=True, order=True)
class NumberRange:
    """The first six digits: place of registration, century and sex, year. A million numbers."""

    digits: str

    @classmethod
    def all_of_a_lifetime(cls, last_year: int) -> Iterator[NumberRange]:
        """Every range a number can lie in whose bearer was born in the 121 years up to this."""
        for year in range(max(last_year - 120, FIRST_YEAR), last_year + 1):
            for sex in Sex:
                for prefix in PIN_PREFIXES:
                    yield cls(f"{prefix}{century_sex_digit(sex, year)}{year % 100:02d}")

    @classmethod
    def of(cls, *, province: str, sex: Sex, born_on: date) -> NumberRange:
        """The range of a child; ``province`` is a two-digit code on the day of registration."""
        prefix = province.strip().rjust(3, "0")
        if prefix not in PIN_PREFIXES:
            raise UnknownPrefix(province=province[:3])
        return cls(f"{prefix}{century_sex_digit(sex, born_on.year)}{born_on.year % 100:02d}")

    def number(self, place: int, *, key: bytes) -> PersonalId:
        """The number at this place of the range's secret order."""
        if place >= SERIALS:
            raise RangeExhausted(range=self.digits[:3])
        return PersonalId(f"{self.digits}{permute(place, key=key, tweak=self.digits):06d}")


def permute(place: int, *, key: bytes, tweak: str) -> int:
    """
    A keyed permutation of 0..999,999, another one for each tweak.

    A Feistel network on two digits of base 1,000: each round is undone by
    subtracting what it added, so two places never meet.
    """
    if not 0 <= place < SERIALS:
        raise ValueError("the permutation covers six digits")
    left, right = divmod(place, HALF)
    for turn in range(ROUNDS):
        message = f"{tweak}:{turn}:{right}".encode()
        digest = hmac.digest(key, message, hashlib.sha256)
        left, right = right, (left + int.from_bytes(digest[:8])) % HALF
    return left * HALF + right


def blocks_begun(used: int) -> int:
    """How many blocks the first ``used`` places lie in."""
    return -(-used // BLOCK)


def needs_backup(place: int, *, kept: int) -> bool:
    """Whether this place lies further on than a restore of the newest backup would step over."""
    return place >= (blocks_begun(kept) + 1) * BLOCK


def beyond_every_loss(used: int, *, events: int) -> int:
    """
    The first place that no number can have been given at after a backup in which ``used`` were.

    A block is begun only when a backup knows the one before, so of the backup itself and
    of each of the ``events`` after it follows one block more.
    """
    return (blocks_begun(used) + 1 + events) * BLOCK


def nearly_full(used: int) -> bool:
    """Whether the authority must be told that a range runs out."""
    return used >= int(SERIALS * ALARM_SHARE)


def check_birth(*, born_on: date, registered_on: date, today: date) -> None:
    """A birth comes before its registration, and neither lies in the future."""
    if born_on > registered_on or registered_on > today:
        raise BirthAfterRegistration


def check_decision(*, decided_on: date, today: date) -> None:
    """A number is cancelled by a decision that exists already."""
    if decided_on > today:
        raise DecisionInFuture


def corrected_range(current: PersonalId, *, province: str, sex: Sex, born_on: date) -> NumberRange:
    """
    The range of the number that replaces ``current``.

    Raises NothingCorrected when the structure would not change: a number is for
    life and not replaced for any other reason.
    """
    wanted = NumberRange.of(province=province or current.prefix, sex=sex, born_on=born_on)
    if current.value.startswith(wanted.digits):
        raise NothingCorrected
    return wanted

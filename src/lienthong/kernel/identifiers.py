"""
Identifiers of the state that more than two systems share.

The personal identification number (số định danh cá nhân) by Decree
137/2015/NĐ-CP art. 13 and Circular 07/2016/TT-BCA art. 7: three digits for the
place of birth registration, one for century and sex, two for the birth year,
six unpredictable ones. There is no check digit.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lienthong.kernel.errors import Invalid
from lienthong.kernel.pin_prefixes import PIN_PREFIXES

_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_GROUPING = re.compile(r"[\s\u00a0\u202f.]+")
FIRST_YEAR, LAST_YEAR = 1900, 2399


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class BadPersonalId(Invalid):
    """A personal ID has twelve digits."""

    code = "kernel.bad_personal_id"


class Mismatch(StrEnum):
    """How the structure of a number can contradict the person."""

    UNKNOWN_PREFIX = "unknown_prefix"
    OTHER_PREFIX = "other_prefix"
    SEX = "sex"
    CENTURY = "century"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class StructureWarning:
    """
    One contradiction between a number and its person.

    Never a refusal: such numbers exist and are repaired by cancelling and
    re-establishing (Circular 59/2021/TT-BCA art. 6). Holds no personal data.
    """

    kind: Mismatch
    message: str


_MESSAGES = {
    Mismatch.UNKNOWN_PREFIX: "The first three digits are in no published list of places.",
    Mismatch.OTHER_PREFIX: "The first three digits name another place of birth registration.",
    Mismatch.SEX: "The fourth digit stands for the other sex.",
    Mismatch.CENTURY: "The fourth digit stands for another century.",
    Mismatch.YEAR: "The fifth and sixth digits are another birth year.",
}


@dataclass(frozen=True, slots=True, order=True)
class PersonalId:
    """A personal identification number, twelve digits; ``repr`` hides it from logs."""

    value: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, str) or not _TWELVE_DIGITS.fullmatch(self.value):
            raise BadPersonalId

    @classmethod
    def parse(cls, text: str) -> PersonalId:
        """Read a number as typed or printed; spaces and points between groups may stand."""
        return cls(_GROUPING.sub("", text))

    @classmethod
    def compose(cls, *, prefix: str, sex: Sex, year: int, serial: int) -> PersonalId:
        """Put a number together; choosing an unpredictable, unused serial is the issuer's task."""
        if not 0 <= serial <= 999_999:
            raise ValueError("the last part has six digits")
        if not re.fullmatch(r"[0-9]{3}", prefix):
            raise ValueError("the prefix has three digits")
        return cls(f"{prefix}{century_sex_digit(sex, year)}{year % 100:02d}{serial:06d}")

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return "PersonalId(············)"

    @property
    def prefix(self) -> str:
        """Place of birth registration (`PIN_PREFIXES`)."""
        return self.value[:3]

    @property
    def sex(self) -> Sex:
        return Sex.FEMALE if int(self.value[3]) % 2 else Sex.MALE

    @property
    def century(self) -> int:
        """First year of the century: 1900 for 0 and 1, 2000 for 2 and 3, to 2300."""
        return 1900 + 100 * (int(self.value[3]) // 2)

    @property
    def birth_year(self) -> int:
        return self.century + int(self.value[4:6])

    @property
    def serial(self) -> str:
        return self.value[6:]

    @property
    def grouped(self) -> str:
        """``091 321 004 217``, for screens; stored and copied without spaces."""
        return " ".join(self.value[start : start + 3] for start in range(0, 12, 3))

    @property
    def masked(self) -> str:
        """Only the last three digits, for lists and confirmations."""
        return f"··· ··· ··· {self.value[9:]}"

    def structure_warnings(
        self,
        sex: Sex | None = None,
        born_on: date | int | None = None,
        *,
        prefix: str | None = None,
        prefixes: Container[str] = PIN_PREFIXES,
    ) -> tuple[StructureWarning, ...]:
        """
        Where the number contradicts what is known of the person.

        ``born_on`` may be a year alone, since older records know no more.
        Unknown particulars are not compared.
        """
        found: list[Mismatch] = []
        if self.prefix not in prefixes:
            found.append(Mismatch.UNKNOWN_PREFIX)
        if prefix is not None and prefix != self.prefix:
            found.append(Mismatch.OTHER_PREFIX)
        if sex is not None and sex != self.sex:
            found.append(Mismatch.SEX)
        if born_on is not None:
            year = born_on.year if isinstance(born_on, date) else born_on
            if year // 100 * 100 != self.century:
                found.append(Mismatch.CENTURY)
            if year % 100 != self.birth_year % 100:
                found.append(Mismatch.YEAR)
        return tuple(StructureWarning(kind, _MESSAGES[kind]) for kind in found)


def century_sex_digit(sex: Sex, year: int) -> int:
    """The fourth digit: 0 and 1 for men and women born 1900-1999, 2 and 3 for 2000-2099, on."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("the numbering covers births from 1900 to 2399")
    return 2 * ((year - FIRST_YEAR) // 100) + (sex is Sex.FEMALE)

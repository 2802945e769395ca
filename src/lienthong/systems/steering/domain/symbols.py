"""
Number and symbol of a document, and the kind that its symbol names.

Decree 30/2020/NĐ-CP, annex III.I: a named type is ``NN/<TYPE>-<BODY>``
(17/NQ-CP), a legal act carries its year (23/2021/QĐ-TTg), an official letter
has no type (2304/BTTTT-THH). Symbols differ by one stroke (ĐA, DA), so they are
compared as they stand, in NFC. Older symbols without a hyphen (435/LĐCP) are
read and marked.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from ..errors import BadSymbol

LETTERS = "0-9A-Za-zĐđƯưƠơÂâÊêÔô&"
WRITTEN = re.compile(
    rf"(?P<number>[0-9]{{1,6}})(?:/(?P<year>[0-9]{{4}}))?/(?P<symbol>[{LETTERS}]+(?:-[{LETTERS}]+)*)"
)


class Kind(StrEnum):
    RESOLUTION = "resolution"
    DECREE = "decree"
    DECISION = "decision"
    DIRECTIVE = "directive"
    TELEGRAM = "telegram"
    NOTICE = "notice"
    PROGRAMME = "programme"
    PLAN = "plan"
    REPORT = "report"
    GUIDANCE = "guidance"
    SUBMISSION = "submission"
    LETTER = "letter"
    OTHER = "other"


KINDS = {
    "NQ": Kind.RESOLUTION,
    "NĐ": Kind.DECREE,
    "QĐ": Kind.DECISION,
    "CT": Kind.DIRECTIVE,
    "CĐ": Kind.TELEGRAM,
    "TB": Kind.NOTICE,
    "CTr": Kind.PROGRAMME,
    "KH": Kind.PLAN,
    "BC": Kind.REPORT,
    "HD": Kind.GUIDANCE,
    "TTr": Kind.SUBMISSION,
}
# The other named types of annex III.I: known as types, with no rule of their own here.
OTHER_TYPES = frozenset(
    (
        "QC",
        "QyĐ",
        "TC",
        "PA",
        "ĐA",
        "DA",
        "BB",
        "HĐ",
        "BGN",
        "BTT",
        "GUQ",
        "GM",
        "GGT",
        "GNP",
        "PG",
        "PC",
        "PB",
        "SY",
        "TrS",
        "SL",
        "TT",
    )
)


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """``17/NQ-CP`` taken apart: number, year of a legal act, symbol."""

    number: int
    symbol: str
    act_year: int | None = None

    @classmethod
    def parse(cls, text: str) -> DocumentNumber:
        """Read what is printed after ``Số:``, with blanks or without; raises `BadSymbol`."""
        plain = unicodedata.normalize("NFC", text).strip()
        plain = re.sub(r"^(?:số|Số|SỐ)\s*:?\s*", "", plain)
        plain = re.sub(r"\s*([/–-])\s*", r"\1", plain).replace("–", "-")
        match = WRITTEN.fullmatch(plain)
        if match is None or int(match["number"]) == 0:
            raise BadSymbol(number=text[:60])
        year = int(match["year"]) if match["year"] else None
        return cls(int(match["number"]), match["symbol"], year)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.symbol.split("-"))

    @property
    def is_standard(self) -> bool:
        """Whether the symbol has the hyphen that Decree 30/2020 asks for."""
        return len(self.parts) > 1

    @property
    def kind(self) -> Kind:
        """What the symbol says the document is; a symbol without a type is an official letter."""
        first = self.parts[0]
        if first in OTHER_TYPES and self.is_standard:
            return Kind.OTHER
        return KINDS.get(first, Kind.LETTER) if self.is_standard else Kind.LETTER

    @property
    def body(self) -> str:
        """Abbreviation of the issuer in the symbol: ``CP``, ``TTg``, ``BTTTT``."""
        if not self.is_standard:
            return ""
        named = self.parts[0] in KINDS or self.parts[0] in OTHER_TYPES
        return self.parts[1] if named else self.parts[0]

    def __str__(self) -> str:
        year = f"/{self.act_year}" if self.act_year is not None else ""
        return f"{self.number:02d}{year}/{self.symbol}"

"""
How a document is named in a text: number and symbol, then the day, then the issuer.

``17/NQ-CP`` is enough while one document bears it. Two provinces may each have a
``120/UBND-VX``, so ``ngày 11/9/2021`` and ``của …`` (a name or a code) tell them apart,
in the words of Decree 30/2020/NĐ-CP, annex I.II.5 on citing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from ..errors import BadSymbol
from .symbols import LETTERS, DocumentNumber

NUMBER = rf"[0-9]{{1,6}}\s*/\s*(?:[0-9]{{4}}\s*/\s*)?[{LETTERS}]+(?:\s*[-–]\s*[{LETTERS}]+)*"
DAY = r"(?P<day>[0-9]{1,2})\s*[/.-]\s*(?P<month>[0-9]{1,2})\s*[/.-]\s*(?P<year>[0-9]{4})"
WRITTEN = re.compile(
    rf"(?P<number>(?:số\s*:?\s*)?{NUMBER})"
    rf"(?:,?\s+ngày\s+{DAY})?"
    r"(?:,?\s+của\s+(?P<issuer>.+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Citation:
    """What a text says of a document: its number, and perhaps its day and its issuer."""

    number: DocumentNumber
    on: date | None = None
    issuer: str = ""
    """Name or code of the body, as written."""

    @classmethod
    def parse(cls, text: str) -> Citation:
        """Read ``6922/VP-KGVX ngày 11/9/2021 của …``; raises `BadSymbol`."""
        plain = " ".join(unicodedata.normalize("NFC", text).split()).strip(" .;")
        match = WRITTEN.fullmatch(plain)
        if match is None:
            raise BadSymbol(number=text[:60])
        try:
            on = (
                date(int(match["year"]), int(match["month"]), int(match["day"]))
                if match["day"]
                else None
            )
        except ValueError:
            raise BadSymbol(number=text[:60]) from None
        return cls(DocumentNumber.parse(match["number"]), on, (match["issuer"] or "").strip())

    def __str__(self) -> str:
        day = f" ngày {self.on:%d/%m/%Y}" if self.on else ""
        issuer = f" của {self.issuer}" if self.issuer else ""
        return f"{self.number}{day}{issuer}"

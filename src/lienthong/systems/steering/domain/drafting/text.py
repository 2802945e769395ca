"""
Text as paragraphs: what was pasted, or read out of a file, without its line breaks.

A PDF gives lines as they were set, a DOCX one line a paragraph, a copied page
marks of its own. All become paragraphs with the mark (``1.``, ``a)``, ``-``) that
opens them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 400_000
"""Characters read of one document; a resolution of a hundred pages has fewer."""

MARK = re.compile(
    r"^(?P<mark>(?:Điều\s+\d{1,3}\s*[.:]|[IVX]{1,5}\s*[.)]|\d{1,2}(?:\.\d{1,2})*\s*[.)]"
    r"|\d{1,2}(?:\.\d{1,2})+|[a-zđ]\s*[).]|[-–+•*]))\s+(?=\S)"
)
DECORATION = re.compile(r"(?:^#{1,6}\s+)|\*{1,3}|_{2,}")
ENDS = (".", ";", ":", "!", "/.", ",")
PAGE_NUMBER = re.compile(r"^[-–\s]*\d{1,3}[-–\s]*$")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; ``mark`` is what opens it (``2.``, ``a)``), ``text`` the rest."""

    mark: str
    text: str

    @property
    def depth(self) -> int:
        """0 for a part (I., Điều 1.), 1 for 1., 2 for a), 3 for a dash, 4 without a mark."""
        if not self.mark:
            return 4
        first = self.mark[0]
        if self.mark.startswith("Điều") or first in "IVX":
            return 0
        if first.isdigit():
            return 1
        return 2 if first.isalpha() else 3


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a text, NFC, without decoration, page numbers and broken lines."""
    found: list[str] = []
    open_line = False
    for line in unicodedata.normalize("NFC", text[:LONGEST]).replace("\r\n", "\n").split("\n"):
        plain = " ".join(DECORATION.sub("", line).replace("\u00a0", " ").split())
        if not plain or PAGE_NUMBER.fullmatch(plain):
            # A page break in the middle of a sentence leaves the sentence open.
            open_line = open_line and not plain and not found[-1].endswith(ENDS)
            if found and found[-1].endswith((",", "Thủ")):
                open_line = True
            continue
        if open_line and continues(found[-1], plain):
            found[-1] = f"{found[-1]} {plain}"
        else:
            found.append(plain)
        open_line = True
    return [marked(line) for line in found]


def continues(before: str, line: str) -> bool:
    """Whether a line goes on with the sentence of the one before it."""
    if MARK.match(line) or before.isupper() or line.isupper():
        return False
    if line.startswith(("Số:", "Kính gửi", "V/v", "Nơi nhận", "Căn cứ", "Độc lập")):
        return False
    if before.endswith((".", ";", ":", "/.")):
        return False
    return line[0].islower() or line[0].isdigit() or len(before) > 55


def marked(line: str) -> Paragraph:
    match = MARK.match(line)
    if match is None:
        return Paragraph("", line)
    return Paragraph("".join(match["mark"].split()), line[match.end() :])


def sentences(text: str) -> list[str]:
    """Sentences of a paragraph; a point inside a number or a symbol ends none."""
    parts = re.split(r"(?<=[^\d\s.][.!?])\s+(?=[A-ZĐÁÀẢÃẠĂÂÊÔƠƯỦỨỪỰÚÙÝÓÒỐỒÍÌẤẦ])", text)
    return [part.strip() for part in parts if part.strip()]

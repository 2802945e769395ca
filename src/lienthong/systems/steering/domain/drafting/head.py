"""Number, date, issuer and subject of a document, each with the line it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ...errors import BadSymbol
from ..bodies import Bodies, Known, key
from ..symbols import LETTERS, DocumentNumber
from .confidence import Confidence
from .text import Paragraph

NUMBER = re.compile(
    rf"(?:Số|SỐ)\s*:?\s*(?P<number>\d{{1,6}}\s*/\s*(?:\d{{4}}\s*/\s*)?[{LETTERS}]+(?:\s*-\s*[{LETTERS}]+)*)"
)
LONG_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
ABOUT = re.compile(r"^V/v\s*:?\s*(?P<subject>.+)$", re.IGNORECASE)
TITLES = frozenset(
    (
        "NGHỊ QUYẾT",
        "QUYẾT ĐỊNH",
        "CHỈ THỊ",
        "CÔNG ĐIỆN",
        "THÔNG BÁO",
        "KẾ HOẠCH",
        "BÁO CÁO",
        "CHƯƠNG TRÌNH",
        "HƯỚNG DẪN",
        "TỜ TRÌNH",
        "CÔNG ĐIỆN KHẨN",
    )
)
MOTTO = ("CỘNG HÒA XÃ HỘI", "CỘNG HOÀ XÃ HỘI", "ĐỘC LẬP")
HEAD_LINES = 22


@dataclass(frozen=True, slots=True)
class Found:
    """One particular of the head: what it is, the line it came from, how sure the rule is."""

    value: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Head:
    number: Found | None = None
    issued_on: Found | None = None
    issuer: Found | None = None
    """``value`` is the code of the body."""
    subject: Found | None = None


def read_head(found: Sequence[Paragraph], bodies: Bodies) -> Head:
    """What the first lines say; what they do not say stays empty."""
    lines = [f"{p.mark} {p.text}".strip() for p in found[:HEAD_LINES]]
    number = number_of(lines)
    return Head(
        number=number,
        issued_on=date_of(lines),
        issuer=issuer_of(lines, number, bodies),
        subject=subject_of(lines),
    )


def number_of(lines: Sequence[str]) -> Found | None:
    for line in lines:
        if (match := NUMBER.search(line)) is not None:
            try:
                number = DocumentNumber.parse(match["number"])
            except BadSymbol:
                continue
            # A number inside running text cites another document.
            at_start = line.startswith(match[0])
            sure = Confidence.HIGH if at_start and number.is_standard else Confidence.MEDIUM
            return Found(str(number), line, sure)
    return None


def date_of(lines: Sequence[str]) -> Found | None:
    for line in lines:
        if (match := LONG_DATE.search(line)) is not None:
            try:
                day = date(int(match[3]), int(match[2]), int(match[1]))
            except ValueError:
                continue
            # ``Hà Nội, ngày …`` is the date line; anything longer is a sentence.
            sure = Confidence.HIGH if len(line) < 60 else Confidence.LOW
            return Found(day.isoformat(), line, sure)
    return None


def issuer_of(lines: Sequence[str], number: Found | None, bodies: Bodies) -> Found | None:
    """The letterhead names it; where it does not, the symbol does."""
    heads = [line for line in lines if line.isupper() and not line.startswith(MOTTO)]
    by_key = {key(body.name): body for body in bodies}
    for count in (3, 2, 1):
        for start in range(len(heads)):
            words = heads[start : start + count]
            if len(words) == count and (body := named(words, by_key)) is not None:
                return Found(body.code, " ".join(words), Confidence.HIGH)
    if number is not None:
        body = bodies.of_abbreviation(DocumentNumber.parse(number.value).body)
        if body is not None:
            return Found(body.code, number.source, Confidence.MEDIUM)
    return None


def named(words: Sequence[str], by_key: dict[str, Known]) -> Known | None:
    """The body of a letterhead; ``UBND TỈNH … / VĂN PHÒNG`` is the office of the committee."""
    whole = spelled(" ".join(words))
    if (body := by_key.get(key(whole))) is not None:
        return body
    if len(words) > 1:
        above, own = spelled(words[0]), spelled(" ".join(words[1:]))
        place = re.sub(r"^ủy ban nhân dân ", "", above, flags=re.IGNORECASE)
        for text in (f"{own} {above}", f"{own} {place}"):
            if (body := by_key.get(key(text))) is not None:
                return body
    return None


def spelled(text: str) -> str:
    """``UBND TỈNH KIÊN GIANG`` in whole words."""
    return re.sub(r"\bUBND\b", "Ủy ban nhân dân", text).replace(" - ", " - ")


def subject_of(lines: Sequence[str]) -> Found | None:
    for at, line in enumerate(lines):
        if (match := ABOUT.match(line)) is not None:
            return Found(match["subject"].rstrip(". "), line, Confidence.HIGH)
        title = line.strip(": ")
        if title in TITLES and at + 1 < len(lines):
            following = lines[at + 1]
            if not following.isupper():
                return Found(following.rstrip(". "), following, Confidence.HIGH)
    return None

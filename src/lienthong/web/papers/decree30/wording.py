"""Rules of the text itself: number, date, recipients, ending, order of letters, figures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lienthong.web.papers.decree30.faults import Fault, Level

NUMBER = re.compile(r"^Số: (?P<no>\d{1,6})(?P<year>/\d{4})?/(?P<symbol>[0-9A-ZĐ][0-9A-Za-zĐđ]*"
                    r"(?:-[0-9A-Za-zĐđ&]+)+)$")  # fmt: skip
DRAFT_NUMBER = re.compile(r"^Số:\s*/[0-9A-ZĐ]")
DATE = re.compile(r"^(?P<place>[^,]+), ngày (?P<day>\d{1,2}) tháng (?P<month>\d{1,2}) năm \d{4}$")
DRAFT_DATE = re.compile(r"^[^,]+, ngày\s+tháng \d{1,2} năm \d{4}$")
LETTERS = "abcdđeghiklmnopqrstuvxy"
ITEM = re.compile(r"^(?P<letter>[a-zđ])\) ")
HEADING = re.compile(r"^(?:[IVX]+\.|\d+(?:\.\d+)*\.|[a-zđ]\))(?: |$)")
UPWARD = re.compile(r"(?:kính trình|kính báo cáo|trân trọng báo cáo|xin báo cáo)", re.IGNORECASE)
# What stands in a text with digits and is no figure: dates, numbers of documents, names.
NO_FIGURE = re.compile(
    r"\d{1,2}/\d{1,2}/\d{4}|\d{1,2}/\d{4}|\d{1,6}(?:/\d{4})?/[0-9A-ZĐ][\w&]*(?:-[\w&]+)*"
    r"|COVID-19|(?:ngày|tháng|năm|quý|tuần|giai đoạn|mức độ|phiên họp thứ|khóa|Phụ lục|[Đđ]iều"
    r"|khoản|mục|Mục|đến|[Nn]ghị quyết số|[Qq]uyết định số|[Vv]ăn bản số|số|lần thứ)"
    r"\s*\d+(?:\s*(?:,|và|-)\s*\d+)*(?!\d)|\b(?:19|20)\d{2}\b(?:\s*-\s*(?:19|20)\d{2})?|\d+h\d*"
)
CODED = re.compile(r"(?:\d[\d.,/]*|%|[^\W\d_]+)\s*%?\s*(?:[^\W\d_]+\s){0,2}\[[A-Z]\d{3}\]")
DIGITS = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Parts:
    """A document as its text: what the rules of wording look at."""

    number: str
    place_date: str
    recipients: tuple[str, ...]
    paragraphs: tuple[str, ...]
    """Of the body, between title and signatures."""
    every_text: tuple[str, ...]
    is_letter: bool = False
    has_addressee: bool = False


def check(parts: Parts) -> Iterator[Fault]:
    """Rules L07, L08, L14 to L18 and box 9a."""
    yield from number(parts.number)
    yield from place_date(parts.place_date)
    yield from recipients(parts.recipients)
    yield from ending(parts.paragraphs)
    yield from letters(parts.paragraphs)
    yield from normal(parts.every_text)
    yield from figures(parts.paragraphs)
    yield from addressee(parts)


def number(text: str) -> Iterator[Fault]:
    """L07; a draft leaves room for its number."""
    if DRAFT_NUMBER.match(text):
        return
    found = NUMBER.match(text)
    if found is None or (len(found["no"]) == 1) or (found["no"][0] == "0" and len(found["no"]) > 2):
        yield Fault("L07", text or "-")


def place_date(text: str) -> Iterator[Fault]:
    """L08; months 1 and 2 with a zero, the others without."""
    if DRAFT_DATE.match(text):
        return
    found = DATE.match(text)
    if found is None:
        yield Fault("L08", text or "-")
        return
    day, month = found["day"], found["month"]
    good = len(day) == 2 and 1 <= int(day) <= 31 and 1 <= int(month) <= 12
    if not good or month != (f"0{int(month)}" if int(month) < 3 else str(int(month))):
        yield Fault("L08", text)


def recipients(lines: Sequence[str]) -> Iterator[Fault]:
    """L14."""
    last = lines[-1].lstrip("- ").strip() if lines else ""
    if not last.startswith("Lưu: VT"):
        yield Fault("L14", last or "-")


def ending(paragraphs: Sequence[str]) -> Iterator[Fault]:
    """L15; looked for at the end of the last paragraph."""
    last = paragraphs[-1].rstrip() if paragraphs else ""
    if not last.endswith("./."):
        yield Fault("L15", last[-60:] or "-")


def letters(paragraphs: Sequence[str]) -> Iterator[Fault]:
    """L16: each item's letter follows the one before it, or begins anew with a."""
    before = ""
    for text in paragraphs:
        found = ITEM.match(unicodedata.normalize("NFC", text))
        if found is None:
            # A heading above the letters ends their row.
            before = "" if re.match(r"^(?:[IVX]+|\d+)\.", text) else before
            continue
        letter = found["letter"]
        place = LETTERS.find(before) + 1 if before else 0
        expected = LETTERS[place] if place < len(LETTERS) else ""
        if letter not in (expected, "a"):
            yield Fault("L16", f"{before or '-'} → {letter}")
        before = letter


def normal(texts: Sequence[str]) -> Iterator[Fault]:
    """L17."""
    for text in texts:
        if not unicodedata.is_normalized("NFC", text):
            yield Fault("L17", text[:60])


def figures(paragraphs: Sequence[str]) -> Iterator[Fault]:
    """L18: digits that are no date, number of a document or figure with its code."""
    for text in paragraphs:
        plain = unicodedata.normalize("NFC", " ".join(text.split()))
        body = HEADING.sub("", plain)
        rest = NO_FIGURE.sub(" ", CODED.sub(" ", body))
        if (found := DIGITS.search(rest)) is not None:
            yield Fault("L18", f"{found.group()}: {around(plain, found.group())}", 0, Level.WARNING)


def around(text: str, what: str) -> str:
    place = max(0, text.find(what))
    return text[max(0, place - 30) : place + 30]


def addressee(parts: Parts) -> Iterator[Fault]:
    """A report upward, or a letter, without ``Kính gửi`` (box 9a)."""
    upward = any(UPWARD.search(text) for text in parts.paragraphs[-2:])
    if (parts.is_letter or upward) and not parts.has_addressee:
        yield Fault("9a", "Kính gửi", 0, Level.WARNING)

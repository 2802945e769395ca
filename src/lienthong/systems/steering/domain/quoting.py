"""
Whether a letter quotes other documents as they are: number, symbol, day, issuer, title.

A citation is found by its number and symbol; what stands around it is compared with
the register. A title is compared where the letter says enough of it to be meant
(six words in a row), also away from its number. The letter 6922/VP-KGVX quotes a
strategy "định hướng đến năm 2020" whose own letter says 2030: found here as X8.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum

from ..errors import BadSymbol
from .citing import DAY, NUMBER
from .symbols import DocumentNumber

# What is behind ``của`` ends before the next citation of the sentence.
ISSUER = r"(?:(?!số\s*:?\s*[0-9])[^,;.()]){2,90}"
QUOTED = re.compile(
    rf"số\s*:?\s*(?P<number>{NUMBER})(?:,?\s+ngày\s+{DAY})?(?:\s+của\s+(?P<issuer>{ISSUER}))?",
    re.IGNORECASE,
)
BARE = re.compile(rf"(?<![\w/-])(?P<number>{NUMBER})(?:,?\s+ngày\s+{DAY})?")
ON_DAY = re.compile(rf",?\s+ngày\s+{DAY}")
WORD = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W\d_]+")
ENOUGH = 6
"""Words in a row that say a title is meant."""
TAIL = 4
"""Words behind the last common run that are still compared."""


class Code(StrEnum):
    UNKNOWN = "unknown"
    SYMBOL = "symbol"
    DAY = "day"
    ISSUER = "issuer"
    TITLE = "title"
    WORDING = "wording"
    SEVERAL = "several"


BLOCKING = frozenset(Code) - {Code.WORDING}
"""What must be corrected or explained before the letter goes out."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A document of the register, as far as letters quote it."""

    pk: int
    number: DocumentNumber
    issued_on: date
    issuer_names: tuple[str, ...]
    """Its issuer's name and usual short forms."""
    title: str

    def __str__(self) -> str:
        return f"{self.number} ngày {self.issued_on:%d/%m/%Y}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something quoted that is not as the document has it."""

    code: Code
    where: str
    """Which part of the letter: ``1``, ``opening``."""
    quoted: str
    expected: str
    document: str = ""
    """The document it was compared with; empty when none is known."""

    @property
    def key(self) -> str:
        """The same for the same words at the same place, so that a reason stays with it."""
        words = "\n".join((self.code, self.where, self.quoted, self.expected))
        return hashlib.sha256(words.encode()).hexdigest()

    @property
    def blocks(self) -> bool:
        return self.code in BLOCKING


@dataclass(frozen=True, slots=True)
class Quote:
    """A citation as a text has it."""

    number: DocumentNumber
    text: str
    on: date | None
    on_text: str
    issuer: str


def quotes(text: str) -> list[Quote]:
    """Every document a text cites by number, in order; the same one twice is there twice."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    found: list[tuple[int, Quote]] = []
    taken: list[tuple[int, int]] = []
    for pattern in (QUOTED, BARE):
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            quote = read(match)
            if quote is not None:
                taken.append(match.span())
                found.append((match.start(), quote))
    return [quote for _at, quote in sorted(found, key=lambda pair: pair[0])]


def read(match: re.Match[str]) -> Quote | None:
    try:
        number = DocumentNumber.parse(match["number"])
    except BadSymbol:
        return None
    if not any(sign.isupper() for sign in number.symbol):
        # ``3/4`` and ``km/h`` are no documents.
        return None
    on, on_text = None, ""
    if match["day"]:
        on_text = f"{match['day']}/{match['month']}/{match['year']}"
        try:
            on = date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            on = None
    issuer = (match.groupdict().get("issuer") or "").strip()
    return Quote(number, match["number"], on, on_text, issuer)


def check(where: str, text: str, register: Sequence[Cited]) -> list[Finding]:
    """Every difference between what a text quotes and what the register has."""
    found: list[Finding] = []
    meant: list[Cited] = []
    for quote in quotes(text):
        one, findings = compared(where, quote, register)
        found += findings
        if one is not None:
            meant.append(one)
    for cited in dict.fromkeys(meant):
        found += titles(where, text, cited)
    return list(dict.fromkeys(found))


def compared(
    where: str, quote: Quote, register: Sequence[Cited]
) -> tuple[Cited | None, list[Finding]]:
    """The document a citation means, and what the citation has otherwise."""
    same = [one for one in register if one.number == quote.number]
    if not same:
        near = nearest(quote, register)
        if near is not None:
            return near, [
                Finding(Code.SYMBOL, where, str(quote.number), str(near.number), str(near))
            ]
        return None, [Finding(Code.UNKNOWN, where, str(quote.number), "")]
    if len(same) > 1:
        by_day = [one for one in same if one.issued_on == quote.on]
        if len(by_day) != 1:
            several = "; ".join(str(one) for one in same)
            return None, [Finding(Code.SEVERAL, where, str(quote.number), several)]
        same = by_day
    one, findings = same[0], list[Finding]()
    if quote.on_text and quote.on != one.issued_on:
        written = f"{one.issued_on:%d/%m/%Y}"
        findings.append(Finding(Code.DAY, where, quote.on_text, written, str(one)))
    if quote.issuer and not names_issuer(quote.issuer, one):
        name = one.issuer_names[0]
        findings.append(Finding(Code.ISSUER, where, quote.issuer, name, str(one)))
    return one, findings


def names_issuer(text: str, one: Cited) -> bool:
    """Whether the words after ``của`` begin with a name of the issuer."""
    said = words(text)
    return any(said[: len(name)] == name for name in map(words, one.issuer_names) if name)


def nearest(quote: Quote, register: Sequence[Cited]) -> Cited | None:
    """The one document whose number or symbol differs by a slip: a stroke, a digit, a letter."""
    wanted = str(quote.number)
    close = [
        one
        for one in register
        if (one.number.number == quote.number.number or one.number.symbol == quote.number.symbol)
        and slips(wanted, str(one.number)) <= (1 if one.number.symbol == quote.number.symbol else 2)
        and quote.on in (None, one.issued_on)
    ]
    return close[0] if len(close) == 1 else None


def slips(one: str, other: str) -> int:
    """Letters to change, add or leave out to make one of the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def words(text: str) -> list[str]:
    """Words and numbers in small letters; the day of a citation is no part of a title."""
    text = ON_DAY.sub("", text)
    return [word.casefold() for word in WORD.findall(unicodedata.normalize("NFC", text))]


def titles(where: str, text: str, cited: Cited) -> list[Finding]:
    """Where a text says a document's title, but not as it is."""
    said, title = words(text), words(cited.title)
    runs = [run for run in _runs(said, title) if run.size > 1]
    if not any(run.size >= min(ENOUGH, len(title)) for run in runs):
        return []
    differences = list(_between(said, title, runs))
    if (tail := _tail(said, title, runs[-1])) is not None:
        differences.append(tail)
    return [
        Finding(
            Code.TITLE if has_number(old + new) else Code.WORDING,
            where,
            " ".join(old) or "–",
            " ".join(new) or "–",
            str(cited),
        )
        for old, new in differences
    ]


def has_number(text: Iterable[str]) -> bool:
    return any(word[0].isdigit() for word in text)


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that both have: where in the text, where in the title, how many."""

    said: int
    title: int
    size: int


def _runs(said: Sequence[str], title: Sequence[str]) -> list[Run]:
    """The common runs around the longest one, in order, without far-off chance matches."""
    matcher = SequenceMatcher(None, said, title, autojunk=False)
    blocks = [Run(*block) for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return []
    longest = max(blocks, key=lambda run: run.size)
    at = blocks.index(longest)
    kept = [longest]
    for run in reversed(blocks[:at]):
        if kept[0].said - (run.said + run.size) > TAIL:
            break
        kept.insert(0, run)
    for run in blocks[at + 1 :]:
        if run.said - (kept[-1].said + kept[-1].size) > TAIL:
            break
        kept.append(run)
    return kept


def _between(
    said: Sequence[str], title: Sequence[str], runs: Sequence[Run]
) -> Iterator[tuple[list[str], list[str]]]:
    for left, right in zip(runs, runs[1:], strict=False):
        old = list(said[left.said + left.size : right.said])
        new = list(title[left.title + left.size : right.title])
        if old != new:
            yield old, new


def _tail(
    said: Sequence[str], title: Sequence[str], last: Run
) -> tuple[list[str], list[str]] | None:
    """The words behind the last common run, as far as a number in them differs."""
    new = list(title[last.title + last.size :][:TAIL])
    old = list(said[last.said + last.size :][: len(new)])
    for n, (a, b) in enumerate(zip(old, new, strict=False), start=1):
        if a != b and a[0].isdigit() and b[0].isdigit():
            return old[:n], new[:n]
    return None

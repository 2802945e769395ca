"""
The tree a long document is made of, free of any format.

A document says what its parts are (a heading, a sentence with figures in it, the
block of signatures), and `printing`, `word` and `page` say how they look in a
PDF, a DOCX and on screen. So the three can never carry different words. Every
text is a plain string; nothing in it is ever read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str
    bold: bool = False
    italic: bool = False
    to: str = ""
    """Where it leads on a page: the anchor of a block. Paper shows the words alone."""


@dataclass(frozen=True, slots=True)
class Number:
    """A figure inside a sentence; in print its code follows in brackets."""

    code: str
    text: str
    state: str = ""
    """Empty, or what the reader must know: ``stale``, ``missing``, ``fails``."""


Inline = Text | Number


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    """1 for I, 2 for 1, 3 for a), 4 for a line without a number."""
    number: str
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: tuple[Inline, ...]
    mark: str = ""
    """The sign of an item (``-``, ``+``, ``a)``); empty for an ordinary paragraph."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    share: int
    """Width relative to the other columns."""
    end: bool = False
    """Whether its cells stand at the right, as numbers do."""


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    about: tuple[str, ...] = ()
    """For each row the code of the figure it is the source of, or nothing; empty for no row."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    text: str
    """Its value as words; what a reader without the picture reads."""
    share: int
    """Its length in thousandths of the longest possible bar."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one scale; everything drawn is also said in words."""

    caption: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """A framed remark: ``warning`` for what a reader must know, ``danger`` for a contradiction."""

    tone: str
    title: str
    inlines: tuple[Inline, ...]
    key: str = ""
    """What it is about, for a page that shows it in its own way."""


@dataclass(frozen=True, slots=True)
class LetterHead:
    """Boxes 1 to 4 of Decree 30/2020: who, which number, where and when, and the national name."""

    body: str
    number: str
    place_date: str
    parent: str = ""
    about: str = ""
    """Box 5b, of an official letter: ``V/v …``; such a letter has no `Title`."""
    secrecy: str = ""
    """Box 10a: ``MẬT``, ``TỐI MẬT``, ``TUYỆT MẬT``."""
    urgency: str = ""
    """Box 10b: ``KHẨN``, ``THƯỢNG KHẨN``, ``HỎA TỐC``."""
    circulation: str = ""
    """Box 11: ``XEM XONG TRẢ LẠI``, ``LƯU HÀNH NỘI BỘ``."""


@dataclass(frozen=True, slots=True)
class Addressees:
    """Box 9a, ``Kính gửi``: whom a report upward, a submission or a letter goes to."""

    to: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """One stands beside the words; several each on a line, with ``;`` and a last ``.``."""
        if len(self.to) == 1:
            return (f"{self.to[0]}.",)
        return tuple(f"- {line}" for line in listed(self.to))


@dataclass(frozen=True, slots=True)
class Title:
    """Box 5a: the type of the document and its abstract."""

    kind: str
    abstract: str


@dataclass(frozen=True, slots=True)
class Signing:
    """Boxes 7 and 9b: who receives it and who signs."""

    recipients: tuple[str, ...]
    authority: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """Starts a new page whose pages are numbered on their own."""

    number: str
    title: str
    reference: str = ""
    anchor: str = ""


Block = (
    Heading | Paragraph | Table | Chart | Aside | LetterHead | Addressees | Title | Signing | Annex
)


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    at: datetime
    """The moment written into the file; with the same blocks it gives the same bytes."""
    blocks: tuple[Block, ...]
    demo: bool = False
    """Whether it comes from a demonstration; then every page says so, as a certificate does."""


def inlines_of(blocks: Iterable[Block]) -> Iterator[Inline]:
    """Every word and figure of the sentences, in reading order."""
    for block in blocks:
        if isinstance(block, Paragraph | Aside):
            yield from block.inlines


def listed(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines of a list: ``;`` after each, ``.`` after the last."""
    return tuple(f"{line}{';' if n < len(lines) else '.'}" for n, line in enumerate(lines, 1))


DEMO_MARK = "BẢN TRÌNH DIỄN"
DEMO_WORDS = "Người, hồ sơ và số liệu đều là giả định, không có giá trị pháp lý."


def numbers_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Codes of the figures that stand in the sentences, each once, in order of appearance."""
    return tuple(dict.fromkeys(i.code for i in inlines_of(blocks) if isinstance(i, Number)))


def plain(inlines: Iterable[Inline]) -> str:
    """A sentence without any form."""
    return "".join(inline.text for inline in inlines)

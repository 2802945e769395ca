"""Where everything stands in a PDF, read in a process of its own; lengths are points."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lienthong.web.papers.signatures.bounded import ChildFailed, converse
from lienthong.web.papers.signatures.errors import NotReadable

CHILD = Path(__file__).resolve().parent / "layout_child.py"
SECONDS = 30.0
MOST_PAGES = 400
LARGEST = 32 * 1024 * 1024
MM = 72 / 25.4
"""Points in a millimetre."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stand together on one line."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    face: str
    faces: tuple[str, ...]

    @property
    def bold(self) -> bool:
        return "bold" in self.face.lower()

    @property
    def italic(self) -> bool:
        return "italic" in self.face.lower() or "oblique" in self.face.lower()

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def words(self) -> str:
        """The text in NFC with single blanks."""
        return " ".join(unicodedata.normalize("NFC", self.text).split())


@dataclass(frozen=True, slots=True)
class Rule:
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0


@dataclass(frozen=True, slots=True)
class Page:
    """One page; runs stand from its top, left to right."""

    width: float
    height: float
    runs: tuple[Run, ...]
    rules: tuple[Rule, ...]


def read(pdf: bytes, *, until: Sequence[str] = ()) -> tuple[Page, ...]:
    """
    The pages of a PDF; raises `NotReadable`.

    With ``until`` only those up to the first where each of these words stands by itself:
    a signature is found without reading the annexes.
    """
    if not pdf.startswith(b"%PDF-") or len(pdf) > LARGEST:
        raise NotReadable(size=len(pdf))
    job = {
        "pdf": base64.b64encode(pdf).decode(),
        "pages": MOST_PAGES,
        "until": [" ".join(unicodedata.normalize("NFC", one).upper().split()) for one in until],
    }
    try:
        told = converse(CHILD, job, seconds=SECONDS)
    except ChildFailed:
        raise NotReadable() from None
    if told["outcome"] != "read":
        raise NotReadable(why=told["kind"])
    return tuple(
        Page(
            width=page["width"],
            height=page["height"],
            runs=tuple(Run(**{**run, "faces": tuple(run["faces"])}) for run in page["runs"]),
            rules=tuple(Rule(*rule) for rule in page["rules"]),
        )
        for page in told["pages"]
    )


def text_of(pages: Sequence[Page]) -> str:
    """All words in reading order, single blanks, NFC."""
    return " ".join(run.words for page in pages for run in page.runs if run.words)

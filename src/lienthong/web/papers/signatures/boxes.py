"""
Where the signatures of a document stand (Decree 30/2020, annex I, II.7 and II.8).

A person signs between authority and name; the seal covers about a third of that
signature on its left. Both places are computed from the page as it was printed:
from the last authority line (7a) with the name (7b) under it, never fixed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from lienthong.web.papers.signatures.errors import NoPlaceToSign
from lienthong.web.papers.signatures.layout import MM, Page, Run

PERSON_WIDTH = 48 * MM
SEAL = 36 * MM
"""Diameter of a body's seal in its real size."""
OVERLAP = 1 / 3
CLEAR = 1.5 * MM
"""Kept free of authority and name."""
LEAST_HEIGHT = 10 * MM
ABOUT_ONE_LINE = 1.6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from its lower left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def listed(self) -> list[float]:
        return [round(side, 2) for side in (self.x0, self.y0, self.x1, self.y1)]


@dataclass(frozen=True, slots=True)
class Places:
    """Where person and body sign: the page, counted from 0, and both boxes."""

    page: int
    person: Box
    seal: Box


def find(pages: Sequence[Page], *, authority: str, name: str) -> Places:
    """
    The places under the last line of the authority, on the last page where it stands.

    Raises `NoPlaceToSign` when authority and name do not stand under each other.
    """
    for number in range(len(pages) - 1, -1, -1):
        page = pages[number]
        for title in reversed([run for run in page.runs if same(run.words, authority)]):
            if (under := name_under(page, title, name)) is not None:
                return places(number, page, title, under)
    raise NoPlaceToSign(authority=authority)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same words, whatever their case."""
    return plain(one) == plain(other)


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).upper().split())


def name_under(page: Page, title: Run, name: str) -> Run | None:
    """The run with this name, centred under a line of the authority."""
    found = [
        run
        for run in page.runs
        if run.baseline < title.baseline
        and same(run.words, name)
        and abs(run.middle - title.middle) < 6 * MM
    ]
    return max(found, key=lambda run: run.baseline, default=None)


def places(number: int, page: Page, title: Run, name: Run) -> Places:
    top = title.baseline - 0.25 * title.size - CLEAR
    bottom = name.baseline + 0.85 * name.size + CLEAR
    if top - bottom < LEAST_HEIGHT:
        raise NoPlaceToSign(room=round((top - bottom) / MM, 1))
    middle, half = title.middle, PERSON_WIDTH / 2
    person = Box(middle - half, bottom, middle + half, top)
    right = person.x0 + OVERLAP * person.width
    centre = (top + bottom) / 2
    seal = Box(right - SEAL, centre - SEAL / 2, right, centre + SEAL / 2)
    if seal.x0 < 0 or seal.y0 < 0 or person.x1 > page.width:
        raise NoPlaceToSign(page=number + 1)
    return Places(number, person, seal)

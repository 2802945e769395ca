"""
The layout of a DOCX: how it is set, since only a word processor knows its pages.

Rules about places on a page are kept by what Word is told: a heading keeps with the
next paragraph, the row of signatures is never broken, page 1 has a header of its own.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lienthong.web.papers import metrics
from lienthong.web.papers.decree30 import wording
from lienthong.web.papers.decree30.faults import Fault
from lienthong.web.papers.decree30.pdf import ANNEX, MOTTO, NATIONAL, TIMES
from lienthong.web.papers.decree30.wording import Parts
from lienthong.web.papers.signatures.bounded import ChildFailed, converse
from lienthong.web.papers.signatures.errors import NotReadable

CHILD = Path(__file__).resolve().parent / "docx_child.py"
SECONDS = 30.0
LARGEST = 16 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_PARTS = 500
CELL_PADDING = 1.9


@dataclass(frozen=True, slots=True)
class Set:
    """One paragraph as it is set."""

    told: dict[str, Any]

    @property
    def text(self) -> str:
        return " ".join(str(self.told["text"]).replace("\n", " ").split())

    @property
    def lines(self) -> list[str]:
        return [line for line in str(self.told["text"]).split("\n") if line.strip()]

    @property
    def main(self) -> dict[str, Any]:
        """The run with most of the words."""
        empty = {"text": "", "size": 0.0, "bold": False, "italic": False, "underline": False,
                 "font": ""}  # fmt: skip
        return max(self.told["runs"], key=lambda run: len(run["text"]), default=empty)


class Sheet:
    """A DOCX with the parts of the decree found in it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.sections: list[dict[str, Any]] = told["sections"]
        every = [Set(one) for one in told["paragraphs"]]
        self.annex_at = next(
            (n for n, one in enumerate(every) if ANNEX.match(one.text) and one.main["bold"]),
            len(every),
        )
        self.every = every
        self.main = every[: self.annex_at]

    def one(self, text: str) -> Set | None:
        return next((p for p in self.main if p.text.startswith(text)), None)

    @cached_property
    def motto(self) -> Set | None:
        return next((p for p in self.main if MOTTO.match(p.text)), None)

    @cached_property
    def number(self) -> Set | None:
        return self.one("Số:")

    @cached_property
    def date(self) -> Set | None:
        return next((p for p in self.main if ", ngày" in p.text and p.main["italic"]), None)

    @cached_property
    def body_name(self) -> Set | None:
        head = [p for p in self.main if p.told["table"] == 1 and p.told["column"] == 0]
        return next((p for p in reversed(head) if p.main["bold"] and p.text), None)

    @cached_property
    def title(self) -> list[Set]:
        """Type name and abstract: centred bold paragraphs after the head."""
        found: list[Set] = []
        for p in self.main:
            if p.told["table"] == 0 and p.told["alignment"] == "CENTER" and p.main["bold"]:
                found.append(p)
            elif found and p.text:
                break
        return found[:2]

    @cached_property
    def signing_table(self) -> int:
        head = self.one("Nơi nhận:")
        return int(head.told["table"]) if head else 0

    @cached_property
    def authority(self) -> list[Set]:
        right = [
            p
            for p in self.main
            if p.told["table"] == self.signing_table and p.told["column"] == 1 and p.text
        ]
        return right if self.signing_table else []

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        left = [
            p.text
            for p in self.main
            if self.signing_table and p.told["table"] == self.signing_table
            and p.told["column"] == 0 and p.text
        ]  # fmt: skip
        return tuple(left[1:])

    @cached_property
    def paragraphs(self) -> list[Set]:
        """Of the body: outside tables, after the title, neither centred nor addressed."""
        start = self.main.index(self.title[-1]) + 1 if self.title else 0
        end = next(
            (n for n, p in enumerate(self.main) if p.told["table"] == self.signing_table),
            len(self.main),
        ) if self.signing_table else len(self.main)  # fmt: skip
        return [
            p
            for p in self.main[start:end]
            if p.told["table"] == 0 and p.text and not p.text.startswith("Kính gửi")
            and not (p.told["left"] > 40 and p.text.startswith("-"))
        ]  # fmt: skip


def check_docx(docx: bytes) -> list[Fault]:
    """Every rule that a DOCX does not keep; raises `NotReadable`."""
    refuse_bomb(docx)
    job = {"docx": base64.b64encode(docx).decode()}
    try:
        told = converse(CHILD, job, seconds=SECONDS)
    except ChildFailed:
        raise NotReadable() from None
    if told["outcome"] != "read":
        raise NotReadable(why=told["kind"])
    sheet = Sheet(told)
    found: list[Fault] = []
    for rule in (paper, faces, page_numbers, rules_under, sizes, text_block, kept_together):
        found += rule(sheet)
    return found + list(wording.check(parts_of(sheet)))


def refuse_bomb(docx: bytes) -> None:
    """A DOCX is an archive: its parts are counted and added up before any is unpacked."""
    if len(docx) > LARGEST:
        raise NotReadable(size=len(docx))
    try:
        with zipfile.ZipFile(io.BytesIO(docx)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise NotReadable() from None
    whole = sum(part.file_size for part in parts)
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS or whole > MOST_UNPACKED or len(names) != len(parts):
        raise NotReadable(why="bomb")


def parts_of(sheet: Sheet) -> Parts:
    return Parts(
        number=sheet.number.text if sheet.number else "",
        place_date=sheet.date.text if sheet.date else "",
        recipients=sheet.recipients,
        paragraphs=tuple(p.text for p in sheet.paragraphs),
        every_text=tuple(str(p.told["text"]) for p in sheet.every),
        is_letter=sheet.one("V/v") is not None,
        has_addressee=sheet.one("Kính gửi") is not None,
    )


def paper(sheet: Sheet) -> Iterator[Fault]:
    """L01 and L02."""
    for one in sheet.sections:
        sides = sorted((one["width"] or 0.0, one["height"] or 0.0))
        if abs(sides[0] - 210) > 1 or abs(sides[1] - 297) > 1:
            yield Fault("L01", f"{sides[0]:.0f} x {sides[1]:.0f} mm")
        for name, least, most in (
            ("top", 20, 25), ("bottom", 20, 25), ("left", 30, 35), ("right", 15, 20),
        ):  # fmt: skip
            found = one[name] or 0.0
            if not least - 0.3 <= found <= most + 0.3:
                yield Fault("L02", f"{name} {found:.1f} mm")


def faces(sheet: Sheet) -> Iterator[Fault]:
    """L03."""
    seen = {run["font"] for p in sheet.every for run in p.told["runs"]}
    for face in sorted(seen):
        if not TIMES.search(face):
            yield Fault("L03", face or "-")


def page_numbers(sheet: Sheet) -> Iterator[Fault]:
    """L04: page 1 has a header of its own without a number; an annex begins at 1."""
    for number, one in enumerate(sheet.sections):
        if not one["first_differs"] or not one["number_in_header"] or one["number_on_first"]:
            yield Fault("L04", f"section {number + 1}")
        if number and one["starts_at"] != "1":
            yield Fault("L04", f"section {number + 1}: {one['starts_at'] or '-'}")


def rules_under(sheet: Sheet) -> Iterator[Fault]:
    """L05 and L06; a rule is an underline of the words, or the border of an empty paragraph."""
    motto = sheet.motto
    if motto is None or sheet.one(NATIONAL) is None or not motto.main["underline"]:
        share = ruled_share(sheet, motto) if motto else 0.0
        if abs(share - 1) > 0.02:
            yield Fault("L05", f"{share:.0%}")
    for over in (sheet.body_name, sheet.title[-1] if sheet.title else None):
        if over is not None and not 0.32 <= (share := ruled_share(sheet, over)) <= 0.51:
            yield Fault("L06", f"{over.text[:40]}: {share:.0%}")


def ruled_share(sheet: Sheet, over: Set) -> float:
    """Length of the rule after a paragraph, as a share of the widest line of its words."""
    place = sheet.main.index(over) + 1
    if place >= len(sheet.main) or not sheet.main[place].told["ruled"]:
        return 0.0
    under = sheet.main[place].told
    page = sheet.sections[0]
    text_width = (page["width"] or 210) - (page["left"] or 30) - (page["right"] or 15)
    room = under["room"] - 2 * CELL_PADDING if under["room"] else text_width
    length = room - under["left"] - under["right"]
    widths = [
        metrics.width_of(line, over.main["size"], bold=over.main["bold"]) for line in over.lines
    ]
    widest = min(max(widths, default=0.0), room)
    return float(length / widest) if widest else 0.0


def sizes(sheet: Sheet) -> Iterator[Fault]:
    """L09."""
    wanted: list[tuple[Set | None, float, float, bool, bool]] = [
        (sheet.one(NATIONAL), 12, 13, True, False),
        (sheet.motto, 13, 14, True, False),
        (sheet.number, 13, 13, False, False),
        (sheet.date, 13, 14, False, True),
        (sheet.body_name, 12, 13, True, False),
        (sheet.one("Nơi nhận:"), 12, 12, True, True),
        *((p, 13, 14, True, False) for p in sheet.title),
        *((p, 13, 14, True, False) for p in sheet.authority),
    ]
    for p, least, most, bold, italic in wanted:
        if p is None:
            continue
        run = p.main
        good = least - 0.05 <= run["size"] <= most + 0.05
        if not good or (run["bold"], run["italic"]) != (bold, italic):
            yield Fault("L09", f"{p.text[:40]}: {run['size']:g} pt")
    for p in sheet.paragraphs:
        if not 12.95 <= p.main["size"] <= 14.05:
            yield Fault("L09", f"{p.text[:40]}: {p.main['size']:g} pt")


def text_block(sheet: Sheet) -> Iterator[Fault]:
    """L10."""
    for p in sheet.paragraphs:
        told = p.told
        if p.main["bold"]:
            continue
        if told["alignment"] != "JUSTIFY":
            yield Fault("L10", f"{told['alignment'].lower()}: {p.text[:40]}")
        if min(abs(told["indent"] - 10), abs(told["indent"] - 12.7)) > 0.3:
            yield Fault("L10", f"{told['indent']:.1f} mm: {p.text[:40]}")
        if told["before"] + told["after"] < 6 - 0.05:
            yield Fault("L10", f"{told['before'] + told['after']:.1f} pt: {p.text[:40]}")
        if told["spacing"] < 0.99 or (told["spacing"] > 1.51 and told["spacing"] < 4):
            yield Fault("L10", f"{told['spacing']:g}: {p.text[:40]}")


def kept_together(sheet: Sheet) -> Iterator[Fault]:
    """L11 to L13: headings keep with what follows, signatures stay in one row, text before them."""
    for p in sheet.paragraphs:
        if p.told["style"].startswith("Heading") and not p.told["keeps_next"]:
            yield Fault("L11", p.text[:40])
    head = sheet.one("Nơi nhận:")
    if head is None or not sheet.authority:
        yield Fault("L13", "-")
        return
    last = sheet.paragraphs[-1] if sheet.paragraphs else None
    if not head.told["keeps_row"] or last is None or not last.told["keeps_next"]:
        yield Fault("L12", last.text[:40] if last else "-")
    first = sheet.authority[0]
    if (first.told["row"], first.told["table"]) != (head.told["row"], head.told["table"]):
        yield Fault("L13", first.text[:40])

"""
How wide words are in the face of the papers (Tinos, with the widths of Times New Roman).

Read from the font's own tables, so that a rule in a DOCX is as long as a share of
the words over it before any word processor has seen the file.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

from lienthong.web.papers.coverage import subtables
from lienthong.web.papers.press import FONTS

POINT = 25.4 / 72
"""Millimetres in a point."""
FACES = {False: "Tinos-Regular.ttf", True: "Tinos-Bold.ttf"}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Millimetres of a line of text in points of this size; unknown signs count as blanks."""
    widths, glyphs, units = face(FONTS / FACES[bold])
    blank = glyphs.get(0x20, 0)
    total = sum(widths[min(glyphs.get(ord(sign), blank), len(widths) - 1)] for sign in text)
    return total / units * size * POINT


@lru_cache(maxsize=4)
def face(font: Path) -> tuple[tuple[int, ...], dict[int, int], int]:
    """Advance widths by glyph, glyphs by code point, and units of the em (OpenType)."""
    raw = font.read_bytes()
    head, hhea, hmtx, cmap = (table(raw, tag) for tag in (b"head", b"hhea", b"hmtx", b"cmap"))
    units = struct.unpack_from(">H", raw, head + 18)[0]
    count = struct.unpack_from(">H", raw, hhea + 34)[0]
    widths = tuple(struct.unpack_from(">H", raw, hmtx + 4 * glyph)[0] for glyph in range(count))
    glyphs: dict[int, int] = {}
    for at in subtables(raw, cmap):
        if struct.unpack_from(">H", raw, at)[0] == 4:
            glyphs |= segments(raw, at)
    return widths, glyphs, units


def table(raw: bytes, wanted: bytes) -> int:
    """Where a table of the font begins; KeyError for one it does not have."""
    for number in range(struct.unpack_from(">H", raw, 4)[0]):
        tag, _, start, _ = struct.unpack_from(">4sIII", raw, 12 + 16 * number)
        if tag == wanted:
            return int(start)
    raise KeyError(wanted)


def segments(raw: bytes, at: int) -> dict[int, int]:
    """Glyphs of a character map of format 4 (all of Vietnamese lies within it)."""
    count = struct.unpack_from(">H", raw, at + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", raw, at + 14 + place)
        for place in (0, 2 + 2 * count, 2 + 4 * count, 2 + 6 * count)
    )
    found = {}
    for number in range(count):
        for code in range(starts[number], min(ends[number], 0xFFFE) + 1):
            if offsets[number] == 0:
                glyph = code + deltas[number]
            else:
                place = at + 16 + 6 * count + 2 * number + offsets[number]
                glyph = struct.unpack_from(">H", raw, place + 2 * (code - starts[number]))[0]
                glyph += deltas[number] if glyph else 0
            found[code] = glyph & 0xFFFF
    return found

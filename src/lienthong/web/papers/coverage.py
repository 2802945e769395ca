"""
Which signs the fonts of the papers can print.

typst draws an empty box for a sign no font has and says nothing; on a birth
certificate that box would stand in somebody's name. So what goes to print is
checked against the character maps of the fonts first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

# Signs that steer the line and are never drawn.
UNSEEN = frozenset("\t\n\r\u00ad\u200b\u200c\u200d\u2028\u2029\u2060\ufeff")
BODY_FACE = "Tinos-Regular.ttf"


def missing(data: Any, fonts: Path) -> str:
    """The signs in any text of the data that the body face lacks, each once, in order."""
    known = signs_of(fonts / BODY_FACE)
    found = dict.fromkeys(
        sign
        for text in texts_of(data)
        for sign in text
        if ord(sign) > 0x7E and ord(sign) not in known and sign not in UNSEEN
    )
    return "".join(found)


def texts_of(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from texts_of(value)
    elif isinstance(data, Sequence):
        for value in data:
            yield from texts_of(value)


@lru_cache(maxsize=8)
def signs_of(font: Path) -> frozenset[int]:
    """Code points in the character map of a TrueType font (OpenType, table ``cmap``)."""
    raw = font.read_bytes()
    tables = struct.unpack_from(">H", raw, 4)[0]
    for number in range(tables):
        tag, _, start, _ = struct.unpack_from(">4sIII", raw, 12 + 16 * number)
        if tag == b"cmap":
            return frozenset(code for at in subtables(raw, start) for code in codes(raw, at))
    return frozenset()


def subtables(raw: bytes, start: int) -> Iterable[int]:
    """Where the Unicode maps begin: platform 0, and Windows with encodings 1 and 10."""
    count = struct.unpack_from(">H", raw, start + 2)[0]
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", raw, start + 4 + 8 * number)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            yield start + offset


def codes(raw: bytes, at: int) -> Iterator[int]:
    """Code points of a map of format 4 (segments) or 12 (groups)."""
    form = struct.unpack_from(">H", raw, at)[0]
    if form == 4:
        segments = struct.unpack_from(">H", raw, at + 6)[0] // 2
        ends = struct.unpack_from(f">{segments}H", raw, at + 14)
        starts = struct.unpack_from(f">{segments}H", raw, at + 16 + 2 * segments)
        for first, last in zip(starts, ends, strict=True):
            yield from range(first, min(last, 0xFFFE) + 1)
    elif form == 12:
        groups = struct.unpack_from(">I", raw, at + 12)[0]
        for number in range(groups):
            first, last, _ = struct.unpack_from(">III", raw, at + 16 + 12 * number)
            yield from range(first, last + 1)

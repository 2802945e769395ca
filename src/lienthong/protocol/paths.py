"""
Service paths as grants see them: plain text to match, and patterns that match it.

A grant may only ever be read narrower than it was given. Whatever a provider's
server does with an encoded slash, a dot segment or a second encoding, the path
it ends up with must lie inside the pattern; a path of which that cannot be said
is denied (the traversal mended in X-Road 7.7.1, XRDDEV-3054).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from itertools import product
from urllib.parse import unquote_to_bytes

from lienthong.protocol.errors import AccessDenied, BadPattern

ENCODED_SLASH = "\ufdd0"
"""Stands for a slash that was sent encoded: a noncharacter, so no path can contain it."""
ANYTHING = "\ufdd1"
DEEPEST = 4
LONGEST_PATTERN = 200
MOST_PARTS = 20


def plain_path(path: bytes) -> str:
    """
    The service path decoded and normalised, as grants match it; raises AccessDenied.

    An encoded slash becomes `ENCODED_SLASH`, which only ``**`` matches: some servers
    take it for a letter of the segment and some for a slash, and a pattern that
    holds under one reading only would open what nobody granted.
    """
    if ENCODED_SLASH.encode() in path or ANYTHING.encode() in path:
        raise AccessDenied("the path leads out of the service", reason="traversal")
    text = "/".join(_segment(part) for part in path.split(b"/"))
    text = re.sub(r"/(\./)+", "/", re.sub(r"/{2,}", "/", text))
    return text[:-1] if text.endswith("/.") else text


def _segment(raw: bytes) -> str:
    """One segment, decoded once; further decodings may not change what it is."""
    once = unquote_to_bytes(raw)
    try:
        text = once.decode("utf-8")
    except UnicodeDecodeError:
        raise AccessDenied("the path is not UTF-8", reason="traversal") from None
    deeper, seen = once, 0
    while (further := unquote_to_bytes(deeper)) != deeper:
        deeper, seen = further, seen + 1
        if seen > DEEPEST or b"/" in further or b"\\" in further:
            raise AccessDenied("the path is encoded more than once", reason="traversal")
    folded = unicodedata.normalize("NFKC", deeper.decode("utf-8", "replace"))
    if text == "." and raw != b".":
        raise AccessDenied("the path hides a dot segment", reason="traversal")
    climbs = ".." in text or ".." in folded or "\\" in text or "\\" in folded
    # A letter that some server folds into a slash is a slash too.
    if climbs or folded.count("/") > text.count("/"):
        raise AccessDenied("the path leads out of the service", reason="traversal")
    if not text.replace(" ", "").isprintable() or ENCODED_SLASH in text or ANYTHING in text:
        raise AccessDenied("the path has letters no path has", reason="traversal")
    return text.replace("/", ENCODED_SLASH)


@functools.lru_cache(maxsize=1000)
def compile_glob(glob: str) -> re.Pattern[str]:
    """``*`` is anything but a slash, ``**`` is anything, a backslash escapes."""
    forms = {"**": ".*", "*": f"[^/{ENCODED_SLASH}]*"}
    return re.compile(
        "".join(
            forms.get(part) or re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
            for part in parts_of(glob)
        ),
        re.DOTALL,
    )


def parts_of(glob: str) -> Iterable[str]:
    found: list[str] = re.findall(r"\\.|\*\*|\*|[^\\*]+|\\", glob, flags=re.DOTALL)
    return found


def check_pattern(glob: str) -> str:
    """
    A pattern fit to be granted; raises BadPattern.

    ``**`` alone, or segments after a slash with at most one ``*`` each and one
    ``**`` in all, so that no path can keep the matcher busy.
    """
    if glob == "**":
        return glob
    parts = list(parts_of(glob))
    segments = glob.split("/")
    if not glob.startswith("/") or not 1 <= len(glob) <= LONGEST_PATTERN:
        raise BadPattern("a path pattern is ** or starts with a slash")
    if not glob.isascii() or not glob.isprintable() or re.search(r"[%?#\\ ]", glob):
        raise BadPattern("a path pattern is written in plain letters, nothing encoded")
    if any(part in ("..", ".") for part in segments) or ".." in glob or "//" in glob:
        raise BadPattern("a path pattern does not climb")
    if parts.count("**") > 1 or any(
        segment.replace("**", "").count("*") + segment.count("**") > 1 for segment in segments
    ):
        raise BadPattern("a path pattern has one * in a segment and one ** in all")
    if len(segments) > MOST_PARTS:
        raise BadPattern("a path pattern has too many segments")
    return glob


def covers(wide: str, narrow: str) -> bool:
    """
    Whether every path that ``narrow`` matches is matched by ``wide`` too.

    Tried with paths made of ``narrow`` in which each wildcard is nothing, a letter
    that stands in no pattern, and for ``**`` also more segments than ``wide`` has.
    """
    if wide in ("**", narrow):
        return True
    pattern = compile_glob(wide)
    many = (ANYTHING + "/") * (wide.count("/") + 2) + ANYTHING
    choices = {
        "*": ("", ANYTHING),
        "**": ("", ANYTHING, f"{ANYTHING}/{ANYTHING}", many, ENCODED_SLASH),
    }
    parts = list(parts_of(narrow))
    if sum(part == "*" for part in parts) > 8:
        return False
    return all(
        pattern.fullmatch("".join(chosen))
        for chosen in product(*(choices.get(part, (part.replace("\\", ""),)) for part in parts))
    )

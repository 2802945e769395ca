"""What was changed in a paragraph, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

WORD = re.compile(r"\s+|[^\s]+")
LONGEST = 20_000
"""Signs of one paragraph; more is no paragraph of a report."""


class Kind(StrEnum):
    SAME = "same"
    INSERTED = "inserted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of words and what happened to it."""

    kind: Kind
    text: str


def changes(before: str, after: str) -> tuple[Change, ...]:
    """
    From one text to the other; put together without the deleted it is the second text,
    without the inserted the first.
    """
    old, new = WORD.findall(before), WORD.findall(after)
    found: list[Change] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _what, i1, i2, j1, j2 in matcher.get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if gone == come:
            found.append(Change(Kind.SAME, gone))
            continue
        if gone:
            found.append(Change(Kind.DELETED, gone))
        if come:
            found.append(Change(Kind.INSERTED, come))
    return tuple(change for change in found if change.text)

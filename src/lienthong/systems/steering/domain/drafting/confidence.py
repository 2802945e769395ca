"""How sure a rule is, said in words and never as a number that means nothing."""

from __future__ import annotations

from enum import StrEnum


class Confidence(StrEnum):
    HIGH = "high"  # the text says it in so many words
    MEDIUM = "medium"  # it follows from a heading or a symbol
    LOW = "low"  # a verb that gives work, and nothing that says to whom

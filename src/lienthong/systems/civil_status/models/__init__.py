"""
Tables of the civil-status register; Django looks for them here.

`books` holds desks and books, `entries` what is written in them, `around` papers,
annotations, notices and the dated rules of each kind.
"""

from __future__ import annotations

from .around import Annotation, EnteredRule, Notice, Paper
from .books import Desk, DeskUser, ImportStatement, Origin, RegisterBook
from .entries import (
    BirthRegistration,
    DeathRegistration,
    Entry,
    MarriageRegistration,
    NumberClaim,
    OtherRegistration,
)

__all__ = [
    "Annotation",
    "BirthRegistration",
    "DeathRegistration",
    "Desk",
    "DeskUser",
    "EnteredRule",
    "Entry",
    "ImportStatement",
    "MarriageRegistration",
    "Notice",
    "NumberClaim",
    "Origin",
    "OtherRegistration",
    "Paper",
    "RegisterBook",
]

"""
Repairing a number: what may be asked, and what its structure says against the person.

Circular 59/2021/TT-BCA art. 6: a number is cancelled and another one established when
place of birth registration, birth year or sex was entered or declared wrongly. Where two
persons use one number, Decree 137/2015/NĐ-CP art. 12 decides: a number belongs to one
person and is never another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from lienthong.systems.population.errors import EvidenceMissing


class RepairKind(StrEnum):
    STRUCTURE = "structure"
    """The number contradicts the person's sex, birth year or place of registration."""
    SHARED = "shared"
    """Two persons use the number; it stays with the one it was given to."""
    SWAPPED = "swapped"
    """Two persons use the number and neither keeps it."""


class RepairState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    """Decided, and on its way through the exchange."""
    DONE = "done"
    REFUSED = "refused"


OPEN = (RepairState.ASKED, RepairState.GRANTED)
PAPERS = ("kind", "number", "issued_on", "sha256")


def check_evidence(papers: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The papers in their plain form; raises EvidenceMissing without one that says what it is."""
    found = [
        {name: str(paper.get(name, "")).strip() for name in PAPERS}
        for paper in papers
        if str(paper.get("kind", "")).strip()
    ]
    if not found:
        raise EvidenceMissing
    return found

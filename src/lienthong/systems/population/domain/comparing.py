"""Comparing particulars: yes, no or partly, so that nothing need be given away."""

from __future__ import annotations

from datetime import date
from typing import Literal

from lienthong.kernel import names
from lienthong.systems.population.domain.lives import Precision

Verdict = Literal["yes", "no", "partly", "unknown"]


def compare_names(asked: str, known: str) -> Verdict:
    """``yes`` for the same name whatever its tone placement or case, ``partly`` without marks."""
    if names.tone_key(asked) == names.tone_key(known):
        return "yes"
    if names.folding_key(asked) == names.folding_key(known):
        return "partly"
    return "no"


def compare_dates(asked: date, known: date, precision: str) -> Verdict:
    """A date against one of which perhaps only the year or the month is known."""
    if precision == Precision.DAY:
        if asked == known:
            return "yes"
        return "partly" if asked.year == known.year else "no"
    if asked.year != known.year:
        return "no"
    if precision == Precision.MONTH and asked.month != known.month:
        return "no"
    return "partly"


def overall(verdicts: tuple[Verdict, ...]) -> Verdict:
    """One verdict over several: no beats partly beats yes; nothing compared is unknown."""
    order: tuple[Verdict, ...] = ("no", "partly", "yes")
    for verdict in order:
        if verdict in verdicts:
            return verdict
    return "unknown"

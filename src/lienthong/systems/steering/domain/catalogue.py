"""
The catalogue of figures: what each is, over which days, how it is rounded and who answers.

Kept as dated rows (``catalogue.tsv``): a changed definition is a new row with a later
``since``, so that a month of the past keeps the definition it was written under.
The register behind it is that of Report 76/BC-BTTTT, F001 to F070 (F033 is not used),
with the figures the systems state beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from ..errors import NoSuchFigure
from .rounding import Rounding
from .windows import WindowRule


class Kind(StrEnum):
    STOCK = "stock"
    FLOW = "flow"
    RATIO = "ratio"
    TYPICAL = "typical"


class Way(StrEnum):
    """How a value reaches the report."""

    LIVE = "live"  # stated by its system through the exchange
    REPORTED = "reported"  # submitted by the body that owns it, accepted by the secretariat
    BY_HAND = "by_hand"  # entered at the secretariat's desk from a document


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one figure's definition."""

    code: str
    since: date
    """First day on which it holds."""
    system: str
    """The system that answers, or will answer once it is built."""
    body: str
    """Code of the body that owns the figure and may submit it (Decision 20/2020/QĐ-TTg)."""
    answers: Way
    """Who answers now; a value always says itself how it came."""
    kind: Kind
    window: WindowRule
    as_of: str
    """``counted``: the last day counted. ``stated``: the day its body states."""
    rounding: Rounding
    in_summary: bool
    unit: str
    title: str
    definition: str
    basis: str

    @property
    def answers_live(self) -> bool:
        return self.answers == Way.LIVE


def read(lines: Iterable[str]) -> tuple[Definition, ...]:
    """Definitions of a table with a heading and tabs between columns."""
    return tuple(
        Definition(
            code=row["code"],
            since=date.fromisoformat(row["since"]),
            system=row["system"],
            body=row["body"],
            answers=Way(row["answers"]),
            kind=Kind(row["kind"]),
            window=WindowRule.parse(row["window"]),
            as_of=row["as_of"],
            rounding=Rounding.parse(row["rounding"]),
            in_summary=row["summary"] == "yes",
            unit=row["unit"],
            title=row["title"],
            definition=row["definition"],
            basis=row["basis"],
        )
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    )


@lru_cache(maxsize=1)
def every_version() -> tuple[Definition, ...]:
    """All versions of all definitions, by code, oldest first."""
    text = resources.files(__package__).joinpath("catalogue.tsv").read_text(encoding="utf-8")
    return tuple(sorted(read(text.splitlines()), key=lambda one: (one.code, one.since)))


def in_force(day: date, versions: Iterable[Definition] | None = None) -> Mapping[str, Definition]:
    """The definition of each figure on a day, by code; a figure without one yet is left out."""
    return shipped_on(day) if versions is None else chosen(day, versions)


@lru_cache(maxsize=64)
def shipped_on(day: date) -> Mapping[str, Definition]:
    """Those of the program; asked for with every figure that is written."""
    return chosen(day, every_version())


def chosen(day: date, versions: Iterable[Definition]) -> Mapping[str, Definition]:
    """The latest version of each that a day has seen."""
    found: dict[str, Definition] = {}
    for one in versions:
        if one.since <= day and (one.code not in found or found[one.code].since <= one.since):
            found[one.code] = one
    return found


def definition(code: str, day: date) -> Definition:
    """The definition of a figure on a day; raises `NoSuchFigure`."""
    found = in_force(day).get(code)
    if found is None:
        raise NoSuchFigure(figure=code)
    return found


def of_its_day(code: str, day: date | None) -> Definition | None:
    """The definition a value of this day was written under; the newest where no day is known."""
    return in_force(day).get(code) or latest(code) if day else latest(code)


def latest(code: str) -> Definition | None:
    """The newest definition of a figure, or nothing for a code that has none."""
    return next((one for one in reversed(every_version()) if one.code == code), None)


def versions_of(code: str) -> tuple[Definition, ...]:
    """Every version of one figure, newest first."""
    return tuple(one for one in reversed(every_version()) if one.code == code)

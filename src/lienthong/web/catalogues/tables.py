"""
Tables of the catalogues as tab-separated text, in the wheel and in snapshots alike.

Legal basis, source and doubt of units repeat thousands of times, so units and
successions name a row of the table ``sources`` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from lienthong.kernel.bodies import Body, BodyTable
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.limits import LimitTable, LimitUnit, TimeLimit
from lienthong.kernel.units import Confidence, Level, Succession, Unit, UnitTable
from lienthong.kernel.working_days import CalendarDay, WorkingCalendar

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sources": ("key", "legal_basis", "source", "doubt"),
    "units": ("code", "name", "kind", "level", "parent", "valid_from", "valid_to", "source"),
    "successions": ("old", "new", "happened_on", "confidence", "is_default", "source"),
    "bodies": (
        "code",
        "scheme",
        "name",
        "kind",
        "unit",
        "valid_from",
        "valid_to",
        "successor",
        "legal_basis",
        "doubt",
    ),
    "calendar": ("day", "works", "name", "legal_basis", "doubt"),
    "limits": (
        "code",
        "title",
        "amount",
        "unit",
        "valid_from",
        "valid_to",
        "legal_basis",
        "doubt",
    ),
}


class BadTable(LienThongError):
    """A table of the catalogues does not have the form it should have."""

    code = "web.bad_catalogue_table"


class _Source(NamedTuple):
    legal_basis: str
    source: str
    doubt: str


@dataclass(frozen=True)
class Tables:
    """All catalogues at one time, as values."""

    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]
    bodies: tuple[Body, ...]
    calendar: tuple[CalendarDay, ...]
    limits: tuple[TimeLimit, ...]
    number: int = 0

    @cached_property
    def unit_table(self) -> UnitTable:
        return UnitTable(self.units, self.successions, self.number)

    @cached_property
    def body_table(self) -> BodyTable:
        return BodyTable(self.bodies)

    @cached_property
    def working_calendar(self) -> WorkingCalendar:
        return WorkingCalendar(self.calendar)

    @cached_property
    def limit_table(self) -> LimitTable:
        return LimitTable(self.limits)


def read(texts: Mapping[str, str], number: int = 0) -> Tables:
    """Values from the texts of all six tables; raises `BadTable`."""
    try:
        sources = {row[0]: _Source(*row[1:]) for row in _rows(texts, "sources")}
        day = _Days()
        return Tables(
            units=tuple(_unit(row, sources, day) for row in _rows(texts, "units")),
            successions=tuple(
                _succession(row, sources, day) for row in _rows(texts, "successions")
            ),
            bodies=tuple(_body(row, day) for row in _rows(texts, "bodies")),
            calendar=tuple(
                CalendarDay(day(row[0]), _yes(row[1]), *row[2:]) for row in _rows(texts, "calendar")
            ),
            limits=tuple(
                TimeLimit(
                    row[0],
                    row[1],
                    int(row[2]),
                    LimitUnit(row[3]),
                    day(row[4]),
                    day.or_none(row[5]),
                    *row[6:],
                )
                for row in _rows(texts, "limits")
            ),
            number=number,
        )
    except (ValueError, KeyError) as wrong:
        raise BadTable(reason=str(wrong)) from wrong


def write(tables: Tables) -> dict[str, str]:
    """The texts of all six tables; `read` gives the same values back."""
    keys: dict[_Source, str] = {}

    def key(legal_basis: str, source: str, doubt: str) -> str:
        return keys.setdefault(_Source(legal_basis, source, doubt), str(len(keys) + 1))

    units = [
        (u.code, u.name, u.kind, u.level, u.parent, _iso(u.valid_from), _iso(u.valid_to))
        + (key(u.legal_basis, u.source, u.doubt),)
        for u in tables.units
    ]
    successions = [
        (s.old, s.new, _iso(s.happened_on), s.confidence, _word(s.is_default))
        + (key(s.legal_basis, s.source, s.doubt),)
        for s in tables.successions
    ]
    bodies = [
        (b.code, b.scheme, b.name, b.kind, b.unit, _iso(b.valid_from), _iso(b.valid_to))
        + (b.successor, b.legal_basis, b.doubt)
        for b in tables.bodies
    ]
    calendar = [
        (_iso(c.day), _word(c.works), c.name, c.legal_basis, c.doubt) for c in tables.calendar
    ]
    limits = [
        (limit.code, limit.title, str(limit.amount), limit.unit, _iso(limit.valid_from))
        + (_iso(limit.valid_to), limit.legal_basis, limit.doubt)
        for limit in tables.limits
    ]
    sources = [(number, *source) for source, number in keys.items()]
    return {
        "sources": _text("sources", sources),
        "units": _text("units", units),
        "successions": _text("successions", successions),
        "bodies": _text("bodies", bodies),
        "calendar": _text("calendar", calendar),
        "limits": _text("limits", limits),
    }


class _Days:
    """Dates from text; a few days repeat fifteen thousand times, so each is made once."""

    def __init__(self) -> None:
        self._made: dict[str, date] = {}

    def __call__(self, text: str) -> date:
        made = self._made.get(text)
        if made is None:
            made = self._made[text] = date.fromisoformat(text)
        return made

    def or_none(self, text: str) -> date | None:
        return self(text) if text else None


_LEVELS: Mapping[str, Level] = {level.value: level for level in Level}
_CONFIDENCES: Mapping[str, Confidence] = {value.value: value for value in Confidence}


def _unit(row: list[str], sources: Mapping[str, _Source], day: _Days) -> Unit:
    code, name, kind, level, parent, valid_from, valid_to, source = row
    return Unit(
        code,
        name,
        kind,
        _LEVELS[level],
        parent,
        day(valid_from),
        day.or_none(valid_to),
        *sources[source],
    )


def _succession(row: list[str], sources: Mapping[str, _Source], day: _Days) -> Succession:
    old, new, happened_on, confidence, is_default, source = row
    return Succession(
        old,
        new,
        day(happened_on),
        _CONFIDENCES[confidence],
        _yes(is_default),
        "",
        *sources[source],
    )


def _body(row: list[str], day: _Days) -> Body:
    code, scheme, name, kind, unit, valid_from, valid_to, *rest = row
    return Body(code, scheme, name, kind, unit, day(valid_from), day.or_none(valid_to), *rest)


def _rows(texts: Mapping[str, str], table: str) -> Iterable[list[str]]:
    lines = texts[table].splitlines()
    columns = COLUMNS[table]
    if not lines or tuple(lines[0].split("\t")) != columns:
        raise ValueError(f"the table {table} has other columns")
    for line in lines[1:]:
        row = line.split("\t")
        if len(row) != len(columns):
            raise ValueError(f"a row of {table} has {len(row)} cells")
        yield row


def _text(table: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["\t".join(COLUMNS[table])]
    for row in rows:
        if any(mark in cell for cell in row for mark in "\t\n\r"):
            raise BadTable(table=table)
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"neither yes nor no: {text}")
    return text == "yes"

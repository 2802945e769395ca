"""
The public look-up of units.

These pages read the node's copy (`lienthong.web.catalogues`), as every
other system does, so what they show is what the node works with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lienthong.kernel import clock
from lienthong.kernel.units import Confidence, Level, NoSuchUnit, Succession, Unit, UnitTable
from lienthong.systems.catalogues.forms.search import UnitSearch
from lienthong.web import catalogues, roles

MOST_RESULTS = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A unit in a list, with the path above it and what became of it."""

    unit: Unit
    above: str
    became: tuple[LinkShown, ...]
    made_of: int
    """How many old units went into it; 0 where it stood before."""

    @property
    def is_split(self) -> bool:
        return any(link.is_split for link in self.became)


@dataclass(frozen=True, slots=True)
class LinkShown:
    """A succession with the unit at its other end."""

    link: Succession
    unit: Unit | None
    above: str

    @property
    def is_split(self) -> bool:
        return self.link.is_split

    @property
    def is_uncertain(self) -> bool:
        return self.link.confidence is Confidence.UNCERTAIN


@roles.public
def units(request: HttpRequest) -> HttpResponse:
    """Search units by name or code on a day; without a question, the provinces of that day."""
    table = catalogues.units()
    form = UnitSearch(request.GET if request.GET else {})
    form.is_valid()
    day = form.day(clock.today())
    asked = bool(form.text)
    found = (
        table.search(form.text, day, form.level, limit=MOST_RESULTS + 1)
        if asked
        else table.provinces(day)
    )
    return render(
        request,
        "catalogues/units.html",
        {
            "form": UnitSearch(_initial(form, day)) if not form.errors else form,
            "day": day,
            "asked": asked,
            "text": form.text,
            "found": [
                _found(table, unit, day) for unit in found[: MOST_RESULTS if asked else None]
            ],
            "more": asked and len(found) > MOST_RESULTS,
            "counts": {level.value: table.count(level, day) for level in Level},
            "days": _days_to_compare(table),
            "number": table.number,
        },
    )


@roles.public
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit on a day: where it lies, what it was made of, what became of it."""
    table = catalogues.units()
    history = table.history(code)
    if not history:
        raise NoSuchUnit(code=code)
    form = UnitSearch(request.GET)
    form.is_valid()
    day = form.day(clock.today())
    shown = table.find(code, day)
    if shown is None:
        context = {"code": code, "day": day, "history": history}
        return render(request, "catalogues/unit_not_then.html", context, status=404)
    return render(
        request,
        "catalogues/unit.html",
        {
            "unit": shown,
            "day": day,
            "line": table.line(code, day)[1:],
            "children": table.children(code, day),
            "became": _became(table, shown),
            "made_of": _made_of(table, shown),
            "history": history,
        },
    )


def _days_to_compare(table: UnitTable) -> list[date]:
    """Today, and both sides of the last change."""
    last = table.days_of_change[-1]
    return sorted({clock.today(), last - timedelta(days=1), last})


def _initial(form: UnitSearch, day: date) -> dict[str, str]:
    level = form.level
    return {"q": form.text, "ngay": f"{day:%d/%m/%Y}", "cap": level.value if level else ""}


def _found(table: UnitTable, unit: Unit, day: date) -> Found:
    above = ", ".join(one.full_name for one in table.line(unit.code, day)[1:])
    return Found(unit, above, _became(table, unit), len(table.predecessors(unit.code, day)))


def _became(table: UnitTable, unit: Unit) -> tuple[LinkShown, ...]:
    return tuple(
        _link(table, link, link.new, link.happened_on)
        for link in table.successors(unit.code, unit.valid_from)
    )


def _made_of(table: UnitTable, unit: Unit) -> tuple[LinkShown, ...]:
    shown = [
        _link(table, link, link.old, link.happened_on - timedelta(days=1))
        for link in table.predecessors(unit.code, unit.valid_from)
    ]
    return tuple(sorted(shown, key=lambda row: row.unit.sort_key if row.unit else ""))


def _link(table: UnitTable, link: Succession, code: str, day: date) -> LinkShown:
    found = table.find(code, day)
    above = ", ".join(one.full_name for one in table.line(code, day)[1:]) if found else ""
    return LinkShown(link, found, above)

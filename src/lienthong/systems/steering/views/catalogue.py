"""The public catalogue of figures: what each means, and its values across the months."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lienthong.kernel import clock, names
from lienthong.web.roles import public

from ..domain.catalogue import Definition, Kind, Way, in_force, latest, versions_of
from ..domain.outline import place_of
from ..domain.relations import relations_of
from ..domain.rounding import Rounding
from ..domain.titles import TITLES
from ..domain.windows import WindowRule
from ..errors import NoSuchFigure
from ..forms.figures import KINDS, CatalogueForm
from ..queries import trends
from ..queries.bodies import bodies_on
from ..queries.provenance import value_text, window_text
from . import board
from .figures import way_words

WIDTH, HEIGHT = 640, 200
WIDEST = 56
"""A bar of a chart with few months; they stand together at its start."""


def kind_words(kind: Kind) -> str:
    return str(dict(KINDS)[kind.value])


def window_words(rule: WindowRule) -> str:
    words = {
        "day": _("on one day"),
        "month": _("from the first of the month to the last day counted"),
        "year": _("from 1 January to the last day counted"),
        "19-19": _("from the 19th of the month before to the 19th of the month"),
        "month/month": _("the month against the month before"),
    }
    if rule.since is not None:
        return _("from %(day)s to the last day counted") % {"day": f"{rule.since:%d/%m/%Y}"}
    return words[rule.name]


def rounding_words(rule: Rounding) -> str:
    words = {
        "exact": _("every digit"),
        "whole": _("of the whole, such as 22/22"),
        "percent": _("two decimals"),
    }
    if rule.mode in words:
        return words[rule.mode]
    place = board_place(rule)
    if rule.mode == "nearest":
        return _("nearest, %(place)s") % {"place": place}
    return _("rounded down, with “hơn” or “trên” where something was cut, %(place)s") % {
        "place": place
    }


def board_place(rule: Rounding) -> str:
    if rule.digits:
        return _("two leading digits")
    return rule.written(rule.step)


def as_of_words(definition: Definition) -> str:
    if definition.as_of == "counted":
        return _("the last day counted")
    return _("the day its source states")


def asked(request: HttpRequest) -> tuple[CatalogueForm, list[Definition]]:
    """The definitions of today that the address asks for; what cannot be read asks for nothing."""
    known = in_force(clock.today())
    systems = sorted({one.system for one in known.values()}, key=list(TITLES).index)
    form = CatalogueForm(request.GET or None, systems=systems)
    data = form.cleaned_data if form.is_bound and form.is_valid() else {}
    words = " ".join(names.folding_key(data.get("q", "")).split())
    return form, [
        one
        for _code, one in sorted(known.items())
        if (not data.get("system") or one.system == data["system"])
        and (not data.get("kind") or one.kind == data["kind"])
        and (not words or f" {words}" in searched(one))
    ]


def searched(one: Definition) -> str:
    """Its words without tone marks, each after a blank: what is typed begins a word."""
    words = (one.code, one.title, one.definition, one.unit)
    return f" {names.folding_key(' '.join(words))}"


@public
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every figure of the report, searched and filtered."""
    form, found = asked(request)
    rows = [row(one) for one in found]
    context = {"form": form, "rows": rows, "query": request.GET.urlencode()}
    return render(request, "steering/figures/catalogue.html", context)


def row(one: Definition) -> dict[str, Any]:
    return {
        "known": one,
        "system": TITLES[one.system],
        "kind": kind_words(one.kind),
        "way": way_words(one.answers),
    }


@public
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file."""
    _form, found = asked(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="danh-muc-so-lieu.csv"'
    # Spreadsheets read UTF-8 only with this mark in front.
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(
        [_("Code"), _("Figure"), _("Definition"), _("Unit"), _("Kind"), _("Window")]
        + [
            _("As of"),
            _("Rounding"),
            _("System"),
            _("Who answers"),
            _("Basis"),
            _("In force since"),
        ]
    )
    for one in found:
        line = (
            *(one.code, one.title, one.definition, one.unit, kind_words(one.kind)),
            *(window_words(one.window), as_of_words(one), rounding_words(one.rounding)),
            *(TITLES[one.system], way_words(one.answers), one.basis, one.since.isoformat()),
        )
        writer.writerow([board.cell(value) for value in line])
    return response


@public
@require_GET
def figure(request: HttpRequest, code: str) -> HttpResponse:
    """One figure: its definition and versions, relations, and values across the months."""
    known = latest(code)
    if known is None:
        raise NoSuchFigure(figure=code)
    place = place_of(code)
    points = trends.history_of(code)
    context = {
        **row(known),
        "window": window_words(known.window),
        "rounding": rounding_words(known.rounding),
        "as_of": as_of_words(known),
        "owner": bodies_on(clock.today()).name(known.body),
        "is_live": known.answers == Way.LIVE,
        "versions": versions_of(code),
        "relations": relations_of(code),
        "place": place[0].label if place else "",
        "points": [
            (one, value_text(one.figure), way_words(one.figure.way), window_text(one.figure))
            for one in points
        ],
        "chart": chart(points),
    }
    return render(request, "steering/figures/figure.html", context)


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of the chart, in units of its picture."""

    x: int
    y: int
    width: int
    height: int
    way: str
    label: str


def chart(points: tuple[trends.Point, ...]) -> list[Bar]:
    """One bar a month to one scale from zero; nothing to draw for a single month."""
    if len(points) < 2:
        return []
    most = max((abs(one.figure.value) for one in points), default=0)
    step = min(WIDTH / len(points), WIDEST / 0.7)
    bars = []
    for at, one in enumerate(points):
        height = max(2, int(abs(one.figure.value) / most * HEIGHT)) if most else 2
        bars.append(
            Bar(
                x=int(at * step + step * 0.15),
                y=HEIGHT - height,
                width=max(4, int(step * 0.7)),
                height=height,
                way=str(one.figure.way),
                label=f"{one.month.start:%m/%y}",
            )
        )
    return bars

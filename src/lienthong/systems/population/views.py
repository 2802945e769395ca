"""The desk of population: one person at a time, with the purpose asked and written down."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lienthong.kernel.identifiers import PersonalId, Sex, StructureWarning
from lienthong.systems.population import queries
from lienthong.systems.population.apps import OFFICER
from lienthong.systems.population.domain.lives import Precision
from lienthong.systems.population.forms import PersonSearch
from lienthong.web import looks
from lienthong.web.roles import requires

FIELDS = ("full_name", "born_on", "sex", "ethnicity", "residence", "numbers", "standing")
BASIS = "Luật Căn cước công dân 59/2014/QH13 Điều 10"


@requires(OFFICER)
def search(request: HttpRequest) -> HttpResponse:
    """Ask for a person; the number goes in the body of the request, never in an address."""
    form = PersonSearch(request.POST or None)
    context = {"form": form, "asked": False}
    if request.method == "POST" and form.is_valid():
        context |= _look(request, form.cleaned_data["number"], form.cleaned_data["purpose"])
    response = render(request, "population/search.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _look(request: HttpRequest, number: PersonalId, purpose: str) -> dict[str, object]:
    actor = request.actor  # type: ignore[attr-defined]
    with looks.open(
        subject=number, purpose=purpose, fields=FIELDS, actor=actor, legal_basis=BASIS
    ) as opening:
        found = queries.find(number)
        if found is None:
            return {"asked": True, "found": None}
        opening.at(found.person.person_key)
        return {
            "asked": True,
            "found": found,
            "numbers": list(queries.numbers_of(found.person)),
            "warnings": _warnings(found),
            "year_only": found.person.born_precision == Precision.YEAR,
        }


def _warnings(found: queries.Found) -> tuple[StructureWarning, ...]:
    """Where the number contradicts the person; repaired by re-establishing, never refused."""
    return PersonalId(found.number).structure_warnings(Sex(found.person.sex), found.person.born_on)

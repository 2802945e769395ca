"""
Finding people and reading one life; every person shown is a look with its purpose.

Names and numbers travel in bodies of requests, never in an address; a person's page
stands under a key that means nothing elsewhere. The purpose said at the search holds for
the pages opened from it, in this session.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.apps import OFFICER
from lienthong.systems.population.forms.search import PersonSearch
from lienthong.systems.population.models import Person
from lienthong.systems.population.views import shown
from lienthong.web import looks
from lienthong.web.actors import officer_name
from lienthong.web.roles import requires

FIELDS = ("full_name", "born_on", "sex", "ethnicity", "residence", "numbers", "standing")
PAGE_FIELDS = (*FIELDS, "religion", "kin", "household", "history")
FOUND_FIELDS = ("full_name", "born_on", "residence", "numbers")
BASIS = "Luật Căn cước công dân 59/2014/QH13 Điều 10"
PURPOSE = "population_purpose"
MOST = 50
LOOKS_SHOWN = 30


@requires(OFFICER)
def search(request: HttpRequest) -> HttpResponse:
    """Ask for people by number, or by the beginning of a name and a birth date."""
    form = PersonSearch(request.POST or None, initial={"purpose": request.session.get(PURPOSE, "")})
    context: dict[str, Any] = {"form": form, "asked": False} | shown.waiting()
    if request.method == "POST" and form.is_valid():
        request.session[PURPOSE] = form.cleaned_data["purpose"]
        number, name, born_on = form.asked()
        if number is not None:
            context |= _by_number(request, number)
        else:
            context |= _by_name(request, name, born_on)
    return unkept(render(request, "population/search.html", context))


def _by_number(request: HttpRequest, number: PersonalId) -> dict[str, Any]:
    with look(request, number, FIELDS) as opening:
        found = queries.find(number)
        if found is None:
            return {"asked": True, "people": []}
        opening.at(found.person.person_key)
        others = [row for row in queries.formerly_using(number)]
        opening.at(*(row.person_id for row in others))
        people = [shown.found(found), *(shown.former_user(row) for row in others)]
        return {"asked": True, "people": people}


def _by_name(request: HttpRequest, name: str, born_on: Any) -> dict[str, Any]:
    with look(request, None, FOUND_FIELDS) as opening:
        found = queries.search(name=name, born_on=born_on, most=MOST + 1)
        opening.at(*(one.person.pk for one in found[:MOST]))
        people = [shown.found(one) for one in found[:MOST]]
        return {"asked": True, "people": people, "more": len(found) > MOST, "most": MOST}


@requires(OFFICER)
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    """One life: particulars, numbers, residences, household, what happened, who looked."""
    if not request.session.get(PURPOSE):
        messages.info(request, _("Say first what the look is for."))
        return redirect("population:search")
    with look(request, key, PAGE_FIELDS) as opening:
        row = Person.objects.filter(pk=key).first()
        if row is None:
            raise Http404
        context = shown.life(row, opening)
        numbers = [PersonalId(one.number) for one in context["numbers"]]
        ledger = list(personal.looks_at(key, *numbers)[:LOOKS_SHOWN])
        context["looks"] = [{"look": one, "who": officer_name(one.who)} for one in ledger]
    context |= {"purpose": request.session[PURPOSE]} | shown.waiting()
    return unkept(render(request, "population/person.html", context))


def look(request: HttpRequest, subject: Any, fields: tuple[str, ...]) -> Any:
    """An open door for the purpose said at the search."""
    return looks.open(
        subject=subject,
        purpose=request.session[PURPOSE],
        fields=fields,
        actor=request.actor,  # type: ignore[attr-defined]
        legal_basis=BASIS,
    )


def unkept(response: HttpResponse) -> HttpResponse:
    """A page with personal data stays in no cache."""
    response["Cache-Control"] = "no-store"
    return response

"""
Changing a life: a form, a page to check the answers on, then the act.

The answers travel between the two pages in the form itself and are read again, so
nothing is taken from the browser unread. An error of the register stands above the form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.exchange.errors import ExchangeError
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population import queries
from lienthong.systems.population.apps import OFFICER
from lienthong.systems.population.domain.lives import Relation, ResidenceKind, Standing
from lienthong.systems.population.domain.repairs import RepairKind
from lienthong.systems.population.errors import NoSuchHousehold
from lienthong.systems.population.forms import acts
from lienthong.systems.population.models import Person
from lienthong.systems.population.services import (
    households,
    particulars,
    repairs,
    residences,
    standings,
)
from lienthong.systems.population.views import people, shown
from lienthong.web.roles import requires


@dataclass(frozen=True, slots=True)
class Held:
    """Who is changed by whom: the person, the number in force, the household if any."""

    person: Person
    number: PersonalId
    household: UUID | None
    by: Actor


Do = Callable[[Any, Held], object]


@dataclass(frozen=True, slots=True)
class Act:
    title: Any
    form: type[acts.ActForm]
    do: Do
    done: Any


@requires(OFFICER)
def change(request: HttpRequest, key: UUID, act: str) -> HttpResponse:
    """One act on one person: ask, let check, do."""
    stated = ACTS.get(act)
    if stated is None or not request.session.get(people.PURPOSE):
        if stated is None:
            raise Http404
        return redirect("population:search")
    with people.look(request, key, people.PAGE_FIELDS) as opening:
        person = Person.objects.filter(pk=key).first()
        if person is None or not (number := queries.number_in_force(person)):
            raise Http404
        context = shown.life(person, opening)
        seen = queries.newest_event(person)
    member = context["household"]
    held = Held(
        person,
        PersonalId(number),
        member["key"] if member else None,
        request.actor,  # type: ignore[attr-defined]
    )
    form = _form(request, stated, held, context, seen)
    page = {"stated": stated, "form": form, "act": act} | context | shown.waiting()
    if request.method == "POST" and form.is_valid() and "back" not in request.POST:
        if "confirmed" not in request.POST:
            page |= {"answers": _answers(form, person), "posted": _posted(request)}
            return people.unkept(render(request, "population/check.html", page))
        try:
            stated.do(form, held)
        except (LienThongError, ExchangeError) as error:
            form.add_error(None, _(type(error).message()))
        else:
            messages.success(request, stated.done)
            return redirect("population:person", key=key)
    return people.unkept(render(request, "population/act.html", page))


def _form(
    request: HttpRequest, stated: Act, held: Held, context: dict[str, Any], seen: str
) -> acts.ActForm:
    extra: dict[str, Any] = {}
    if stated.form is acts.EndResidenceForm:
        extra["residences"] = shown.choices_of(context["residences"])
    initial: dict[str, Any] = {
        "basis": stated.form.basis_hint,
        "effective_on": held.by.legal_day,
        "seen": seen,
    }
    if stated.form is acts.ParticularsForm:
        names = stated.form.base_fields
        initial |= {name: getattr(held.person, name, "") for name in names if name not in initial}
    return stated.form(request.POST or None, initial=initial, **extra)


def _answers(form: acts.ActForm, person: Person) -> list[dict[str, Any]]:
    """What was answered, and beside it what the register says now where that differs."""
    lines = []
    for field in [*form.own(), *form.stated()]:
        new = _said(field, form.cleaned_data.get(field.name))
        old = ""
        if isinstance(form, acts.ParticularsForm) and hasattr(person, field.name):
            old = _said(field, getattr(person, field.name))
            if old == new:
                continue
        if new or old:
            lines.append({"field": field, "new": new, "old": old})
    return lines


def _said(field: forms.BoundField, held: Any) -> str:
    if isinstance(held, PersonalId):
        return held.grouped
    if isinstance(held, date):
        return shown.day(held)
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(held, held if held is not None else ""))


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    left_out = ("csrfmiddlewaretoken", "confirmed", "back")
    return [
        (name, text)
        for name, texts in request.POST.lists()
        for text in texts
        if name not in left_out
    ]


# -- the acts ------------------------------------------------------------------------------


def _common(form: acts.ActForm, held: Held) -> dict[str, Any]:
    return {"ground": form.ground(), "by": held.by, "seen": form.cleaned_data["seen"]}


def _place(form: acts.ActForm) -> residences.Place:
    return residences.Place(
        unit=form.cleaned_data["unit"].strip(), address=form.cleaned_data["address"]
    )


def _correct(form: acts.ParticularsForm, held: Held) -> object:
    return particulars.correct_particulars(
        number=held.number, changes=form.changes(), **_common(form, held)
    )


def _register(form: acts.ResidenceForm, held: Held) -> object:
    return residences.register_residence(
        number=held.number,
        kind=ResidenceKind(form.cleaned_data["kind"]),
        place=_place(form),
        begins=form.cleaned_data["effective_on"],
        ends=form.cleaned_data["ends"],
        **_common(form, held),
    )


def _end(form: acts.EndResidenceForm, held: Held) -> object:
    return residences.end_residence(
        number=held.number,
        residence=UUID(form.cleaned_data["residence"]),
        ends=form.cleaned_data["ends"],
        **_common(form, held),
    )


def _found(form: acts.FoundHouseholdForm, held: Held) -> object:
    return households.found_household(
        head=held.number,
        place=_place(form),
        on=form.cleaned_data["effective_on"],
        **_common(form, held),
    )


def _join(form: acts.JoinHouseholdForm, held: Held) -> object:
    return households.join_household(
        household=households.household_of(form.cleaned_data["member"], by=held.by),
        number=held.number,
        relation=Relation(form.cleaned_data["relation"]),
        on=form.cleaned_data["effective_on"],
        **_common(form, held),
    )


def _leave(form: acts.LeaveHouseholdForm, held: Held) -> object:
    return households.leave_household(
        number=held.number, on=form.cleaned_data["effective_on"], **_common(form, held)
    )


def _hand_over(form: acts.HandOverForm, held: Held) -> object:
    if held.household is None:
        raise NoSuchHousehold
    return households.hand_over(
        household=held.household,
        to=form.cleaned_data["to"],
        former=Relation(form.cleaned_data["former"]),
        on=form.cleaned_data["effective_on"],
        ground=form.ground(),
        by=held.by,
    )


def _standing(form: acts.StandingForm, held: Held) -> object:
    return standings.record_standing(
        number=held.number,
        standing=Standing(form.cleaned_data["standing"]),
        died_on=form.cleaned_data["died_on"],
        **_common(form, held),
    )


def _repair(form: acts.RepairForm, held: Held) -> object:
    return repairs.ask_repair(
        number=held.number,
        kind=RepairKind(form.cleaned_data["kind"]),
        proposal=form.proposal(),
        reason=form.cleaned_data["reason"],
        evidence=form.evidence(),
        by=held.by,
    )


ACTS = {
    "nhan-than": Act(
        gettext_lazy("Correct particulars"),
        acts.ParticularsForm,
        _correct,
        gettext_lazy("The particulars are corrected."),
    ),
    "cu-tru": Act(
        gettext_lazy("Register a residence"),
        acts.ResidenceForm,
        _register,
        gettext_lazy("The residence is registered."),
    ),
    "het-cu-tru": Act(
        gettext_lazy("End a residence"),
        acts.EndResidenceForm,
        _end,
        gettext_lazy("The residence has ended."),
    ),
    "lap-ho": Act(
        gettext_lazy("Found a household"),
        acts.FoundHouseholdForm,
        _found,
        gettext_lazy("The household is founded."),
    ),
    "vao-ho": Act(
        gettext_lazy("Join a household"),
        acts.JoinHouseholdForm,
        _join,
        gettext_lazy("The person joined the household."),
    ),
    "roi-ho": Act(
        gettext_lazy("Leave the household"),
        acts.LeaveHouseholdForm,
        _leave,
        gettext_lazy("The person left the household."),
    ),
    "doi-chu-ho": Act(
        gettext_lazy("Change the head of the household"),
        acts.HandOverForm,
        _hand_over,
        gettext_lazy("The household has a new head."),
    ),
    "tinh-trang": Act(
        gettext_lazy("Record a decision about the standing"),
        acts.StandingForm,
        _standing,
        gettext_lazy("The standing is recorded."),
    ),
    "sua-so": Act(
        gettext_lazy("Ask for a repair of the number"),
        acts.RepairForm,
        _repair,
        gettext_lazy("The request waits for a second officer."),
    ),
}

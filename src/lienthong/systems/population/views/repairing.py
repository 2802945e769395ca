"""Requests to repair numbers: what waits, and the second officer's decision."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lienthong.kernel.errors import LienThongError
from lienthong.systems.population.apps import OFFICER
from lienthong.systems.population.forms.acts import DecisionForm
from lienthong.systems.population.models import Repair
from lienthong.systems.population.services import repairs
from lienthong.systems.population.views import people, shown
from lienthong.web import looks
from lienthong.web.roles import requires

FIELDS = ("full_name", "born_on", "sex", "numbers", "evidence")


@requires(OFFICER)
def repair(request: HttpRequest, key: UUID) -> HttpResponse:
    """One request with its papers; another officer than the one who asked decides."""
    actor = request.actor  # type: ignore[attr-defined]
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        grant = request.POST.get("decide") == "grant"
        try:
            repairs.decide(repair=key, grant=grant, by=actor, **form.cleaned_data)
        except LienThongError as error:
            form.add_error(None, _(type(error).message()))
        else:
            said = _("Granted; it is carried out now.") if grant else _("The request is refused.")
            messages.success(request, said)
            return redirect("population:repair", key=key)
    purpose = _("Deciding a request about a personal ID")
    with looks.open(
        subject=None, purpose=purpose, fields=FIELDS, actor=actor, legal_basis=repairs.BASIS
    ) as opening:
        row = Repair.objects.select_related("person").filter(key=key).first()
        if row is None:
            opening.at()
            raise Http404
        opening.at(row.person_id)
        context = {
            "repair": shown.repair(row),
            "proposal": shown.proposal(row),
            "person": row.person,
            "born": shown.born(row.person),
            "own": actor.did(row.asked_by),
            "form": form,
        }
    context |= shown.waiting() | {"current": key}
    return people.unkept(render(request, "population/repair.html", context))

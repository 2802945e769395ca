"""Pages of deaths: the declaration, the entry, its extract."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lienthong.exchange import outbox
from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.kernel.words import date_in_words
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.apps import REGISTRAR
from lienthong.systems.civil_status.domain.entries import DeathState
from lienthong.systems.civil_status.errors import DuplicateDeath, InvalidEntry
from lienthong.systems.civil_status.forms.entries import DeathForm
from lienthong.systems.civil_status.models import DeathRegistration
from lienthong.systems.civil_status.services import deaths, papers
from lienthong.systems.civil_status.views import lookups, shown
from lienthong.web import looks
from lienthong.web.roles import requires

INVALID = "civil_status.invalid_death"
LOOK_FIELDS = ("full_name", "born_on", "personal_id", "died_on", "cause", "declarant")
FILLED = ("ethnicity", "nationality", "residence", "sex")


@requires(REGISTRAR)
def new(request: HttpRequest) -> HttpResponse:
    """Declare a death; looking the person up is a button of the same form."""
    queries.desk_of(_actor(request))
    if request.method != "POST":
        return _form(request, DeathForm(initial={"form_token": uuid4()}))
    data = request.POST.copy()
    if "look_up" in data:
        looked = lookups.ask(data, "person", "personal_id", "person_known")
        if looked.state == "found":
            _fill(data, looked.known)
        return _form(request, DeathForm(initial=data.dict()), looked=looked)
    return _register(request, data)


@requires(REGISTRAR)
def entry(request: HttpRequest, key: UUID) -> HttpResponse:
    """One death in the book, whether population knows, and what was done."""
    actor = _actor(request)
    desk = queries.desk_of(actor)
    with looks.open(
        subject=key,
        purpose=_("Handling a death registration"),
        fields=LOOK_FIELDS,
        actor=actor,
        legal_basis=papers.DEATH_BASIS,
    ) as opening:
        death = queries.entry(DeathRegistration, key, desk=desk)
        if death.personal_id:
            opening.at(death.personal_id)
    context = {
        "death": death,
        "desk": desk,
        "waits": death.state == DeathState.WAITING,
        "request_row": outbox.unfinished("civil_status", key).first(),
        "died_in_words": date_in_words(death.died_on),
        "deeds": shown.deeds(death),
        "queue": shown.queue(desk, actor),
        "current": key,
    }
    return render(request, "civil_status/death.html", context)


@requires(REGISTRAR)
def state(request: HttpRequest, key: UUID) -> HttpResponse:
    """Asked by an open page while population has not confirmed; reloads it when it has."""
    desk = queries.desk_of(_actor(request))
    rows = DeathRegistration.objects.filter(key=key, custodian=desk.office)
    response = HttpResponse(status=204)
    if not rows.filter(state=DeathState.WAITING).exists():
        response["HX-Refresh"] = "true"
    return response


@requires(REGISTRAR)
def extract(request: HttpRequest, key: UUID) -> HttpResponse:
    """Print the trích lục khai tử; posted, as with the certificate of a birth."""
    if request.method != "POST":
        return redirect("civil_status:death", key=key)
    return shown.pdf(
        papers.death_extract(key=key, by=_actor(request)), f"trich-luc-khai-tu-{key}.pdf"
    )


@requires(REGISTRAR)
@require_POST
def tell_again(request: HttpRequest, key: UUID) -> HttpResponse:
    """Tell population once more of a death it has not confirmed."""
    row = deaths.tell_again(key=key, by=_actor(request))
    _tell_outcome(request, shown.delivered(row))
    return redirect("civil_status:death", key=key)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _fill(data: QueryDict, known: dict[str, Any]) -> None:
    if not names.clean(data.get("full_name", "")):
        data["full_name"] = known["name"]
    for field in FILLED:
        if not names.clean(data.get(field, "")):
            data[field] = known[field]
    if not data.get("born_on") and not data.get("birth_year"):
        if known["born_precision"] == "day" and known["born_on"]:
            data["born_on"] = f"{date.fromisoformat(known['born_on']):%d/%m/%Y}"
        else:
            data["birth_year"] = known["birth_year"]


def _form(
    request: HttpRequest,
    form: DeathForm,
    looked: lookups.Looked | None = None,
    duplicate: DuplicateDeath | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = _actor(request)
    desk = queries.desk_of(actor)
    context = {
        "form": form,
        "desk": desk,
        "looked": looked or lookups.Looked("person"),
        "duplicate": shown.duplicate(duplicate, desk, "civil_status:death"),
        "due": shown.due(actor),
        "queue": shown.queue(desk, actor),
    }
    return render(request, "civil_status/death_form.html", context, status=status)


def _register(request: HttpRequest, data: QueryDict) -> HttpResponse:
    actor, form = _actor(request), DeathForm(data)
    if not form.is_valid():
        form.tell_rules(actor.legal_day)
        shown.counted(form, INVALID)
        return _form(request, form, status=422)
    try:
        entered = deaths.register_death(
            death=form.death(actor.legal_day),
            by=actor,
            form_token=form.cleaned_data["form_token"],
            signatory=form.cleaned_data["signatory"],
            not_self=form.cleaned_data["not_self"],
        )
    except InvalidEntry as error:
        form.tell(error.detail["problems"])  # type: ignore[arg-type]
        shown.counted(form, INVALID)
        return _form(request, form, status=422)
    except DuplicateDeath as error:
        shown.counted(form, error.code)
        return _form(request, form, duplicate=error, status=409)
    shown.counted(form)
    outcome = ""
    if entered.outbox_row is not None:
        outcome = shown.delivered(entered.outbox_row)
    _tell_outcome(request, outcome, entered.death.number)
    return redirect("civil_status:death", key=entered.death.key)


def _tell_outcome(request: HttpRequest, outcome: str, number: str = "") -> None:
    """Say what was entered and whether population knows, in one message."""
    entered = _("Entered in the book, number %(number)s.") % {"number": number} if number else ""
    if outcome == "":
        messages.success(request, entered)
    elif outcome == "delivered":
        locked = _("The population register has locked the record.")
        messages.success(request, f"{entered} {locked}".strip())
    elif outcome == "dead":
        refused = _("The population register refused the request. The reason stands below.")
        messages.error(request, f"{entered} {refused}".strip())
    else:
        waits = _(
            "The population register has not answered yet. The entry is in the book; it is"
            " told again by itself."
        )
        messages.info(request, f"{entered} {waits}".strip())

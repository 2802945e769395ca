"""The desk of figures nobody counts: what is missing, what waits, one value, a decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError, NotFound
from lienthong.kernel.periods import Period
from lienthong.record import audit
from lienthong.web.roles import RoleMissing, requires

from ..domain.catalogue import Definition, Way, definition
from ..domain.editions import BODY, window
from ..domain.outline import place_of
from ..domain.titles import TITLES
from ..errors import WrongWindow
from ..forms.figures import (
    KINDS,
    EntryForm,
    LimitForm,
    ReturnForm,
    first_values,
    values_of,
    words_of,
)
from ..forms.months import MonthForm
from ..models import CollectedFigure, FigureEntry
from ..queries import editions, trends, ways
from ..queries import entries as reading
from ..queries.bodies import bodies_on, own_body
from ..queries.editions import month_of
from ..queries.provenance import written_value
from ..services import entries, limits
from ..services.guards import SECRETARY
from .acting import actor, told, uploaded
from .board import suffix
from .shown import who

ROLES = (SECRETARY, entries.APPROVER, entries.REPORTER)
LOOKS = {
    "waiting": ("info", "hourglass"),
    "returned": ("warning", "history"),
    "accepted": ("success", "circle-check"),
    "missing": ("neutral", "circle-dashed"),
    "withdrawn": ("neutral", "ban"),
    "replaced": ("neutral", "history"),
}


def state_words(state: str) -> str:
    words = {
        "waiting": _("Waits for a second officer"),
        "returned": _("Returned"),
        "accepted": _("Accepted"),
        "missing": _("No value"),
        "withdrawn": _("Withdrawn"),
        "replaced": _("Replaced"),
    }
    return words[state]


def way_words(way: str) -> str:
    words = {
        Way.LIVE: _("Live"),
        Way.REPORTED: _("Reported"),
        Way.BY_HAND: _("By hand"),
    }
    return words[Way(way)]


def of_the_figures(request: HttpRequest) -> Actor:
    """The officer, when one of the roles for figures is held; raises `RoleMissing`."""
    by = actor(request)
    if not any(by.has(role) for role in ROLES):
        raise RoleMissing(role=entries.REPORTER, office=by.office)
    return by


def around(request: HttpRequest, tab: str) -> dict[str, Any]:
    by = of_the_figures(request)
    body = own_body(by)
    return {
        "tab": tab,
        "day": by.legal_day,
        "body": body,
        "body_name": bodies_on(by.legal_day).name(body),
        "decides": entries.may_decide(by),
        "is_secretary": by.has(SECRETARY) and body == BODY,
        "bodies": bodies_on(by.legal_day),
    }


@requires()
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every figure nobody counts, how it stands for a month, and what waits first."""
    context = around(request, "figures")
    form = MonthForm(request.GET if "month" in request.GET else None, today=context["day"])
    month = month_of(f"{context['day']:%Y-%m}")
    if form.is_bound and form.is_valid():
        month = month_of(form.cleaned_data["month"])
    # Whoever decides sees every body's; a reporter sees those of its own body.
    whole = context["decides"] or context["is_secretary"]
    lines = reading.lines(month, "" if whole else context["body"])
    draft = editions.editions_of(month).first()
    printed = editions.printed_figures(editions.figures_of(draft)) if draft else {}
    context |= {
        "form": form,
        "month": month,
        "lines": [line_shown(line, context) for line in lines],
        "waiting": [entry_shown(one, context) for one in reading.waiting(month)],
        "whole": whole,
        "shares": [(one, way_words(one.way)) for one in ways.shares(printed)] if printed else [],
        "missing": sum(line.state == "missing" for line in lines),
    }
    return render(request, "steering/figures/index.html", context)


def line_shown(line: reading.Line, context: dict[str, Any]) -> dict[str, Any]:
    known = line.definition
    colour, icon = LOOKS[line.state]
    return {
        "line": line,
        "known": known,
        "system": TITLES.get(known.system, known.system),
        "owner": context["bodies"].name(known.body),
        "value": written_value(line.accepted, known.unit) if line.accepted else "",
        "way": way_words(line.accepted.way) if line.accepted else "",
        "state": state_words(line.state),
        "colour": colour,
        "icon": icon,
        "may_write": may_write(known, context) and line.open is None,
    }


def may_write(known: Definition, context: dict[str, Any]) -> bool:
    return bool(context["is_secretary"] or context["body"] == known.body)


def entry_shown(one: FigureEntry, context: dict[str, Any]) -> dict[str, Any]:
    known = definition(one.code, one.period_end)
    colour, icon = LOOKS[one.state]
    return {
        "entry": one,
        "known": known,
        "value": written_value(one, known.unit),
        "way": way_words(one.way),
        "owner": context["bodies"].name(one.body),
        "state": state_words(one.state),
        "colour": colour,
        "icon": icon,
        "author": who(one.author),
        "decider": who(one.decided_by) if one.decided_by else "",
    }


@requires()
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, month: str, code: str) -> HttpResponse:
    """Write a value down, or revise the accepted one."""
    context = around(request, "figures")
    period = month_of(month)
    window(period, context["day"])
    known = definition(code, period.end)
    accepted = reading.entries_of(code, period).filter(state="accepted").first()
    form = EntryForm(
        request.POST or None,
        request.FILES or None,
        revises=accepted is not None,
        initial=first_values(known, period, context["day"]),
    )
    if request.method == "POST" and form.is_valid():
        with told_in_form(form):
            made = entries.submit(
                form.given(known, period, uploaded(request, actor(request))),
                by=actor(request),
                replaces=accepted,
                reason=form.cleaned_data.get("reason", ""),
            )
            messages.success(request, _("Kept. A second officer decides on it."))
            return redirect("steering:figure_entry", pk=made.pk)
    return form_page(request, form, known, period, context, accepted)


@requires()
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a value that waits or came back."""
    context = around(request, "figures")
    found = reading.entry(pk)
    known = definition(found.code, found.period_end)
    form = EntryForm(request.POST or None, request.FILES or None, initial=values_of(found, known))
    if request.method == "POST" and form.is_valid():
        with told_in_form(form):
            file = uploaded(request, actor(request)) or found.evidence
            entries.edit(
                found,
                form.given(known, found.month, file),
                version=form.cleaned_data["version"] or 0,
                by=actor(request),
            )
            messages.success(request, _("Kept. A second officer decides on it."))
            return redirect("steering:figure_entry", pk=pk)
    return form_page(request, form, known, found.month, context | {"entry": found}, None)


def form_page(
    request: HttpRequest,
    form: EntryForm,
    known: Definition,
    month: Period,
    context: dict[str, Any],
    accepted: FigureEntry | None,
) -> HttpResponse:
    before = trends.values_of(trends.month_before(month)).get(known.code)
    context |= {
        "form": form,
        "known": known,
        "month": month,
        "system": TITLES.get(known.system, known.system),
        "place": (place_of(known.code) or (None,))[0],
        "accepted": entry_shown(accepted, context) if accepted else None,
        "before": written_value(before, known.unit) if before is not None else "",
    }
    return render(request, "steering/figures/form.html", context)


@contextmanager
def told_in_form(form: forms.Form) -> Iterator[None]:
    """An error the officer can mend stands in the form, with what was typed kept."""
    try:
        yield
    except WrongWindow as problem:
        form.add_error("end", words_of(problem))
    except LienThongError as problem:
        if problem.status >= 500:
            raise
        form.add_error(None, _(str(problem)))


@requires()
@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One value: what it says, what it rests on, who decided, and what it replaced."""
    context = around(request, "figures")
    found = reading.entry(pk)
    by = actor(request)
    mine = own_body(by) == found.body and (by.has(entries.REPORTER) or by.has(SECRETARY))
    is_open = found.state in ("waiting", "returned")
    same = by.did(found.author)
    shown = entry_shown(found, context)
    known = shown["known"]
    context |= {
        "one": shown,
        "system": TITLES.get(known.system, known.system),
        "others": [
            entry_shown(other, context)
            for other in reading.entries_of(found.code, found.month)
            if other.pk != found.pk
        ],
        "may_edit": mine and is_open,
        "may_decide": context["decides"] and found.state == "waiting" and not same,
        "own_waits": context["decides"] and found.state == "waiting" and same,
        "may_revise": found.state == "accepted" and may_write(known, context),
        "return_form": ReturnForm(initial={"version": found.version}),
        "printed_in": CollectedFigure.objects.filter(entry=found).select_related("edition"),
        "acts": [(act, who(act.actor), act_words(act.what)) for act in audit.entries_about(found)],
    }
    return render(request, "steering/figures/entry.html", context)


def act_words(what: str) -> str:
    words = {
        "submitted": _("written"),
        "edited": _("corrected"),
        "accepted": _("accepted"),
        "returned": _("returned"),
        "withdrawn": _("withdrawn"),
    }
    return words.get(what.rpartition(".")[2], what)


@requires()
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a value, or return it with a reason."""
    of_the_figures(request)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        raise NotFound(entry=pk)
    found, data = reading.entry(pk), form.cleaned_data
    with told(request):
        if request.POST.get("decision") == "accept":
            entries.accept(found, version=data["version"], by=actor(request), note=data["reason"])
            messages.success(request, _("Accepted; the draft of the month has it."))
        else:
            entries.give_back(found, data["reason"], version=data["version"], by=actor(request))
            messages.success(request, _("Returned with your reason."))
    return redirect("steering:figure_entry", pk=pk)


@requires()
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a value that nobody has accepted."""
    of_the_figures(request)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        raise NotFound(entry=pk)
    with told(request):
        entries.withdraw(reading.entry(pk), version=form.cleaned_data["version"], by=actor(request))
        messages.success(request, _("Withdrawn."))
    return redirect("steering:figure_entry", pk=pk)


@requires()
@require_GET
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The file a value rests on, for its body and for who decides."""
    by = of_the_figures(request)
    found = FigureEntry.objects.select_related("evidence").filter(pk=pk).first()
    allowed = found and (own_body(by) == found.body or entries.may_decide(by))
    if found is None or found.evidence is None or not allowed:
        raise NotFound(entry=pk)
    file = found.evidence
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    name = f"{file.digest[:12]}{suffix(file)}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@requires()
@require_http_methods(["GET", "POST"])
def trend_limits(request: HttpRequest) -> HttpResponse:
    """From which growth on a reader is told; each row holds from its day."""
    context = around(request, "limits")
    form = LimitForm(request.POST or None, initial={"since": context["day"]})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with told_in_form(form):
            limits.set_limit(
                data["of"].strip(),
                data["since"],
                data["up"].value,
                data["down"].value,
                by=actor(request),
                basis=data["basis"],
            )
            messages.success(request, _("The limit is kept."))
            return redirect(reverse("steering:trend_limits"))
    rows = sorted(trends.limits(), key=lambda one: (one.of, one.since), reverse=True)
    kinds = dict(KINDS)
    context |= {"form": form, "rows": [(row, kinds.get(row.of, row.of)) for row in rows]}
    return render(request, "steering/figures/limits.html", context)

"""The steward's desk of reforms: write one, propose it, decide it, take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.units import Level, UnitTable
from lienthong.record import audit
from lienthong.systems.catalogues.domain.reforms import Fault
from lienthong.systems.catalogues.forms import reforms as input_of
from lienthong.systems.catalogues.models import Reform
from lienthong.systems.catalogues.queries import reforms as reading
from lienthong.systems.catalogues.services import reforms as services
from lienthong.web import catalogues
from lienthong.web.actors import officer_name
from lienthong.web.roles import requires

STEWARD = "catalogues.steward"
MOST_CARRIED = 200
MOST_BAD_ROWS = 50


def actor(request: HttpRequest) -> Actor:
    """The steward; `requires` has let nobody else through."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


@contextmanager
def told_in(form: forms.Form) -> Iterator[None]:
    """An error the officer can mend stands at the head of the form, with what was typed kept."""
    try:
        yield
    except LienThongError as problem:
        if problem.status >= 500:
            raise
        form.add_error(None, _(str(problem)))


@requires(STEWARD)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Reforms, the latest day first."""
    rows = [(one, state_shown(one)) for one in reading.reforms()[:200]]
    return render(request, "catalogues/reforms.html", {"rows": rows})


@requires(STEWARD)
@require_GET
def reform(request: HttpRequest, pk: int) -> HttpResponse:
    """One reform: its units, what stands in its way, the country before and after."""
    return render(request, "catalogues/reform.html", _around(request, reading.reform(pk)))


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def open_reform(request: HttpRequest) -> HttpResponse:
    """Begin a reform."""
    form = input_of.HeadingForm(request.POST or None, table=catalogues.units())
    if request.method == "POST" and form.is_valid():
        made = services.open_reform(form.heading, by=actor(request))
        messages.success(request, _("The reform is opened. Now write its units."))
        return redirect("catalogues:reform", pk=made.pk)
    return _heading_page(request, form, None)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what a reform is called, when it happens and what it rests on."""
    found, table = reading.reform(pk), catalogues.units()
    if request.method == "POST":
        form = input_of.HeadingForm(request.POST, table=table)
        if form.is_valid():
            with told_in(form):
                services.change_heading(
                    found,
                    form.heading,
                    version=form.cleaned_data["version"] or 0,
                    by=actor(request),
                )
                return redirect("catalogues:reform", pk=pk)
    else:
        form = input_of.HeadingForm(
            initial=input_of.HeadingForm.initial_of(found, table), table=table
        )
    return _heading_page(request, form, found)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, pk: int, code: str = "") -> HttpResponse:
    """Write a new unit, or correct one."""
    found, table = reading.reform(pk), catalogues.units()
    if code and not found.new_units.filter(code=code).exists():
        raise Http404
    if request.method == "POST":
        form = input_of.UnitForm(request.POST, reform=found, table=table)
        if form.is_valid():
            with told_in(form):
                services.put_unit(
                    found,
                    form.into,
                    version=form.cleaned_data["version"],
                    by=actor(request),
                    instead_of=code,
                )
                messages.success(request, _("The unit is written."))
                if "another" in request.POST:
                    return redirect("catalogues:reform_unit_new", pk=pk)
                return redirect("catalogues:reform", pk=pk)
    else:
        initial = (
            input_of.UnitForm.initial_of(found, code, table)
            if code
            else {"version": found.version, "parent": _first_parent(found, table)}
        )
        form = input_of.UnitForm(initial=initial, reform=found, table=table)
    context = {"form": form, "reform": found, "code": code, **_suggestions(found, table)}
    return render(request, "catalogues/reform_unit.html", context)


@requires(STEWARD)
@require_POST
def drop_unit(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Take a new unit out of a draft."""
    does(request, services.drop_unit, reading.reform(pk), code, version=_version(request))
    return redirect("catalogues:reform", pk=pk)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def from_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill a draft from a file; a file with a wrong row changes nothing."""
    found = reading.reform(pk)
    form = input_of.FileForm(
        request.POST or None, request.FILES or None, initial={"version": found.version}
    )
    bad: tuple[input_of.BadRow, ...] = ()
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            content = form.cleaned_data["file"].read(input_of.LARGEST_FILE + 1)
            units, bad = input_of.read_file(content)
            if not bad:
                services.replace_all(
                    found, units, version=form.cleaned_data["version"], by=actor(request)
                )
                messages.success(
                    request,
                    ngettext(
                        "%(n)s new unit is written.", "%(n)s new units are written.", len(units)
                    )
                    % {"n": len(units)},
                )
                return redirect("catalogues:reform", pk=pk)
    context = {
        "form": form,
        "reform": found,
        "bad": bad[:MOST_BAD_ROWS],
        "more_bad": max(0, len(bad) - MOST_BAD_ROWS),
        "columns": input_of.COLUMNS,
    }
    return render(request, "catalogues/reform_file.html", context)


@requires(STEWARD)
@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of a reform as the file that can be brought back."""
    found = reading.reform(pk)
    response = HttpResponse(input_of.write_file(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sap-xep-{found.pk}.csv"'
    return response


@requires(STEWARD)
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay a draft before another officer."""
    if does(
        request,
        services.propose,
        reading.reform(pk),
        catalogues.units(),
        version=_version(request),
    ):
        messages.success(request, _("Proposed. Another officer now decides."))
    return redirect("catalogues:reform", pk=pk)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then write a proposed reform into the catalogues."""
    found = reading.reform(pk)
    if request.method == "POST":
        if does(request, services.decide, found, version=_version(request)):
            messages.success(request, _("Decided. The catalogues are published with it."))
        return redirect("catalogues:reform", pk=pk)
    if not found.is_proposed:
        return redirect("catalogues:reform", pk=pk)
    return render(request, "catalogues/reform_decide.html", _around(request, found))


REASONED = {
    "tra-lai": services.send_back,
    "rut": services.withdraw,
    "huy": services.revoke,
}


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def give_reason(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Send back, withdraw or revoke, each with a reason."""
    found = reading.reform(pk)
    if deed not in REASONED:
        raise Http404
    form = input_of.ReasonForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            REASONED[deed](
                found,
                form.cleaned_data["reason"],
                version=form.cleaned_data["version"],
                by=actor(request),
            )
            return redirect("catalogues:reform", pk=pk)
    titles = {
        "tra-lai": _("Send the reform back"),
        "rut": _("Withdraw the reform"),
        "huy": _("Revoke the decided reform"),
    }
    context = {"form": form, "reform": found, "title": titles[deed], "deed": deed}
    return render(request, "catalogues/reform_reason.html", context)


def state_shown(reform: Reform) -> dict[str, str]:
    """Colour, icon and words of a state."""
    states = Reform.State
    colour, icon, words = {
        states.DRAFT: ("neutral", "pencil", _("Draft")),
        states.PROPOSED: ("warning", "hourglass", _("Waits for a decision")),
        states.DECIDED: ("success", "check", _("Decided")),
        states.WITHDRAWN: ("neutral", "x", _("Taken back")),
        states.REVOKED: ("danger", "x", _("Revoked")),
    }[states(reform.state)]
    if reform.is_decided and reform.happened_on > clock.today():
        words = _("Decided, not yet in force")
    return {"colour": colour, "icon": icon, "words": words}


def fault_words(fault: Fault) -> str:
    """A fault as the officer reads it."""
    return {
        Fault.NO_BASIS: _("The act it rests on is missing."),
        Fault.EMPTY: _("No unit is written yet."),
        Fault.CODE_TWICE: _("This code is named twice."),
        Fault.GOES_NOWHERE: _("This old unit goes nowhere, or twice to one place."),
        Fault.NO_MATCH: _("This new unit is made of nothing."),
        Fault.OTHER_DAY: _("This new unit begins on another day."),
        Fault.NOT_STANDING: _("This unit did not stand until the day before."),
        Fault.LATER_REFORM: _(
            "A later reform ends this unit already; only one of a later day can be entered."
        ),
        Fault.CODE_IN_USE: _("This code names another unit on that day."),
        Fault.NO_PARENT: _("The unit above it does not stand on that day."),
        Fault.WRONG_LEVEL: _("It goes to a unit of another level."),
        Fault.WRONG_KIND: _("This kind does not belong to its level."),
        Fault.CHILD_UNDECIDED: _("The unit above it is split: write where it goes."),
        Fault.NO_DEFAULT: _("Write which new unit takes the largest part."),
    }[fault]


def deed_words(what: str) -> str:
    """A deed of the audit as people read it."""
    return {
        "catalogues.reform.opened": _("Opened"),
        "catalogues.reform.changed": _("Name, day or act corrected"),
        "catalogues.reform.unit_written": _("Unit written"),
        "catalogues.reform.unit_dropped": _("Unit taken out"),
        "catalogues.reform.filled": _("Filled from a file"),
        "catalogues.reform.proposed": _("Proposed"),
        "catalogues.reform.sent_back": _("Sent back"),
        "catalogues.reform.withdrawn": _("Taken back"),
        "catalogues.reform.decided": _("Decided and published"),
        "catalogues.reform.revoked": _("Revoked"),
    }.get(what, what)


def _around(request: HttpRequest, found: Reform) -> dict[str, Any]:
    table = catalogues.units()
    eve = found.happened_on - timedelta(days=1)
    written = reading.written(found, table)
    own = {one.code for one in found.new_units.all()}
    parts: dict[str, list[dict[str, Any]]] = {}
    for part in found.parts.all():
        old = table.find(part.old, eve)
        name = old.full_name if old else _("did not stand")
        parts.setdefault(part.new, []).append({"part": part, "name": name, "stood": bool(old)})
    decided = found.is_decided or found.state == Reform.State.REVOKED
    wrong: list[tuple[str, str]] = []
    if not decided:
        wrong += [(code, fault_words(Fault.NOT_STANDING)) for code in written.missing]
        wrong += [(one.code, fault_words(one.fault)) for one in written.complaints]
    carried = [one for one in written.replacement.new if one.code not in own]
    by = actor(request)
    return {
        "reform": found,
        "state": state_shown(found),
        "eve": eve,
        "within": table.find(found.within, eve) if found.within else None,
        "units": [
            {
                "unit": one,
                "line": reading.line_of(found, one, table),
                "parts": parts.get(one.code, []),
            }
            for one in found.new_units.all()
        ],
        "carried": carried[:MOST_CARRIED] if not decided else [],
        "carried_count": 0 if decided else len(carried),
        "wrong": list(dict.fromkeys(wrong)),
        "ready": not wrong,
        "counts": _counts(found, written, table, decided=decided),
        "may_decide": found.is_proposed and not by.did(found.proposed_by),
        "may_revoke": found.is_decided and found.happened_on > clock.today(),
        "may_withdraw": found.is_draft or found.is_proposed,
        "history": [
            {
                "at": entry.at,
                "words": deed_words(entry.what),
                "who": officer_name(entry.actor) or entry.actor,
                "unit": (entry.detail or {}).get("unit", ""),
            }
            for entry in audit.entries_about(found)[:60]
        ],
    }


def _counts(
    found: Reform, written: reading.Written, table: UnitTable, *, decided: bool
) -> list[dict[str, Any]]:
    words = {
        Level.PROVINCE: _("Provinces"),
        Level.DISTRICT: _("Districts"),
        Level.COMMUNE: _("Communes"),
    }
    if decided:
        eve = found.happened_on - timedelta(days=1)
        pairs = [
            (level, table.count(level, eve), table.count(level, found.happened_on))
            for level in Level
        ]
    else:
        pairs = [(one.level, one.before, one.after) for one in reading.counts(written, table)]
    return [
        {"words": words[level], "before": before, "after": after, "change": after - before}
        for level, before, after in pairs
    ]


def _heading_page(
    request: HttpRequest, form: input_of.HeadingForm, found: Reform | None
) -> HttpResponse:
    # The rows after the last change are the ones that a reform can still change.
    last = max(clock.today(), form.table.days_of_change[-1])
    provinces = [input_of.shown(one) for one in form.table.provinces(last)]
    context = {"form": form, "reform": found, "provinces": provinces}
    return render(request, "catalogues/reform_heading.html", context)


def _suggestions(found: Reform, table: UnitTable) -> dict[str, list[str]]:
    """Units to choose from: of the province it stays in, else the provinces alone."""
    eve = found.happened_on - timedelta(days=1)
    provinces = table.provinces(eve)
    if not found.within:
        names = [input_of.shown(one) for one in provinces]
        return {"choices": names, "above": []}
    districts = [one for one in table.children(found.within, eve) if one.level is Level.DISTRICT]
    communes = table.communes(found.within, eve)
    own = [f"{one.code} {one}" for one in found.new_units.exclude(level=Level.COMMUNE)]
    standing = [one for one in districts if table.find(one.code, found.happened_on)]
    province = table.find(found.within, found.happened_on)
    return {
        "choices": [input_of.shown(one) for one in (*districts, *communes)],
        "above": own + [input_of.shown(one) for one in ([province] if province else []) + standing],
    }


def _first_parent(found: Reform, table: UnitTable) -> str:
    """The province itself, where no district stands below it any more."""
    if not found.within:
        return ""
    province = table.find(found.within, found.happened_on)
    below = table.children(found.within, found.happened_on - timedelta(days=1))
    if province is None or any(one.level is Level.DISTRICT for one in below):
        return ""
    return input_of.shown(province)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def does(request: HttpRequest, deed: Any, *args: Any, **kwargs: Any) -> bool:
    """Do it, or say why it could not be done."""
    try:
        deed(*args, by=actor(request), **kwargs)
    except LienThongError as problem:
        if problem.status >= 500:
            raise
        messages.error(request, _(str(problem)))
        return False
    return True

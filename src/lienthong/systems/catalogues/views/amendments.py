"""The steward's desk of limits, bodies and the calendar, and of changes proposed to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel import clock, names
from lienthong.kernel.working_days import CalendarDay
from lienthong.record import audit
from lienthong.systems.catalogues import queries
from lienthong.systems.catalogues.domain.amendments import (
    BodyEnd,
    BodyRow,
    CalendarRows,
    Content,
    LimitRow,
    unpacked,
)
from lienthong.systems.catalogues.forms import amendments as input_of
from lienthong.systems.catalogues.models import Amendment, Body, TimeLimit
from lienthong.systems.catalogues.queries import amendments as reading
from lienthong.systems.catalogues.services import amendments as services
from lienthong.systems.catalogues.views.reforms import STEWARD, actor, does, told_in
from lienthong.web.actors import officer_name
from lienthong.web.roles import requires

FIRST_YEAR, LAST_YEAR = 2016, 2100


@requires(STEWARD)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Changes proposed, newest first."""
    rows = [(one, state_shown(one), title_of(one)) for one in reading.amendments()[:200]]
    return render(request, "catalogues/amendments.html", {"rows": rows, "tab": "amendments"})


@requires(STEWARD)
@require_GET
def limits(request: HttpRequest) -> HttpResponse:
    """Every time limit with its rows over time."""
    waiting = _waiting("limits")
    rows = [(limit, waiting.get(limit.code)) for limit in queries.tables().limits]
    context = {"rows": rows, "tab": "limits"}
    return render(request, "catalogues/limits.html", context)


@requires(STEWARD)
@require_GET
def bodies(request: HttpRequest) -> HttpResponse:
    """Bodies by name or code, also those that ended."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:120]
    folded = names.folding_key(text)
    waiting = _waiting("bodies")
    found = [
        (body, waiting.get(f"{body.scheme} {body.code}"))
        for body in queries.tables().bodies
        if folded in names.folding_key(body.name) or folded in body.code.lower()
    ]
    context = {"rows": found, "text": text, "tab": "bodies"}
    return render(request, "catalogues/bodies.html", context)


@requires(STEWARD)
@require_GET
def calendar(request: HttpRequest, year: int = 0) -> HttpResponse:
    """Days off and days worked in exchange of one year."""
    year = year or clock.today().year
    _refuse_year(year)
    days = _days_of(year)
    context = {
        "year": year,
        "rows": days,
        "years": (year - 1, year + 1),
        "waits": _waiting("calendar").get(str(year)),
        "tab": "calendar",
    }
    return render(request, "catalogues/calendar.html", context)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def propose_limit(request: HttpRequest) -> HttpResponse:
    """Propose a new time limit, or another rule for one that stands."""
    code = request.GET.get("ma", "")[:60]
    form = input_of.LimitForm(request.POST or None, initial=_initial(TimeLimit, code=code))
    return _proposed(request, form, "limits", lambda: form.content)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def propose_body(request: HttpRequest) -> HttpResponse:
    """Propose a new body, or another name for one that stands."""
    scheme, _space, code = request.GET.get("ma", "")[:60].partition(" ")
    form = input_of.BodyForm(request.POST or None, initial=_initial(Body, scheme=scheme, code=code))
    kinds = Body.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return _proposed(request, form, "bodies", lambda: form.content, kinds=list(kinds))


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def propose_end(request: HttpRequest, scheme: str, code: str) -> HttpResponse:
    """Propose the end of a body."""
    body = Body.objects.filter(scheme=scheme, code=code, valid_to=None).first()
    if body is None:
        raise Http404
    form = input_of.BodyEndForm(request.POST or None)
    return _proposed(request, form, "bodies", lambda: form.content(scheme, code), body=body)


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def propose_days(request: HttpRequest, year: int) -> HttpResponse:
    """Propose the days of a year."""
    _refuse_year(year)
    form = input_of.CalendarForm(
        request.POST or None, year=year, initial={"days": _as_lines(_days_of(year))}
    )
    return _proposed(request, form, "calendar", lambda: form.content, year=year)


@requires(STEWARD)
@require_GET
def amendment(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands, what would stand, who proposed it."""
    found = reading.amendment(pk)
    by = actor(request)
    content = unpacked(found.content)
    stands = reading.rows_as_they_stand(content)
    context = {
        "amendment": found,
        "title": title_of(found),
        "state": state_shown(found),
        "content": content,
        "kind": type(content).__name__,
        "was": found.was,
        "changed": found.is_proposed and stands != found.was,
        "unit_words": dict(input_of.UNITS),
        "works_words": {True: _("worked"), False: _("day off"), None: _("ordinary day")},
        "may_settle": found.is_proposed and not by.did(found.proposed_by),
        "history": [
            (entry.at, deed_words(entry.what), officer_name(entry.actor) or entry.actor)
            for entry in audit.entries_about(found)
        ],
        "tab": "amendments",
    }
    return render(request, "catalogues/amendment.html", context)


@requires(STEWARD)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Write it into its table and publish."""
    if does(request, services.decide, reading.amendment(pk)):
        messages.success(request, _("Decided. The catalogues are published with it."))
    return redirect("catalogues:amendment", pk=pk)


SETTLED = {"tu-choi": services.refuse, "rut": services.withdraw}


@requires(STEWARD)
@require_http_methods(["GET", "POST"])
def give_reason(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Refuse or withdraw, with a reason."""
    found = reading.amendment(pk)
    if deed not in SETTLED:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            SETTLED[deed](found, form.cleaned_data["reason"], by=actor(request))
            return redirect("catalogues:amendment", pk=pk)
    title = _("Refuse the change") if deed == "tu-choi" else _("Withdraw the change")
    context = {"form": form, "amendment": found, "title": title, "tab": "amendments"}
    context["about"] = title_of(found)
    return render(request, "catalogues/amendment_reason.html", context)


class ReasonForm(forms.Form):
    """Why a change is refused or withdrawn."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason")


def title_of(found: Amendment) -> str:
    """What a change is about, in words."""
    content = unpacked(found.content)
    match content:
        case LimitRow():
            return content.title
        case BodyRow():
            return f"{content.code} {content.name}"
        case BodyEnd():
            body = Body.objects.filter(code=content.code, scheme=content.scheme).last()
            return _("End of %(body)s") % {"body": body.name if body else content.code}
        case CalendarRows():
            return _("Working calendar of %(year)s") % {"year": content.year}


def state_shown(found: Amendment) -> dict[str, str]:
    """Colour, icon and words of a state."""
    states = Amendment.State
    colour, icon, words = {
        states.PROPOSED: ("warning", "hourglass", _("Waits for a decision")),
        states.DECIDED: ("success", "check", _("Decided")),
        states.REFUSED: ("danger", "x", _("Refused")),
        states.WITHDRAWN: ("neutral", "x", _("Taken back")),
    }[states(found.state)]
    return {"colour": colour, "icon": icon, "words": words}


def deed_words(what: str) -> str:
    """A deed of the audit as people read it."""
    return {
        "catalogues.amendment.proposed": _("Proposed"),
        "catalogues.amendment.decided": _("Decided and published"),
        "catalogues.amendment.refused": _("Refused"),
        "catalogues.amendment.withdrawn": _("Taken back"),
    }.get(what, what)


def _proposed(
    request: HttpRequest, form: forms.Form, tab: str, content: Any, **around: Any
) -> HttpResponse:
    """The page of a proposal; when it is sent and well, the change it made."""
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            said: Content = content()
            made = services.propose(said, by=actor(request))
            messages.success(request, _("Proposed. Another officer now decides."))
            return redirect("catalogues:amendment", pk=made.pk)
    return render(request, "catalogues/propose.html", {"form": form, "tab": tab, **around})


def _initial(model: Any, **key: str) -> dict[str, Any]:
    """The last row of a key, to be changed; without the day, the act and the doubt."""
    last = model.objects.filter(**key).order_by("valid_from").last()
    if last is None:
        return {}
    names_kept = ("code", "scheme", "title", "amount", "unit", "name", "kind")
    return {name: getattr(last, name) for name in names_kept if hasattr(last, name)}


def _waiting(table: str) -> dict[str, int]:
    """Keys with a change that waits, each with its number."""
    rows = reading.amendments(table).filter(state=Amendment.State.PROPOSED)
    return {row.key: row.pk for row in rows}


def _days_of(year: int) -> list[CalendarDay]:
    return [day for day in queries.tables().calendar if day.day.year == year]


def _as_lines(days: list[CalendarDay]) -> str:
    return "\n".join(f"{row.day:%d/%m/%Y} {input_of.WORDS[row.works]} {row.name}" for row in days)


def _refuse_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404

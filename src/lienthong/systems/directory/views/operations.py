"""Pages for watching the exchange: traffic by hour and pair, failures over time, processes."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lienthong.kernel import clock
from lienthong.kernel.errors import Unavailable
from lienthong.kernel.periods import Period
from lienthong.web.csv_answer import csv_answer
from lienthong.web.roles import requires

from ..domain import holds, plain_cell
from ..queries import operations, totals
from .frame import OPERATOR, places

LONGEST_PERIOD = 366
PAIRS_SHOWN = 20
MOST_EXPORTED = 50_000
FAILURES_SHOWN = 100
# Hours shown, and in how many columns.
SPANS = {"24": (24, 24), "72": (72, 24), "168": (168, 28)}
SPAN_WORDS = {
    "24": gettext_lazy("The last 24 hours"),
    "72": gettext_lazy("The last three days"),
    "168": gettext_lazy("The last seven days"),
}


def chosen_period(request: HttpRequest) -> tuple[Period, bool]:
    """The days asked for, this month without any; and whether what was asked made sense."""
    today = clock.today()
    usual = Period(today.replace(day=1), today)
    said = request.GET.get("start", ""), request.GET.get("end", "")
    if not any(said):
        return usual, True
    try:
        start, end = (date.fromisoformat(text) for text in said)
    except ValueError:
        return usual, False
    if not timedelta() <= end - start < timedelta(days=LONGEST_PERIOD):
        return usual, False
    return Period(start, end), True


@require_GET
@requires(OPERATOR)
@never_cache
def traffic(request: HttpRequest) -> HttpResponse:
    """Hours as a heat table, and the pairs that made them; one pair's hours on demand."""
    period, sensible = chosen_period(request)
    pair = {name: request.GET.get(name, "").strip() for name in ("client", "service")}
    wanted, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "")
    days = {"start": period.start.isoformat(), "end": period.end.isoformat()}
    context: dict[str, object] = {
        "places": places(request, "traffic"),
        "period": period,
        "bad_period": not sensible,
        "longest": LONGEST_PERIOD,
        "pair": pair,
        "q": wanted,
        "sort": sort if sort in operations.SORTS else "count",
        "sorts": [
            ("count", _("Most exchanges first")),
            ("client", _("By caller")),
            ("service", _("By provider and service")),
        ],
        "hours": range(24),
        "days_query": urlencode(days),
        "file_query": urlencode(days | ({"q": wanted} if wanted else {}) | {"sort": sort}),
    }
    try:
        found = operations.traffic(period, **pair)
    except Unavailable:
        return render(request, "directory/traffic.html", context | {"log_down": True})
    rows = operations.chosen_pairs(found.pairs, wanted, sort)
    known = {(row.client, row.service): row for row in found.pairs}
    context |= {
        "found": found,
        "chosen": known.get((pair["client"], pair["service"])),
        "pairs": len(found.pairs),
        "basis": totals.basis_of(period),
        "listing": Paginator(rows, PAIRS_SHOWN).get_page(request.GET.get("page")),
        "ends": [
            (_("Answered"), found.totals["answered"]),
            (_("Refused"), found.totals["refused"]),
            (_("Not reached"), found.totals["unreachable"]),
            (_("Failed"), found.totals["failed"]),
        ],
    }
    return render(request, "directory/traffic.html", context)


@require_GET
@requires(OPERATOR)
def traffic_file(request: HttpRequest) -> HttpResponse:
    """The pairs of a period as CSV, in the order and choice of the page."""
    period, _sensible = chosen_period(request)
    found = operations.traffic(period)
    rows = operations.chosen_pairs(
        found.pairs, request.GET.get("q", "").strip(), request.GET.get("sort", "")
    )
    response, writer = csv_answer(
        f"luu-luong-{period.start.isoformat()}-{period.end.isoformat()}.csv"
    )
    writer.writerow(
        [
            _("Caller"),
            _("Identifier of the caller"),
            _("Provider"),
            _("Service"),
            _("Exchanges"),
            _("of these imported"),
            _("At other gateways, by signed days"),
        ]
    )
    for row in rows[:MOST_EXPORTED]:
        texts = (row.client_name, row.client, row.provider_name, row.service)
        writer.writerow([*map(plain_cell, texts), row.count, row.imported, row.elsewhere])
    return response


@require_GET
@requires(OPERATOR)
@never_cache
def failures(request: HttpRequest) -> HttpResponse:
    """What did not succeed, by kind over time and by pair."""
    span = request.GET.get("span", "24")
    span = span if span in SPANS else "24"
    kind, wanted = request.GET.get("kind", "").strip(), request.GET.get("q", "").strip()
    context: dict[str, object] = {
        "places": places(request, "failures"),
        "span": span,
        "spans": [(value, SPAN_WORDS[value]) for value in SPANS],
        "kind": kind,
        "q": wanted,
    }
    try:
        found = operations.failures(clock.instant(), *SPANS[span])
    except Unavailable:
        return render(request, "directory/failures.html", context | {"log_down": True})
    rows = [row for row in found.rows if not kind or row.kind == kind]
    if wanted:
        rows = [row for row in rows if holds(wanted, row.client_name, row.service)]
    context |= {
        "found": found,
        "rows": rows[:FAILURES_SHOWN],
        "more": max(0, len(rows) - FAILURES_SHOWN),
    }
    return render(request, "directory/failures.html", context)


@require_GET
@requires(OPERATOR)
@never_cache
def processes(request: HttpRequest) -> HttpResponse:
    """How the gateway's processes are, and what the gateway calls wrong."""
    context: dict[str, object] = {
        "places": places(request, "processes"),
        "now": clock.local(clock.instant()),
    }
    try:
        context |= {"rows": operations.processes(), "health": operations.gateway_health()}
    except Unavailable:
        context["log_down"] = True
    return render(request, "directory/processes.html", context)

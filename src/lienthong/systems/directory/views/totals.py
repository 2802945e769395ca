"""The signed days of all gateways: the country's count, both sides of each pair, and a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lienthong.kernel import clock
from lienthong.kernel.periods import BadPeriod, Period
from lienthong.web.csv_answer import csv_answer
from lienthong.web.roles import requires

from ..domain import Difference, plain_cell
from ..queries import totals
from ..services.totals import check_again
from .frame import OPERATOR, places

PAIRS = 50


def kinds() -> list[tuple[str, str]]:
    """What a difference is called."""
    return [
        (Difference.NONE.value, _("equal")),
        (Difference.MISSING.value, _("a side is missing")),
        (Difference.LATE.value, _("crossed midnight")),
        (Difference.UNEQUAL.value, _("unequal")),
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days and pairs an address asks for."""

    days: Period
    client: str
    service: str
    kind: str

    @classmethod
    def of(cls, request: HttpRequest, days: Period) -> Asked:
        chosen = {name: request.GET.get(name, "").strip() for name in ("client", "service")}
        kind = request.GET.get("kind", "")
        if kind not in [known.value for known in Difference]:
            kind = ""
        return cls(days=days, kind=kind, **chosen)

    @property
    def query(self) -> str:
        given = {"client": self.client, "service": self.service, "kind": self.kind}
        return urlencode({name: value for name, value in given.items() if value})

    def rows(self) -> list[totals.PairDay]:
        found = totals.reconciled(self.days, client=self.client, service=self.service)
        return [row for row in found if not self.kind or row.kind == self.kind]


def _month(request: HttpRequest) -> Period:
    """The month asked for; that of the newest day anybody reported, or this one."""
    try:
        return Period.month(request.GET.get("month", ""))
    except BadPeriod:
        newest = totals.newest_day() or clock.local(clock.instant()).date()
        return Period.month(f"{newest:%Y-%m}")


@require_GET
@requires(OPERATOR)
@never_cache
def months(request: HttpRequest) -> HttpResponse:
    """The days of a month: who reported, what both sides counted, how they differ."""
    now = clock.instant()
    month = _month(request)
    days = totals.summed(month, totals.reconciled(month), now)
    context = {
        "places": places(request, "totals"),
        "month": month,
        "days": [
            (row, [(dict(kinds())[kind], n) for kind, n in row.kinds.items()]) for row in days
        ],
        "provider": sum(row.provider for row in days),
        "consumer": sum(row.consumer for row in days),
        "imported": sum(row.imported for row in days),
        "gateways": totals.reporting(now),
        "due": totals.last_due(now),
    }
    return render(request, "directory/totals.html", context)


@require_GET
@requires(OPERATOR)
@never_cache
def day(request: HttpRequest, day: str) -> HttpResponse:
    """One day: the documents with their signatures, and every pair with its difference."""
    on = _day(day)
    asked = Asked.of(request, Period(on, on))
    rows = asked.rows()
    reports = totals.reports_of(asked.days)
    told = {report.gateway_id for report in reports if not report.source}
    context = {
        "places": places(request, "totals"),
        "day": on,
        "asked": asked,
        "kinds": kinds(),
        "reports": [(report, check_again(report)) for report in reports],
        "silent": [
            row
            for row in totals.reporting(clock.instant(), within=asked.days)
            if row.gateway.pk not in told and row.since <= on
        ],
        "is_due": on <= totals.last_due(clock.instant()),
        "listing": Paginator(rows, PAIRS).get_page(request.GET.get("page")),
        "names": dict(kinds()),
        "provider": sum(row.provider for row in rows),
        "consumer": sum(row.consumer for row in rows),
        "query": asked.query,
    }
    return render(request, "directory/totals_day.html", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


@require_GET
@requires(OPERATOR)
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Every pair of a month, or of one day of it, as a CSV file."""
    days = _month(request)
    if request.GET.get("day"):
        on = _day(request.GET["day"])
        days = Period(on, on)
    asked = Asked.of(request, days)
    response, writer = csv_answer(f"doi-soat-{days}.csv")
    writer.writerow(
        [
            _("Day"), _("Client"), _("Service"), _("Answered, seen by the client's side"),
            _("Answered, counted by the provider's side"), _("Difference"), _("Kind"),
            _("Gateways whose day is missing"), _("Not reached or failed"), _("Refused"),
        ]
    )  # fmt: skip
    named = dict(kinds())
    for row in asked.rows():
        writer.writerow(
            [
                row.day.isoformat(), plain_cell(row.client), plain_cell(row.service),
                row.consumer, row.provider, row.difference, named[row.kind],
                plain_cell(" ".join(row.missing)), row.failed, row.refused,
            ]
        )  # fmt: skip
    return response

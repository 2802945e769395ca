"""The published reports: anyone may read them and follow every figure to its source."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lienthong.web.roles import public

from ..models import ReportEdition
from ..queries.document import Report
from ..queries.editions import edition_numbered, issued_edition, issued_editions, month_of
from . import desk


@public
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """Every report in force."""
    return render(request, "steering/reports.html", {"editions": issued_editions()})


@public
@require_GET
def report(request: HttpRequest, month: str) -> HttpResponse:
    """One report, as it was issued."""
    return shown(request, issued_edition(month_of(month)))


@public
@require_GET
def edition(request: HttpRequest, month: str, version: int) -> HttpResponse:
    """One numbered edition, also one that a later one has taken the place of."""
    return shown(request, edition_numbered(month_of(month), version))


def shown(request: HttpRequest, edition: ReportEdition) -> HttpResponse:
    found = Report.of(edition)
    selected = desk.chosen_figure(request, found)
    context = desk.page_context(request, found, selected, public=True)
    context["given"] = found.issuance
    if request.htmx and request.htmx.target == "nguon":  # type: ignore[attr-defined]
        return render(request, "steering/_provenance.html", context)
    return render(request, "steering/report.html", context)


@public
@require_GET
def download(request: HttpRequest, month: str, kind: str) -> HttpResponse:
    """The report in force as a file."""
    return desk.file_response(issued_edition(month_of(month)), kind)

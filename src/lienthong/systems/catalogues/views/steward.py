"""The steward's desk: what is in the tables, what is published, what is doubtful."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lienthong.systems.catalogues import queries
from lienthong.systems.catalogues.queries import reforms
from lienthong.web import catalogues, roles


@roles.requires("catalogues.steward")
def tables(request: HttpRequest) -> HttpResponse:
    """The catalogues with their sizes and doubts, and the last snapshots."""
    shown = queries.tables()
    doubtful = {
        "units": sum(bool(unit.doubt) for unit in shown.units),
        "successions": sum(bool(link.doubt) for link in shown.successions),
        "bodies": sum(bool(body.doubt) for body in shown.bodies),
        "calendar": sum(bool(day.doubt) for day in shown.calendar),
        "limits": sum(bool(limit.doubt) for limit in shown.limits),
    }
    rows = [(name, count, doubtful[name]) for name, count in queries.counts().items()]
    return render(
        request,
        "catalogues/tables.html",
        {
            "tab": "tables",
            "rows": rows,
            "snapshots": queries.snapshots()[:20],
            "in_use": catalogues.snapshot_number(),
            "waiting": reforms.reforms().filter(state="proposed").count(),
        },
    )

"""Exchanges in the log: the list, one with its evidence, and its receipt."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lienthong.kernel.errors import Unavailable
from lienthong.web.roles import requires

from ..queries import register, traffic
from .frame import OPERATOR, ROWS, places


@require_GET
@requires(OPERATOR)
@never_cache
def exchanges(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "service", "outcome")}
    context: dict[str, object] = {
        "places": places(request, "exchanges"),
        "filter": chosen,
        "services": register.service_codes(),
        "outcomes": [
            ("answered", _("Answered")),
            ("refused", _("Refused")),
            ("unreachable", _("Not reached")),
            ("failed", _("Failed")),
            ("unknown", _("Outcome unknown")),
        ],
    }
    if chosen["q"]:
        return redirect("directory:exchange", message_id=chosen["q"])
    try:
        rows = traffic.newest_exchanges(
            limit=ROWS,
            service=chosen["service"],
            outcome=chosen["outcome"],
            before=_moment(request.GET.get("before", "")),
        )
    except Unavailable:
        return render(request, "directory/exchanges.html", context | {"log_down": True})
    if len(rows) == ROWS:
        older = {key: value for key, value in chosen.items() if value}
        context["older"] = "?" + urlencode(older | {"before": rows[-1].at.isoformat()})
    return render(request, "directory/exchanges.html", context | {"rows": rows})


def _moment(text: str) -> datetime | None:
    """A moment with its time zone; anything else in the address is left out."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@require_GET
@requires(OPERATOR)
@never_cache
def exchange(request: HttpRequest, message_id: str) -> HttpResponse:
    view = traffic.one_exchange(message_id)
    return render(
        request, "directory/exchange.html", {"places": places(request, "exchanges"), "view": view}
    )


@require_GET
@requires(OPERATOR)
def receipt(request: HttpRequest, message_id: str) -> HttpResponse:
    """The receipt as a file, to be checked by anyone, anywhere."""
    return HttpResponse(
        traffic.receipt_of(message_id),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{_receipt_name(message_id)}"'},
    )


def _receipt_name(message_id: str) -> str:
    """A file name; the id is the caller's own and may hold any printable letter."""
    return f"receipt-{re.sub(r'[^A-Za-z0-9._-]+', '-', message_id)[:120]}.json"

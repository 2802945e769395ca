"""The first page of the console: figures, the drum face, and the newest exchanges."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lienthong.kernel import clock
from lienthong.kernel.errors import Unavailable
from lienthong.kernel.periods import Period
from lienthong.web.roles import requires

from ..figures import FIGURES
from ..queries import register, traffic
from ..queries.joining import snapshot_warning
from .frame import OPERATOR, places


def _kind_of_call(effect: str) -> str:
    """A class of services in words."""
    return {"changing": _("changing"), "sensitive": _("sensitive"), "public": _("public")}.get(
        effect, effect
    )


@require_GET
@requires(OPERATOR)
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    period = Period(today.replace(day=1), today)
    context: dict[str, object] = {
        "places": places(request, "console"),
        "period": period,
        "now": clock.local(clock.instant()),
        "counts": register.counts_by_kind(today),
        "old_snapshot": (old := snapshot_warning()),
        "stopped_kinds": ", ".join(_kind_of_call(name) for name in old.stopped) if old else "",
    }
    try:
        context |= {
            "figures": [
                FIGURES.definition(code).value(period) for code in ("F009", "F010", "F004")
            ],
            "rows": traffic.newest_exchanges(limit=8),
            **traffic.picture(period),
        }
    except Unavailable:
        context |= {
            "log_down": True,
            "figures": [FIGURES.definition("F004").value(period)],
            "rows": [],
            **traffic.picture_without_traffic(period),
        }
    context["unclassified"] = context["counts"]["other"]  # type: ignore[index]
    return render(request, "directory/console.html", context)


@require_GET
@requires(OPERATOR)
@never_cache
def newest(request: HttpRequest) -> HttpResponse:
    """The fragment that the console asks for every ten seconds."""
    try:
        rows = traffic.newest_exchanges(limit=8)
    except Unavailable:
        return HttpResponse(status=204)
    return render(request, "directory/_newest.html", {"rows": rows})

"""Who is connected, and with which certificates."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lienthong.kernel import clock, names
from lienthong.web.roles import requires

from ..models import SubsystemKind
from ..queries import register
from .frame import OPERATOR, places


@require_GET
@requires(OPERATOR)
def members(request: HttpRequest) -> HttpResponse:
    wanted, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    day = clock.today()
    found = register.subsystems_on(day).order_by("member__kind", "member__code", "code")
    if kind:
        found = found.filter(kind=kind)
    rows = list(found)
    if wanted:
        key = names.folding_key(wanted)
        rows = [
            row for row in rows if key in names.folding_key(f"{row.name} {row.member.name} {row}")
        ]
    return render(
        request,
        "directory/members.html",
        {
            "places": places(request, "members"),
            "listing": Paginator(rows, 50).get_page(request.GET.get("page")),
            "systems": len(rows),
            "bodies": len({row.member_id for row in rows}),
            "kinds": SubsystemKind.choices,
            "q": wanted,
            "kind": kind,
        },
    )


@require_GET
@requires(OPERATOR)
def certificates(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "directory/certificates.html",
        {
            "places": places(request, "certificates"),
            "certificates": register.all_certificates(),
            "snapshot": register.latest_snapshot(),
        },
    )

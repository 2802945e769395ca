"""Who is connected, and with which certificates."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lienthong.kernel import clock, names
from lienthong.kernel.node import Node
from lienthong.web.roles import requires

from ..errors import LastGateway, NotHosted
from ..forms import ReasonForm
from ..models import SubsystemKind
from ..queries import register
from ..services.hosting import end_hosting
from .frame import OPERATOR, acting, places


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


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def end(request: HttpRequest, subsystem_id: int, gateway_code: str) -> HttpResponse:
    """Ask for the reason, then take a system away from one of its gateways."""
    row = get_object_or_404(register.behind_some_gateway(), pk=subsystem_id)
    gateways = row.gateways
    gateway = next((one for one in gateways if one.code == gateway_code), None)
    if gateway is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            end_hosting(
                row,
                gateway,
                reason=form.cleaned_data["reason"],
                by=acting(request),
                node=Node.from_environment(),
            )
        except LastGateway:
            messages.error(
                request, _("It stands behind no other gateway, so it is not taken away from this.")
            )
        except NotHosted:
            messages.info(request, _("It was taken away meanwhile."))
        else:
            messages.success(request, _("The system no longer stands behind this gateway."))
        return redirect("directory:members")
    return render(
        request,
        "directory/end_hosting.html",
        {
            "places": places(request, "members"),
            "row": row,
            "gateway": gateway,
            "others": [one for one in gateways if one != gateway],
            "form": form,
        },
        status=422 if form.is_bound else 200,
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

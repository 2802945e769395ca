"""Pages of the web floor: home, desks, choice of a position, demo accounts, health."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel import clock
from lienthong.web import health, home, topology
from lienthong.web.accounts import demo as demo_accounts
from lienthong.web.context import SESSION_BEGAN, session_seconds, system_title
from lienthong.web.desks import Desk, desks_of
from lienthong.web.middleware import SEAT
from lienthong.web.roles import public, requires, with_next


@public
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What this node is, and what can be done here now."""
    picture = topology.of_this_node()
    return render(
        request,
        "web/home.html",
        {
            "cards": home.cards(),
            "picture": picture,
            "rows": picture.rows(),
            "drawing": topology.draw(picture),
        },
    )


@requires()
@require_GET
def desks(request: HttpRequest) -> HttpResponse:
    """The desks open to this officer, by system."""
    grouped: dict[str, list[Desk]] = {}
    for desk in desks_of(request.actor):  # type: ignore[attr-defined]
        grouped.setdefault(desk.system, []).append(desk)
    systems = [
        {"title": system_title(system), "desks": members} for system, members in grouped.items()
    ]
    return render(request, "web/desks.html", {"systems": systems})


@require_http_methods(["GET", "POST"])
def choose_office(request: HttpRequest) -> HttpResponse:
    """For which office the work is done, when an officer holds several positions."""
    if not request.user.is_authenticated:
        return with_next(str(settings.LOGIN_URL), request)
    seats = request.seats  # type: ignore[attr-defined]
    missing = False
    if request.method == "POST":
        key = request.POST.get("seat", "")
        if any(seat.key == key for seat in seats):
            request.session[SEAT] = key
            return HttpResponseRedirect(_next(request))
        missing = True
    context = {"seats": seats, "missing": missing, "next": _next(request)}
    return render(request, "web/choose_office.html", context, status=400 if missing else 200)


choose_office.lienthong_access = "account"  # type: ignore[attr-defined]


@requires()
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Lengthen the session of an officer who is still there."""
    request.session[SESSION_BEGAN] = int(clock.instant().timestamp())
    return JsonResponse({"seconds": session_seconds(request)})


def _next(request: HttpRequest) -> str:
    address = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if allowed else reverse("web:desks")


@public
@never_cache
@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """Accounts of a demonstration node with their current codes; nowhere else does it exist."""
    if not settings.DEMO:
        raise Http404
    accounts = demo_accounts.shown()
    context = {"accounts": accounts, "seconds": demo_accounts.seconds_left()}
    fragment = bool(getattr(request, "htmx", False))
    template = "web/parts/demo_accounts.html" if fragment else "web/demo.html"
    return render(request, template, context)


@public
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "web/accessibility.html")


@public
@require_GET
def licences(request: HttpRequest) -> HttpResponse:
    """Licence texts of what is shipped with the pages."""
    path = apps.get_app_config("web").path
    with open(f"{path}/static/web/dist/LICENCES.txt", encoding="utf-8") as text:
        return render(request, "web/licences.html", {"text": text.read()})


@public
@never_cache
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    found = health.checks()
    fine = all(check.ok for check in found)
    body: dict[str, Any] = {
        "status": "ok" if fine else "failing",
        "checks": {
            check.name: {"ok": check.ok, "detail": check.detail, "seconds": check.seconds}
            for check in found
        },
    }
    return JsonResponse(body, status=200 if fine else 503)


@public
@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(health.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

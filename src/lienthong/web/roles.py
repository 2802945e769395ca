"""
Who may open a page: a decorator for officers' views, and one that marks public ones.

Without sign-in it leads to the sign-in page; without a seat it says who can give
one; without the role it says which role is missing and who grants it. A record of
a neighbour agency is 404, and that is decided by the system that owns the record.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from lienthong.kernel.errors import Refused

View = Callable[..., HttpResponseBase]


class NoSeat(Refused):
    """This account holds no position today, so no desk opens."""

    code = "web.no_seat"


class RoleMissing(Refused):
    """Your position does not carry the role this desk asks for."""

    code = "web.role_missing"


def requires(role: str = "") -> Callable[[View], View]:
    """Let through an actor that carries the role; an empty role lets every officer through."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if (elsewhere := check(request, role)) is not None:
                return elsewhere
            return view(request, *args, **kwargs)

        guarded.lienthong_access = role or "officer"  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: View) -> View:
    """Mark a view that anyone may open; the guard test over all addresses reads the mark."""
    view.lienthong_access = "public"  # type: ignore[attr-defined]
    return view


def check(request: HttpRequest, role: str) -> HttpResponseRedirect | None:
    """Where to go first, or nothing; raises when the actor may not do this."""
    if not request.user.is_authenticated:
        return with_next(str(settings.LOGIN_URL), request)
    actor = request.actor  # type: ignore[attr-defined]
    if actor is None:
        if request.seats:  # type: ignore[attr-defined]
            return with_next(reverse("web:choose_office"), request)
        raise NoSeat()
    if role and not actor.has(role):
        raise RoleMissing(role=role, office=actor.office)
    return None


def with_next(address: str, request: HttpRequest) -> HttpResponseRedirect:
    """A redirect that comes back here; a form that was being sent starts over at its page."""
    here = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{address}?{urlencode({'next': here})}")

"""Puts the language and the actor on each request, the actor once, on this legal day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
from lienthong.web import problem_counts, problems
from lienthong.web.accounts import second_factor
from lienthong.web.actors import choose, seats_of

SEAT = "lienthong.seat"
"""Session key of the seat an officer with several has chosen."""

# Pages an officer without a second factor may open: setting it up, and leaving.
WITHOUT_SECOND_FACTOR = frozenset(
    {
        "mfa_activate_totp",
        "account_reauthenticate",
        "account_logout",
        "set_language",
        "web:health",
        "web:metrics",
        "web:home",
    }
)


class LanguageMiddleware:
    """
    Vietnamese first, English for who chose it with the switch.

    The browser's own preference is not asked: many offices run browsers set to
    English. A program that calls an API is answered in the language it names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def language_of(request: HttpRequest) -> str:
    if request.path.startswith("/api/"):
        return translation.get_language_from_request(request)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class ActorMiddleware:
    """
    Gives every request ``legal_day``, ``seats``, ``seat`` and ``actor``.

    A visitor without a session costs no query. Errors of the house become pages
    or problem documents here, in the visitor's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        try:
            self.seat(request)
        except (OperationalError, InterfaceError):
            # No view has run, so `process_exception` would never hear of it.
            return problems.respond(request, 503)
        return self.get_response(request)

    def seat(self, request: Any) -> None:
        request.legal_day = clock.today()
        request.seats = (
            seats_of(request.user, request.legal_day) if request.user.is_authenticated else []
        )
        request.seat = (
            choose(request.seats, request.session.get(SEAT, "")) if request.seats else None
        )
        request.actor = (
            request.seat.actor(request.user.pk, request.legal_day) if request.seat else None
        )

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """An officer sets up the code of the second factor before anything else opens."""
        if not request.user.is_authenticated or not second_factor.is_missing(request):
            return None
        if request.resolver_match and request.resolver_match.view_name in WITHOUT_SECOND_FACTOR:
            return None
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('mfa_activate_totp')}?{query}")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, LienThongError) and error.status < 500:
            problem_counts.count(error.code)
        return problems.answer(request, error)

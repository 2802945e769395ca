"""
Turns errors into answers in one place: a page in words, or an RFC 9457 document.

A page says what happened, what is safe, what to do, and the code in mono. No
answer carries personal data, a stack or an internal address.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError
from lienthong.record import trace
from lienthong.web.desks import role_title

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """What a page of a status says when the error has no better words of its own."""

    title: str | Promise
    what: str | Promise
    safe: str | Promise
    todo: str | Promise
    code: str


WORDS = {
    400: Words(
        _("This cannot be read"),
        _("What was sent is not in a form this page understands."),
        _("Nothing was saved or changed."),
        _("Go back and send the page again. If it happens twice, give your office the code below."),
        "web.bad_request",
    ),
    403: Words(
        _("This is not open to you"),
        _("You are signed in, but this needs a right your position does not carry."),
        _("Nothing was shown or changed, and nothing was held against you."),
        _("Ask the head of your office for the role. Or change to another position of yours."),
        "web.refused",
    ),
    404: Words(
        _("There is nothing here"),
        _("No page has this address, or the record belongs to another office."),
        _("Nothing was changed."),
        _("Check the address, above all its last part, or start from the home page."),
        "web.not_found",
    ),
    405: Words(
        _("This is done another way"),
        _("The address exists, but it does not take this kind of request."),
        _("Nothing was saved or changed."),
        _("Open the page that leads here and use its button."),
        "web.method",
    ),
    409: Words(
        _("Someone was faster, or it is already done"),
        _("What you asked contradicts what already stands in the register."),
        _("Everything registered before is as it was."),
        _("Open the record again, see what has changed, and decide anew."),
        "web.conflict",
    ),
    429: Words(
        _("Too many attempts"),
        _("There were many requests from here in a short time."),
        _("Your account and your records are as they were."),
        _("Wait five minutes, then try again."),
        "web.too_many",
    ),
    500: Words(
        _("This page broke"),
        _("The fault is ours, not yours. It was written down with the code below."),
        _("Whatever was confirmed on screen before is safe."),
        _("Try again in a moment. If it stays, give your office the code."),
        "web.broken",
    ),
    503: Words(
        _("A part that is needed does not answer"),
        _("Another register or this node's own database is not reachable now."),
        _("Whatever was confirmed on screen before is safe and will not be lost."),
        _("Try again in a few minutes. What waits is sent by itself when the part answers."),
        "web.unavailable",
    ),
}


def answer(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The answer to an error that has words; nothing for one that is a fault of ours."""
    if isinstance(error, LienThongError):
        return respond(
            request,
            error.status,
            what=gettext(str(error)),
            code=error.code,
            missing_role=error.detail.get("role"),
        )
    if isinstance(error, (OperationalError, InterfaceError)):
        return respond(request, 503)
    return None


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond(request, 400)


def forbidden(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    return respond(request, 403)


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    return respond(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return respond(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is missing or old: nearly always a page left open since another sign-in."""
    return respond(
        request,
        403,
        title=gettext("This page was open too long"),
        what=gettext(
            "The session has changed since it was opened, so what was sent was not taken."
        ),
        todo=gettext("Go back, load the page again and send it once more."),
        code="web.session_changed",
    )


def respond(
    request: HttpRequest,
    status: int,
    *,
    title: str = "",
    what: str = "",
    todo: str = "",
    code: str = "",
    missing_role: object = None,
) -> HttpResponse:
    """A page, a fragment for htmx, or a problem document, as the caller can read."""
    words = WORDS.get(status) or WORDS[500 if status >= 500 else 400]
    told: dict[str, Any] = {
        "status": status,
        "title": title or str(words.title),
        "what": what or str(words.what),
        "safe": str(words.safe),
        "todo": todo or str(words.todo),
        "code": code or words.code,
        "trace": trace.current(),
        "missing_role": missing_role or "",
        "missing_role_title": role_title(str(missing_role)) if missing_role else "",
    }
    if wants_document(request):
        return document(told)
    if getattr(request, "htmx", False):
        text = render_to_string("web/parts/problem.html", told, request)
        return HttpResponse(text, status=status)
    return HttpResponse(page(request, told), status=status)


def page(request: HttpRequest, told: dict[str, Any]) -> str:
    """The whole page; a plain one when the usual frame itself cannot be drawn."""
    try:
        return render_to_string("web/problem.html", told, request)
    except Exception:
        # The frame asks who is signed in and which links there are. A fault there must
        # not hide the page that tells of a fault.
        log.exception("problem page without its frame")
        return render_to_string("web/problem_plain.html", told | {"language": get_language()})


def wants_document(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or not (
        request.accepts("text/html") or getattr(request, "htmx", False)
    )


def document(told: dict[str, Any]) -> HttpResponse:
    """RFC 9457, with the stable code and the trace id as members of their own."""
    body = {
        "type": f"urn:lienthong:problem:{told['code']}",
        "title": told["title"],
        "status": told["status"],
        "detail": told["what"],
        "code": told["code"],
        "trace": told["trace"],
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=told["status"],
        content_type="application/problem+json",
    )

"""
Façades on the web port, for foreign conformance suites only (decision 24).

Mounted under ``LIENTHONG_CONFORMANCE=1`` and never otherwise. What comes in is
handed to this node's gateway as it is; the gateway knows the base URLs, asks for
the credential, signs, logs and counts.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt

from lienthong.exchange import facade
from lienthong.web.roles import public

NOT_PASSED = frozenset({"Host", "Connection", "Content-Length", "Transfer-Encoding", "Cookie"})


@csrf_exempt
@public
def through(request: HttpRequest, path: str) -> HttpResponse:
    """Whatever a façade's base covers; anything else is not there."""
    headers = tuple(
        (name, value) for name, value in request.headers.items() if name not in NOT_PASSED
    )
    answer = facade.forward(request.method or "GET", request.get_full_path(), headers, request.body)
    if answer is None:
        raise Http404
    told = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("content-length", "transfer-encoding", "connection", "date")
    }
    return HttpResponse(answer.body, status=answer.status, headers=told)


def routes(*, mounted: bool) -> list[Any]:
    """The addresses that conformance adds: all that nobody else answers, or none."""
    return [re_path(r"^(?P<path>.+)$", through)] if mounted else []

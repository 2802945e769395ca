"""What gateways of the exchange ask the directory; they come through its HTTPS door."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.joining import Joining
from lienthong.web.roles import public

from ..errors import BadJoinRequest
from ..services import joining

LONGEST = 4 << 20
Answerer = Callable[[bytes], object]


def answering(ask: Answerer) -> Callable[..., HttpResponseBase]:
    """
    A view without session or form token: who asks proves it in what is sent.

    Problems are told as RFC 9457 documents, which hold a code and no data.
    """

    @csrf_exempt
    @require_POST
    @public
    @wraps(ask)
    def view(request: HttpRequest) -> HttpResponse:
        try:
            # Read by hand: Django's own limit of 2.5 MB is for forms.
            raw = request.read(LONGEST + 1)
            if len(raw) > LONGEST:
                raise BadJoinRequest("the letter is longer than four mebibytes")
            said = ask(raw)
        except LienThongError as problem:
            return problem_document(problem)
        return HttpResponse(msgspec.json.encode(said), content_type="application/json")

    return view


def problem_document(problem: LienThongError) -> HttpResponse:
    document = {
        "type": "about:blank",
        "title": str(problem),
        "status": problem.status,
        "code": problem.code,
    }
    return HttpResponse(
        msgspec.json.encode(document),
        status=problem.status,
        content_type="application/problem+json",
    )


@answering
def join(raw: bytes) -> object:
    """Certificates for a gateway that brings its invitation."""
    try:
        asked = msgspec.json.decode(raw, type=Joining)
    except msgspec.DecodeError as problem:
        raise BadJoinRequest(str(problem)) from None
    return joining.join(asked, node=Node.from_environment())


@answering
def renew(raw: bytes) -> object:
    """Certificates for the new keys of a gateway that has joined."""
    return joining.renew(raw, node=Node.from_environment())


@answering
def register(raw: bytes) -> object:
    """A new registration of a gateway that has joined."""
    return joining.update(raw, node=Node.from_environment())

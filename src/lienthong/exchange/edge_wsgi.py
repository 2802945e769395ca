"""
The offers pool: a small WSGI application on a loopback port of its own (decision 7).

No sessions, no pages, no middleware: an admission sealed by this node's
gateway is the only way to an answer. Paths are ``/offers/<subsystem>/<service
code>``; a ``GET`` of ``/openapi.json`` behind one describes it, and one of
``/healthz`` answers when the offers are loaded.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, transaction

from lienthong.exchange import consent, edge, kept, openapi, problems
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError, Unavailable
from lienthong.kernel.node import Node
from lienthong.protocol.admission import open_admission
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.identifiers import from_wire
from lienthong.protocol.traces import read_context
from lienthong.record import spans, trace

log = logging.getLogger("lienthong.exchange.edge")

PREFIX = "/offers/"
DESCRIPTION = "/openapi.json"


class TooLarge(LienThongError):
    """The request is larger than this service accepts."""

    code = "exchange.too_large"
    status = 413


class DatabaseBusy(Unavailable):
    """The register could not do this now; nothing was done."""

    code = "exchange.register_busy"


class NotAllowed(LienThongError):
    """Services are asked with POST."""

    code = "exchange.method_not_allowed"
    status = 405


@dataclass(frozen=True, slots=True)
class EdgeRequest:
    """What came from the gateway; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class EdgeAnswer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application of the offers pool."""
    _load()
    close_old_connections()
    try:
        answer = _from_environ(environ)
    finally:
        close_old_connections()
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    start_response(status, [*answer.headers, ("Content-Length", str(len(answer.body)))])
    return [answer.body]


@functools.cache
def _load() -> tuple[edge.Registered, ...]:
    return edge.load_offers(settings.SYSTEMS)


@functools.cache
def _admission_key() -> bytes:
    return Node.from_environment().secret("admission_key").encode()


def _from_environ(environ: dict[str, Any]) -> EdgeAnswer:
    path = environ.get("PATH_INFO", "")
    if environ["REQUEST_METHOD"] == "GET" and path == "/healthz":
        return EdgeAnswer(200, [("Content-Type", "text/plain")], b"ok\n")
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    # WSGI hands bytes over as Latin-1.
    plain = path.encode("latin-1").decode("utf-8", "replace")
    body = _body(environ, plain)
    return serve(EdgeRequest(environ["REQUEST_METHOD"], plain, headers, body), key=_admission_key())


def _body(environ: dict[str, Any], path: str) -> bytes:
    """As much as the offer takes and one byte more, so that nobody fills this node's memory."""
    try:
        most = edge.find(*_named(path)).offer.max_body
    except edge.NoSuchOffer:
        return b""
    length = min(int(environ.get("CONTENT_LENGTH") or 0), most + 1)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def serve(request: EdgeRequest, *, key: bytes) -> EdgeAnswer:
    """The answer to one request of the gateway; never raises."""
    started = time.monotonic()
    headers = request.headers
    with (
        trace.following(trace.from_headers(headers)) as current,
        spans.served("offer", current, read_context(headers.get("traceparent", ""))) as span,
        problems.in_language_of(headers.get("accept-language", "")) as language,
    ):
        name, code = "", ""
        try:
            if request.method == "GET" and request.path.endswith(DESCRIPTION):
                return _described(request)
            registered = _wanted(request)
            name = registered.name
            answer = _answer(request, registered, key)
        except LienThongError as error:
            code = error.code
            if error.status >= 500:
                log.exception("an offer failed")
            answer = _problem(error, language)
        except OperationalError:
            code = DatabaseBusy.code
            log.exception("the database did not answer an offer")
            answer = _problem(DatabaseBusy(), language)
        except Exception:
            code = LienThongError.code
            log.exception("an offer failed")
            answer = _problem(LienThongError(), language)
        if span is not None:
            span.name = f"offer {name}".strip()
            span.failed = answer.status >= 500
            span.attributes["http.response.status_code"] = answer.status
        log.info(
            "offer",
            extra={
                # Empty for an unknown path, which may hold anything.
                "offer": name,
                "status": answer.status,
                "code": code,
                "duration_ms": round((time.monotonic() - started) * 1000, 1),
            },
        )
        return answer


def _problem(error: LienThongError, language: str) -> EdgeAnswer:
    headers = [("Content-Type", problems.CONTENT_TYPE), ("Content-Language", language)]
    return EdgeAnswer(error.status, headers, problems.document(error))


def _answer(request: EdgeRequest, registered: edge.Registered, key: bytes) -> EdgeAnswer:
    if len(request.body) > registered.offer.max_body:
        raise TooLarge(most=registered.offer.max_body)
    caller = _admitted(request, registered, key)
    edge.check_time(caller)
    keyed = edge.check_key(registered.offer, caller.key)
    consents = consent.current() if registered.offer.needs_consent else None
    with transaction.atomic():
        _limit_statements(caller.left)
        if keyed:
            produced, repeated = kept.once(
                registered, request.body, caller, lambda: edge.run(registered, request.body, caller)
            )
        else:
            produced, repeated = edge.run(registered, request.body, caller), False
        if consents is not None:
            # Inside the transaction: without consent nothing has happened either.
            consents.check(produced.subjects, caller)
    headers = [("Content-Type", "application/json")]
    if produced.spoken:
        headers.append(("Lienthong-Subject", ",".join(produced.subjects)))
    if repeated:
        headers.append(("Lienthong-Repeated", "1"))
    return EdgeAnswer(200, headers, edge.only_granted(produced.body, caller.fields))


def _wanted(request: EdgeRequest) -> edge.Registered:
    registered = edge.find(*_named(request.path))
    if request.method != "POST":
        raise NotAllowed
    return registered


def _described(request: EdgeRequest) -> EdgeAnswer:
    """An offer's description; anybody on this machine may read what every caller may know."""
    registered = edge.find(*_named(request.path.removesuffix(DESCRIPTION)))
    text = openapi.document(registered.card, registered.offer)
    return EdgeAnswer(200, [("Content-Type", openapi.CONTENT_TYPE)], text)


def _named(path: str) -> tuple[str, str]:
    """The system and the service code an address names; raises NoSuchOffer."""
    subsystem, _, code = path.removeprefix(PREFIX).partition("/")
    if not path.startswith(PREFIX):
        raise edge.NoSuchOffer
    return from_wire(subsystem), unquote(code)


def _admitted(request: EdgeRequest, registered: edge.Registered, key: bytes) -> edge.Caller:
    sealed = request.headers.get("lienthong-admission", "").encode()
    try:
        admission = open_admission(sealed, key, body=request.body, now=clock.instant().timestamp())
        caller = edge.Caller.of(admission, key=request.headers.get("idempotency-key", ""))
    except ProtocolError as error:
        raise edge.NotAdmitted(reason=error.code) from None
    asked = (from_wire(caller.service.subsystem.code), caller.service.code)
    if asked != (registered.card.code, registered.offer.code):
        raise edge.NotAdmitted(reason="exchange.other_service")
    return caller


def _limit_statements(left: float) -> None:
    """A statement that outlives the caller's patience is stopped by the server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true)", [str(max(1, int(left * 1000)))]
        )

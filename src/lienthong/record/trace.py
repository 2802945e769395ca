"""
One trace id through pages, jobs, outbox and exchange; and the application log.

The log is JSON, one event a line, and writes only what is on a list: the
event's fixed text (never its arguments), the trace, and named fields that hold
codes and counts. An exception gives its type and place, not its words, since
those of a database quote the row. So no personal data can get in (decision 30).
"""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings

from lienthong.kernel import clock
from lienthong.record import spans

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HEADER = "Lienthong-Trace"
ALLOWED = (
    "system",
    "consumer",
    "provider",
    "service",
    "offer",
    "code",
    "status",
    "method",
    "route",
    "duration_ms",
    "attempts",
    "count",
    "state",
    "row",
    "message_id",
    "request_id",
    "task",
    "port",
)
"""The only extra fields a log line may carry."""

OWN_WORDS = frozenset({"lienthong", "django"})
"""Loggers whose texts are constants; a guard on the rest."""

_TRACE = re.compile(r"[0-9a-f]{32}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NOTHING = "0" * 32

_current: ContextVar[str] = ContextVar("lienthong_trace", default="")

log = logging.getLogger("lienthong.request")


def new() -> str:
    """A fresh trace id: 32 hexadecimal digits, as in W3C Trace Context."""
    return uuid.uuid4().hex


def current() -> str:
    """The trace of this context; begins one where there is none."""
    if not (trace := _current.get()):
        trace = new()
        _current.set(trace)
    return trace


@contextmanager
def following(trace: str) -> Iterator[str]:
    """Work under this trace; a fresh one when it is empty or no trace id."""
    value = trace.replace("-", "").lower()
    if not _TRACE.fullmatch(value) or value == _NOTHING:
        value = new()
    token = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(token)


def from_headers(headers: Mapping[str, str]) -> str:
    """
    The trace a request brings, by our own header or ``traceparent``; else empty.

    ``headers`` finds names without case (Django's) or has them in lower case.
    """
    if own := headers.get(HEADER.lower()):
        return own
    found = _TRACEPARENT.fullmatch(headers.get("traceparent", "").strip())
    return found.group(1) if found else ""


class TraceMiddleware:
    """Gives each request of the pages its trace and writes one line about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        with following(from_headers(request.headers)) as trace:
            with spans.served("page", trace, outside=True) as span:
                response = self.get_response(request)
                match = request.resolver_match
                if span is not None:
                    # The pattern, not the path: a path may hold somebody's number.
                    span.name = f"{request.method} {match.route if match else ''}".strip()
                    span.failed = response.status_code >= 500
                    span.dropped = match is not None and match.route in settings.UNTRACED_ROUTES
                    span.attributes["http.response.status_code"] = response.status_code
            response[HEADER] = trace
            log.info(
                "request",
                extra={
                    "method": request.method,
                    # The pattern, not the path: a path may hold somebody's number.
                    "route": match.route if match else "",
                    "status": response.status_code,
                    "duration_ms": round((time.monotonic() - started) * 1000, 1),
                },
            )
        return response


class JsonFormatter(logging.Formatter):
    """One JSON object a line, from the allow-list and nothing else."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": clock.instant().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            "trace": _current.get(),
        }
        for name in ALLOWED:
            if name in record.__dict__:
                line[name] = _plain(record.__dict__[name])
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["code"] = getattr(record.exc_info[1], "code", line.get("code", ""))
            line["where"] = _places(record.exc_info[2])
        return msgspec.json.encode(line, enc_hook=str).decode()


def _event(record: logging.LogRecord) -> str:
    """The fixed text of our own and Django's events; of other libraries only where it is from."""
    # Some libraries put arguments into the text itself; procrastinate those of a job.
    if isinstance(record.msg, str) and record.name.partition(".")[0] in OWN_WORDS:
        return record.msg
    return f"{record.module}:{record.lineno}"


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)[:200]


def _places(tb: Any) -> list[str]:
    frames = traceback.extract_tb(tb)[-8:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """Django's ``LOGGING`` for a node: everything to standard error through `JsonFormatter`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "lienthong.record.trace.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "propagate": False},
            "django.request": {"level": "ERROR"},
            "procrastinate": {"level": "WARNING"},
        },
    }

"""
Traces: W3C Trace Context between hops, and spans as OTLP writes them in JSON.

Written by hand because it is small: one header (W3C Trace Context, 2021) and
one message (OpenTelemetry protocol 1.x, ``ExportTraceServiceRequest``). Between
gateways the header is called ``Lienthong-Traceparent``: what a client sent as
``traceparent`` is part of what it signed for and passes unchanged.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from lienthong import __version__

CAPABILITY = "lt-trace-1"
"""Said in the snapshot by gateways that take the header between them off again."""
PATH = "/v1/traces"
SERVER, CLIENT = 2, 3
TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
TRACE_ID = re.compile(r"[0-9a-f]{32}")
SAMPLED = 0x01
MOST_HELD = 5000
MOST_SENT = 500


@dataclass(frozen=True, slots=True)
class Context:
    """Where in which trace a request is: the span that sent it."""

    trace: str
    span: str
    sampled: bool = True

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.span}-{int(self.sampled):02x}"


def read_context(value: str) -> Context | None:
    """The value of a ``traceparent``; None for one that is none, as the standard wants."""
    found = TRACEPARENT.fullmatch(value.strip())
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or not int(trace, 16) or not int(span, 16) or (version == "00" and more):
        return None
    return Context(trace, span, bool(int(flags, 16) & SAMPLED))


def trace_id(text: str) -> str:
    """A trace id as it is written here, or nothing when it is none."""
    plain = text.replace("-", "").lower()
    return plain if TRACE_ID.fullmatch(plain) and int(plain, 16) else ""


def new_trace() -> str:
    return os.urandom(16).hex()


def new_span() -> str:
    # Ids need to be different, not secret; a call of the system for each would be felt.
    return f"{random.getrandbits(64) | 1:016x}"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work that ended; Unix nanoseconds. No value may say who a person is."""

    name: str
    kind: int
    trace: str
    span: str
    parent: str = ""
    start: int
    end: int
    failed: bool = False
    attributes: Mapping[str, str | int] = {}


def otlp(service: str, spans: Iterable[Span], resource: Mapping[str, str] | None = None) -> bytes:
    """The body of a POST to a collector's ``/v1/traces``."""
    described = {"service.name": service, "service.version": __version__, **(resource or {})}
    return msgspec.json.encode(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(described)},
                    "scopeSpans": [
                        {
                            "scope": {"name": "lienthong", "version": __version__},
                            "spans": [_span(one) for one in spans],
                        }
                    ],
                }
            ]
        }
    )


def _span(one: Span) -> dict[str, object]:
    told: dict[str, object] = {
        "traceId": one.trace,
        "spanId": one.span,
        "name": one.name,
        "kind": one.kind,
        # 64-bit integers are strings in the JSON of protocol buffers.
        "startTimeUnixNano": str(one.start),
        "endTimeUnixNano": str(one.end),
        "attributes": _attributes(one.attributes),
        "status": {"code": 2} if one.failed else {},
    }
    if one.parent:
        told["parentSpanId"] = one.parent
    return told


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, object]]:
    return [
        {
            "key": key,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for key, value in values.items()
    ]


@dataclass(slots=True)
class SpanBuffer:
    """Spans that wait for the collector; when it is full the newest are dropped and counted."""

    most: int = MOST_HELD
    exported: int = 0
    dropped: int = 0
    _held: deque[Span] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, span: Span) -> None:
        with self._lock:
            if len(self._held) >= self.most:
                self.dropped += 1
            else:
                self._held.append(span)

    def take(self) -> Sequence[Span]:
        """The oldest, as many as are sent at once; whoever takes them says what became of them."""
        with self._lock:
            return [self._held.popleft() for _ in range(min(len(self._held), MOST_SENT))]

    def done(self, count: int, *, well: bool) -> None:
        with self._lock:
            if well:
                self.exported += count
            else:
                self.dropped += count

    def __len__(self) -> int:
        return len(self._held)


class BadCollector(ValueError):
    """The address of a collector is not one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether and where traces are wanted (``LIENTHONG_TRACES_URL``)."""

    host: str
    port: int
    path: str
    share: float = 1.0
    """Of the requests that bring no decision of their own."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Wish | None:
        """The setting; None when there is none. Raises BadCollector."""
        url = environ.get("LIENTHONG_TRACES_URL", "").strip()
        if not url:
            return None
        found = re.fullmatch(
            r"http://(\[[0-9a-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[!-~]*)?", url
        )
        if found is None or int(found[2] or 4318) > 65535:
            # What leaves the site leaves through the collector, which speaks TLS.
            raise BadCollector(f"not the http:// address of a collector: {url}")
        try:
            share = float(environ.get("LIENTHONG_TRACES_SHARE") or 1.0)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            raise BadCollector("LIENTHONG_TRACES_SHARE is a number from 0 to 1")
        path = (found[3] or "").rstrip("/")
        return cls(found[1].strip("[]"), int(found[2] or 4318), path + PATH, share)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"

    def wants(self) -> bool:
        """Whether a request without a decision is traced."""
        return random.getrandbits(32) < self.share * (1 << 32)


def nanoseconds(monotonic: float) -> int:
    """Unix nanoseconds of a monotonic moment of this process."""
    return time.time_ns() - int((time.monotonic() - monotonic) * 1e9)

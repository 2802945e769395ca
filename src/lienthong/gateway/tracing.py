"""
Traces of exchanges, when a site asks for them: spans, and their way to a collector.

Off unless ``LIENTHONG_TRACES_URL`` names a collector (OTLP over HTTP, JSON).
Each side of an exchange is a span, and so is its way to the other party. A
collector that is slow or down costs spans, which are counted, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field

from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.messages import Head
from lienthong.gateway.pool import Address, Pool, SendFailed
from lienthong.gateway.rows import LogSide
from lienthong.protocol import headers as names
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.headers import Header
from lienthong.protocol.traces import (
    CLIENT,
    SERVER,
    Context,
    Span,
    SpanBuffer,
    Wish,
    nanoseconds,
    new_span,
    new_trace,
    otlp,
    read_context,
    trace_id,
)

logger = logging.getLogger("lienthong.gateway")

TRACEPARENT = b"traceparent"
OWN_TRACE = b"lienthong-trace"
EVERY = 2.0
PATIENCE = 3.0
LONGEST_PAUSE = 60.0
LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Spans:
    """The two spans of one side of an exchange."""

    trace: str
    parent: str
    server: str
    client: str

    @property
    def onward(self) -> bytes:
        """The value of ``traceparent`` for the next hop."""
        return str(Context(self.trace, self.client)).encode("ascii")


@dataclass(slots=True)
class Tracer:
    """What one process traces; used inside one event loop."""

    wish: Wish
    service: str
    """``service.name`` of this gateway: ``lienthong-gateway``."""
    identity: str
    buffer: SpanBuffer = field(default_factory=SpanBuffer)
    room: SpoolRoom = field(default_factory=SpoolRoom)

    def follow(self, head: Head, *, peer: bool) -> Spans | None:
        """
        The spans of a request, or None when it is not traced.

        Between gateways only the hop's own header counts: it names the other
        gateway's span, the client's header the client's.
        """
        value = head.header(names.TRACEPARENT if peer else TRACEPARENT)
        context = read_context(value.decode("latin-1")) if value is not None else None
        if context is not None:
            if not context.sampled:
                return None
            return Spans(context.trace, context.span, new_span(), new_span())
        if peer or not self.wish.wants():
            return None
        own = trace_id((head.header(OWN_TRACE) or b"").decode("latin-1"))
        return Spans(own or new_trace(), "", new_span(), new_span())

    def ended(
        self,
        spans: Spans,
        side: LogSide,
        *,
        service: str,
        client: str,
        peer: str,
        request_id: str,
        times: tuple[float, float, float],
        status: int,
        fault: XRoadFault | None,
    ) -> None:
        """
        Keep the spans of one side; ``times`` are when it began, was sent on and was back.

        Names of systems and services, ids made by gateways, codes: nothing a
        caller chose freely, since that may name a person.
        """
        began, sent, back = times
        now = time.time_ns()
        attributes: dict[str, str | int] = {
            "lienthong.side": str(side),
            "lienthong.gateway": self.identity,
            "http.response.status_code": status,
        }
        told = {
            "lienthong.service": service, "lienthong.client": client, "lienthong.peer": peer,
            "lienthong.request_id": request_id,
        }  # fmt: skip
        attributes |= {name: value for name, value in told.items() if value}
        if fault is not None:
            attributes |= {"error.type": fault.fault[:200], "lienthong.trace": fault.trace[:64]}
        code = service.rpartition("/")[2]
        failed = fault is not None or status >= 500
        self.buffer.put(
            Span(
                name=f"{side} {code}".strip(),
                kind=SERVER,
                trace=spans.trace,
                span=spans.server,
                parent=spans.parent,
                start=nanoseconds(began),
                end=now,
                failed=failed,
                attributes=attributes,
            )  # fmt: skip
        )
        if not sent:
            return
        self.buffer.put(
            Span(
                name=f"ask {code}".strip(),
                kind=CLIENT,
                trace=spans.trace,
                span=spans.client,
                parent=spans.server,
                start=nanoseconds(sent),
                end=nanoseconds(back) if back else now,
                failed=not back,
                attributes={"lienthong.service": service} if service else {},
            )  # fmt: skip
        )

    async def run(self) -> None:
        """Send what is held until cancelled; a collector that is away is asked less and less."""
        pool = Pool(self.room, connect_time=PATIENCE)
        pause = EVERY
        try:
            while True:
                await asyncio.sleep(pause)
                pause = EVERY if await self.send_all(pool) else min(pause * 2, LONGEST_PAUSE)
        finally:
            pool.close()

    async def send_all(self, pool: Pool) -> bool:
        """Whether everything could be sent; what could not is dropped."""
        while spans := self.buffer.take():
            well = await self.send(
                pool, otlp(self.service, spans, {"service.instance.id": self.identity})
            )
            self.buffer.done(len(spans), well=well)
            if not well:
                return False
        return True

    async def send(self, pool: Pool, body: bytes) -> bool:
        wish = self.wish
        head = (
            f"POST {wish.path} HTTP/1.1\r\nHost: {wish.host}:{wish.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode("ascii")
        try:
            received = await pool.send(
                Address(wish.host, wish.port), head, Body.of(body),
                deadline=time.monotonic() + PATIENCE, limit=LONGEST_ANSWER,
            )  # fmt: skip
        except (SendFailed, OSError) as problem:
            logger.warning("spans are dropped", extra={"error": type(problem).__name__})
            return False
        received.body.close()
        return 200 <= received.status < 300


def with_context(headers: list[Header], spans: Spans | None) -> list[Header]:
    """The headers for a system of this node: its caller is this gateway's own span."""
    if spans is None:
        return headers
    kept = [pair for pair in headers if pair[0].lower() != TRACEPARENT]
    return [*kept, (TRACEPARENT, spans.onward)]

"""
The listening edge: HTTP/1.1 on an asyncio protocol over httptools.

Framing is llhttp's in its strict mode, which refuses what requests are smuggled
with: both lengths, a repeated length, folded lines, bare LF or CR, a space
before the colon. What it lets through and this exchange does not is refused
here: other versions, upgrades, too many or too long headers. One request is
served at a time on a connection, and reading stops while it is served.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, cast

import httptools

from lienthong.gateway.bodies import (
    EMPTY,
    FRAMING_PER_BYTE,
    BodyRefused,
    Receiver,
    Refusal,
    SpoolRoom,
)
from lienthong.gateway.messages import NOBODY, Application, Caller, Head, Incoming, Outgoing
from lienthong.protocol.headers import Header
from lienthong.protocol.rest import METHODS

# Clients written for a gateway as HTTP proxy send ``POST http://any.host/path``.
ABSOLUTE = re.compile(
    rb"http://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?=[/?]|$)", re.I
)
WITHOUT_BODY = frozenset({204, 304})


class Malformed(Exception):
    """These bytes are not a request this edge takes."""


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What one connection may do; times in seconds."""

    connections: int = 5000
    headers: int = 100
    head_bytes: int = 32 * 1024
    head_time: float = 10.0
    body_silence: float = 30.0
    idle: float = 75.0
    write_silence: float = 30.0
    """How long a client may take nothing of its answer."""
    linger: float = 1.0
    linger_bytes: int = 8 << 20
    """What is still read of a client that was answered before it had sent everything."""


@dataclass(slots=True, eq=False)
class Listener:
    """Everything the connections of one listening socket share."""

    application: Application
    room: SpoolRoom
    limits: EdgeLimits = field(default_factory=EdgeLimits)
    connections: set[Connection] = field(default_factory=set)
    draining: bool = False
    proxied: bool = False
    """Whether clients may use this edge as their HTTP proxy and name whole URLs."""
    _server: asyncio.Server | None = None
    _sweep: asyncio.TimerHandle | None = None

    async def start(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, shared: bool = False
    ) -> None:
        """Listen; ``shared`` lets several processes have the same port."""
        loop = asyncio.get_running_loop()
        more: dict[str, Any] = {"ssl_handshake_timeout": self.limits.head_time} if tls else {}
        self._server = await loop.create_server(
            lambda: Connection(self, loop),
            host,
            port,
            ssl=tls,
            reuse_port=shared,
            backlog=1024,
            **more,
        )
        self._sweep = loop.call_later(1.0, self._sweep_connections)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def _sweep_connections(self) -> None:
        now = time.monotonic()
        for connection in list(self.connections):
            connection.end_if_late(now)
        self._sweep = asyncio.get_running_loop().call_later(1.0, self._sweep_connections)

    async def stop(self, patience: float) -> int:
        """Take no more, let what is under way finish; the number of requests cut off."""
        self.draining = True
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.end_if_idle()
        deadline = time.monotonic() + patience
        while self.connections and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if self._sweep is not None:
            self._sweep.cancel()
        cut = sum(connection.busy for connection in self.connections)
        for connection in list(self.connections):
            connection.abort()
        return cut


class Connection(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_beside", "_caller", "_discarding", "_eof", "_expects", "_head", "_head_bytes",
        "_headers", "_listener", "_loop", "_parser", "_pending", "_receiver", "_refused",
        "_started", "_task", "_touched", "_transport", "_unsent", "_unsent_since", "_url",
        "_writable", "busy",
    )  # fmt: skip

    def __init__(self, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        self._listener = listener
        self._loop = loop
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser = httptools.HttpRequestParser(self)
        self._pending: deque[Incoming | str] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable: asyncio.Event | None = None
        self._caller = NOBODY
        self._touched = time.monotonic()
        self._discarding = False
        self._eof = False
        self.busy = False
        self._url = b""
        self._headers: list[Header] = []
        self._head_bytes = 0
        self._beside = 0
        self._head: Head | None = None
        self._receiver: Receiver | None = None
        self._refused: Refusal | None = None
        self._started: float | None = None
        self._expects = False
        self._unsent = 0
        self._unsent_since = self._touched

    # From the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._listener.connections.add(self)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            der = tls.getpeercert(binary_form=True)
            self._caller = Caller(hashlib.sha256(der).hexdigest() if der else "", secure=True)
        if len(self._listener.connections) > self._listener.limits.connections:
            self._transport.abort()
        elif self._listener.draining:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.connections.discard(self)
        if self._receiver is not None:
            self._receiver.discard()
        if not self.busy:
            self._drop_pending()
        if self._writable is not None:
            self._writable.set()

    def _drop_pending(self) -> None:
        while self._pending:
            what = self._pending.popleft()
            if not isinstance(what, str):
                what.body.close()

    def eof_received(self) -> bool:
        # A client that half-closes after its request still gets the answer.
        self._eof = True
        return self.busy and not self._caller.secure

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def data_received(self, data: bytes) -> None:
        self._touched = time.monotonic()
        if self._discarding:
            self._beside += len(data)
            if not self.busy and self._beside > self._listener.limits.linger_bytes:
                self.close()  # it has its answer and still sends
            return
        if self._started is None:
            self._started = self._touched
        if self._head is None:
            # Counted before parsing, so that one endless header line ends too.
            self._head_bytes += len(data)
        inside, receiver = self._head, self._receiver
        taken = receiver.size if receiver is not None else 0
        try:
            self._parser.feed_data(data)
            if self._head is None and self._head_bytes > self._listener.limits.head_bytes:
                raise Malformed("the head of the request is too long")
            if receiver is not None and self._head is inside:
                self._count_framing(receiver, len(data), taken)
        except httptools.HttpParserUpgrade:
            # The upgrade is not taken (Java's client offers one on every first call): the
            # request is served as it is, and whatever follows it is not read as HTTP.
            self._eof = self._discarding = True
        except httptools.HttpParserCallbackError as error:
            self._end_with(str(error.__context__) if _is_malformed(error) else "unreadable")
        except (httptools.HttpParserError, Malformed) as error:
            self._end_with(str(error))

    def _count_framing(self, receiver: Receiver, arrived: int, taken: int) -> None:
        """
        Raise Malformed when a body is mostly chunk extensions and trailers.

        The parser keeps a trailer's value until it ends, so one without an end would
        fill the memory although no byte of it is ever used.
        """
        self._beside += arrived - (receiver.size - taken)
        if self._beside > self._listener.limits.head_bytes + FRAMING_PER_BYTE * receiver.size:
            raise Malformed("the framing of the body is longer than the body")

    # From the parser.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._head = None
        self._receiver = None
        self._refused = None
        self._expects = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is not None:
            return  # a trailer of a chunked body: dropped, as Trailer is
        if len(self._headers) >= self._listener.limits.headers:
            raise Malformed("the request has too many headers")
        if name.lower() == b"expect":
            self._expects = value.lower() == b"100-continue"
        self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        limits = self._listener.limits
        if self._parser.get_http_version() != "1.1":
            raise Malformed("only HTTP/1.1 is spoken here")
        size = len(self._url) + sum(len(n) + len(v) + 4 for n, v in self._headers)
        if size > limits.head_bytes:
            raise Malformed("the head of the request is too long")
        method = self._parser.get_method()
        if method not in METHODS:
            raise Malformed("this method is not one of the exchange")
        if self._listener.proxied and (absolute := ABSOLUTE.match(self._url)):
            # The authority is nobody's (RFC 9112, 3.2.2): all that counts here is the path.
            self._url = self._url[absolute.end() :] or b"/"
            if self._url.startswith(b"?"):
                self._url = b"/" + self._url
        if not self._url.startswith(b"/"):
            raise Malformed("the request target is not a path")
        hosts = sum(name.lower() == b"host" for name, _ in self._headers)
        if hosts != 1:
            raise Malformed("a request names exactly one host")
        self._head_bytes = self._beside = 0
        self._head = Head(method, self._url, self._headers, self._caller)
        limit = self._listener.application.body_limit(self._head)
        self._receiver = Receiver(limit, self._listener.room)
        stated = self._head.header(b"content-length")
        if stated is not None and int(stated) > limit:
            self._refuse_body(Refusal.TOO_LARGE)
        elif stated is not None and not self._listener.room.has_room_for(int(stated)):
            self._refuse_body(Refusal.NO_ROOM)
        elif self._expects and not self.busy:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        if self._refused is not None:
            return
        assert self._receiver is not None
        try:
            self._receiver.write(data)
        except BodyRefused as error:
            self._refuse_body(error.why)

    def on_message_complete(self) -> None:
        started = self._started if self._started is not None else self._touched
        self._started = None
        if self._refused is not None:
            return  # it was queued when it was refused
        assert self._head is not None
        assert self._receiver is not None
        try:
            body = self._receiver.finish()
        except BodyRefused as error:
            self._refuse_body(error.why)
            return
        self._receiver = None
        self._queue(Incoming(self._head, body, started))
        self._head = None

    # Serving.

    def _refuse_body(self, why: Refusal) -> None:
        assert self._head is not None
        assert self._receiver is not None
        self._refused = why
        self._receiver.discard()
        self._discarding = True
        self._queue(Incoming(self._head, EMPTY, self._started or self._touched, why))

    def _end_with(self, why: str) -> None:
        self._discarding = True
        if self._receiver is not None:
            self._receiver.discard()
        self._queue(why)

    def _queue(self, what: Incoming | str) -> None:
        self._pending.append(what)
        if self.busy:
            # A client that pipelines is read no further than what already arrived.
            self._pause_reading()
            return
        self.busy = True
        self._task = self._loop.create_task(self._serve())

    def _pause_reading(self) -> None:
        if not self._transport.is_closing() and self._transport.is_reading():
            self._transport.pause_reading()

    async def _serve(self) -> None:
        """Answer what is pending, in order; the connection is idle afterwards or ending."""
        application = self._listener.application
        try:
            while self._pending:
                what = self._pending.popleft()
                if isinstance(what, str):
                    await self._send(application.malformed(what, self._caller), b"", last=True)
                    return
                try:
                    answer = await application.answer(what)
                finally:
                    what.body.close()
                last = (
                    answer.close
                    or what.refused is not None
                    or self._listener.draining
                    or self._eof
                    or _wants_close(what.head)
                )
                try:
                    await self._send(answer, what.head.method, last=last)
                finally:
                    answer.body.close()
                if last:
                    return
        finally:
            # What is still pending came after the last answer of this connection.
            self._drop_pending()
            self.busy = False
            self._touched = time.monotonic()
        if not self._transport.is_closing() and not self._transport.is_reading():
            self._transport.resume_reading()

    async def _send(self, answer: Outgoing, method: bytes, *, last: bool) -> None:
        transport = self._transport
        if transport.is_closing():
            return
        head = answer_head(answer, method, last=last)
        body = answer.body
        if method == b"HEAD" or answer.status in WITHOUT_BODY or body.size == 0:
            transport.write(head)
        elif body.data is not None:
            transport.write(head + body.data)
        else:
            transport.write(head)
            for chunk in body.chunks():
                if self._writable is not None:
                    await self._writable.wait()
                if transport.is_closing():
                    return
                transport.write(chunk)
        if last:
            self._linger()

    def _linger(self) -> None:
        """
        End the connection so that the answer is still read.

        Closing with unread bytes in the socket resets it and may destroy the
        answer on its way; a client still sending is listened to for a moment.
        """
        if not self._discarding:
            self._transport.close()
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(self._listener.limits.linger, self.close)

    # Ends.

    def end_if_idle(self) -> None:
        if not self.busy and not self._pending and self._started is None:
            self._transport.close()

    def end_if_late(self, now: float) -> None:
        """Close a connection whose client has let its time pass."""
        limits = self._listener.limits
        if self._takes_nothing(now):
            self.abort()
        if self.busy or self._discarding:
            return
        if self._started is None:
            late = now - self._touched > limits.idle
        elif self._head is None:
            late = now - self._started > limits.head_time
        else:
            late = now - self._touched > limits.body_silence
        if late:
            self._transport.close()

    def _takes_nothing(self, now: float) -> bool:
        """Whether an answer has been waiting for its reader longer than allowed."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
            return False
        return now - self._unsent_since > self._listener.limits.write_silence

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """End at once; what was not sent by now is dropped, and the room it took is free."""
        self._transport.abort()


def _is_malformed(error: Exception) -> bool:
    return isinstance(error.__context__, Malformed)


def _wants_close(head: Head) -> bool:
    value = head.header(b"connection")
    return value is not None and b"close" in value.lower()


_date: tuple[int, bytes] = (0, b"")


def http_date() -> bytes:
    """The date of this second as a header value."""
    global _date
    second = int(time.time())
    if second != _date[0]:
        _date = (second, formatdate(second, usegmt=True).encode())
    return _date[1]


def answer_head(answer: Outgoing, method: bytes, *, last: bool) -> bytes:
    """The head of an answer, with the length this side knows and no other."""
    lines = [b"HTTP/1.1 %d %s" % (answer.status, answer.reason)]
    dated = False
    for name, value in answer.headers:
        lower = name.lower()
        if lower == b"content-length" or lower == b"connection":
            continue
        dated = dated or lower == b"date"
        lines.append(name + b": " + value)
    if not dated:
        lines.append(b"Date: " + http_date())
    if method != b"HEAD" and answer.status not in WITHOUT_BODY:
        lines.append(b"Content-Length: %d" % answer.body.size)
    if last:
        lines.append(b"Connection: close")
    lines.append(b"\r\n")
    return b"\r\n".join(lines)

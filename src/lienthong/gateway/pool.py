"""
The outgoing side: a keep-alive pool of our own on httptools and ssl.

Per address a stack of idle connections, last used first; a new one only when
the stack is empty. A connection is kept after a clean end and closed after
anything else. What went wrong is told by how far the request had come, because
the exchange must know whether the other side may have acted on it.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from dataclasses import dataclass, field
from typing import cast

import httptools
import msgspec

from lienthong.gateway.bodies import (
    EMPTY,
    FRAMING_PER_BYTE,
    Body,
    BodyRefused,
    Receiver,
    SpoolRoom,
)
from lienthong.kernel.errors import Unavailable
from lienthong.protocol.headers import Header

MAX_HEADERS = 200
MAX_HEAD = 64 * 1024


class SendFailed(Unavailable):
    """The request was not answered."""

    code = "gateway.send_failed"
    delivered = True
    """Whether the other side may have received and acted on the request."""


class NotReached(SendFailed):
    """The other side could not be reached, so it has seen nothing."""

    code = "gateway.not_reached"
    delivered = False


class WrongPeer(NotReached):
    """The one that answered is not the gateway the directory names."""

    code = "gateway.wrong_peer"


class Lost(SendFailed):
    """The connection ended before the answer was whole."""

    code = "gateway.lost"


class OutOfTime(SendFailed):
    """No answer came before the deadline."""

    code = "gateway.out_of_time"


class BadAnswer(SendFailed):
    """What came back is not an HTTP answer."""

    code = "gateway.bad_answer"


class AnswerTooLarge(BadAnswer):
    """The answer is longer than the service may answer."""

    code = "gateway.answer_too_large"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and by which certificates the other side is recognised."""

    host: str
    port: int
    pins: frozenset[str] = frozenset()


class Received(msgspec.Struct, frozen=True):
    """An answer that came back."""

    status: int
    reason: bytes
    headers: list[Header]
    body: Body


@dataclass(slots=True)
class Pool:
    """Connections to any number of addresses, all with or all without TLS."""

    room: SpoolRoom
    tls: ssl.SSLContext | None = None
    keep: int = 64
    """Idle connections kept per address."""
    keep_for: float = 55.0
    """Seconds; below the 75 after which the other side's edge gives up."""
    connect_time: float = 5.0
    _idle: dict[Address, list[_Connection]] = field(default_factory=dict)

    async def send(
        self,
        address: Address,
        head: bytes,
        body: Body,
        *,
        deadline: float,
        limit: int,
        bodiless: bool = False,
        again: bool = False,
    ) -> Received:
        """
        Send a request and wait for the whole answer.

        ``deadline`` is monotonic seconds; ``bodiless`` says the answer has no
        body (HEAD); ``again`` allows one more try when a kept connection died
        before any byte of the answer, for requests that may safely arrive
        twice. Raises SendFailed.
        """
        connection = self._take(address)
        kept = connection is not None
        if connection is None:
            connection = await self._connect(address, deadline)
        try:
            return await self._exchange(address, connection, head, body, deadline, limit, bodiless)
        except Lost as lost:
            if not kept or not again or connection.answered:
                raise
            first = lost
        try:
            connection = await self._connect(address, deadline)
        except NotReached:
            # Whoever died in between may have had the first try: it did not "see nothing".
            raise first from None
        return await self._exchange(address, connection, head, body, deadline, limit, bodiless)

    def _take(self, address: Address) -> _Connection | None:
        stack = self._idle.get(address)
        oldest = time.monotonic() - self.keep_for
        while stack:
            connection = stack.pop()
            if connection.alive and connection.idle_since > oldest:
                return connection
            connection.close()
        return None

    async def _connect(self, address: Address, deadline: float) -> _Connection:
        loop = asyncio.get_running_loop()
        patience = min(self.connect_time, deadline - time.monotonic())
        try:
            async with asyncio.timeout(max(patience, 0.001)):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self.room, loop),
                    address.host,
                    address.port,
                    ssl=self.tls,
                    server_hostname=address.host if self.tls else None,
                )
        except (OSError, TimeoutError, ssl.SSLError) as error:
            raise NotReached(_in_words(error)) from None
        if self.tls is not None and connection.certificate not in address.pins:
            connection.close()
            raise WrongPeer
        return connection

    async def _exchange(
        self,
        address: Address,
        connection: _Connection,
        head: bytes,
        body: Body,
        deadline: float,
        limit: int,
        bodiless: bool,
    ) -> Received:
        # A timer that fails the answer costs a fifth of `asyncio.timeout`, on every hop.
        timer = connection.fail_at(deadline)
        try:
            received = await connection.exchange(head, body, limit, bodiless)
        except BaseException:
            connection.close()
            raise
        finally:
            timer.cancel()
        self._put_back(address, connection)
        return received

    def _put_back(self, address: Address, connection: _Connection) -> None:
        stack = self._idle.setdefault(address, [])
        if not connection.reusable or len(stack) >= self.keep:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        stack.append(connection)

    def close(self) -> None:
        for stack in self._idle.values():
            for connection in stack:
                connection.close()
        self._idle.clear()


class _Connection(asyncio.Protocol):
    """One outgoing connection, one request at a time."""

    __slots__ = (
        "_beside", "_body_ends_with_connection", "_bodiless", "_done", "_head_size", "_headers",
        "_limit", "_loop", "_parser", "_reason", "_receiver", "_room", "_status", "_transport",
        "_writable", "alive", "answered", "certificate", "idle_since", "reusable",
    )  # fmt: skip

    def __init__(self, room: SpoolRoom, loop: asyncio.AbstractEventLoop) -> None:
        self._room = room
        self._loop = loop
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._done: asyncio.Future[Received] | None = None
        self._writable: asyncio.Event | None = None
        self.alive = False
        self.answered = False
        self.reusable = False
        self.idle_since = 0.0
        self.certificate = ""
        self._receiver: Receiver | None = None
        self._prepare(0, bodiless=False)

    def _prepare(self, limit: int, *, bodiless: bool) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._limit = limit
        self._bodiless = bodiless
        self._body_ends_with_connection = False
        self.answered = False
        self.reusable = False
        self.on_message_begin()

    async def exchange(self, head: bytes, body: Body, limit: int, bodiless: bool) -> Received:
        if not self.alive:
            raise Lost
        self._prepare(limit, bodiless=bodiless)
        self._done = self._loop.create_future()
        try:
            if body.data is not None:
                self._transport.write(head + body.data if body.data else head)
            else:
                await self._send_spooled(head, body)
            return await self._done
        finally:
            self._done = None

    async def _send_spooled(self, head: bytes, body: Body) -> None:
        assert self._done is not None
        self._transport.write(head)
        for chunk in body.chunks():
            if self._writable is not None:
                await self._writable.wait()
            if self._done.done() or not self.alive:
                return  # the answer, or the end, came before the body was through
            self._transport.write(chunk)

    def fail_at(self, deadline: float) -> asyncio.TimerHandle:
        """Let what is under way fail with OutOfTime at this monotonic second."""
        left = max(deadline - time.monotonic(), 0.0)
        return self._loop.call_later(left, self._run_out)

    def _run_out(self) -> None:
        if self._writable is not None:
            self._writable.set()
        self._fail(OutOfTime())

    def close(self) -> None:
        self.alive = False
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.discard()  # an answer nobody waits for any more keeps no room
        if not self._transport.is_closing():
            self._transport.close()

    # From the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.alive = True
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            der = tls.getpeercert(binary_form=True)
            self.certificate = hashlib.sha256(der).hexdigest() if der else ""

    def connection_lost(self, exc: Exception | None) -> None:
        self.alive = False
        if self._writable is not None:
            self._writable.set()
        if self._body_ends_with_connection and exc is None:
            self._finish()
        else:
            self._fail(Lost())

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def data_received(self, data: bytes) -> None:
        if self._done is None or self._done.done():
            self.close()  # bytes nobody asked for: the connection is out of step
            return
        self.answered = True
        receiver = self._receiver
        taken = receiver.size if receiver is not None else 0
        try:
            self._parser.feed_data(data)
            if self._receiver is receiver:
                self._count_framing(receiver, len(data), taken)
        except BadAnswer as error:
            self._fail(error)
        except httptools.HttpParserUpgrade:
            self._fail(BadAnswer("an upgrade was answered"))
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, SendFailed) else BadAnswer())
        except httptools.HttpParserError:
            if self._done is not None and not self._done.done():
                self._fail(BadAnswer())
            else:
                self.close()

    def _count_framing(self, receiver: Receiver | None, arrived: int, taken: int) -> None:
        """Raise BadAnswer for a head, a trailer or a chunk's head that does not end."""
        size = receiver.size if receiver is not None else 0
        self._beside += arrived - (size - taken)
        if self._beside > MAX_HEAD + FRAMING_PER_BYTE * size:
            raise BadAnswer("the framing of the answer is longer than the answer")

    # From the parser.

    def on_message_begin(self) -> None:
        if self._done is not None and self._done.done():
            # A second answer came with the first: the next request would get it.
            self.reusable = False
            return
        self._status = 0
        self._reason = b""
        self._headers: list[Header] = []
        self._head_size = self._beside = 0
        self._receiver = None

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._receiver is not None or self._done is None or self._done.done():
            return
        self._head_size += len(name) + len(value)
        if len(self._headers) >= MAX_HEADERS or self._head_size > MAX_HEAD:
            raise BadAnswer("the head of the answer is too long")
        self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        if self._done is None or self._done.done():
            return
        self._status = self._parser.get_status_code()
        if 100 <= self._status < 200:
            return
        self._receiver = Receiver(self._limit, self._room)
        self._beside = 0
        framed = any(
            name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._headers
        )
        if self._bodiless:
            # llhttp cannot be told that this answer has no body, so it would wait
            # for the one its length speaks of; the connection is not used again.
            self._finish()
        elif not framed and self._status not in (204, 304):
            self._body_ends_with_connection = True

    def on_body(self, data: bytes) -> None:
        if self._bodiless or self._receiver is None:
            return
        try:
            self._receiver.write(data)
        except BodyRefused as error:
            raise AnswerTooLarge(error.why.value) from None

    def on_message_complete(self) -> None:
        if self._done is None or self._done.done():
            return
        if 100 <= self._status < 200 or self._bodiless:
            return
        self.reusable = self._parser.should_keep_alive() and self.alive
        self._finish()

    def _finish(self) -> None:
        if self._done is None or self._done.done():
            return
        try:
            body = self._receiver.finish() if self._receiver is not None else EMPTY
        except BodyRefused as error:
            self._fail(AnswerTooLarge(error.why.value))
            return
        self._receiver = None
        self._done.set_result(Received(self._status, self._reason, self._headers, body))

    def _fail(self, error: SendFailed) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)
        self.close()


def _in_words(error: BaseException) -> str:
    """Why a connection failed, without addresses."""
    if isinstance(error, TimeoutError):
        return "connecting took too long"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'handshake'}"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"connecting failed: {reason or type(error).__name__}"

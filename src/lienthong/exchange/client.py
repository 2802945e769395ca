"""
Calls to other systems: always through a gateway, always within a deadline.

``call`` sends one ask and returns the verified answer or raises one of the
four families of `lienthong.exchange.errors`. A page or a job may call; an offer
handler may not, and a call inside a database transaction should go through the
outbox instead.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from django.utils.translation import get_language

from lienthong.exchange import errors, scope
from lienthong.exchange.addresses import Addresses, SnapshotAddresses
from lienthong.exchange.asks import KEY, Ask
from lienthong.exchange.credentials import Credentials, SecretFiles
from lienthong.exchange.lanes import Lanes
from lienthong.exchange.transport import (
    HttpAnswer,
    HttpRequest,
    Lost,
    NotSent,
    PooledHttp,
    Transport,
)
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.promise import Promise, read_promise
from lienthong.record import spans, trace

log = logging.getLogger("lienthong.exchange.client")

LONGEST_WAIT_FOR_A_PLACE = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What another system answered, with what is needed to prove it later."""

    body: Any
    """The answer in the shape the need reads."""
    message_id: str
    request_id: str
    promise: Promise | None
    """When and in which log the exchange will be sealed."""
    raw: bytes = b""


class Exchange(Protocol):
    """Carries an ask to its provider: the gateway's client, or a double in tests."""

    def call(self, ask: Ask, *, deadline: float, key: str | None) -> Answer:
        """The answer; raises one of the four families."""


def call(ask: Ask, *, deadline: float = scope.PAGE_SECONDS, key: str | None = None) -> Answer:
    """
    Ask another system and wait for its answer, at most ``deadline`` seconds.

    A changing offer needs ``key``, the same for every repetition of the same
    cause. Raises `errors.Refused`, `Invalid`, `Unavailable` or `UnknownOutcome`;
    after the last, and only then, the effect may have happened.
    """
    if offer := scope.answered_offer():
        raise errors.CalledFromOffer(offer=offer)
    if ask.changes and not key:
        raise errors.KeyMissing(service=ask.need.code)
    if key is not None and not KEY.fullmatch(key):
        raise errors.BadKey(service=ask.need.code)
    with scope.within(deadline):
        return current().call(ask, deadline=scope.left() or 0.0, key=key)


def within(seconds: float) -> Any:
    """Let the calls of a page share this many seconds; see `scope.within`."""
    return scope.within(seconds)


_replaced: list[Exchange] = []
_own: list[Exchange] = []


def current() -> Exchange:
    """The exchange of this process: its gateway, or what `using` put in its place."""
    if _replaced:
        return _replaced[-1]
    if not _own:
        _own.append(GatewayExchange.of_node(Node.from_environment()))
    return _own[0]


@contextmanager
def using(exchange: Exchange) -> Iterator[Exchange]:
    """Put another exchange in the place of the gateway, for every thread; for tests."""
    _replaced.append(exchange)
    try:
        yield exchange
    finally:
        _replaced.remove(exchange)


class GatewayExchange:
    """The consumer side of this node's gateway, in X-Road's REST form r1."""

    def __init__(
        self,
        transport: Transport,
        addresses: Addresses,
        credentials: Credentials,
        lanes: Lanes | None = None,
    ) -> None:
        self._transport = transport
        self._addresses = addresses
        self._credentials = credentials
        self._lanes = lanes or Lanes()

    @classmethod
    def of_node(cls, node: Node) -> GatewayExchange:
        return cls(
            PooledHttp("127.0.0.1", node.ports.consumer),
            SnapshotAddresses.of_node(node),
            SecretFiles.of_node(node),
        )

    def call(self, ask: Ask, *, deadline: float, key: str | None) -> Answer:
        end = time.monotonic() + deadline
        service = self._addresses.service(ask)
        with spans.asked(f"call {ask.need.code}", trace.current()) as span:
            headers = self._headers(ask, end, key)
            if span is not None:
                span.attributes["lienthong.service"] = str(service)
                headers = (*headers, ("traceparent", span.traceparent))
            request = HttpRequest(
                method="POST",
                target=f"/r1/{service}",
                headers=headers,
                body=ask.body,
                deadline=end,
            )
            wait = min(deadline, LONGEST_WAIT_FOR_A_PLACE)
            with self._lanes.to(str(service.subsystem), wait):
                return self._carry(ask, request)

    def _headers(self, ask: Ask, end: float, key: str | None) -> tuple[tuple[str, str], ...]:
        left = max(0, int((end - time.monotonic()) * 1000))
        headers = [
            ("X-Road-Client", str(self._addresses.client(ask.system))),
            ("Lienthong-Client-Secret", self._credentials.secret(ask.system)),
            ("Lienthong-Deadline", str(left)),
            (trace.HEADER, trace.current()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("Accept-Language", get_language() or "vi"),
        ]
        if key:
            headers.append(("Idempotency-Key", key))
        return tuple(headers)

    def _carry(self, ask: Ask, request: HttpRequest) -> Answer:
        started = time.monotonic()
        outcome = "answered"
        try:
            answer = self._transport.send(request)
            return _open(ask, answer)
        except NotSent:
            outcome = "exchange.gateway_down"
            raise errors.Unavailable(code=outcome, service=ask.need.code) from None
        except Lost:
            family = errors.UnknownOutcome if ask.changes else errors.Unavailable
            outcome = family.code
            raise family(service=ask.need.code) from None
        except errors.ExchangeError as error:
            outcome = error.code
            raise
        finally:
            log.info(
                "call",
                extra={
                    "consumer": ask.system.code,
                    "provider": ask.need.system,
                    "service": ask.need.code,
                    "code": outcome,
                    "duration_ms": round((time.monotonic() - started) * 1000, 1),
                },
            )


def _open(ask: Ask, answer: HttpAnswer) -> Answer:
    message_id = answer.headers.get("x-road-id", "")
    if answer.status >= 300:
        raise errors.from_answer(
            answer.status, answer.headers, answer.body, changes=ask.changes, message_id=message_id
        )
    try:
        body = ask.read(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.BadAnswer(service=ask.need.code, message_id=message_id) from None
    return Answer(
        body=body,
        message_id=message_id,
        request_id=answer.headers.get("x-road-request-id", ""),
        promise=_promise(answer.headers.get("lienthong-promise", "")),
        raw=answer.body,
    )


def _promise(value: str) -> Promise | None:
    if not value:
        return None
    try:
        return read_promise(value.encode())
    except ProtocolError:
        log.warning("a promise could not be read")
        return None

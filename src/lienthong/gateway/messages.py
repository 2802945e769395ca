"""What the edge hands to the core and gets back: one HTTP message each, with its body whole."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import cached_property
from typing import Protocol

import msgspec

from lienthong.gateway.bodies import EMPTY, Body, Refusal
from lienthong.protocol import headers as names
from lienthong.protocol.headers import Header


class Caller(msgspec.Struct, frozen=True):
    """Who is at the other end of the connection, as far as TLS can tell."""

    certificate: str = ""
    """SHA-256 of the certificate in hex; empty without one."""
    secure: bool = False


NOBODY = Caller()


class Head(msgspec.Struct, frozen=True, dict=True):
    """The request before its body."""

    method: bytes
    target: bytes
    headers: Sequence[Header]
    caller: Caller

    @cached_property
    def _by_name(self) -> dict[bytes, bytes]:
        return names.index(self.headers)

    def header(self, name: bytes) -> bytes | None:
        return self._by_name.get(name)


class Incoming(msgspec.Struct, frozen=True):
    """A request that arrived."""

    head: Head
    body: Body
    at: float
    """Monotonic seconds when its first byte was read."""
    refused: Refusal | None = None
    """Why the body is not here, when it was too long or there was no room for it."""


class Outgoing(msgspec.Struct, frozen=True):
    """An answer to send; the edge adds its length and closes its body."""

    status: int
    reason: bytes
    headers: Sequence[Header]
    body: Body = EMPTY
    close: bool = False
    """Whether the connection ends with it."""


class Application(Protocol):
    """What listens behind an edge."""

    def body_limit(self, head: Head) -> int:
        """The longest body this request may have."""

    def answer(self, request: Incoming) -> Awaitable[Outgoing]:
        """The answer; never raises."""

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        """What the sender of bytes that are no request is told."""

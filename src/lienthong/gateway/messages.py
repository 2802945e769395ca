"""What the edge hands to the core and gets back: one HTTP message each, with its body whole."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lienthong.gateway.bodies import EMPTY, Body, Refusal
from lienthong.protocol import headers as names
from lienthong.protocol.headers import Header


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end of the connection, as far as TLS can tell."""

    certificate: str = ""
    """SHA-256 of the certificate in hex; empty without one."""
    secure: bool = False


NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Head:
    """The request before its body."""

    method: bytes
    target: bytes
    headers: Sequence[Header]
    caller: Caller
    _by_name: dict[bytes, bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def header(self, name: bytes) -> bytes | None:
        if not self._by_name:
            self._by_name.update(names.index(self.headers))
        return self._by_name.get(name)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that arrived."""

    head: Head
    body: Body
    at: float
    """Monotonic seconds when its first byte was read."""
    refused: Refusal | None = None
    """Why the body is not here, when it was too long or there was no room for it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
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

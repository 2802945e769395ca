"""
How bytes get to the gateway: over loopback, or in one process for tests (decision 33).

A transport tells two failures apart, because they mean different things for a
changing call: `NotSent`, when no byte of the request can have arrived, and
`Lost`, when it may have.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

CONNECT_SECONDS = 1.0
MOST_BYTES = 64 * 1024 * 1024
CHUNK = 64 * 1024


class NotSent(Exception):
    """The gateway could not be reached; nothing was sent."""


class Lost(Exception):
    """The request was sent, and no whole answer came in time."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to the gateway; ``target`` is the raw path with its query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    deadline: float
    """Monotonic seconds after which nobody waits any more."""

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; header names in lower case, of a repeated one the last."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport(Protocol):
    """Carries one request; raises NotSent or Lost."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """The answer, whatever its status."""


class PooledHttp:
    """Keep-alive connections to one gateway; safe to share between threads."""

    def __init__(self, host: str, port: int, *, connections: int = 16) -> None:
        self._pool = urllib3.HTTPConnectionPool(
            host, port, maxsize=connections, block=False, retries=False
        )

    def send(self, request: HttpRequest) -> HttpAnswer:
        if request.left <= 0:
            raise NotSent("no time left")
        try:
            response = self._pool.urlopen(
                request.method,
                request.target,
                body=request.body,
                headers=dict(request.headers),
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=urllib3.Timeout(
                    connect=min(CONNECT_SECONDS, request.left), read=request.left
                ),
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        except HTTPError as error:
            raise Lost(type(error).__name__) from error
        return self._read(response, request)

    def _read(self, response: urllib3.BaseHTTPResponse, request: HttpRequest) -> HttpAnswer:
        """Read the body while there is time: a trickle may not outlast the deadline."""
        parts: list[bytes] = []
        size = 0
        try:
            while chunk := response.read1(CHUNK):
                size += len(chunk)
                parts.append(chunk)
                if size > MOST_BYTES or request.left <= 0:
                    response.close()
                    raise Lost("answer too long" if size > MOST_BYTES else "no time left")
        except ReadTimeoutError as error:
            raise Lost("no time left") from error
        except HTTPError as error:
            raise Lost(type(error).__name__) from error
        response.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(response.status, headers, b"".join(parts))

    def close(self) -> None:
        self._pool.close()


class InProcess:
    """A gateway that is a callable of this process: the real core with a memory log, or a fake."""

    def __init__(self, gateway: Callable[[HttpRequest], HttpAnswer]) -> None:
        self._gateway = gateway

    def send(self, request: HttpRequest) -> HttpAnswer:
        if request.left <= 0:
            raise NotSent("no time left")
        return self._gateway(request)

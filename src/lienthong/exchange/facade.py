"""Handing a request under a façade's base URL to this node's gateway, as it came."""

from __future__ import annotations

import functools
import time

import msgspec

from lienthong.exchange.scope import JOB_SECONDS
from lienthong.exchange.transport import HttpAnswer, HttpRequest, Lost, NotSent, PooledHttp
from lienthong.kernel.node import Node


class _Row(msgspec.Struct):
    base: str


def bases(node: Node) -> list[str]:
    """The base URLs of ``gateway/facades.json``; none without the file."""
    try:
        raw = (node.gateway / "facades.json").read_bytes()
    except FileNotFoundError:
        return []
    return [row.base for row in msgspec.json.decode(raw, type=list[_Row])]


@functools.cache
def _gateway() -> PooledHttp:
    return PooledHttp("127.0.0.1", Node.from_environment().ports.consumer)


def forward(
    method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> HttpAnswer | None:
    """The gateway's answer; nothing when no façade covers the target."""
    path = target.partition("?")[0]
    known = bases(Node.from_environment())
    if not any(path == base or path.startswith(base + "/") for base in known):
        return None
    request = HttpRequest(method, target, headers, body, time.monotonic() + JOB_SECONDS)
    try:
        return _gateway().send(request)
    except (NotSent, Lost):
        return HttpAnswer(502, {"content-type": "text/plain"}, b"The gateway does not answer.\n")

"""
What a node's gateway asks of the directory in the name of its owner, over the exchange itself.

These are ordinary exchanges: signed, logged and answered under a grant, asked for
when the gateway registered. They need no card and no Django, since a gateway
may stand alone; the subsystem that asks is the owner's first behind it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Container
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from lienthong.exchange import client_file, errors, scope
from lienthong.exchange.addresses import SnapshotAddresses
from lienthong.exchange.transport import HttpRequest, Lost, NotSent, PooledHttp, Transport
from lienthong.kernel.errors import NotFound
from lienthong.kernel.node import Node
from lienthong.protocol.housekeeping import DIRECTORY
from lienthong.protocol.identifiers import ServiceId, SubsystemId
from lienthong.protocol.snapshot import Snapshot

SECONDS = 30.0
T = TypeVar("T", bound=msgspec.Struct)


class NobodyAsks(NotFound):
    """No subsystem of the gateway's owner can prove itself here."""

    code = "exchange.nobody_asks"


class _File(msgspec.Struct):
    owner: str


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """An answer and the exchange that brought it."""

    body: T
    message_id: str


def owner_of(node: Node) -> str:
    """The member that owns this node's gateway, ``GOV/G15``; raises NobodyAsks."""
    try:
        raw = (node.gateway / "gateway.json").read_bytes()
    except FileNotFoundError:
        raise NobodyAsks from None
    return msgspec.json.decode(raw, type=_File).owner


def askers(node: Node) -> list[tuple[str, str]]:
    """The owner's subsystems that prove themselves by a secret lying here, with the secret."""
    owner = owner_of(node)
    found = []
    for local, rule in sorted(client_file.read(node.gateway).items()):
        if local.rpartition("/")[0] != owner or client_file.SECRET not in rule["modes"]:
            continue
        path = node.secrets / client_file.secret_name(local)
        if not path.exists():
            continue
        secret = path.read_text().strip()
        if rule["secret_sha256"] == client_file.digest_of(secret):
            found.append((local, secret))
    return found


def asker(node: Node, allowed: Container[str] = ()) -> tuple[str, str]:
    """
    Who asks, and its secret: the first of those ``allowed``, else the owner's first.

    Raises NobodyAsks.
    """
    found = askers(node)
    for local, secret in found:
        if local in allowed:
            return local, secret
    if not found:
        raise NobodyAsks(owner=owner_of(node))
    return found[0]


def directory_in(snapshot: Snapshot, code: str) -> ServiceId:
    """The directory's service of this code; raises Unavailable while it is not offered."""
    for offer in snapshot.offers:
        if offer.code == code and offer.provider.rpartition("/")[2] == DIRECTORY:
            return SubsystemId.from_local(snapshot.instance, offer.provider).service(code)
    raise errors.Unavailable(code="exchange.no_provider", service=code)


def ask(
    node: Node,
    code: str,
    body: msgspec.Struct,
    kind: type[T],
    *,
    key: str = "",
    transport: Transport | None = None,
) -> Told[T]:
    """
    Ask the directory and wait for its answer.

    A changing service needs ``key``. Raises NobodyAsks, or one of the four
    families of `lienthong.exchange.errors`.
    """  # fmt: skip
    if offer := scope.answered_offer():
        raise errors.CalledFromOffer(offer=offer)
    within = scope.left()
    seconds = SECONDS if within is None else min(SECONDS, within)
    snapshot = SnapshotAddresses.of_node(node).snapshot()
    local, secret = asker(node, {grant.client for grant in snapshot.grants if grant.code == code})
    service = directory_in(snapshot, code)
    headers = [
        ("X-Road-Client", f"{snapshot.instance}/{local}"),
        ("X-Road-Id", str(uuid.uuid4())),
        ("Lienthong-Client-Secret", secret),
        ("Lienthong-Deadline", str(int(seconds * 1000))),
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
    ]
    if key:
        headers.append(("Idempotency-Key", key))
    request = HttpRequest(
        method="POST",
        target=f"/r1/{service}",
        headers=tuple(headers),
        body=msgspec.json.encode(body),
        deadline=time.monotonic() + seconds,
    )
    own = PooledHttp("127.0.0.1", node.ports.consumer, connections=1)
    try:
        answer = (transport or own).send(request)
    except NotSent:
        raise errors.Unavailable(code="exchange.gateway_down", service=code) from None
    except Lost:
        family = errors.UnknownOutcome if key else errors.Unavailable
        raise family(service=code) from None
    finally:
        own.close()
    message_id = answer.headers.get("x-road-id", "")
    if answer.status >= 300:
        raise errors.from_answer(
            answer.status, answer.headers, answer.body, changes=bool(key), message_id=message_id
        )
    try:
        said = msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.BadAnswer(service=code, message_id=message_id) from None
    return Told(said, message_id)

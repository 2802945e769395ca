"""
Base URLs for clients that know nothing else: a façade before an offer (decision 24).

A client of another world (DCI, a document axis, FHIR) is given a base URL such as
``/dci/registry`` and its own credential. The gateway reads the request as one of
X-Road's REST form under that base and carries it through the same core: the
credential proves who it is, and it is signed, logged and counted like any call.

Façades are rows of ``gateway/facades.json``, taken up when the file changes::

    [{"base": "/dci/registry", "service": "GOV/G01/population/person.verify.v1",
      "client": "GOV/G24/csdl-bao-hiem", "key": "body"}]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec

from lienthong.gateway.bodies import Body
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.protocol import headers as names
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.identifiers import ServiceId, SubsystemId, encode

BASE = re.compile(r"(/[a-z0-9][a-z0-9._-]*)+")
RESERVED = ("/r1", "/listclients", "/wsdl", "/verificationconf", "/asic")
BEARER = b"bearer "
NOT_PROVED = "SslAuthenticationFailed"


class BadFacade(ValueError):
    """A row of ``facades.json`` does not say what it must."""


class Facade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One base URL, the offer behind it, and the subsystem to whom it was given."""

    base: str
    service: str
    """``GOV/G01/population/person.verify.v1``."""
    client: str
    """``GOV/G24/csdl-bao-hiem``: whoever uses the base URL must prove to be this one."""
    key: Annotated[str, msgspec.Meta(pattern=r"^(|body|header:[A-Za-z0-9-]{1,60})$")] = ""
    """
    Where the idempotency key comes from when the client sends none: ``body`` makes the
    same bytes the same request, ``header:Name`` takes a header of the client's own.
    """

    def holds(self, path: bytes) -> bool:
        base = self.base.encode()
        return path == base or path.startswith(base + b"/")

    def target(self, instance: str, target: bytes) -> bytes:
        """What stands after the base goes to the service byte for byte; its grant limits it."""
        parts = [instance, *self.service.split("/")]
        return b"/r1/" + "/".join(map(encode, parts)).encode() + target[len(self.base) :]


def load(path: Path, instance: str) -> tuple[Facade, ...]:
    """The rows of a file, longest base first; none without a file. Raises BadFacade."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ()
    try:
        rows = msgspec.json.decode(raw, type=list[Facade])
    except msgspec.DecodeError as error:
        raise BadFacade(f"facades.json: {error}") from None
    return arranged(rows, instance)


def arranged(rows: Iterable[Facade], instance: str) -> tuple[Facade, ...]:
    """Rows that were checked, longest base first; raises BadFacade."""
    found: dict[str, Facade] = {}
    for row in rows:
        if not BASE.fullmatch(row.base) or ".." in row.base:
            raise BadFacade(f"not a base of a façade: {row.base}")
        if any(row.base == one or row.base.startswith(one + "/") for one in RESERVED):
            raise BadFacade(f"{row.base} belongs to the gateway itself")
        if row.base in found:
            raise BadFacade(f"{row.base} is there twice")
        try:
            ServiceId.parse(f"{instance}/{row.service}")
            SubsystemId.from_local(instance, row.client)
        except (ValueError, ProtocolError) as error:
            raise BadFacade(f"{row.base}: {error}") from None
        found[row.base] = row
    return tuple(sorted(found.values(), key=lambda row: -len(row.base)))


def of(facades: Iterable[Facade], target: bytes) -> Facade | None:
    path = target.partition(b"?")[0]
    return next((row for row in facades if row.holds(path)), None)


def head_through(head: Head, row: Facade, instance: str) -> Head:
    """
    The head as the client of the row would have written it in X-Road's form.

    The client's own ``X-Road-Client`` is not believed, and a bearer token is its
    secret: what the gateway then checks is whether this secret is the row's client's.
    """
    kept = []
    for name, value in head.headers:
        plain = name.lower()
        if plain == names.CLIENT:
            continue
        if plain == b"authorization" and value[: len(BEARER)].lower() == BEARER:
            kept.append((names.CLIENT_SECRET, value[len(BEARER) :].strip()))
            continue
        kept.append((name, value))
    kept.append((names.CLIENT, f"{instance}/{row.client}".encode()))
    return Head(head.method, row.target(instance, head.target), kept, head.caller)


def through(request: Incoming, facades: Iterable[Facade], instance: str) -> Incoming:
    """The request itself, or what a façade makes of it."""
    row = of(facades, request.head.target)
    if row is None:
        return request
    head = head_through(request.head, row, instance)
    if row.key and head.header(names.IDEMPOTENCY_KEY) is None:
        value = _key(row, request, head)
        if value:
            headers = [*head.headers, (names.IDEMPOTENCY_KEY, value)]
            head = Head(head.method, head.target, headers, head.caller)
    return msgspec.structs.replace(request, head=head)


def _key(row: Facade, request: Incoming, head: Head) -> bytes:
    if row.key == "body":
        return b"body-" + request.body.sha256.hex().encode()
    return head.header(row.key.removeprefix("header:").lower().encode()) or b""


def unauthorised(fault: XRoadFault) -> Outgoing:
    """
    What a client under a base URL is told when its secret is missing or another's.

    It knows HTTP and not X-Road, whose 500 says that the server failed: so 401, the scheme
    to use (RFC 6750), and the members of a problem document (RFC 9457) with the same code.
    Sent as plain JSON, since clients of DCI read no other kind.
    """
    body = msgspec.json.encode(
        {"type": fault.fault, "title": fault.text, "status": 401, "detail": fault.trace}
    )
    headers = [
        (b"Content-Type", b"application/json"),
        (b"WWW-Authenticate", b"Bearer"),
        (names.ERROR, fault.fault.encode()),
    ]
    return Outgoing(401, b"Unauthorized", headers, Body.of(body))

"""
The REST message of the X-Road message protocol, version r1.

A message is a *part* (method and path, or status, then headers) and a body.
The serialised part is what the request hash is taken over, what gets signed
and what the log keeps, so it is built here and nowhere else, byte for byte.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

import msgspec

from lienthong.protocol import headers as names
from lienthong.protocol.errors import BadRequestPath, ProtocolError
from lienthong.protocol.headers import Header
from lienthong.protocol.identifiers import (
    GATEWAY_SERVICES,
    OwnerId,
    ServiceId,
    SubsystemId,
    decode,
    encode,
)

METHODS = frozenset({b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT", b"TRACE"})
METASERVICES = GATEWAY_SERVICES | {"listMethods", "allowedMethods", "getOpenAPI", "getWsdl"}
NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class MalformedPart(ProtocolError):
    """A message part is not in the serialised form."""

    code = "exchange.malformed_part"
    status = 400
    fault = "InvalidRest"


class Target(msgspec.Struct, frozen=True):
    """What a request path names."""

    service: ServiceId
    service_path: bytes
    """With its leading slash; empty when the path ends at the service code."""
    query: bytes | None
    soap: bool = False
    version: str = ""
    """Of a SOAP service; plays no part in access."""


def split_target(raw: bytes) -> tuple[bytes, bytes | None]:
    """Path and query of an origin-form target; the query is None when there is no ``?``."""
    path, mark, query = raw.partition(b"?")
    return path, query if mark else None


def parse_target(raw: bytes) -> Target:
    """Read ``/r1/…/service[/path][?query]`` (five identifier parts); raises BadRequestPath."""
    path, query = split_target(raw)
    pieces = path.split(b"/", 7)
    if len(pieces) < 7 or pieces[0] != b"" or pieces[1] != b"r1":
        raise BadRequestPath
    named = tuple(pieces[2:7])
    # Only names of a usual length are remembered, so that the cache stays small.
    read = _service if sum(map(len, named)) <= 200 else _service.__wrapped__
    return Target(
        service=read(named),
        service_path=b"/" + pieces[7] if len(pieces) == 8 else b"",
        query=query,
    )


@lru_cache(maxsize=4096)
def _service(named: tuple[bytes, ...]) -> ServiceId:
    try:
        parts = [decode(piece.decode("ascii")) for piece in named]
    except (UnicodeDecodeError, ProtocolError):
        raise BadRequestPath("a part of the path is not percent-encoded UTF-8") from None
    if not all(parts):
        raise BadRequestPath
    instance, member_class, member, subsystem, code = parts
    return ServiceId(SubsystemId(instance, member_class, member, subsystem), code)


def parse_soap_target(raw: bytes) -> Target:
    """
    Read ``/soap/…/service[/version]``, the path of a SOAP message between gateways.

    One part less is a service of a gateway's owner.
    """
    pieces = raw.split(b"/")
    if pieces[:2] != [b"", b"soap"] or len(pieces) not in (6, 7, 8):
        raise BadRequestPath("the path names no SOAP service")
    try:
        parts = [decode(piece.decode("ascii")) for piece in pieces[2:]]
    except (UnicodeDecodeError, ProtocolError):
        raise BadRequestPath("a part of the path is not percent-encoded UTF-8") from None
    if not all(parts):
        raise BadRequestPath
    if len(parts) == 4:
        if parts[3] not in GATEWAY_SERVICES:
            raise BadRequestPath("the path names no SOAP service")
        return Target(ServiceId(OwnerId(*parts[:3]), parts[3]), b"", None, soap=True)
    service = ServiceId(SubsystemId(*parts[:4]), parts[4])
    return Target(service, b"", None, soap=True, version=parts[5] if len(parts) == 6 else "")


def soap_path(service: ServiceId, version: str) -> bytes:
    """The path `parse_soap_target` reads."""
    path = f"/soap/{service}" + (f"/{encode(version)}" if version else "")
    return path.encode("ascii")


def parse_peer_target(raw: bytes) -> Target:
    """What a path between gateways names, in either form."""
    return parse_soap_target(raw) if raw.startswith(b"/soap/") else parse_target(raw)


class RequestPart(msgspec.Struct, frozen=True, dict=True):
    """Method, raw target and surviving headers of a request, in arrival order."""

    method: bytes
    target: bytes
    headers: tuple[Header, ...]

    @cached_property
    def _by_name(self) -> dict[bytes, bytes]:
        return names.index(self.headers)

    def header(self, name: bytes) -> bytes | None:
        return self._by_name.get(name)

    def serialise(self) -> bytes:
        return b"\r\n".join(
            [self.method, self.target, *(name + b":" + value for name, value in self.headers), b""]
        )

    @classmethod
    def parse(cls, part: bytes) -> RequestPart:
        first, second, headers = read_part(part)
        return cls(first, second, headers)


class ResponsePart(msgspec.Struct, frozen=True, dict=True):
    """Status, reason and headers of an answer."""

    status: int
    reason: bytes
    headers: tuple[Header, ...]

    @cached_property
    def _by_name(self) -> dict[bytes, bytes]:
        return names.index(self.headers)

    def header(self, name: bytes) -> bytes | None:
        return self._by_name.get(name)

    def serialise(self) -> bytes:
        return b"\r\n".join(
            [
                str(self.status).encode(),
                self.reason,
                *(name + b":" + value for name, value in self.headers),
                b"",
            ]
        )

    @classmethod
    def parse(cls, part: bytes) -> ResponsePart:
        first, second, headers = read_part(part)
        if not (len(first) == 3 and first.isdigit() and first >= b"100"):
            raise MalformedPart("an answer starts with its status")
        return cls(int(first), second, headers)


def read_part(part: bytes) -> tuple[bytes, bytes, tuple[Header, ...]]:
    lines = part.split(b"\r\n")
    if len(lines) < 3 or lines[-1] != b"":
        raise MalformedPart
    headers = []
    for line in lines[2:-1]:
        name, colon, value = line.partition(b":")
        if not colon or NAME.fullmatch(name) is None:
            raise MalformedPart
        headers.append((name, value))
    return lines[0], lines[1], tuple(headers)


def request_part(
    method: bytes,
    target: bytes,
    headers: Iterable[Header],
    *,
    request_id: bytes,
    message_id: bytes,
) -> RequestPart:
    """
    The part of a client's request: what survives, then the identifiers the gateway adds.

    ``message_id`` is appended only when the client sent no ``X-Road-Id``.
    """
    kept = names.surviving(headers, names.NOT_FROM_CLIENT)
    sent_id = names.get(kept, names.ID)
    kept.append((names.REQUEST_ID, request_id))
    if sent_id is None:
        kept.append((names.ID, message_id))
    return RequestPart(method, target, tuple(kept))


def response_part(
    status: int,
    reason: bytes,
    headers: Iterable[Header],
    *,
    message_id: bytes,
    client: bytes,
    service: bytes,
    request_id: bytes,
    request_hash: bytes,
) -> ResponsePart:
    """The part of a service's answer: what survives, then the exchange's five headers."""
    kept = names.surviving(headers, names.NOT_FROM_SERVICE)
    kept += [
        (names.ID, message_id),
        (names.CLIENT, client),
        (names.SERVICE, service),
        (names.REQUEST_ID, request_id),
        (names.REQUEST_HASH, request_hash),
    ]
    return ResponsePart(status, reason, tuple(kept))


def request_hash(part: bytes, body: bytes | BodyHash) -> bytes:
    """
    ``X-Road-Request-Hash``: SHA-512 over the part, with a body over both digests.

    An empty body counts as none, as in the reference server.
    """
    body_hash = body if isinstance(body, BodyHash) else BodyHash.of(body)
    digest = hashlib.sha512(part).digest()
    if body_hash.size:
        digest = hashlib.sha512(digest + body_hash.sha512).digest()
    return base64.b64encode(digest)


class BodyHash(msgspec.Struct, frozen=True):
    """The SHA-512 of a body that was hashed while it was spooled."""

    sha512: bytes
    size: int

    @classmethod
    def of(cls, body: bytes) -> BodyHash:
        return cls(hashlib.sha512(body).digest() if body else b"", len(body))

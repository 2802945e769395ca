"""
Descriptions of services, fetched from their providers when somebody asks.

What leaves the gateway names no address of the inner network: an OpenAPI
document keeps the paths of its servers, a WSDL gets an address that leads
nowhere (both as the reference server does it). The other bytes of a WSDL or of
a YAML document stay as its author wrote them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from lienthong.gateway.bodies import EMPTY
from lienthong.gateway.core import Gateway, Message, require_time
from lienthong.gateway.pool import Received, SendFailed
from lienthong.gateway.settings import Provider
from lienthong.protocol import headers as names
from lienthong.protocol.errors import UnknownService
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.identifiers import ServiceId, encode
from lienthong.protocol.rest import Target
from lienthong.protocol.snapshot import OPENAPI

SIDE = Side.PROVIDER
LONGEST = 4 << 20
YAML_SERVERS = re.compile(r"(?P<indent> *)([\"']?)servers\2\s*:(?P<rest>.*)", re.DOTALL)
YAML_URL = re.compile(
    r"(?P<key> *(?:- +)?([\"']?)url\2\s*:\s+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s#&*!|>{\[\"'][^#]*?)"
    r"(?P<rest>\s*(?:\s#.*)?)"
)
YAML_FLOW_URL = re.compile(r"([{,]\s*[\"']?url[\"']?\s*:\s*)(\"[^\"]*\"|'[^']*'|[^\s,}\]]+)")
YAML_URL_KEY = re.compile(r" *(?:- +)*[\"']?url[\"']?\s*:")


async def open_api(gateway: Gateway, target: Target, *, deadline: float) -> Received:
    """The OpenAPI description of the service that the query names; raises XRoadFault."""
    asked = parse_qsl((target.query or b"").decode("ascii", "replace"), keep_blank_values=True)
    code = next((v for k, v in reversed(asked) if k.lower() == "servicecode"), "")
    if not code:
        raise XRoadFault(f"{SIDE}.InvalidRequest", "Missing serviceCode in the query")
    service = target.service.subsystem.service(code)
    try:
        offer = gateway.snapshot.offer(service)
    except UnknownService:
        raise XRoadFault(f"{SIDE}.InternalError", f"Service not found: {service}") from None
    provider = gateway.holdings.provider(service)
    place = None if provider is None else place_of(provider, service)
    if offer.kind != OPENAPI or place is None:
        kind = "WSDL" if offer.is_soap else "REST"
        raise XRoadFault(f"{SIDE}.InternalError", f"Invalid service type: {kind}")
    received = await fetch(gateway, place, deadline)
    try:
        kind_of_text = names.get(received.headers, b"content-type")
        path = place.path.partition(b"?")[0]
        text = without_servers(received.body.whole(), kind_of_text or b"", path)
    except (ValueError, RecursionError):
        raise XRoadFault(
            f"{SIDE}.InternalError", f"The description of {service} cannot be read"
        ) from None
    body = type(received.body).of(text)
    return Received(200, b"OK", [(b"Content-Type", kind_of_text or b"text/plain")], body)


def place_of(provider: Provider, service: ServiceId) -> Provider | None:
    """Where a service's description is: as registered, or behind an offer of a system of ours."""
    if provider.description is not None or provider.is_service:
        return provider.description
    code = encode(service.code).encode("ascii")
    return replace(provider, path=provider.path + b"/" + code + b"/openapi.json", is_service=True)


async def wsdl(gateway: Gateway, target: Target, *, deadline: float) -> bytes:
    """The WSDL of a SOAP service; raises XRoadFault or ProtocolError."""
    from lienthong.gateway.wsdl import without_address  # reads XML, like all that only SOAP needs

    offer = gateway.snapshot.offer(target.service)
    if not offer.is_soap:
        raise XRoadFault(
            f"{SIDE}.ServiceType", "Service is a REST service and does not have a WSDL"
        )
    if target.version not in (offer.versions or [""]):
        raise UnknownService(f"Unknown service: {target.service}")
    provider = gateway.holdings.provider(target.service, target.version)
    if provider is None or provider.description is None:
        raise UnknownService(f"Could not find a WSDL of {target.service}")
    received = await fetch(gateway, provider.description, deadline)
    return without_address(received.body.whole())


async def fetch(gateway: Gateway, place: Provider, deadline: float) -> Received:
    """What a provider answers at the address of a description; raises XRoadFault."""
    require_time(deadline, SIDE)
    message = Message(b"GET", place.path or b"/", [(b"Accept", b"*/*")], EMPTY)
    try:
        received = await gateway.way_out.to_provider(
            place, message, deadline=deadline, limit=LONGEST
        )
    except SendFailed:
        raise XRoadFault(f"{SIDE}.NetworkError", "The description cannot be fetched") from None
    if received.status != 200:
        received.body.close()
        raise XRoadFault(
            f"{SIDE}.InternalError", f"Failed reading service description: {received.status}"
        )
    return received


def without_servers(text: bytes, kind: bytes, path: bytes) -> bytes:
    """An OpenAPI document whose servers keep only their paths; raises ValueError."""
    if b"json" in kind.lower() or (b"yaml" not in kind.lower() and path.endswith(b".json")):
        return json_without_servers(text)
    return yaml_without_servers(text.decode("utf-8")).encode()


def json_without_servers(text: bytes) -> bytes:
    document = msgspec.json.decode(text)
    if not isinstance(document, dict) or not str(document.get("openapi", "3.")).startswith("3."):
        raise ValueError("not an OpenAPI 3 document")
    servers: Any = document.get("servers")
    for server in servers if isinstance(servers, list) else []:
        if isinstance(server, dict) and isinstance(server.get("url"), str):
            server["url"] = path_of(server["url"])
    return msgspec.json.encode(document)


def yaml_without_servers(text: str) -> str:
    """
    The same for YAML, edited line by line at the top level.

    Raises ValueError for a way of writing servers that cannot be edited so:
    rather no description than one with an inner address.
    """
    lines = text.splitlines(keepends=True)
    root: int | None = None
    inside = False
    for n, line in enumerate(lines):
        bare = line.strip()
        if not bare or bare.startswith(("#", "---", "%")):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if root is None:
            root = indent
        if inside and (indent > root or (indent == root and bare.startswith("-"))):
            lines[n] = yaml_server_line(line)
            continue
        found = YAML_SERVERS.fullmatch(line) if indent == root else None
        inside = found is not None
        if found is not None:
            value = found["rest"].strip()
            if value.startswith("["):
                if not value.partition("#")[0].strip().endswith("]"):
                    raise ValueError("servers over several lines in flow style")
                lines[n] = YAML_FLOW_URL.sub(in_path, line)
            elif value and not value.startswith("#"):
                raise ValueError("servers that are no list")
    return "".join(lines)


def yaml_server_line(line: str) -> str:
    ending = line[len(line.rstrip("\r\n")) :]
    found = YAML_URL.fullmatch(line.rstrip("\r\n"))
    if found is not None:
        return found["key"] + quoted(found["value"]) + found["rest"] + ending
    if YAML_URL_KEY.match(line):
        raise ValueError("a server's URL that cannot be edited")
    return YAML_FLOW_URL.sub(in_path, line)


def in_path(found: re.Match[str]) -> str:
    return found[1] + quoted(found[2])


def quoted(value: str) -> str:
    plain = value.strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        plain = plain[1:-1]
    return '"' + path_of(plain).replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_of(url: str) -> str:
    """The path of a server's URL; one with variables is left alone."""
    return url if "{" in url and "}" in url else urlsplit(url).path

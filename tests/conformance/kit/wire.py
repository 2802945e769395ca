"""Requests as an information system sends them, header by header, and what comes back."""

# ruff: noqa: TID251 - this is the outside client that gateways are made for.

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.kit.target import Target

Header = tuple[str, str]
PATIENCE = 60
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Not part of what is hashed (RestMessage.SKIPPED_HEADERS), nor is a credential of the hop.
SKIPPED = {
    "transfer-encoding", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "upgrade", "connection", "user-agent", "host", "content-length", "server",
    "expect", "lienthong-client-secret", "x-road-request-id", "x-road-request-hash",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a gateway said."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The last value of a header."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None

    @property
    def fault(self) -> str:
        """The code of the exchange's own error in one spelling; empty for a service's answer."""
        return plain(self.header("x-road-error") or "")

    def json(self) -> Any:
        return json.loads(self.body)


def plain(code: str) -> str:
    """A fault code in whichever spelling, compared without capitals and underscores."""
    return code.replace("_", "").lower()


def send(
    target: Target,
    method: str,
    path: str,
    headers: Sequence[Header] = (),
    body: bytes | None = None,
    *,
    credential: bool = True,
) -> Answer:
    """One request on a connection of its own; ``credential`` may be left out."""
    link = connect(target, credential=credential)
    with contextlib.closing(link):
        link.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            link.putheader(name, value)
        if credential and target.secret:
            link.putheader("Lienthong-Client-Secret", target.secret)
        if body is not None:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        answer = link.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())


def connect(target: Target, *, credential: bool = True) -> http.client.HTTPConnection:
    host, port, secure = target.address
    if not secure:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=target.ca)
    context.check_hostname = False
    if target.ca is None:
        context.verify_mode = ssl.CERT_NONE
    if credential and target.cert:
        context.load_cert_chain(target.cert)
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)


def raw(target: Target, data: bytes) -> bytes:
    """The first bytes of what is said to these bytes, over plain HTTP."""
    host, port, _ = target.address
    with socket.create_connection((host, port), timeout=PATIENCE) as link:
        link.sendall(data)
        return link.recv(65536)


# REST.


def asking(target: Target, *more: Header) -> list[Header]:
    return [("X-Road-Client", target.client), *more]


def call(
    target: Target,
    path: str = "",
    *more: Header,
    service: str | None = None,
    method: str = "GET",
    body: bytes | None = None,
) -> Answer:
    """Call the service, or another, as the client."""
    whole = f"/r1/{service or target.need('service')}{path}"
    return send(target, method, whole, asking(target, *more), body)


def request_hash(
    method: str, path: str, headers: Sequence[Header], answer: Answer, body: bytes = b""
) -> str:
    """
    ``X-Road-Request-Hash`` as the reference code takes it (RestRequest, 7.8).

    Over the serialised part, or over its digest and the body's when there is a body.
    """
    lines = [f"{method}\r\n{path}\r\n"]
    lines += [f"{name}:{value}\r\n" for name, value in headers if name.lower() not in SKIPPED]
    lines.append(f"x-road-request-id:{answer.header('x-road-request-id')}\r\n")
    if not any(name.lower() == "x-road-id" for name, _ in headers):
        lines.append(f"x-road-id:{answer.header('x-road-id')}\r\n")
    digest = hashlib.sha512("".join(lines).encode()).digest()
    if body:
        digest = hashlib.sha512(digest + hashlib.sha512(body).digest()).digest()
    return base64.b64encode(digest).decode()


# SOAP.

NAMESPACES = (
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xro="http://x-road.eu/xsd/xroad.xsd" xmlns:iden="http://x-road.eu/xsd/identifiers"'
)
PARTS = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode",
         "serviceVersion")  # fmt: skip


def identifier(name: str, kind: str, path: str) -> str:
    inner = "".join(
        f"<iden:{part}>{value}</iden:{part}>"
        for part, value in zip(PARTS, path.split("/"), strict=False)
    )
    return f'<xro:{name} iden:objectType="{kind}">{inner}</xro:{name}>'


def envelope(client: str, service: str, body: str, *, message_id: str, without: str = "") -> bytes:
    """A SOAP message of version 4.0; ``without`` leaves a field of its header out."""
    fields = {
        "client": identifier("client", "SUBSYSTEM", client),
        "service": identifier("service", "SERVICE", service),
        "userId": "<xro:userId>VN001</xro:userId>",
        "id": f"<xro:id>{message_id}</xro:id>",
        "protocolVersion": "<xro:protocolVersion>4.0</xro:protocolVersion>",
    }
    fields.pop(without, None)
    return (
        f"<soapenv:Envelope {NAMESPACES}>"
        f"<soapenv:Header>{''.join(fields.values())}</soapenv:Header>"
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def post_soap(target: Target, message: bytes, path: str = "/") -> Answer:
    action = f'"{target.soap_action}"'
    headers = [("Content-Type", "text/xml; charset=UTF-8"), ("SOAPAction", action)]
    return send(target, "POST", path, headers, message)

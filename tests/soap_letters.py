"""SOAP messages as an information system would write them, with one thing wrong at a time."""

from __future__ import annotations

BOUNDARY = "----=_Part_7"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACES = (
    f'xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xrd="http://x-road.eu/xsd/xroad.xsd"'
    ' xmlns:id="http://x-road.eu/xsd/identifiers"'
)


def identifier(field: str, kind: str, path: str) -> str:
    """An identifier as a header field: ``VN/GOV/G15/civil-status`` in its parts."""
    names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode",
             "serviceVersion")  # fmt: skip
    if kind == "SERVER":
        names = ("xRoadInstance", "memberClass", "memberCode", "serverCode")
    parts = zip(names, path.split("/"), strict=False)
    inner = "".join(f"<id:{name}>{part}</id:{name}>" for name, part in parts)
    return f'<xrd:{field} id:objectType="{kind}">{inner}</xrd:{field}>'


def header(client: str, service: str, /, **more: str) -> dict[str, str]:
    """The fields of a header by name, each as XML; change or drop some before `letter`."""
    kind = "SUBSYSTEM" if client.count("/") == 3 else "MEMBER"
    fields = {
        "client": identifier("client", kind, client),
        "service": identifier("service", "SERVICE", service),
        "id": "<xrd:id>letter-1</xrd:id>",
        "userId": "<xrd:userId>VN091095000017</xrd:userId>",
        "protocolVersion": "<xrd:protocolVersion>4.0</xrd:protocolVersion>",
    }
    return {**fields, **more}


def letter(fields: dict[str, str], body: str) -> bytes:
    """The envelope of these fields and this body."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope {NAMESPACES}>\n'
        f"  <SOAP-ENV:Header>{''.join(fields.values())}</SOAP-ENV:Header>\n"
        f"  <SOAP-ENV:Body>{body}</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n"
    ).encode()


def related(root: bytes, *attachments: bytes, boundary: str = BOUNDARY) -> bytes:
    """A multipart/related body with this envelope first."""
    line = f"--{boundary}".encode()
    parts = [
        b"%b\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"Content-ID: <root>\r\n\r\n%b\r\n" % (line, root)
    ]
    parts += [
        b"%b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        b"Content-ID: <a%d>\r\n\r\n%b\r\n" % (line, n, content)
        for n, content in enumerate(attachments)
    ]
    return b"".join(parts) + line + b"--\r\n"


RELATED = f'multipart/related; type="text/xml"; boundary="{BOUNDARY}"'

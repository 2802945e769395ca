"""WSDL documents: the address of the service replaced, every other byte kept."""

from __future__ import annotations

import re
from xml.parsers import expat

from lienthong.protocol.errors import BadMessage
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.soap import DEEPEST, Splice, apply

NOWHERE = b"http://example.org/xroad-endpoint"
"""What clients of X-Road find in place of an address (MetadataServiceHandlerImpl)."""
ADDRESSES = frozenset(
    {
        "http://schemas.xmlsoap.org/wsdl/soap/ address",
        "http://schemas.xmlsoap.org/wsdl/soap12/ address",
    }
)
ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
NAME = re.compile(rb"<[^\s/>]+")


def without_address(document: bytes) -> bytes:
    """The WSDL with `NOWHERE` in each SOAP address; raises XRoadFault when it cannot be read."""
    splices: list[Splice] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise BadMessage("InvalidXml", "elements are nested too deep")
        if name in ADDRESSES:
            splices.extend(locations(document, parser.CurrentByteIndex))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise BadMessage("InvalidXml", "it has a document type")

    def encoding(version: str, name: str | None, standalone: int) -> None:
        if name is not None and name.lower() not in ("utf-8", "us-ascii", "iso-8859-1"):
            raise BadMessage("InvalidXml", "its encoding is not known here")

    parser = expat.ParserCreate(None, " ")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.XmlDeclHandler = encoding
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadMessage("InvalidXml", "its encoding is not known here")
        parser.Parse(document, True)
    except (expat.ExpatError, BadMessage) as problem:
        raise XRoadFault(
            f"{Side.PROVIDER}.InternalError", f"The service's WSDL cannot be read: {problem}"
        ) from None
    return apply(splices, document)


def locations(document: bytes, place: int) -> list[Splice]:
    """The values of ``location`` in the tag that begins here; the parser found it well-formed."""
    found = NAME.match(document, place)
    splices = []
    while found is not None:
        found = ATTRIBUTE.match(document, found.end())
        if found is not None and found[1] == b"location":
            splices.append(Splice(found.start(2) + 1, found.end(2) - 1, NOWHERE))
    return splices

"""
``GET /wsdl?…``: the WSDL of a service for clients of the time before X-Road 7.

Trembita's and UXP's clients still begin with it. It names no client, so the
gateway asks in its owner's name by ``getWsdl``; that exchange is signed and
logged like any other.
"""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import msgspec

from lienthong.gateway import soap_messages
from lienthong.gateway.bodies import Body
from lienthong.gateway.consumer import SIDE, carry
from lienthong.gateway.core import Gateway, Trail, as_fault, record_fault
from lienthong.gateway.messages import NOBODY, Head, Incoming, Outgoing
from lienthong.gateway.rows import LogSide
from lienthong.gateway.soap_consumer import FAULT_TYPE, Soap
from lienthong.protocol import headers as names
from lienthong.protocol import mime, rest, soap, soap_peer
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.identifiers import MemberId, SubsystemId

COMPULSORY = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode")
XML = b"text/xml;charset=UTF-8"
REASONS = {400: b"Bad Request", 500: b"Internal Server Error"}


class Description(Soap):
    """A ``getWsdl`` that the gateway asks in its owner's name."""

    def client(self, gateway: Gateway, head: Head) -> SubsystemId | MemberId:
        return gateway.identity.owner


async def answer(gateway: Gateway, request: Incoming) -> Outgoing:
    """The WSDL, or a fault with a status that stops a reader of WSDLs; never raises."""
    trail = Trail(LogSide.CONSUMER, str(gateway.identity))
    try:
        if request.head.method != b"GET":
            raise XRoadFault("Client.InvalidHttpMethod", "Must use GET request method")
        header, body = ask_for(gateway, request.head.target)
        message = soap_messages.read_now(body, XML)
        target = soap_peer.target_of(header)
        head = Head(
            b"POST",
            rest.soap_path(target.service, ""),
            soap_peer.fields_of(header, XML, None),
            NOBODY,
        )
        inner = msgspec.structs.replace(request, head=head, body=body)
        answered = await carry(gateway, inner, trail, Description(message))
        try:
            return wsdl_of(answered)
        finally:
            answered.body.close()
    except Exception as error:
        fault = as_fault(error, SIDE)
        await record_fault(gateway, trail, fault)
        fault = fault.spelled(gateway.spelling)
        text = soap.fault_message(fault.fault, fault.text, fault.trace)
        headers = [(b"Content-Type", FAULT_TYPE), (names.ERROR, fault.fault.encode())]
        return Outgoing(fault.status, REASONS[fault.status], headers, Body.of(text))


def ask_for(gateway: Gateway, raw: bytes) -> tuple[soap.Header, Body]:
    """The ``getWsdl`` message for what the query names; raises XRoadFault."""
    _, query = rest.split_target(raw)
    try:
        asked = parse_qs((query or b"").decode("ascii"), errors="strict", max_num_fields=20)
    except ValueError:
        raise XRoadFault("Client.BadRequest", "The query cannot be read") from None
    said = {name: values[-1] for name, values in asked.items()}
    missing = [name for name in COMPULSORY if not said.get(name)]
    if missing:
        raise XRoadFault("Client.BadRequest", f"The query lacks {', '.join(missing)}")
    owner = gateway.identity.owner
    header = soap.Header(
        values={"id": f"{owner.instance}-{uuid.uuid4()}", "protocolVersion": soap.PROTOCOL},
        identifiers={
            "client": {
                "xRoadInstance": owner.instance,
                "memberClass": owner.member_class,
                "memberCode": owner.code,
            },
            "service": {name: said[name] for name in COMPULSORY[:4]} | {"serviceCode": "getWsdl"},
        },
        order=("client", "service", "id", "protocolVersion"),
    )
    inner = f"<xroad:serviceCode>{escape(said['serviceCode'])}</xroad:serviceCode>"
    if version := said.get("version"):
        inner += f"<xroad:serviceVersion>{escape(version)}</xroad:serviceVersion>"
    text = soap.message(header, f"<xroad:getWsdl>{inner}</xroad:getWsdl>")
    return header, Body.of(text)


def wsdl_of(answered: Outgoing) -> Outgoing:
    """The second part of the answer to ``getWsdl``."""
    kind = mime.ContentType.parse(names.get(answered.headers, b"content-type"))
    wsdl = mime.part_of(answered.body.whole(), kind.boundary, 1)
    return Outgoing(200, b"OK", [(b"Content-Type", b"text/xml")], Body.of(wsdl))

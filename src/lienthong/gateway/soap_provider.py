"""
The provider's side of SOAP: compare, post, look at the answer, add the request's hash.

The service gets the client's bytes by a plain POST with their content type and
SOAPAction and nothing else. Its answer is signed only after it proved to be
an answer to this request; a fault of the service is an answer like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape

from lienthong.gateway import descriptions, metaservices, soap_messages
from lienthong.gateway.authorise import Admission
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import (
    Gateway,
    Message,
    Trail,
    as_fault,
    fault_answer,
    record_fault,
    require_time,
)
from lienthong.gateway.messages import Incoming, Outgoing
from lienthong.gateway.operational import SoapSeen
from lienthong.gateway.pool import Received
from lienthong.gateway.provider import SIDE, Asked, provide, provider_of, send_on
from lienthong.gateway.rows import LogSide
from lienthong.gateway.soap_messages import SoapMessage
from lienthong.kernel import clock
from lienthong.protocol import headers as names
from lienthong.protocol import rest, soap, soap_peer
from lienthong.protocol.errors import BadMessage, ProtocolError
from lienthong.protocol.faults import XRoadFault, fault_of
from lienthong.protocol.rest import RequestPart, Target
from lienthong.protocol.snapshot import OfferEntry

XML_TYPE = b"text/xml;charset=UTF-8"
FAILED = f"{SIDE}.ServiceFailed"


async def answer(gateway: Gateway, request: Incoming) -> Outgoing:
    """The answer to a SOAP message of a peer; never raises."""
    trail = Trail(LogSide.PROVIDER, str(gateway.identity))
    try:
        return await provide(gateway, request, trail, Soap())
    except Exception as error:
        fault = as_fault(error, SIDE)
        await record_fault(gateway, trail, fault)
        return fault_answer(fault, None, trail)


class Soap:
    """One SOAP message on its way to a service."""

    message: SoapMessage
    header: soap.Header

    def __init__(self) -> None:
        self.seen = SoapSeen()

    def target(self, raw: bytes) -> Target:
        return rest.parse_soap_target(raw)

    async def examine(self, part: RequestPart, body: Body) -> None:
        """
        Make the part again from what the envelope says, and compare.

        So a peer cannot be granted by one header and have the service read another.
        """
        content_type = part.header(b"content-type")
        action = part.header(soap_peer.SOAP_ACTION)
        self.message = await soap_messages.read(body, content_type)
        soap_messages.note_request(self.seen, self.message, body)
        self.header = soap.require_request(self.message.envelope)
        target = soap_peer.target_of(self.header)
        fields = soap_peer.fields_of(self.header, content_type or b"", action)
        fields.append((names.REQUEST_ID, part.header(names.REQUEST_ID) or b""))
        again = RequestPart(b"POST", rest.soap_path(target.service, target.version), tuple(fields))
        if again != part:
            raise XRoadFault(
                "Client.InconsistentHeaders", "The message's envelope and its headers differ"
            )

    async def ask(self, gateway: Gateway, asked: Asked) -> Received:
        admitted, target, body = asked.admitted, asked.target, asked.body
        deadline = asked.time.deadline
        if target.service.is_of_gateway:
            from lienthong.gateway import soap_monitoring

            received = await soap_monitoring.answer(
                gateway, admitted, target.service.code, self.message, self.header, body
            )
            return await self.noted(received)
        if admitted.is_metaservice:
            return await self.noted(await self.describe(gateway, admitted, target, deadline))
        provider = provider_of(gateway, target)
        require_time(deadline, SIDE)
        passed = [pair for pair in asked.part.headers
                  if pair[0].lower() in (b"content-type", soap_peer.SOAP_ACTION)]  # fmt: skip
        message = Message(b"POST", provider.path or b"/", passed, body)
        try:
            received = await send_on(gateway, provider, message, asked)
        except XRoadFault as fault:
            raise service_failed(fault) from None
        asked.trail.beyond = True
        try:
            return await self.complete(received)
        except BadMessage as problem:
            raise XRoadFault(f"{FAILED}.{problem.fault}", str(problem)) from None
        finally:
            received.body.close()

    async def complete(self, received: Received) -> Received:
        """The service's answer as it is signed: with its request's hash, of HTTP the type only."""
        if received.status not in (200, 500):
            raise BadMessage("HttpError", f"Server responded with error {received.status}")
        content_type = names.get(received.headers, b"content-type")
        answer = await soap_messages.read(received.body, content_type)
        soap_messages.note_answer(self.seen, answer, received.body)
        headers = [(b"Content-Type", content_type or XML_TYPE)]
        if answer.envelope.fault is not None:
            # Counted and signed as what the service said; 500 is what SOAP 1.1 asks for.
            whole = received.body.spliced([])
            return Received(500, b"Internal Server Error", headers, whole)
        if received.status != 200:
            raise BadMessage("HttpError", f"Server responded with error {received.status}")
        soap.require_answer(answer.envelope, self.header)
        return Received(200, b"OK", headers, answer.answer_with(received.body, self.message.hashed))

    async def noted(self, received: Received) -> Received:
        """An answer of the gateway itself, kept for the operational data like a service's."""
        content_type = names.get(received.headers, b"content-type")
        message = await soap_messages.read(received.body, content_type)
        soap_messages.note_answer(self.seen, message, received.body)
        return received

    # Metaservices.

    async def describe(
        self, gateway: Gateway, admitted: Admission, target: Target, deadline: float
    ) -> Received:
        """The answer of the gateway itself."""
        code = target.service.code
        if code == "getWsdl":
            return await self.wsdl(gateway, target, deadline)
        services = "".join(
            soap.identifier_xml("service", identifier(target, offer, version))
            for offer in known(gateway, admitted, target, clock.instant())
            for version in (offer.versions or [""])
        )
        body = f"<xroad:{code}Response>{services}</xroad:{code}Response>"
        said = soap.message(self.header, body, hashed=self.message.hashed)
        return Received(200, b"OK", [(b"Content-Type", XML_TYPE)], Body.of(said))

    async def wsdl(self, gateway: Gateway, target: Target, deadline: float) -> Received:
        """Two parts: the answer, and the service's WSDL without its address."""
        asked = self.message.envelope.content
        code, version = asked.get("serviceCode", ""), asked.get("serviceVersion", "")
        if not code:
            raise XRoadFault(f"{SIDE}.InvalidRequest", "Missing serviceCode in message body")
        service = target.service.subsystem.service(code)
        try:
            wsdl = await descriptions.wsdl(
                gateway, Target(service, b"", None, soap=True, version=version), deadline=deadline
            )
        except ProtocolError as problem:
            raise fault_of(problem, SIDE) from None
        inner = f"<xroad:serviceCode>{escape(code)}</xroad:serviceCode>"
        if version:
            inner += f"<xroad:serviceVersion>{escape(version)}</xroad:serviceVersion>"
        body = f"<xroad:getWsdlResponse>{inner}</xroad:getWsdlResponse>"
        said = soap.message(self.header, body, hashed=self.message.hashed)
        boundary = f"lienthong-{uuid.uuid4().hex}".encode()
        whole = b"\r\n".join(
            [
                b"--" + boundary,
                b"Content-Type: " + XML_TYPE,
                b"Content-Transfer-Encoding: 8bit",
                b"",
                said,
                b"--" + boundary,
                b"Content-Type: text/xml",
                b"Content-Transfer-Encoding: binary",
                b"Content-ID: <wsdl=%b@lienthong>" % uuid.uuid4().hex.encode(),
                b"",
                wsdl,
                b"--" + boundary + b"--",
                b"",
            ]
        )
        kind = b'multipart/related; type="text/xml"; boundary="%b"' % boundary
        return Received(200, b"OK", [(b"Content-Type", kind)], Body.of(whole))


def service_failed(fault: XRoadFault) -> XRoadFault:
    """The fault with the family that says it happened between gateway and service."""
    if not fault.fault.startswith(f"{SIDE}.") or fault.fault.startswith(FAILED):
        return fault
    return XRoadFault(f"{FAILED}{fault.fault[len(SIDE) :]}", fault.text, fault.trace)


def known(
    gateway: Gateway, admitted: Admission, target: Target, now: datetime
) -> Iterable[OfferEntry]:
    """The SOAP services of a provider, or those the client may call now."""
    snapshot, provider = gateway.snapshot, target.service.subsystem
    if target.service.code == "listMethods":
        return [offer for offer in snapshot.offers_of(provider) if offer.is_soap]
    allowed = {
        offer.code: offer
        for offer, grant in metaservices.granted(snapshot, provider, admitted.client, now)
        if offer.is_soap and grant.id not in gateway.log.revoked
    }
    return allowed.values()


def identifier(target: Target, offer: OfferEntry, version: str) -> dict[str, str]:
    subsystem = target.service.subsystem
    return {
        "xRoadInstance": subsystem.instance,
        "memberClass": subsystem.member_class,
        "memberCode": subsystem.member_code,
        "subsystemCode": subsystem.code,
        "serviceCode": offer.code,
        "serviceVersion": version,
    }

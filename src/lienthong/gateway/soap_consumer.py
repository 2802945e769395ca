"""
The consumer's side of SOAP: the envelope's header becomes the request's, the rest is as for REST.

Of the HTTP headers only ``Content-Type`` and ``SOAPAction`` go on, and the
client is the one the envelope names, never one an HTTP header does. Faults are
SOAP faults with status 200, as the reference server sends them
(HandlerBase.sendErrorResponse).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from lienthong.gateway import authorise, soap_messages
from lienthong.gateway.bodies import Body
from lienthong.gateway.consumer import SIDE, carry
from lienthong.gateway.core import (
    Gateway,
    Trail,
    as_fault,
    record_fault,
    refuse_body,
)
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.gateway.operational import SoapSeen
from lienthong.gateway.pool import Received
from lienthong.gateway.rows import LogSide
from lienthong.gateway.soap_messages import SoapMessage
from lienthong.protocol import headers as names
from lienthong.protocol import rest, soap, soap_peer
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.headers import Headers
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.rest import Target

FAULT_TYPE = b"text/xml;charset=utf-8"
# Between a client and its gateway only; everything else HTTP says of a SOAP message is dropped.
OF_THE_HOP = frozenset({names.CLIENT_SECRET, names.DEADLINE})
SAID_ONCE = (b"content-type", soap_peer.SOAP_ACTION)


async def answer(gateway: Gateway, request: Incoming) -> Outgoing:
    """The answer to a SOAP message; never raises."""
    trail = Trail(LogSide.CONSUMER, str(gateway.identity))
    try:
        trail.request = request
        gateway.follow(trail, request.head)
        message, inner = await open_request(request)
        form = Soap(message)
        soap_messages.note_request(form.seen, message, request.body)
        answered = await carry(gateway, inner, trail, form)
        return outgoing(answered)
    except Exception as error:
        fault = as_fault(error, SIDE)
        await record_fault(gateway, trail, fault)
        return fault_answer(fault.spelled(gateway.spelling))


async def open_request(request: Incoming) -> tuple[SoapMessage, Incoming]:
    """The message, and the request as the core takes it; raises BadMessage or XRoadFault."""
    head = request.head
    if head.method != b"POST":
        raise XRoadFault("Client.InvalidHttpMethod", "Must use POST request method")
    refuse_body(request, SIDE)
    for name in SAID_ONCE:
        if sum(key.lower() == name for key, _ in head.headers) > 1:
            raise XRoadFault("Client.BadRequest", f"The request has {name.decode()} twice")
    content_type = head.header(b"content-type")
    action = soap_peer.read_soap_action(head.header(soap_peer.SOAP_ACTION))
    message = await soap_messages.read(request.body, content_type)
    header = soap.require_request(message.envelope)
    fields: Headers = soap_peer.fields_of(header, content_type or b"", action)
    fields += [pair for pair in head.headers if pair[0].lower() in OF_THE_HOP]
    target = soap_peer.target_of(header)
    inner = Head(b"POST", rest.soap_path(target.service, target.version), fields, head.caller)
    return message, msgspec.structs.replace(request, head=inner)


@dataclass(slots=True)
class Soap:
    """A SOAP request, and what its answer must be like."""

    message: SoapMessage
    seen: SoapSeen = field(default_factory=SoapSeen)

    def target(self, raw: bytes) -> Target:
        return rest.parse_soap_target(raw)

    def client(self, gateway: Gateway, head: Head) -> SubsystemId | MemberId:
        if rest.parse_soap_target(head.target).service.is_of_gateway:
            return authorise.identify_asker(head, gateway.holdings.clients, gateway.snapshot)
        return authorise.identify_client(head, gateway.holdings.clients, gateway.snapshot)

    async def examine(self, received: Received) -> None:
        """The answer must echo this request and carry its hash; a fault may say what it likes."""
        try:
            content_type = names.get(received.headers, b"content-type")
            answer = await soap_messages.read(received.body, content_type)
            soap_messages.note_answer(self.seen, answer, received.body)
            if answer.envelope.fault is not None:
                return
            header = soap.require_request(self.message.envelope)
            soap.require_answer(answer.envelope, header)
            said = answer.envelope.header
            if said is None or said.values.get("requestHash") != self.message.hashed:
                raise BadMessage(
                    "InconsistentResponse", "The answer does not carry its request's hash"
                )
        except BadMessage as problem:
            raise XRoadFault(f"{SIDE}.ServiceFailed.{problem.fault}", str(problem)) from None


def outgoing(answered: Outgoing) -> Outgoing:
    """What the client gets: the service's message, its content type, and our promise."""
    kept = (b"content-type", names.PROMISE)
    headers = [pair for pair in answered.headers if pair[0].lower() in kept]
    return Outgoing(200, b"OK", headers, answered.body, answered.close)


def fault_answer(fault: XRoadFault) -> Outgoing:
    body = soap.fault_message(fault.fault, fault.text, fault.trace)
    headers = [(b"Content-Type", FAULT_TYPE), (b"SOAPAction", b"")]
    if fault.retry_after is not None:
        headers.append((b"Retry-After", b"%d" % fault.retry_after))
    return Outgoing(200, b"OK", headers, Body.of(body))

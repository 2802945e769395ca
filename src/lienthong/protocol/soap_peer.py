"""
How a SOAP message crosses from gateway to gateway: as an exchange like any other.

The bytes of the envelope and its attachments are the body, untouched. Method,
path and headers are a part as for REST, made from the envelope's own header,
so that one signature, one log and one way of counting serve both. The part is
a function of the message: the provider's gateway makes it again from what it
reads in the body and refuses a message whose two headers differ.
"""

from __future__ import annotations

import re

from lienthong.protocol import headers as names
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.headers import Headers
from lienthong.protocol.identifiers import (
    GATEWAY_SERVICES,
    GatewayId,
    MemberId,
    OwnerId,
    ServiceId,
    SubsystemId,
    encode,
)
from lienthong.protocol.rest import Target
from lienthong.protocol.soap import Header

SOAP_ACTION = b"soapaction"
LONGEST_ID = 512
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def target_of(header: Header) -> Target:
    """The service the envelope names; raises BadMessage when no subsystem provides it."""
    said = identifier(header, "service")
    subsystem = said.get("subsystemCode")
    if not subsystem:
        return _of_gateway(said)
    owner = SubsystemId(said["xRoadInstance"], said["memberClass"], said["memberCode"], subsystem)
    service = ServiceId(owner, said["serviceCode"])
    return Target(service, b"", None, soap=True, version=said.get("serviceVersion", ""))


def _of_gateway(said: dict[str, str]) -> Target:
    """A service without a subsystem: what a gateway tells of itself in its owner's name."""
    if said["serviceCode"] not in GATEWAY_SERVICES:
        raise BadMessage("InvalidXml", "The service must belong to a subsystem")
    if said.get("serviceVersion"):
        raise BadMessage("UnknownService", f"{said['serviceCode']} has no versions")
    owner = OwnerId(said["xRoadInstance"], said["memberClass"], said["memberCode"])
    return Target(ServiceId(owner, said["serviceCode"]), b"", None, soap=True)


def client_of(header: Header) -> SubsystemId | MemberId:
    """Who the envelope says is asking."""
    said = identifier(header, "client")
    member = MemberId(said["xRoadInstance"], said["memberClass"], said["memberCode"])
    subsystem = said.get("subsystemCode")
    if not subsystem:
        return member
    return SubsystemId(member.instance, member.member_class, member.code, subsystem)


def security_server_of(header: Header) -> GatewayId | None:
    """The provider's gateway the envelope asks for."""
    if "securityServer" not in header.identifiers:
        return None
    said = identifier(header, "securityServer")
    owner = MemberId(said["xRoadInstance"], said["memberClass"], said["memberCode"])
    return GatewayId(owner, said["serverCode"])


def identifier(header: Header, name: str) -> dict[str, str]:
    """The parts of an identifier, none with a control character; raises BadMessage."""
    said = header.identifiers[name]
    if any(CONTROL.search(part) for part in said.values()):
        raise BadMessage("InvalidXml", f"The identifier in {name} has a control character")
    return said


def message_id_of(header: Header) -> str:
    """The envelope's ``id`` once it can stand in a header and be signed; raises BadMessage."""
    said = header.values["id"]
    if not said or len(said) > LONGEST_ID or not all(" " <= letter <= "~" for letter in said):
        raise BadMessage("InvalidXml", "The message id must be printable ASCII and not too long")
    return said


def fields_of(header: Header, content_type: bytes, soap_action: bytes | None) -> Headers:
    """
    The headers under which this message is signed, logged and sent.

    What may hold any letter is percent-encoded; the rest is as in REST.
    """
    fields: Headers = [(b"Content-Type", content_type)]
    if soap_action is not None:
        fields.append((b"SOAPAction", soap_action))
    fields.append((names.CLIENT, str(client_of(header)).encode("ascii")))
    for name, value in ((names.USER_ID, "userId"), (names.ISSUE, "issue")):
        if value in header.values:
            fields.append((name, encode(header.values[value]).encode("ascii")))
    party = header.identifiers.get("representedParty")
    if party is not None:
        parts = [party[part] for part in ("partyClass", "partyCode") if party.get(part)]
        fields.append((names.REPRESENTED_PARTY, "/".join(map(encode, parts)).encode("ascii")))
    server = security_server_of(header)
    if server is not None:
        fields.append((names.SECURITY_SERVER, str(server).encode("ascii")))
    fields.append((names.ID, message_id_of(header).encode("ascii")))
    return fields


def read_soap_action(value: bytes | None) -> bytes | None:
    """A ``SOAPAction`` as it may be passed on: missing, empty, or a quoted URI."""
    if value is None or value in (b"", b'""'):
        return value
    inner = value[1:-1]
    quoted = len(value) > 2 and value[:1] == value[-1:] == b'"'
    if not quoted or any(letter <= 32 or letter >= 127 or letter in b'"<>\\^`{|}'
                         for letter in inner):  # fmt: skip
        raise BadMessage("InvalidSoapAction", "SOAPAction must be empty or a quoted URI")
    return value

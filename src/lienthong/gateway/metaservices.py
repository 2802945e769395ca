"""
What the exchange tells about itself: listClients, listMethods, allowedMethods.

Shapes are those of the reference code, snake case with absent values left out
(PR-MREST Annex B). listMethods and allowedMethods are answered by the
provider's gateway and signed and logged like any call.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import msgspec

from lienthong.gateway.authorise import Admission
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway, fault_answer
from lienthong.gateway.messages import Head, Outgoing
from lienthong.gateway.pool import Received
from lienthong.protocol import rest
from lienthong.protocol.errors import OutdatedSnapshot, UnknownMember
from lienthong.protocol.faults import JSON_TYPE, XML_TYPE, Side, XRoadFault, fault_of
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.rest import Target
from lienthong.protocol.snapshot import OPENAPI, GrantEntry, OfferEntry, Snapshot

XROAD = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS = "http://x-road.eu/xsd/identifiers"


class ClientIdentifier(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    object_type: str
    xroad_instance: str
    member_class: str
    member_code: str
    subsystem_code: str | None = None


class Client(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    id: ClientIdentifier
    name: str
    subsystem_name: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    method: str
    path: str


class Service(msgspec.Struct, frozen=True, kw_only=True):
    member_class: str
    member_code: str
    object_type: str = msgspec.field(default="SERVICE")
    service_code: str
    service_type: str = "REST"
    subsystem_code: str
    xroad_instance: str
    endpoint_list: list[Endpoint]


def list_clients(gateway: Gateway, head: Head) -> Outgoing:
    """Members and subsystems of the instance; needs no client identifier."""
    accept = head.header(b"accept") or b""
    if head.method != b"GET":
        fault = XRoadFault("Client.InvalidHttpMethod", "Use GET")
        return fault_answer(fault.spelled(gateway.spelling), accept)
    try:
        snapshot = gateway.snapshot
        check_instance(head.target, snapshot)
    except (OutdatedSnapshot, UnknownMember) as error:
        fault = fault_of(error, Side.CONSUMER)
        return fault_answer(fault.spelled(gateway.spelling), accept)
    found = list(clients(snapshot))
    if b"application/json" in accept.lower():
        kind, text = JSON_TYPE, msgspec.json.encode({"member": found})
    else:
        kind, text = XML_TYPE, clients_xml(found)
    return Outgoing(200, b"OK", [(b"Content-Type", kind)], Body.of(text))


def check_instance(target: bytes, snapshot: Snapshot) -> None:
    _, query = rest.split_target(target)
    asked = parse_qs((query or b"").decode("ascii", "replace")).get("xRoadInstance")
    if asked and asked[-1] != snapshot.instance:
        raise UnknownMember(f"Instance {asked[-1]} is not known here")


def clients(snapshot: Snapshot) -> Iterable[Client]:
    for member in snapshot.members:
        yield Client(
            id=ClientIdentifier(
                object_type="MEMBER",
                xroad_instance=snapshot.instance,
                member_class=member.member_class,
                member_code=member.code,
            ),
            name=member.name,
        )
    for subsystem in snapshot.subsystems:
        if subsystem.status != "registered":
            continue
        member_id = MemberId.from_local(snapshot.instance, subsystem.member)
        yield Client(
            id=ClientIdentifier(
                object_type="SUBSYSTEM",
                xroad_instance=snapshot.instance,
                member_class=member_id.member_class,
                member_code=member_id.code,
                subsystem_code=subsystem.code,
            ),
            name=snapshot.member(member_id).name,
            subsystem_name=subsystem.name,
        )


def clients_xml(found: Iterable[Client]) -> bytes:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xroad:clientList xmlns:xroad="{XROAD}" xmlns:id="{IDENTIFIERS}">',
    ]
    for client in found:
        known = client.id
        parts = [
            ("xRoadInstance", known.xroad_instance),
            ("memberClass", known.member_class),
            ("memberCode", known.member_code),
            ("subsystemCode", known.subsystem_code),
        ]
        inner = "".join(f"<id:{n}>{escape(v)}</id:{n}>" for n, v in parts if v is not None)
        lines.append(
            f'<xroad:member><xroad:id id:objectType="{known.object_type}">{inner}</xroad:id>'
            f"<xroad:name>{escape(client.name)}</xroad:name>"
        )
        if client.subsystem_name is not None:
            lines.append(
                f"<xroad:subsystemName>{escape(client.subsystem_name)}</xroad:subsystemName>"
            )
        lines.append("</xroad:member>")
    lines.append("</xroad:clientList>")
    return "".join(lines).encode()


def methods(
    snapshot: Snapshot,
    admitted: Admission,
    target: Target,
    *,
    now: datetime,
    revoked: Container[str],
) -> Received:
    """The answer to listMethods, or to allowedMethods: what this client may call now."""
    provider = target.service.subsystem
    if target.service.code == "listMethods":
        found = [service(provider, offer, offer.methods, ["/**"])
                 for offer in snapshot.offers_of(provider)
                 if not offer.is_soap and not offer.is_event]  # fmt: skip
    else:
        found = [
            entry
            for grant, entry in allowed(snapshot, provider, admitted.client, now)
            if grant not in revoked
        ]  # of SOAP services SOAP tells (soap_provider)
    body = Body.of(msgspec.json.encode({"service": found}))
    return Received(200, b"OK", [(b"Content-Type", JSON_TYPE)], body)


def allowed(
    snapshot: Snapshot, provider: SubsystemId, client: SubsystemId | MemberId, now: datetime
) -> Iterable[tuple[str, Service]]:
    """Each grant in force for a REST service by its id, as the endpoints it opens."""
    for offer, grant in granted(snapshot, provider, client, now):
        if not offer.is_soap and not offer.is_event:
            yield grant.id, service(provider, offer, grant.methods, grant.paths)


def granted(
    snapshot: Snapshot, provider: SubsystemId, client: SubsystemId | MemberId, now: datetime
) -> Iterable[tuple[OfferEntry, GrantEntry]]:
    """Each offer of a provider with each grant in force that a client has for it."""
    for offer in snapshot.offers_of(provider):
        for grant in snapshot.grants:
            if (
                (grant.client, grant.provider, grant.code)
                == (client.local, provider.local, offer.code)
                and grant.valid_from <= now
                and (grant.valid_to is None or now < grant.valid_to)
            ):
                yield offer, grant


def service(
    provider: SubsystemId, offer: OfferEntry, methods: list[str], paths: list[str]
) -> Service:
    return Service(
        member_class=provider.member_class,
        member_code=provider.member_code,
        service_code=offer.code,
        service_type="OPENAPI" if offer.kind == OPENAPI else "REST",
        subsystem_code=provider.code,
        xroad_instance=provider.instance,
        endpoint_list=[Endpoint(method, path) for method in methods for path in paths],
    )

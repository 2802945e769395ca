"""
Who may do what: pure decisions over a request, the settings and a snapshot.

Nothing here waits, sends or writes; each function returns the thing it found
or raises what the caller will be told.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from lienthong.gateway.messages import Head
from lienthong.gateway.settings import TLS_ONLY, ClientRule
from lienthong.protocol import headers as names
from lienthong.protocol.errors import BadIdentifier, UnknownMember, UnknownService
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.identifiers import (
    GatewayId,
    MemberId,
    ServiceId,
    SubsystemId,
    encode,
    parse_client,
)
from lienthong.protocol.rest import METASERVICES, RequestPart, Target
from lienthong.protocol.snapshot import GatewayEntry, GrantEntry, OfferEntry, Snapshot

PROVIDED_METASERVICES = frozenset({"listMethods", "allowedMethods", "getOpenAPI"})
"""Those of the reserved codes that this gateway answers itself, by REST."""
SOAP_METASERVICES = frozenset({"listMethods", "allowedMethods", "getWsdl"})
"""Those it answers by SOAP."""
HOUSEKEEPING = "meta"
"""The class of metaservices: logged like any call, left out of the counts (decision 4)."""
DEFAULT_TIME = 30.0
# What a page leaves an offer after two hops.
PATIENCE = 4.0
LONGEST_IDENTIFIER = 512


class Admission(msgspec.Struct, frozen=True):
    """What a provider's gateway found about a request it lets through."""

    client: SubsystemId | MemberId
    """A member only where a gateway's owner asks for a description (`hosting_gateway`)."""
    offer: OfferEntry
    grant: GrantEntry | None
    """None for metaservices, which need no grant."""
    peer: GatewayEntry

    @property
    def is_metaservice(self) -> bool:
        return self.grant is None


def identify_client(
    head: Head, clients: Mapping[str, ClientRule], snapshot: Snapshot
) -> SubsystemId:
    """The registered subsystem that proved to be the one ``X-Road-Client`` names."""
    client = claimed_client(head.header(names.CLIENT))
    rule = clients.get(client.local)
    if rule is None or client.instance != snapshot.instance:
        raise UnknownMember(f"Client '{client}' not found")
    check_credential(head, rule)
    snapshot.subsystem(client)
    return client


def identify_asker(
    head: Head, clients: Mapping[str, ClientRule], snapshot: Snapshot
) -> SubsystemId | MemberId:
    """Who asks about a gateway: a subsystem as always, or a member by a credential of its own."""
    client = claimed(head.header(names.CLIENT))
    if isinstance(client, SubsystemId):
        return identify_client(head, clients, snapshot)
    rule = clients.get(client.local)
    if rule is None or client.instance != snapshot.instance:
        raise UnknownMember(f"Client '{client}' not found")
    check_credential(head, rule)
    snapshot.member(client)
    return client


def claimed_client(value: bytes | None) -> SubsystemId:
    """The subsystem a header names, nothing proved; raises XRoadFault."""
    client = claimed(value)
    if not isinstance(client, SubsystemId):
        raise XRoadFault(
            "Server.ClientProxy.InvalidClientIdentifier", "The client must be a subsystem"
        )
    return client


@lru_cache(maxsize=4096)
def claimed(value: bytes | None) -> SubsystemId | MemberId:
    """Whom a header names as client, nothing proved; raises XRoadFault."""
    if value is None:
        raise XRoadFault(
            "Server.ClientProxy.InvalidClientIdentifier", "The client identifier is missing"
        )
    if len(value) > LONGEST_IDENTIFIER:
        raise XRoadFault("Client.BadRequest", "The client identifier is too long")
    try:
        return parse_client(value.decode("ascii"))
    except (UnicodeDecodeError, BadIdentifier):
        raise XRoadFault("Client.BadRequest", "Invalid value of X-Road-Client") from None


def check_credential(head: Head, rule: ClientRule) -> None:
    """Raise SslAuthenticationFailed unless the request shows a credential of this client."""
    secret = head.header(names.CLIENT_SECRET)
    if secret is not None:
        if rule.knows_secret(secret):
            return
    elif rule.knows_certificate(head.caller.certificate) or not rule.asks_proof(head.caller.secure):
        return
    raise XRoadFault("Server.ClientProxy.SslAuthenticationFailed", why_not(head, rule))


def why_not(head: Head, rule: ClientRule) -> str:
    """What a system lacks that did not prove who it is, in words."""
    if head.header(names.CLIENT_SECRET) is None:
        if TLS_ONLY in rule.modes:
            return "The client must connect by HTTPS"
        if rule.asks_certificate and not head.caller.certificate:
            return "The client must connect by HTTPS and show its TLS certificate"
    return "The credential does not belong to the subsystem that X-Road-Client names"


def message_id(head: Head) -> bytes | None:
    """The client's own ``X-Road-Id``, once it can be kept and signed."""
    value = head.header(names.ID)
    if value is None:
        return None
    if not value or len(value) > LONGEST_IDENTIFIER:
        raise XRoadFault("Client.BadRequest", "X-Road-Id is empty or too long")
    if not all(32 <= letter < 127 for letter in value):
        raise XRoadFault("Client.BadRequest", "X-Road-Id is not printable ASCII")
    return value


def time_allowed(value: bytes | None, longest: float) -> float:
    """Seconds a call may take: what the caller still has, at most what the offer allows."""
    if value is None:
        return min(DEFAULT_TIME, longest)
    if not value.isdigit() or len(value) > 9:
        raise XRoadFault("Client.BadRequest", "Lienthong-Deadline is not a number of milliseconds")
    return min(int(value) / 1000, longest)


def is_fair(allowed: float, longest: float) -> bool:
    """Whether who used this time up may be called ill: a caller in a hurry learns nothing."""
    return allowed >= min(PATIENCE, longest * 0.9)


def gateways_for(
    snapshot: Snapshot, provider: SubsystemId, asked: bytes | None
) -> list[GatewayEntry]:
    """
    Where to send a request; ``asked`` is the value of ``X-Road-Security-Server``.

    Gateways in maintenance are skipped. When a provider has no other, or the
    client asks for one of them by name, it is told so instead of waiting.
    """
    gateways = snapshot.gateways_of(provider)
    if asked is not None:
        gateways = [named_gateway(snapshot, gateways, asked)]
    serving = [gateway for gateway in gateways if not gateway.in_maintenance]
    if gateways and not serving:
        raise XRoadFault(
            "Server.ClientProxy.MaintenanceMode", f"The gateways of {provider} are in maintenance"
        )
    return serving


def named_gateway(snapshot: Snapshot, gateways: list[GatewayEntry], asked: bytes) -> GatewayEntry:
    """The one of a provider's gateways that the client asks for; raises XRoadFault."""
    try:
        wanted = GatewayId.parse(asked.decode("ascii"))
    except (UnicodeDecodeError, BadIdentifier):
        raise XRoadFault(
            "Server.ClientProxy.InvalidSecurityServer", "Invalid value of X-Road-Security-Server"
        ) from None
    found = [
        gateway
        for gateway in gateways
        if gateway.code == wanted.code
        and f"{snapshot.instance}/{gateway.owner}" == str(wanted.owner)
    ]
    if not found:
        raise XRoadFault(
            "Server.ClientProxy.InvalidSecurityServer",
            f"The provider is not behind the gateway {wanted}",
        )
    return found[0]


def effect_of(snapshot: Snapshot, target: Target) -> tuple[str, OfferEntry | None]:
    """
    The class of a request as the consumer's side knows it, and its offer.

    An offer this snapshot does not have yet is treated as one with effects; the
    provider's gateway has the last word. Raises UnknownMember for a provider
    that is not in the exchange.
    """
    if target.service.code in METASERVICES:
        return HOUSEKEEPING, None
    try:
        offer = snapshot.offer(target.service)
    except UnknownService:
        return "changing", None
    return offer.effect, offer


def encoded_code(service: ServiceId) -> bytes:
    """The service's code as one path segment."""
    return encode(service.code).encode("ascii")


def age_class(effect: str) -> str:
    """The class whose permitted snapshot age applies."""
    return "public" if effect == HOUSEKEEPING else effect


def admit(
    part: RequestPart,
    target: Target,
    certificate: str,
    snapshot: Snapshot,
    gateway: GatewayId,
    *,
    now: datetime,
    revoked: Container[str],
) -> Admission:
    """
    Who is asking, whom, and by which grant (the order of X-Road's provider side).

    ``certificate`` is the one the peer gateway showed in TLS. Raises what the
    caller will be told: UnknownMember, UnknownService, OutdatedSnapshot,
    AccessDenied or an XRoadFault.
    """
    client = claimed(part.header(names.CLIENT))
    peer = hosting_gateway(certificate, client, snapshot)
    service = target.service
    if service.is_of_gateway:
        offer = gateway_service(part, target, client, snapshot, gateway, now)
        return Admission(client, offer, None, peer)
    if gateway.code not in snapshot.subsystem(service.subsystem).gateways:
        raise UnknownMember(f"{service.subsystem} is not behind this gateway")
    if service.code in METASERVICES:
        return Admission(client, metaservice(part, target, snapshot, now), None, peer)
    client = claimed_client(part.header(names.CLIENT))
    offer = snapshot.offer(service)
    if offer.is_event:
        raise UnknownService(f"{service} is delivered to its subscribers, not asked for")
    require_kind(offer, target)
    snapshot.check_age(offer.effect, now)
    method = part.method.decode("ascii")
    if method not in offer.methods and "*" not in offer.methods:
        raise XRoadFault("Client.InvalidHttpMethod", f"The service does not answer {method}")
    path = target.service_path or b"/"
    grant = snapshot.grant(client, service, method, path, now, revoked=revoked)
    if offer.effect == "changing" and not (offer.is_soap or part.header(names.IDEMPOTENCY_KEY)):
        raise XRoadFault("Client.MissingHeader", "This service requires an Idempotency-Key")
    return Admission(client, offer, grant, peer)


def gateway_service(
    part: RequestPart,
    target: Target,
    client: SubsystemId | MemberId,
    snapshot: Snapshot,
    gateway: GatewayId,
    now: datetime,
) -> OfferEntry:
    """
    What this gateway tells of itself, as an offer of its own kind.

    Its owner must say which of his gateways he means (PR-OPMON, 2), as must
    whoever asks for the metrics of a machine. Raises XRoadFault or UnknownMember.
    """
    service = target.service
    if service.subsystem.member != gateway.owner:
        raise UnknownMember(f"{service.subsystem} does not own this gateway")
    if not target.soap or part.method != b"POST":
        raise XRoadFault("Server.ServerProxy.UnknownService", f"Unknown service: {service}")
    named = part.header(names.SECURITY_SERVER)
    if named is None and (client == gateway.owner or service.code == "getSecurityServerMetrics"):
        raise XRoadFault(
            "Client.MissingHeaderField", "The required header field securityServer is missing"
        )
    if named is not None and named != str(gateway).encode("ascii"):
        raise XRoadFault(
            "Server.ServerProxy.InvalidSecurityServer", "The request names another gateway"
        )
    snapshot.check_age("public", now)
    return OfferEntry(
        provider=service.subsystem.local, code=service.code, methods=["POST"],
        effect=HOUSEKEEPING, kind="soap",
    )  # fmt: skip


def require_kind(offer: OfferEntry, target: Target) -> None:
    """Raise unless the service is called the way it is spoken, in a version it has."""
    if target.soap and not offer.is_soap:
        raise XRoadFault(
            "Server.ServerProxy.ServiceType",
            "Service is a REST service and cannot be called using SOAP interface",
        )
    if offer.is_soap and not target.soap:
        raise XRoadFault(
            "Server.ServerProxy.ServiceType",
            "Service is a SOAP service and cannot be called using REST interface",
        )
    if offer.is_soap and target.version not in (offer.versions or [""]):
        version = f" in version {target.version}" if target.version else " without a version"
        raise UnknownService(f"Unknown service: {target.service}{version}")


def hosting_gateway(
    certificate: str, client: SubsystemId | MemberId, snapshot: Snapshot
) -> GatewayEntry:
    """
    The gateway whose TLS certificate this is, once the client stands behind it.

    A member stands behind the gateways it owns: that is how a gateway asks for
    a description in nobody else's name (`soap_descriptions`).
    """
    peer = snapshot.gateway_of_certificate(certificate)
    if isinstance(client, MemberId):
        snapshot.member(client)
        stands_behind = peer.owner == client.local
    else:
        stands_behind = peer.code in snapshot.subsystem(client).gateways
    if not stands_behind:
        raise XRoadFault(
            "Server.ServerProxy.SslAuthenticationFailed",
            f"The client '{client}' is not behind the gateway that sends its request",
        )
    return peer


def metaservice(part: RequestPart, target: Target, snapshot: Snapshot, now: datetime) -> OfferEntry:
    """A metaservice as an offer of its own kind; raises UnknownService for those not answered."""
    code = target.service.code
    provided = SOAP_METASERVICES if target.soap else PROVIDED_METASERVICES
    if code not in provided or part.method != (b"POST" if target.soap else b"GET"):
        raise XRoadFault("Server.ServerProxy.UnknownService", f"Unknown service: {target.service}")
    snapshot.check_age("public", now)
    return OfferEntry(
        provider=target.service.subsystem.local, code=code, methods=[part.method.decode()],
        effect=HOUSEKEEPING, kind="soap" if target.soap else "rest",
    )  # fmt: skip

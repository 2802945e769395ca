"""Reads of the directory."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from lienthong.protocol import pki
from lienthong.protocol import snapshot as wire
from lienthong.protocol.identifiers import SubsystemId

from ..errors import NoSnapshot
from ..models import (
    AccessGrant,
    Certificate,
    Gateway,
    Hosting,
    Member,
    MemberKind,
    Offer,
    OutsideService,
    Snapshot,
    Subsystem,
    SubsystemKind,
)

INSTANCE = "VN"


def subsystems_on(day: date) -> QuerySet[Subsystem]:
    """Systems connected on a legal day."""
    return (
        Subsystem.objects.filter(Q(ended_on=None) | Q(ended_on__gt=day), connected_on__lte=day)
        .select_related("member")
        .prefetch_related("hostings__gateway")
    )


def members_on(day: date) -> QuerySet[Member]:
    """Bodies that belong to the exchange on a legal day."""
    return Member.objects.filter(Q(left_on=None) | Q(left_on__gt=day), joined_on__lte=day)


def bodies_with_lgsp(kind: MemberKind, day: date) -> tuple[int, int]:
    """Bodies of a kind that have an LGSP linked, and all bodies of that kind."""
    members = members_on(day).filter(kind=kind)
    linked = subsystems_on(day).filter(kind="lgsp", member__in=members).values("member").distinct()
    return linked.count(), members.count()


def members_with_counts() -> QuerySet[Member]:
    """Bodies with the number of systems each has connected."""
    return Member.objects.annotate(
        systems=Count("subsystems", filter=Q(subsystems__ended_on=None))
    ).order_by("kind", "member_class", "code")


def grants_at(at: datetime) -> QuerySet[AccessGrant]:
    """Grants in force at an instant."""
    return AccessGrant.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at, offer__withdrawn_at=None
    ).select_related("client__member", "offer__subsystem__member")


def all_grants() -> QuerySet[AccessGrant]:
    return AccessGrant.objects.select_related(
        "client__member", "offer__subsystem__member"
    ).order_by("offer__subsystem__code", "offer__code", "client__code")


def offers_in_force() -> QuerySet[Offer]:
    return Offer.objects.filter(withdrawn_at=None).select_related("subsystem__member", "outside")


def active_certificates(use: str) -> QuerySet[Certificate]:
    return Certificate.objects.filter(use=use, status=Certificate.Status.ACTIVE).select_related(
        "member"
    )


def subsystem_named(name: str) -> Subsystem | None:
    """
    A connected subsystem by its code (``population``) or by member and code.

    A bare code that several members use names nobody: it takes
    ``GOV/TINH-91/lgsp`` to say which.
    """
    connected = behind_some_gateway()
    *owner, code = name.split("/")
    if owner:
        connected = connected.filter(member__member_class=owner[0], member__code=owner[-1])
    found = list(connected.filter(code=code)[:2])
    return found[0] if len(found) == 1 else None


def behind_some_gateway() -> QuerySet[Subsystem]:
    """Connected subsystems that can be reached: those of the demonstration's story cannot."""
    standing = Hosting.objects.filter(subsystem=OuterRef("pk"), ended_at=None)
    return (
        Subsystem.objects.filter(Exists(standing), ended_on=None)
        .select_related("member")
        .prefetch_related("hostings__gateway")
    )


def behind(gateway_code: str) -> QuerySet[Subsystem]:
    """Subsystems that stand behind one gateway now, perhaps behind others too."""
    standing = Hosting.objects.filter(
        subsystem=OuterRef("pk"), gateway__code=gateway_code, ended_at=None
    )
    return Subsystem.objects.filter(Exists(standing), ended_on=None).select_related("member")


def member_of(client: SubsystemId) -> Member:
    """The member of a subsystem the gateway has admitted."""
    return Member.objects.get(member_class=client.member_class, code=client.member_code)


def gateways() -> QuerySet[Gateway]:
    return Gateway.objects.select_related("owner")


def latest_snapshot() -> Snapshot:
    """The newest published snapshot; raises NoSnapshot."""
    newest = Snapshot.objects.order_by("-number").first()
    if newest is None:
        raise NoSnapshot
    return newest


def snapshot_content(at: datetime) -> dict[str, Any]:
    """What a snapshot says, without its number and time."""
    members = Member.objects.filter(left_on=None).prefetch_related("certificate_set")
    auth = list(active_certificates("auth"))
    return {
        "instance": INSTANCE,
        "members": [
            {
                "class": member.member_class,
                "code": member.code,
                "name": member.name,
                "sign_keys": [
                    {
                        "kid": certificate.kid,
                        "cert": certificate.pem,
                        "not_before": _rfc3339(certificate.not_before),
                        "not_after": _rfc3339(certificate.not_after),
                        "algorithm": _algorithm(certificate),
                        "status": certificate.status,
                    }
                    for certificate in member.certificate_set.all()
                    if certificate.use == Certificate.Use.SIGN
                ],
            }
            for member in members
        ],
        "gateways": [
            {
                "code": gateway.code,
                "owner": str(gateway.owner),
                "host": gateway.host,
                "port": gateway.port,
                "auth_cert_sha256": [
                    certificate.sha256
                    for certificate in auth
                    if certificate.gateway_id == gateway.pk
                ],
                "capabilities": gateway.capabilities or list(wire.CAPABILITIES),
                "in_maintenance": gateway.in_maintenance,
            }
            for gateway in gateways()
        ],
        "subsystems": [
            {
                "member": str(subsystem.member),
                "code": subsystem.code,
                "name": subsystem.name,
                "gateways": [gateway.code for gateway in subsystem.gateways],
                "status": "registered",
            }
            for subsystem in Subsystem.objects.filter(ended_on=None)
            .select_related("member")
            .prefetch_related("hostings__gateway")
        ],
        "offers": [
            {
                "provider": str(offer.subsystem),
                "code": offer.code,
                **spoken(offer),
                "effect": offer.effect,
                "names_subjects": offer.names_subjects,
                "max_body": offer.max_body,
                "timeout": float(offer.timeout),
                "schema_sha256": offer.schema_sha256,
                "keep_body": offer.keep_body,
            }
            for offer in offers_in_force()
        ],
        "grants": [_said_of(grant) for grant in grants_at(at)],
    }


def _said_of(grant: AccessGrant) -> dict[str, Any]:
    """
    A grant as it is published: as it was signed, or as it is stated while it waits for that.

    Terms that changed since, with a new release of the provider's card, hold once
    both members have signed them.
    """
    said: dict[str, Any] = grant.given or {
        "methods": grant.methods,
        "paths": grant.paths,
        "purpose": grant.purpose,
        "legal_basis": grant.legal_basis,
        "fields": grant.visible_fields,
        "valid_from": _rfc3339(grant.valid_from),
        "valid_to": _rfc3339(grant.valid_to) if grant.valid_to else None,
        "quota": {"per_minute": grant.per_minute, "per_day": grant.per_day},
    }
    parts = (
        "methods", "paths", "purpose", "legal_basis", "fields", "valid_from", "valid_to", "quota",
    )  # fmt: skip
    return {
        "id": str(grant.id),
        "client": str(grant.client),
        "provider": str(grant.offer.subsystem),
        "code": grant.offer.code,
        **{name: said[name] for name in parts},
        "proof": grant.proof,
    }


def spoken(offer: Offer) -> dict[str, Any]:
    """How an offer is called: those of our own systems by POST, an outside one as registered."""
    outside = getattr(offer, "outside", None)
    if outside is None:
        return {"methods": ["POST"], "kind": "openapi", "versions": []}
    return {"methods": outside.methods, "kind": outside.kind, "versions": outside.versions}


def outside_services() -> QuerySet[OutsideService]:
    """Services in force whose providers are no systems of this program."""
    return OutsideService.objects.filter(offer__withdrawn_at=None).select_related(
        "offer__subsystem__member"
    )


def _algorithm(certificate: Certificate) -> str:
    """That of the certified key, by the name of RFC 9421."""
    public = pki.load_certificate(certificate.pem).public_key()
    return pki.VerifyingKey(pki.require_known(public)).algorithm.decode()


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def all_certificates() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("member").order_by("status", "member__code", "use")


def service_codes() -> list[str]:
    """Codes of all offers on the wire, for a filter."""
    return [
        f"{INSTANCE}/{offer.subsystem}/{offer.code}"
        for offer in offers_in_force().order_by("subsystem__code", "code")
    ]


def counts_by_kind(day: date) -> dict[str, int]:
    """Systems by kind on a day, with ministries, provinces and the sums the console prints."""
    rows = subsystems_on(day).order_by().values_list("kind").annotate(n=Count("pk"))
    kinds = {kind.value: 0 for kind in SubsystemKind} | dict(rows)
    members = dict(members_on(day).order_by().values_list("kind").annotate(n=Count("pk")))
    systems = sum(kinds.values())
    return kinds | {
        "ministry": members.get(MemberKind.MINISTRY, 0),
        "province": members.get(MemberKind.PROVINCE, 0),
        "systems": systems,
        "classified": systems - kinds["other"],
    }

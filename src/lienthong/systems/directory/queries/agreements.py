"""Reads about access: what was asked, what is given, who signed it, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.protocol import grants
from lienthong.protocol.errors import ProtocolError, UnknownKey
from lienthong.protocol.grants import GrantProof, Mark, Terms
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import VerifyingKey, load_certificate, require_known
from lienthong.web.offices import Office

from ..models import AccessGrant, Certificate, GrantRequest, Offer, Subsystem
from .register import INSTANCE, behind, behind_some_gateway

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def body_of(actor: Actor) -> str:
    """The member an officer acts for: the agency above the office, or the office itself."""
    body = Office.objects.filter(code=actor.office).values_list("body", flat=True).first()
    return body or actor.office


def waiting(client: Subsystem, offer: Offer) -> QuerySet[GrantRequest]:
    return GrantRequest.objects.filter(client=client, offer=offer, state=GrantRequest.State.WAITING)


def requests_for(body: str | None) -> QuerySet[GrantRequest]:
    """Requests a body made or has to decide; every one for the operator, who has none."""
    found = GrantRequest.objects.select_related(
        "client__member", "offer__subsystem__member"
    ).order_by("-asked_at")
    if body is None:
        return found
    return found.filter(Q(client__member__code=body) | Q(offer__subsystem__member__code=body))


def grants_for(body: str | None) -> QuerySet[AccessGrant]:
    """Grants a body holds or gave; every one for the operator."""
    found = AccessGrant.objects.select_related(
        "client__member", "offer__subsystem__member"
    ).order_by("offer__subsystem__code", "offer__code", "client__code", "-valid_from")
    if body is None:
        return found
    return found.filter(Q(client__member__code=body) | Q(offer__subsystem__member__code=body))


def all_signed(gateway_code: str) -> bool:
    """Whether every grant in force of what stands behind a gateway carries both signatures."""
    now = clock.instant()
    in_force = AccessGrant.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=now),
        offer__withdrawn_at=None,
        offer__subsystem__in=behind(gateway_code),
    )
    return not in_force.filter(proof=None).exists()


def own_subsystems(body: str) -> QuerySet[Subsystem]:
    return behind_some_gateway().filter(member__code=body).order_by("name")


def offers_to_ask() -> QuerySet[Offer]:
    """Every offer that is not withdrawn, by system."""
    return (
        Offer.objects.filter(withdrawn_at=None)
        .select_related("subsystem__member")
        .order_by("subsystem__name", "code")
    )


def fields_of(offer: Offer) -> list[str]:
    """The top-level fields of an offer's answer, in alphabetical order."""
    schema: dict[str, Any] = offer.answer_schema
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    shape = schema.get("$defs", {}).get(reference, schema)
    return sorted(shape.get("properties", {}))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature under a grant as it is shown: whose, when, and whether it holds."""

    role: str
    member: str
    kid: str
    at: datetime
    valid: bool


def signatures_of(grant: AccessGrant) -> list[Signature]:
    """Both signatures under a grant, checked again just now."""
    if grant.proof is None or grant.given is None:
        return []
    proof, given = msgspec.convert(grant.proof, GrantProof), msgspec.convert(grant.given, Terms)
    return [
        _shown(
            "asked", proof.asked_mark, str(grant.client.member),
            lambda: grants.check_asked(proof.asked, proof.asked_mark, find_key),
        ),
        _shown(
            "given", proof.given_mark, str(grant.offer.subsystem.member),
            lambda: grants.check_given(given, proof, find_key),
        ),
    ]  # fmt: skip


def signatures_under(request: GrantRequest) -> list[Signature]:
    """The signature under a request, and the one under its refusal."""
    asked, mark = msgspec.convert(request.asked, Terms), msgspec.convert(request.asked_mark, Mark)
    found = [
        _shown(
            "asked", mark, str(request.client.member),
            lambda: grants.check_asked(asked, mark, find_key),
        )
    ]  # fmt: skip
    if request.refusal_mark is not None:
        refusal = msgspec.convert(request.refusal_mark, Mark)
        found.append(
            _shown(
                "refused", refusal, str(request.offer.subsystem.member),
                lambda: grants.check_refused(asked, request.reason, refusal, find_key),
            )
        )  # fmt: skip
    return found


def _shown(role: str, mark: Mark, member: str, check: Any) -> Signature:
    try:
        check()
    except ProtocolError:
        valid = False
    else:
        valid = True
    return Signature(role, member, mark.kid, clock.local(mark.at), valid)


def find_key(kid: str, at: datetime) -> tuple[MemberId, VerifyingKey]:
    """A member's key that was good at a moment; raises UnknownKey."""
    row = (
        Certificate.objects.select_related("member")
        .filter(kid=kid, use=Certificate.Use.SIGN, not_before__lte=at, not_after__gte=at)
        .exclude(status=Certificate.Status.REVOKED)
        .first()
    )
    if row is None:
        raise UnknownKey
    certificate = load_certificate(row.pem)
    return MemberId.from_local(INSTANCE, str(row.member)), VerifyingKey(
        require_known(certificate.public_key())
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the history of an access."""

    what: str
    at: datetime
    by: str
    reason: str = ""


def history_of(grant: AccessGrant) -> list[Deed]:
    """Asked, given, ended: as far as it has happened."""
    request = GrantRequest.objects.filter(pk=grant.pk).first()
    deeds = []
    if request is not None:
        deeds.append(Deed("asked", clock.local(request.asked_at), request.asked_by))
    given_by = "" if grant.from_card else grant.given_by
    deeds.append(
        Deed("card" if grant.from_card else "given", clock.local(grant.valid_from), given_by)
    )
    if grant.revoked and grant.valid_to is not None:
        deeds.append(Deed("revoked", clock.local(grant.valid_to), grant.ended_by, grant.end_reason))
    elif grant.valid_to is not None and grant.valid_to <= clock.instant():
        deeds.append(Deed("ended", clock.local(grant.valid_to), ""))
    return deeds

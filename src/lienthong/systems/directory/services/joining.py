"""
How a body joins the exchange: request, approvals, invitation, certificates, and their end.

A new member takes the approval of two officers, neither of whom asked; the
last of them gets the invitation, once. The gateway then brings it with requests
for certificates; the secret is bound to the first key that uses it. Whatever
changes ends in a new snapshot, and a key that is revoked in a new deny list.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.node import Node
from lienthong.protocol import joining as wire
from lienthong.protocol import pki
from lienthong.protocol.errors import BadSignature
from lienthong.protocol.housekeeping import CODES
from lienthong.protocol.identifiers import GatewayId, MemberId
from lienthong.protocol.snapshot import EVENT

from ..domain import GATEWAY_CODE, content_digest
from ..errors import (
    BadJoinRequest,
    CertificateRevoked,
    DecidedAlready,
    GatewayOfAnother,
    InvitationRefused,
    KeyKnown,
    LetterRefused,
    NoSuchCertificate,
    NoSuchRequest,
    NotInvited,
    OwnRequest,
    RequestDecided,
    RequestOpen,
)
from ..models import (
    Certificate,
    Gateway,
    Invitation,
    JoinDecision,
    JoinRequest,
    Member,
    Offer,
    Subsystem,
    SubsystemKind,
)
from ..queries import joining, register
from . import housekeeping
from .certificates import keep_certificate
from .denying import publish_denied, write_denied
from .gateway_files import write_gateway_files
from .hosting import stand_behind, state_offers
from .publishing import one_at_a_time, publish
from .stated_grants import follow_grants, sign_what_is_stated

INVITATION_LIFE = timedelta(hours=72)
APPROVALS_OF_A_MEMBER = 2
APPROVALS_OF_A_GATEWAY = 1
EFFECTS = frozenset({"changing", "sensitive", "public", EVENT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request to join states."""

    member_code: str
    member_name: str
    member_kind: str
    gateway_code: str
    subsystems: Sequence[tuple[str, str, str]]
    """Code, name and kind of each."""
    legal_basis: str
    member_class: str = "GOV"


# -- requests and decisions -------------------------------------------------------------------


def ask_to_join(wanted: Wanted, *, by: Actor) -> JoinRequest:
    """
    Enter a request; nothing is connected yet.

    Raises BadJoinRequest, GatewayOfAnother, or RequestOpen while another
    request for the same gateway waits.
    """
    _check_wanted(wanted)
    connected = Gateway.objects.filter(
        owner__member_class=wanted.member_class, owner__code=wanted.member_code
    ).exists()
    try:
        with transaction.atomic():
            request = JoinRequest.objects.create(
                member_class=wanted.member_class,
                member_code=wanted.member_code,
                member_name=wanted.member_name,
                member_kind=wanted.member_kind,
                gateway_code=wanted.gateway_code,
                subsystems=[
                    {"code": code, "name": name, "kind": kind}
                    for code, name, kind in wanted.subsystems
                ],
                legal_basis=wanted.legal_basis,
                asked_by=by.account,
                asked_at=clock.instant(),
                needed=APPROVALS_OF_A_GATEWAY if connected else APPROVALS_OF_A_MEMBER,
            )
            record.done(
                "directory.join_asked", str(request.pk), by=by, detail={"gateway": request.gateway}
            )
    except IntegrityError:
        raise RequestOpen(gateway=wanted.gateway_code) from None
    return request


def _check_wanted(wanted: Wanted) -> None:
    codes = [wanted.member_code, wanted.gateway_code, *(code for code, _, _ in wanted.subsystems)]
    if not all(wire.CODE.fullmatch(code) for code in codes):
        raise BadJoinRequest("codes are letters, digits and dashes, at most 35")
    if not wanted.subsystems or len({code for code, _, _ in wanted.subsystems}) != len(
        wanted.subsystems
    ):
        raise BadJoinRequest("name each information system once, and at least one")
    if any(kind not in SubsystemKind.values for _, _, kind in wanted.subsystems):
        raise BadJoinRequest("unknown kind of information system")
    if not wanted.member_name.strip() or not wanted.legal_basis.strip():
        raise BadJoinRequest("name the body and the legal basis")
    known = Gateway.objects.filter(code=wanted.gateway_code).select_related("owner").first()
    if known is not None and str(known.owner) != f"{wanted.member_class}/{wanted.member_code}":
        raise GatewayOfAnother(gateway=wanted.gateway_code)


def approve(request_id: uuid.UUID, *, by: Actor, url: str, node: Node) -> str:
    """
    Say yes. The token of the invitation when this was the last approval it took, else empty.

    ``url`` is where the directory's door is for the new gateway. Raises
    NoSuchRequest, RequestDecided, OwnRequest or DecidedAlready.
    """
    with transaction.atomic():
        request = _decide(request_id, approves=True, reason="", by=by)
        if request.decisions.filter(approves=True).count() < request.needed:
            return ""
        request.state = JoinRequest.State.APPROVED
        request.save(update_fields=["state"])
        return _invite(request, by=by, url=url, node=node)


def refuse(request_id: uuid.UUID, *, reason: str, by: Actor) -> JoinRequest:
    """Say no, with the reason; one officer is enough. Raises as `approve`."""
    with transaction.atomic():
        request = _decide(request_id, approves=False, reason=reason, by=by)
        request.state = JoinRequest.State.REFUSED
        request.save(update_fields=["state"])
    return request


def _decide(request_id: uuid.UUID, *, approves: bool, reason: str, by: Actor) -> JoinRequest:
    request = JoinRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NoSuchRequest
    if request.state != JoinRequest.State.WAITING:
        raise RequestDecided
    if request.asked_by == by.account:
        raise OwnRequest
    if request.decisions.filter(officer=by.account).exists():
        raise DecidedAlready
    JoinDecision.objects.create(
        request=request,
        officer=by.account,
        office=by.office,
        approves=approves,
        reason=reason,
        at=clock.instant(),
    )
    record.done(
        "directory.join_approved" if approves else "directory.join_refused",
        str(request.pk),
        by=by,
        detail={"gateway": request.gateway},
    )
    return request


def invite_again(request_id: uuid.UUID, *, by: Actor, url: str, node: Node) -> str:
    """
    A new token for an approved request whose first was lost or has expired; that one ends.

    Raises NoSuchRequest, or RequestDecided when it is not waiting for its gateway.
    """
    with transaction.atomic():
        request = JoinRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            raise NoSuchRequest
        if request.state != JoinRequest.State.APPROVED:
            raise RequestDecided
        request.invitations.filter(used_at=None, withdrawn_at=None).update(
            withdrawn_at=clock.instant()
        )
        return _invite(request, by=by, url=url, node=node)


def _invite(request: JoinRequest, *, by: Actor, url: str, node: Node) -> str:
    secret = secrets.token_urlsafe(wire.SECRET_BYTES)
    now = clock.instant()
    root = pki.load_certificate((node.keys / "authority" / "root.crt").read_bytes())
    invitation = wire.Invitation(
        url=url,
        root_sha256=pki.fingerprint(root),
        directory=own_gateway(),
        gateway=f"{register.INSTANCE}/{request.gateway}",
        secret=secret,
    )
    Invitation.objects.create(
        request=request,
        secret_sha256=wire.secret_digest(secret),
        made_by=by.account,
        made_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    record.done("directory.invited", str(request.pk), by=by, detail={"gateway": request.gateway})
    return invitation.token()


def own_gateway() -> str:
    """The gateway that speaks for the directory."""
    gateway = Gateway.objects.select_related("owner").get(code=GATEWAY_CODE)
    return f"{register.INSTANCE}/{gateway.owner}/{gateway.code}"


# -- what gateways ask ----------------------------------------------------------------------


def join(asked: wire.Joining, *, node: Node) -> wire.Joined:
    """
    Connect a gateway that brings its invitation.

    The same gateway asking again with the same keys gets the same answer, since
    the first may have been lost on its way; another key is refused. Raises
    InvitationRefused, NotInvited, KeyKnown or BadSignature.
    """
    auth, sign = asked.keys.proved()
    now = clock.instant()
    with transaction.atomic():
        one_at_a_time()
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("request")
            .filter(secret_sha256=wire.secret_digest(asked.secret))
            .first()
        )
        if (
            invitation is None
            or invitation.withdrawn_at is not None
            or invitation.expires_at <= now
            or invitation.bound_kid not in ("", auth.kid)
        ):
            raise InvitationRefused
        request = invitation.request
        if asked.gateway != f"{register.INSTANCE}/{request.gateway}":
            raise NotInvited
        member = _connect_member(request)
        gateway = _connect_gateway(request, member, asked.registration)
        _register(gateway, asked.registration, _allowed(gateway))
        chains = _certify(gateway, auth, sign, asked.registration.host, node=node)
        housekeeping.let_in(gateway, asked.registration.asks, node=node)
        sign_what_is_stated(node)
        if invitation.used_at is None:
            invitation.used_at, invitation.bound_kid = now, auth.kid
            invitation.save(update_fields=["used_at", "bound_kid"])
            JoinRequest.objects.filter(pk=request.pk).update(state=JoinRequest.State.JOINED)
            record.done(
                "directory.joined",
                str(request.pk),
                by=_gateway_actor(gateway),
                detail={"gateway": request.gateway},
            )
        publish(node)
    write_gateway_files(node)
    return wire.Joined(
        chains=chains, subsystems=[row["code"] for row in joining.approved_subsystems(gateway)]
    )


def _connect_member(request: JoinRequest) -> Member:
    member, _ = Member.objects.get_or_create(
        member_class=request.member_class,
        code=request.member_code,
        defaults={
            "name": request.member_name,
            "kind": request.member_kind,
            "joined_on": clock.today(),
        },
    )
    return member


def _connect_gateway(
    request: JoinRequest, member: Member, registration: wire.Registration
) -> Gateway:
    known = Gateway.objects.filter(code=request.gateway_code).select_related("owner").first()
    if known is not None and known.owner_id != member.pk:
        raise GatewayOfAnother(gateway=request.gateway_code)
    gateway, _ = Gateway.objects.update_or_create(
        code=request.gateway_code,
        defaults={"owner": member, "host": registration.host, "port": registration.port},
    )
    return gateway


def renew(raw: bytes, *, node: Node) -> wire.Chains:
    """
    Certify the new keys of a gateway's letter; the old ones hold until their own end.

    Raises LetterRefused, BadSignature, Expired or KeyKnown.
    """
    gateway, letter = _open(raw)
    if not isinstance(letter.says, wire.Renewal):
        raise BadSignature("the letter does not ask for a renewal")
    auth, sign = letter.says.keys.proved()
    with transaction.atomic():
        one_at_a_time()
        chains = _certify(gateway, auth, sign, gateway.host, node=node)
        publish(node)
    write_gateway_files(node)
    return chains


def update(raw: bytes, *, node: Node) -> list[str]:
    """
    Take a gateway's new registration; returns the codes it may register.

    Raises LetterRefused, NotInvited, BadSignature or Expired.
    """
    gateway, letter = _open(raw)
    if not isinstance(letter.says, wire.Update):
        raise BadSignature("the letter does not state a registration")
    said = letter.says.registration
    with transaction.atomic():
        one_at_a_time()
        Gateway.objects.filter(pk=gateway.pk).update(host=said.host, port=said.port)
        allowed = _allowed(gateway)
        _register(gateway, said, allowed)
        housekeeping.let_in(gateway, said.asks, node=node)
        sign_what_is_stated(node)
        publish(node)
    write_gateway_files(node)
    return sorted(allowed)


def _open(raw: bytes) -> tuple[Gateway, wire.Letter]:
    """The gateway whose AUTH key signed this letter, and the letter."""
    now = clock.instant()
    held = (
        Certificate.objects.filter(
            kid=wire.signer_of(raw),
            use=Certificate.Use.AUTH,
            status=Certificate.Status.ACTIVE,
            not_before__lte=now,
            not_after__gte=now,
            gateway__isnull=False,
        )
        .select_related("gateway__owner")
        .first()
    )
    if held is None or held.gateway is None:
        raise LetterRefused
    certificate = pki.load_chain(held.pem)[0]
    key = pki.VerifyingKey(pki.require_known(certificate.public_key()))
    letter = wire.open_letter(raw, key, to=own_gateway(), now=now)
    if letter.gateway != f"{register.INSTANCE}/{held.gateway.owner}/{held.gateway.code}":
        raise LetterRefused
    return held.gateway, letter


def _allowed(gateway: Gateway) -> dict[str, dict[str, str]]:
    """What the approvals of this gateway let stand behind it, by code."""
    return {row["code"]: row for row in joining.approved_subsystems(gateway)}


def _register(
    gateway: Gateway, said: wire.Registration, allowed: dict[str, dict[str, str]]
) -> None:
    """Bring subsystems, offers and stated grants in line with what the gateway registers."""
    named = {entry.code for entry in said.subsystems}
    if not named <= set(allowed) | joining.taken_away(gateway):
        raise NotInvited("the approval does not name one of these information systems")
    stated = {entry.code: entry for entry in said.subsystems}
    capabilities = [word for word in said.capabilities if word.isprintable()][:20]
    Gateway.objects.filter(pk=gateway.pk).update(capabilities=capabilities)
    for code, approved in allowed.items():
        entry = stated.get(code)
        subsystem, _ = Subsystem.objects.update_or_create(
            member_id=gateway.owner_id,
            code=code,
            defaults={"made_up": False, "ended_on": None},
            create_defaults={
                "name": approved["name"],
                "kind": approved["kind"],
                "connected_on": clock.today(),
            },
        )
        hosting = stand_behind(subsystem, gateway)
        codes = _register_offers(subsystem, entry.offers if entry is not None else ())
        state_offers(hosting, codes)
    follow_grants()


def _register_offers(subsystem: Subsystem, offers: Iterable[wire.OfferStatement]) -> list[str]:
    codes = []
    for offer in offers:
        if offer.code in CODES:
            raise BadJoinRequest("this code is reserved for the directory's own services")
        if offer.effect not in EFFECTS or offer.timeout <= 0 or not 0 < offer.max_body <= 1 << 30:
            raise BadJoinRequest("an offer states an unknown effect or an impossible limit")
        schemas = {"request_schema": offer.request_schema, "answer_schema": offer.answer_schema}
        stated: dict[str, Any] = {
            "title": offer.title[:250],
            "effect": offer.effect,
            "names_subjects": offer.names_subjects,
            "max_body": offer.max_body,
            "timeout": min(offer.timeout, 3600.0),
            "schema_sha256": content_digest(schemas),
            "stated_grants": msgspec.to_builtins(offer.grants),
            "withdrawn_at": None,
            **schemas,
        }
        Offer.objects.update_or_create(subsystem=subsystem, code=offer.code, defaults=stated)
        codes.append(offer.code)
    return codes


def _certify(
    gateway: Gateway, auth: pki.VerifyingKey, sign: pki.VerifyingKey, host: str, *, node: Node
) -> wire.Chains:
    """Certificates for these keys; keys that have theirs already get the same ones again."""
    member = MemberId(register.INSTANCE, gateway.owner.member_class, gateway.owner.code)
    known = {row.kid: row for row in Certificate.objects.filter(kid__in=[auth.kid, sign.kid])}
    for key, use in ((auth, Certificate.Use.AUTH), (sign, Certificate.Use.SIGN)):
        row = known.get(key.kid)
        if row is not None and (
            row.use != use
            or row.gateway_id != gateway.pk
            or row.status != Certificate.Status.ACTIVE
        ):
            raise KeyKnown
    if set(known) == {auth.kid, sign.kid}:
        return wire.Chains(auth=known[auth.kid].pem, sign=known[sign.kid].pem)
    now = clock.instant()
    authority = pki.Authority.load(node.keys / "authority", node.secret("passphrase").encode())
    chains = wire.Chains(
        auth=authority.chain_of(
            authority.issue_auth(auth, owner=member, gateway=gateway.code, hosts=(host,), now=now)
        ),
        sign=authority.chain_of(
            authority.issue_sign(sign, member=member, name=gateway.owner.name, now=now)
        ),
    )
    keep_certificate(gateway.owner, Certificate.Use.AUTH, chains.auth, gateway, retire=False)
    keep_certificate(gateway.owner, Certificate.Use.SIGN, chains.sign, gateway, retire=False)
    record.done(
        "directory.certified",
        str(GatewayId(member, gateway.code)),
        by=_gateway_actor(gateway),
        detail={"auth": auth.kid, "sign": sign.kid},
    )
    return chains


def _gateway_actor(gateway: Gateway) -> Actor:
    return system_actor(f"gateway:{gateway.code}", clock.today())


# -- revoking ---------------------------------------------------------------------------------


def revoke_certificate(kid: str, *, reason: str, by: Actor, node: Node) -> Certificate:
    """
    Believe a key no more, from the moment the gateways take the deny list up.

    Raises NoSuchCertificate or CertificateRevoked.
    """
    with transaction.atomic():
        one_at_a_time()
        row = Certificate.objects.select_for_update().filter(kid=kid).first()
        if row is None:
            raise NoSuchCertificate
        if row.status == Certificate.Status.REVOKED:
            raise CertificateRevoked
        row.status, row.revoked_at = Certificate.Status.REVOKED, clock.instant()
        row.revoked_why = reason[:250]
        row.save(update_fields=["status", "revoked_at", "revoked_why"])
        record.done("directory.certificate_revoked", kid, by=by)
        publish_denied(node)
        publish(node)
    write_gateway_files(node)
    write_denied(node)
    return row

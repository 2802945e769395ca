"""
Writes of the directory: joining, granting, revoking, publishing.

Every change ends in a new signed snapshot. What the gateways of this node need
beside it (addresses of local systems, client credentials) is written next to
it from the same rows, so that the two never differ.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from lienthong import record
from lienthong.exchange import client_file, epoch, gateway_admin
from lienthong.exchange.cards import Event as EventCard
from lienthong.exchange.cards import Offer as OfferCard
from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol import snapshot as wire
from lienthong.protocol.identifiers import to_wire

from ..domain import content_digest, is_in_force, why_no_service
from ..errors import GrantEnded, NoSuchGateway, NoSuchGrant, NotAService
from ..models import (
    AccessGrant,
    Certificate,
    Gateway,
    GrantRequest,
    Member,
    MemberKind,
    Offer,
    OutsideService,
    Snapshot,
    Subsystem,
    SubsystemKind,
)
from ..queries import agreements, register
from . import signing

GATEWAY_CODE = "national"
REFRESH_AFTER = timedelta(hours=1)
"""Made anew this often even when nothing changed, well inside the 24 h of decision 19."""

OWNERS = {
    "G01": ("Bộ Công an", MemberKind.MINISTRY),
    "G14": ("Bộ Thông tin và Truyền thông", MemberKind.MINISTRY),
    "G15": ("Bộ Tư pháp", MemberKind.MINISTRY),
    "G22": ("Văn phòng Chính phủ", MemberKind.MINISTRY),
}
"""Bodies that own the systems of this release, by their code of Decision 20/2020/QĐ-TTg."""

KINDS = {
    "population": SubsystemKind.DATABASE,
    "civil_status": SubsystemKind.DATABASE,
}


def install_country(node: Node, cards: Iterable[System]) -> Snapshot:
    """
    Bring the directory in line with the cards of the systems this node carries.

    Safe to repeat: rows are added or amended, offers that left their card are
    withdrawn, grants that a card no longer states end now. Publishes a snapshot
    when it would say something new, and writes the gateway's local files.
    """
    cards = list(cards)
    with transaction.atomic():
        one_at_a_time()
        gateway = _register_gateway(node)
        for card in cards:
            _register_card(card, gateway)
        follow_grants()
        _register_certificates(node, gateway)
        sign_what_is_stated(node)
        published = publish(node)
    write_gateway_files(node)
    return published


def _member(code: str) -> Member:
    name, kind = OWNERS.get(code, (code, MemberKind.AGENCY))
    member, _ = Member.objects.get_or_create(
        member_class="GOV",
        code=code,
        defaults={"name": name, "kind": kind, "joined_on": clock.today()},
    )
    return member


def _register_gateway(node: Node) -> Gateway:
    gateway, _ = Gateway.objects.update_or_create(
        code=GATEWAY_CODE,
        defaults={"owner": _member("G14"), "host": announced_host(), "port": node.ports.peer},
    )
    return gateway


def announced_host() -> str:
    """Under which host the gateways of the exchange find this node's."""
    return os.environ.get("LIENTHONG_HOST") or "127.0.0.1"


def door_url(node: Node) -> str:
    """Where gateways reach this directory, as an invitation names it."""
    return f"https://{announced_host()}:{node.ports.door}"


def _register_card(card: System, gateway: Gateway) -> None:
    subsystem, _ = Subsystem.objects.update_or_create(
        member=_member(card.owner),
        code=card.subsystem,
        defaults={"name": card.title, "gateway": gateway, "made_up": False, "ended_on": None},
        create_defaults={
            "name": card.title,
            "kind": KINDS.get(card.code, SubsystemKind.OTHER),
            "gateway": gateway,
            "connected_on": clock.today(),
        },
    )
    for offer in card.offers:
        Offer.objects.update_or_create(
            subsystem=subsystem, code=offer.code, defaults=_offer_row(offer)
        )
    for event in card.events:
        Offer.objects.update_or_create(
            subsystem=subsystem, code=event.code, defaults=_event_row(event)
        )
    Offer.objects.filter(subsystem=subsystem, withdrawn_at=None).exclude(
        code__in=[stated.code for stated in card.shared]
    ).update(withdrawn_at=clock.instant())


def _offer_row(offer: OfferCard) -> dict[str, Any]:
    schemas = {
        "request_schema": msgspec.json.schema(offer.request),
        "answer_schema": msgspec.json.schema(offer.answers),
    }
    return {
        "title": offer.title,
        "effect": offer.effect.value,
        "names_subjects": offer.names_subjects,
        "max_body": offer.max_body,
        "timeout": offer.timeout,
        "keep_body": offer.keep_body,
        "schema_sha256": content_digest(schemas),
        "stated_grants": [
            {
                "to": to_wire(given.to),
                "purpose": given.purpose,
                "legal_basis": given.legal_basis,
                "fields": list(given.fields),
            }
            for given in offer.grants
        ],
        "withdrawn_at": None,
        **schemas,
    }


def _event_row(event: EventCard) -> dict[str, Any]:
    return _offer_row(event.offered) | {"effect": wire.EVENT}


def follow_grants() -> None:
    """
    Give the grants that providers state with their offers, and end those they no longer state.

    A consumer that is not registered yet gets its grant when it is: whoever
    registers something calls this afterwards.
    """
    stated: set[tuple[int, int]] = set()
    for offer in register.offers_in_force():
        for given in offer.stated_grants:
            client = register.subsystem_named(given["to"])
            if client is None:
                continue
            stated.add((client.pk, offer.pk))
            _follow_grant(client, offer, given)
    for grant in AccessGrant.objects.filter(from_card=True, valid_to=None):
        if (grant.client_id, grant.offer_id) not in stated:
            AccessGrant.objects.filter(pk=grant.pk).update(valid_to=clock.instant())


def _follow_grant(client: Subsystem, offer: Offer, given: Mapping[str, Any]) -> None:
    terms = {
        "methods": ["POST"],
        "paths": ["**"],
        "visible_fields": given["fields"],
        "purpose": given["purpose"],
        "legal_basis": given["legal_basis"],
    }
    held = AccessGrant.objects.filter(
        client=client, offer=offer, from_card=True, valid_to=None
    ).first()
    if held is not None:
        AccessGrant.objects.filter(pk=held.pk).update(**terms)
    elif not _was_revoked(client, offer):
        # One the provider took back is not given again by a restart.
        AccessGrant.objects.create(
            client=client, offer=offer, from_card=True, valid_from=clock.instant(), **terms
        )


def sign_what_is_stated(node: Node) -> int:
    """Let the members of this node sign the grants in force that nobody asked for; how many."""
    return sum(
        signing.sign_both(node, grant)
        for grant in register.grants_at(clock.instant())
        if not GrantRequest.objects.filter(pk=grant.pk).exists()
    )


def _was_revoked(client: Subsystem, offer: Offer) -> bool:
    return AccessGrant.objects.filter(
        client=client, offer=offer, from_card=True, revoked=True
    ).exists()


def _register_certificates(node: Node, gateway: Gateway) -> None:
    """Read the public certificates under the node's keys; private keys stay where they are."""
    for path in sorted((node.keys / "members").glob("*/sign.crt")):
        member = _member(path.parent.name)
        keep_certificate(member, Certificate.Use.SIGN, path.read_text(), gateway, retire=True)
    auth = node.keys / "gateway" / "auth.crt"
    if auth.exists():
        keep_certificate(
            gateway.owner, Certificate.Use.AUTH, auth.read_text(), gateway, retire=True
        )


def keep_certificate(
    member: Member, use: str, chain: str, gateway: Gateway, *, retire: bool
) -> None:
    """
    Enter a certificate as active; one that was revoked stays so.

    ``retire`` says that those before it are used no more; they still verify old
    messages. Without it they stay active until their own end, since the new
    one is taken into use only when every gateway can know it.
    """
    certificate = pki.load_chain(chain)[0]
    kid = pki.kid_of(pki.require_known(certificate.public_key()))
    if Certificate.objects.filter(kid=kid, status=Certificate.Status.REVOKED).exists():
        return  # Revoked for good: its key lying on disk does not make it trusted again.
    row, made = Certificate.objects.update_or_create(
        kid=kid,
        defaults={
            "member": member,
            "use": use,
            "gateway": gateway,
            "pem": chain,
            "sha256": pki.fingerprint(certificate),
            "not_before": certificate.not_valid_before_utc,
            "not_after": certificate.not_valid_after_utc,
            "status": Certificate.Status.ACTIVE,
        },
    )
    if made:
        Certificate.objects.filter(pk=row.pk).update(issued_at=clock.instant())
    if retire:
        Certificate.objects.filter(
            Q(gateway=gateway) | Q(gateway=None),
            member=member,
            use=use,
            status=Certificate.Status.ACTIVE,
        ).exclude(pk=row.pk).update(status=Certificate.Status.RETIRED)


def one_at_a_time() -> None:
    """
    Hold every other writer of the directory back until this transaction ends.

    Two gateways that join at once must see each other, or neither gives the
    other the grants it states; and no number is used by two snapshots. The lock
    comes before the reading, since a row lock would wait and then show the old.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lienthong.directory'))")


@transaction.atomic
def publish(node: Node) -> Snapshot:
    """
    Make and sign a snapshot when it says something new or the last one is an hour old.

    Returns the newest. The number comes from the table under a lock, so two
    publishers never sign two contents under one number.
    """
    one_at_a_time()
    now = clock.instant()
    newest = Snapshot.objects.order_by("-number").first()
    content = register.snapshot_content(now)
    digest = content_digest(content)
    # A restored directory goes on above every number it may have published before.
    last = max(newest.number if newest else 0, epoch.publication_floor())
    unchanged = newest is not None and newest.number == last and newest.content_sha256 == digest
    if newest and unchanged and now - newest.made_at < REFRESH_AFTER:
        return newest
    number = last + 1
    said = msgspec.convert({**content, "number": number, "made_at": now}, wire.Snapshot)
    key = pki.SigningKey.load(
        node.keys / "directory" / "snapshot.key", node.secret("passphrase").encode()
    )
    return Snapshot.objects.create(
        number=number, made_at=now, sealed=wire.seal(said, key), content_sha256=digest
    )


def write_gateway_files(node: Node) -> None:
    """
    Write what this node's gateways read: snapshot, provider addresses, credentials.

    The trust anchor is not among them: it is written once, by who makes the keys.
    What an operator set in ``gateway.json`` or by `lienthong keys client` stays.
    """
    # Who writes reads inside the lock: an older snapshot never comes last.
    with client_file.writing(node.gateway):
        _write_gateway_files(node)


def _write_gateway_files(node: Node) -> None:
    _write_json(
        node.gateway / "gateway.json",
        _own_settings(node)
        | {
            "code": GATEWAY_CODE,
            "owner": "GOV/G14",
            "processes": os.cpu_count() or 1,
            "signed_grants": agreements.all_signed(),
            "snapshot_url": f"http://127.0.0.1:{node.ports.pages}/exchange/snapshot",
            "peer_host": os.environ.get("LIENTHONG_LISTEN") or "127.0.0.1",
            "door_host": os.environ.get("LIENTHONG_LISTEN") or "127.0.0.1",
        },
    )
    local = list(
        Subsystem.objects.filter(gateway__code=GATEWAY_CODE, ended_on=None).select_related("member")
    )
    base = f"http://127.0.0.1:{node.ports.offers}/offers"
    client_file.replace(node.gateway / "snapshot.json", bytes(register.latest_snapshot().sealed))
    _write_json(
        node.gateway / "providers.json",
        {str(row): f"{base}/{row.code.replace('-', '_')}" for row in local} | _outside_addresses(),
    )
    clients = client_file.settled(
        client_file.read(node.gateway),
        [str(row) for row in local],
        client_file.secrets_of(node),
        unchecked={str(row) for row in local if row.made_up},
    )
    client_file.write(node.gateway, clients)


def _outside_addresses() -> dict[str, Any]:
    """Each outside service by its code, or by code and version, with where it answers."""
    addresses = {}
    for outside in register.outside_services():
        said = {"url": outside.url, "description": outside.description_url}
        for version in outside.versions or [""]:
            name = f"{outside.offer.subsystem}/{outside.offer.code}"
            addresses[f"{name}/{version}" if version else name] = said
    return addresses


def _own_settings(node: Node) -> dict[str, Any]:
    """Settings of the gateway that are the operator's own."""
    try:
        said: dict[str, Any] = msgspec.json.decode((node.gateway / "gateway.json").read_bytes())
    except FileNotFoundError:
        return {}
    return said


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    client_file.replace(path, msgspec.json.format(msgspec.json.encode(content), indent=1))


def set_maintenance(code: str, in_maintenance: bool, *, by: Actor, node: Node) -> Gateway:
    """
    Announce that a gateway is in maintenance, or back, and publish it.

    Who has not read the new snapshot yet still sends to it for a moment.
    Raises NoSuchGateway.
    """
    with transaction.atomic():
        gateway = Gateway.objects.select_for_update().filter(code=code).first()
        if gateway is None:
            raise NoSuchGateway
        gateway.in_maintenance = in_maintenance
        gateway.save(update_fields=["in_maintenance"])
        what = "directory.maintenance_began" if in_maintenance else "directory.maintenance_ended"
        record.done(what, gateway.code, by=by)
        publish(node)
    write_gateway_files(node)
    return gateway


def give_grant(
    *,
    client: Subsystem,
    offer: Offer,
    purpose: str,
    legal_basis: str,
    by: Actor,
    valid_to: datetime | None = None,
    node: Node,
) -> AccessGrant:
    """Let a subsystem call an offer, and publish it."""
    with transaction.atomic():
        grant = AccessGrant.objects.create(
            client=client,
            offer=offer,
            methods=register.spoken(offer)["methods"],
            paths=["**"],
            visible_fields=["*"],
            purpose=purpose,
            legal_basis=legal_basis,
            valid_from=clock.instant(),
            valid_to=valid_to,
            given_by=str(by),
        )
        signing.sign_both(node, grant)
        record.done("directory.grant_given", str(grant.pk), by=by)
        publish(node)
    write_gateway_files(node)
    return grant


def revoke_grant(grant_id: uuid.UUID, *, by: Actor, node: Node, reason: str = "") -> AccessGrant:
    """
    End a grant now: the gateway is told first, then the directory says so (decision 19).

    Raises NoSuchGrant, or GrantEnded when it had already ended.
    """
    _in_force(AccessGrant.objects.filter(pk=grant_id).first())
    # Outside any transaction, since the gateway may take its time; told twice it does nothing.
    gateway_admin.revoke(str(grant_id), reason=reason)
    with transaction.atomic():
        grant = _in_force(AccessGrant.objects.select_for_update().filter(pk=grant_id).first())
        now = clock.instant()
        AccessGrant.objects.filter(pk=grant.pk).update(
            valid_to=now, revoked=True, ended_by=str(by), end_reason=reason
        )
        record.done(
            "directory.grant_revoked",
            str(grant.pk),
            by=by,
            detail={"reason": reason} if reason else {},
        )
        publish(node)
    write_gateway_files(node)
    grant.refresh_from_db()
    return grant


def _in_force(grant: AccessGrant | None) -> AccessGrant:
    if grant is None:
        raise NoSuchGrant
    if not is_in_force(grant.valid_from, grant.valid_to, clock.instant()):
        raise GrantEnded
    return grant


def refresh_snapshot(node: Node) -> Snapshot:
    """What the timer calls: publish if due, and let the gateways find it on disk too."""
    published = publish(node)
    write_gateway_files(node)
    return published


def register_outside_test(node: Node) -> Subsystem:
    """
    One subsystem that may speak plain HTTP without credentials, for trying things out.

    Only in a demonstration, and only with harmless grants (decision 8).
    """
    gateway = _register_gateway(node)
    outside, _ = Subsystem.objects.update_or_create(
        member=_member("G14"),
        code="outside-test",
        defaults={
            "name": "Hệ thống thử bên ngoài",
            "kind": SubsystemKind.OTHER,
            "gateway": gateway,
            "connected_on": clock.today(),
            "made_up": True,
        },
    )
    for offer in Offer.objects.filter(effect="public", withdrawn_at=None).exclude(
        subsystem__code="directory"
    ):
        if not AccessGrant.objects.filter(client=outside, offer=offer, valid_to=None).exists():
            grant = AccessGrant.objects.create(
                client=outside,
                offer=offer,
                methods=["POST"],
                paths=["**"],
                visible_fields=["*"],
                purpose="Chạy thử, dữ liệu công khai",
                legal_basis="Bản trình diễn",
                valid_from=clock.instant(),
            )
            signing.sign_both(node, grant)
    return outside


def register_service(
    *,
    subsystem: Subsystem,
    code: str,
    title: str,
    kind: str,
    url: str,
    description_url: str = "",
    versions: Iterable[str] = (),
    methods: Iterable[str] = ("POST",),
    effect: str = "changing",
    by: Actor,
    node: Node,
) -> Offer:
    """
    Offer a service of an outside system: of SOAP, or of REST with or without a description.

    Registering it again amends it. Raises NotAService for a code, version or
    address that cannot be one.
    """
    versions = sorted(set(versions))
    urls = [url, description_url] if description_url else [url]
    if reason := why_no_service(code, kind, versions, urls):
        raise NotAService(reason=reason)
    with transaction.atomic():
        offer, made = Offer.objects.update_or_create(
            subsystem=subsystem,
            code=code,
            defaults={"title": title, "effect": effect, "withdrawn_at": None},
            create_defaults={
                "title": title,
                "effect": effect,
                "max_body": 10 * 1024 * 1024,
                "timeout": 60,
                "request_schema": {},
                "answer_schema": {},
                "schema_sha256": content_digest({}),
            },
        )
        if not made and not OutsideService.objects.filter(offer=offer).exists():
            raise NotAService(reason="card")  # it is one of our own systems' offers
        OutsideService.objects.update_or_create(
            offer=offer,
            defaults={
                "kind": kind,
                "versions": versions,
                "methods": sorted({method.upper() for method in methods}),
                "url": url,
                "description_url": description_url,
            },
        )
        record.done("directory.service_registered", f"{subsystem}/{code}", by=by)
        publish(node)
    write_gateway_files(node)
    return offer


def withdraw_service(offer: Offer, *, by: Actor, node: Node) -> None:
    """Offer a service no longer; who held a grant for it is told it is unknown."""
    with transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(withdrawn_at=clock.instant())
        record.done("directory.service_withdrawn", f"{offer.subsystem}/{offer.code}", by=by)
        publish(node)
    write_gateway_files(node)


def by_the_directory(day: date) -> Actor:
    return system_actor("directory", day)

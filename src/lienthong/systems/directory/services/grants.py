"""Giving a grant at the operator's word, and taking any grant back."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction

from lienthong import record
from lienthong.exchange import gateway_admin
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.node import Node

from ..domain import is_in_force
from ..errors import GrantEnded, NoSuchGrant
from ..models import AccessGrant, Offer, Subsystem
from ..queries import register
from . import signing
from .gateway_files import write_gateway_files
from .publishing import publish


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


def by_the_directory(day: date) -> Actor:
    return system_actor("directory", day)

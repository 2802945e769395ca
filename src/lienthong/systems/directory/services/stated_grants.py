"""Grants that providers state with their offers: given, followed, signed and ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lienthong.kernel import clock
from lienthong.kernel.node import Node

from ..models import AccessGrant, GrantRequest, Offer, Subsystem
from ..queries import register
from . import signing


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


def _was_revoked(client: Subsystem, offer: Offer) -> bool:
    return AccessGrant.objects.filter(
        client=client, offer=offer, from_card=True, revoked=True
    ).exists()


def sign_what_is_stated(node: Node) -> int:
    """Let the members of this node sign the grants in force that nobody asked for; how many."""
    return sum(
        signing.sign_both(node, grant)
        for grant in register.grants_at(clock.instant())
        if not GrantRequest.objects.filter(pk=grant.pk).exists()
    )

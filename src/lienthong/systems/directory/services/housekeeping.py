"""
Grants for the directory's own services, which every gateway of the exchange needs.

A gateway's owner asks for them with its signature when the gateway registers,
and the directory's member gives them under its own: they are grants like any
other, and the first that a new member holds.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.grants import GrantProof
from lienthong.protocol.housekeeping import CODES, DIRECTORY
from lienthong.protocol.joining import SignedAsk

from ..errors import BadJoinRequest
from ..models import AccessGrant, Gateway, Offer, Subsystem
from ..queries import agreements, register
from . import signing

GIVEN_BY = "directory"


def offers() -> dict[str, Offer]:
    """The directory's services for gateways, by code."""
    found = Offer.objects.filter(
        subsystem__code=DIRECTORY, code__in=CODES, withdrawn_at=None
    ).select_related("subsystem__member")
    return {offer.code: offer for offer in found}


def let_in(gateway: Gateway, asks: Iterable[SignedAsk], *, node: Node) -> None:
    """
    Give what a gateway's owner asked for with its registration; what was revoked stays so.

    Raises BadJoinRequest for anything but its own subsystems, the directory's
    services for gateways and its owner's good signature.
    """
    offered = offers()
    own = {str(row): row for row in register.behind(gateway.code)}
    for ask in asks:
        client = own.get(ask.terms.client)
        offer = offered.get(ask.terms.code)
        if client is None or client.member_id != gateway.owner_id:
            raise BadJoinRequest("access is asked for a system that is not behind this gateway")
        if offer is None or ask.terms.provider != str(offer.subsystem):
            raise BadJoinRequest("only the directory's services for gateways are asked for so")
        _give(ask, client, offer, node)


def _give(ask: SignedAsk, client: Subsystem, offer: Offer, node: Node) -> None:
    terms = ask.terms
    try:
        grant_id = uuid.UUID(terms.id)
        grants.check_terms(terms)
        grants.check_asked(terms, ask.mark, agreements.find_key)
    except (ProtocolError, ValueError) as problem:
        raise BadJoinRequest(f"the member's own request does not hold: {problem}") from None
    held = AccessGrant.objects.filter(client=client, offer=offer)
    if (
        held.filter(revoked=True).exists()
        or held.filter(valid_to=None).exclude(proof=None).exists()
    ):
        return
    if AccessGrant.objects.filter(pk=grant_id).exists():
        raise BadJoinRequest("this grant is another's")
    now = signing.whole_seconds(clock.instant())
    key = signing.key_of(node, offer.subsystem.member)
    proof = GrantProof(
        asked=terms, asked_mark=ask.mark, given_mark=grants.sign_given(terms, terms, key, now)
    )
    signing.give(client, offer, terms, proof, by=GIVEN_BY)

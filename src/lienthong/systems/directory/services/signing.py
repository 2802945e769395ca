"""
Signing grants with the keys of the members whose keys this node holds.

A member that keeps its key elsewhere signs there (`signing_desk`); here only the
signatures of hosted members are made, and everybody's are checked.
"""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import grants, pki, tokens
from lienthong.protocol.grants import GrantProof, Mark, Quota, Terms
from lienthong.protocol.held_keys import held_key

from ..errors import KeyElsewhere
from ..models import AccessGrant, Member, Offer, Subsystem
from ..queries.register import INSTANCE

logger = logging.getLogger("lienthong.directory")


def key_of(node: Node, member: Member) -> pki.SigningKey:
    """The member's signing key, in a file or a token; raises KeyElsewhere or TokenUnavailable."""
    key = held_key(node, member.code)
    if key is not None:
        return key
    raise KeyElsewhere(member=str(member))


def whole_seconds(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def terms_of(grant: AccessGrant) -> Terms:
    """A grant's row as terms."""
    return Terms(
        instance=INSTANCE,
        id=str(grant.pk),
        client=str(grant.client),
        provider=str(grant.offer.subsystem),
        code=grant.offer.code,
        methods=list(grant.methods),
        paths=list(grant.paths),
        fields=list(grant.visible_fields),
        purpose=grant.purpose,
        legal_basis=grant.legal_basis,
        valid_from=whole_seconds(grant.valid_from),
        valid_to=whole_seconds(grant.valid_to) if grant.valid_to else None,
        quota=Quota(per_minute=grant.per_minute, per_day=grant.per_day),
    )


def sign_both(node: Node, grant: AccessGrant) -> bool:
    """
    Let both members sign a grant that the cards or the operator state; whether anything changed.

    Nothing happens when its terms are signed already. A member whose key lies
    elsewhere signs at its own node (`signing_desk`), and one whose token does not
    work now when the directory starts again; until then gateways refuse the grant.
    """
    terms = terms_of(grant)
    if grant.given == plain(terms):
        return False
    try:
        asked = sign_ask_here(node, grant, terms)
        return sign_grant_here(node, grant, terms) or asked
    except tokens.TokenUnavailable as problem:
        logger.error("a grant is not signed", extra={"grant": str(grant.pk), "why": str(problem)})
        return False


def is_asked(grant: AccessGrant, terms: Terms) -> bool:
    """Whether the consumer's member has signed just these terms."""
    return grant.asked == plain(terms) and grant.asked_mark is not None


def sign_ask_here(node: Node, grant: AccessGrant, terms: Terms) -> bool:
    """The consumer's signature, where its key is here; raises TokenUnavailable."""
    if is_asked(grant, terms):
        return False
    key = held_key(node, grant.client.member.code)
    if key is None:
        return False
    keep_ask(grant, terms, grants.sign_asked(terms, key, whole_seconds(clock.instant())))
    return True


def sign_grant_here(node: Node, grant: AccessGrant, terms: Terms) -> bool:
    """The provider's signature below what is asked, where its key is here; as above."""
    if not is_asked(grant, terms):
        return False
    key = held_key(node, grant.offer.subsystem.member.code)
    if key is None:
        return False
    keep_grant(grant, terms, grants.sign_given(terms, terms, key, whole_seconds(clock.instant())))
    return True


def keep_ask(grant: AccessGrant, terms: Terms, mark: Mark) -> None:
    grant.asked, grant.asked_mark = plain(terms), plain(mark)
    AccessGrant.objects.filter(pk=grant.pk).update(asked=grant.asked, asked_mark=grant.asked_mark)


def keep_grant(grant: AccessGrant, terms: Terms, mark: Mark) -> None:
    proof = GrantProof(
        asked=msgspec.convert(grant.asked, Terms),
        asked_mark=msgspec.convert(grant.asked_mark, Mark),
        given_mark=mark,
    )
    grant.given, grant.proof = plain(terms), plain(proof)
    AccessGrant.objects.filter(pk=grant.pk).update(given=grant.given, proof=grant.proof)


def give(
    client: Subsystem, offer: Offer, given: Terms, proof: GrantProof, *, by: str
) -> AccessGrant:
    """The grant that both members have signed; its id is that of the terms."""
    return AccessGrant.objects.create(
        id=uuid.UUID(given.id),
        client=client,
        offer=offer,
        methods=given.methods,
        paths=given.paths,
        visible_fields=given.fields,
        purpose=given.purpose,
        legal_basis=given.legal_basis,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        per_minute=given.quota.per_minute,
        per_day=given.quota.per_day,
        given=plain(given),
        proof=plain(proof),
        given_by=by,
    )


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """A struct as the JSON a column holds."""
    held: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return held

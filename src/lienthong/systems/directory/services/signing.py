"""
Signing grants with the keys of the members whose keys this node holds.

A member that keeps its key elsewhere signs there; here only the signatures of
hosted members are made, and everybody's are checked.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import grants, pki, tokens
from lienthong.protocol.grants import GrantProof, Quota, Terms
from lienthong.protocol.held_keys import held_key

from ..errors import KeyElsewhere
from ..models import AccessGrant, Member
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

    Nothing happens when its terms are signed already, or a key is elsewhere or in a
    token that does not work now: such a grant is published without signatures until
    the directory starts again, and gateways that ask for them refuse it.
    """
    terms = terms_of(grant)
    if grant.given == plain(terms):
        return False
    now = whole_seconds(clock.instant())
    try:
        asker = key_of(node, grant.client.member)
        giver = key_of(node, grant.offer.subsystem.member)
        proof = GrantProof(
            asked=terms,
            asked_mark=grants.sign_asked(terms, asker, now),
            given_mark=grants.sign_given(terms, terms, giver, now),
        )
    except KeyElsewhere:
        return False
    except tokens.TokenUnavailable as problem:
        logger.error("a grant is not signed", extra={"grant": str(grant.pk), "why": str(problem)})
        return False
    grant.given, grant.proof = plain(terms), plain(proof)
    AccessGrant.objects.filter(pk=grant.pk).update(given=grant.given, proof=grant.proof)
    return True


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """A struct as the JSON a column holds."""
    held: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return held

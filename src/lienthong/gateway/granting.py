"""
Whether the members who are said to have signed a grant did so.

The directory publishes grants; the provider's own gateway believes none that
its provider's member did not sign (decision 19). Each grant is checked once
for each snapshot, when it is first used.
"""

from __future__ import annotations

import logging

from lienthong.protocol import reasons
from lienthong.protocol.errors import AccessDenied, ProtocolError
from lienthong.protocol.grants import check_given
from lienthong.protocol.snapshot import Anchor, Snapshot

logger = logging.getLogger("lienthong.gateway")


def check_signed(grant_id: str, snapshot: Snapshot, anchor: Anchor, *, required: bool) -> None:
    """
    Raise AccessDenied unless both members' signatures under this grant hold.

    A grant that carries none is let through only where the gateway's file does not
    say ``signed_grants``: as long as some member of an exchange does not sign yet.
    """
    if grant_id in snapshot.checked_grants:
        good = snapshot.checked_grants[grant_id]
    else:
        good = snapshot.checked_grants[grant_id] = _holds(grant_id, snapshot, anchor)
    if good is False or (good is None and required):
        raise AccessDenied("Request is not allowed by a signed grant", reason=reasons.UNSIGNED)


def _holds(grant_id: str, snapshot: Snapshot, anchor: Anchor) -> bool | None:
    """None for a grant that carries no signatures."""
    grant = snapshot.stated_grant(grant_id)
    if grant.proof is None:
        return None
    try:
        check_given(
            grant.terms(snapshot.instance),
            grant.proof,
            lambda kid, at: snapshot.sign_key_at(kid, anchor, at),
        )
    except ProtocolError as error:
        logger.error("grant", extra={"error": error.code, "number": snapshot.number})
        return False
    return True

"""
Why a request was refused, in one word each, for the operator of a gateway.

A client is told the X-Road fault and no more: to say which grant nearly held would
tell a stranger what others may do. The log keeps the word beside the fault.
"""

from __future__ import annotations

NO_GRANT = "no_grant"
NOT_YET = "not_yet"
ENDED = "ended"
REVOKED = "revoked"
METHOD = "method"
PATH = "path"
TRAVERSAL = "traversal"
UNSIGNED = "unsigned_grant"
QUOTA_MINUTE = "quota_minute"
QUOTA_DAY = "quota_day"

# From far to near: what is said is what would have to change last.
_ORDER = (NO_GRANT, ENDED, NOT_YET, REVOKED, METHOD, PATH)
ALL = frozenset({*_ORDER, TRAVERSAL, UNSIGNED, QUOTA_MINUTE, QUOTA_DAY})


def nearer(one: str, other: str) -> str:
    """Of two reasons the one that came closer to being no refusal."""
    return max(one, other, key=_ORDER.index)

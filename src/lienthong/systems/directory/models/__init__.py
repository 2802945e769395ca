"""Tables of the directory: the register of the exchange, and the signed days of its gateways."""

from __future__ import annotations

from .days import (
    Contradiction,
    DayCount,
    DayReport,
)
from .register import (
    AccessGrant,
    Certificate,
    DenyList,
    Gateway,
    GrantRequest,
    Hosting,
    Invitation,
    JoinDecision,
    JoinRequest,
    Member,
    MemberKind,
    Offer,
    OutsideService,
    Snapshot,
    Subsystem,
    SubsystemKind,
)

__all__ = [
    "AccessGrant",
    "Certificate",
    "Contradiction",
    "DayCount",
    "DayReport",
    "DenyList",
    "Gateway",
    "GrantRequest",
    "Hosting",
    "Invitation",
    "JoinDecision",
    "JoinRequest",
    "Member",
    "MemberKind",
    "Offer",
    "OutsideService",
    "Snapshot",
    "Subsystem",
    "SubsystemKind",
]

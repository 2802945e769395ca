"""Tables of the population database: persons and numbers, their lives, what others are told."""

from __future__ import annotations

from .dci import DciPartner, DciSubscription, DciTransaction
from .following import (
    ChangeNumber,
    ChangeWaiting,
    FollowedPerson,
    Follower,
)
from .lives import (
    Household,
    HouseholdMember,
    PersonEvent,
    Residence,
)
from .persons import (
    ImportStatement,
    LostNumber,
    Origin,
    Person,
    PersonalIdRow,
    RangeCounter,
    SteppedOver,
)
from .repairs import Repair

__all__ = (
    "ChangeNumber",
    "ChangeWaiting",
    "DciPartner",
    "DciSubscription",
    "DciTransaction",
    "FollowedPerson",
    "Follower",
    "Household",
    "HouseholdMember",
    "ImportStatement",
    "LostNumber",
    "Origin",
    "Person",
    "PersonEvent",
    "PersonalIdRow",
    "RangeCounter",
    "Repair",
    "Residence",
    "SteppedOver",
)

"""Who acts: an account holding an office on a legal day, resolved once per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Actor:
    """
    The one on whose behalf something is done (decision 27).

    ``account`` is the text of a UUID, ``office`` the code of a desk or body,
    ``unit`` an administrative unit code or an empty string, ``roles`` dotted
    names such as ``civil_status.registrar``. Holds no name and no personal ID.
    """

    account: str
    office: str
    unit: str
    legal_day: date
    roles: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.account}@{self.office}"

    def did(self, acted: str) -> bool:
        """Whether the same account acted, from whatever seat; ``acted`` is the text of an actor."""
        return acted.partition("@")[0] == self.account

    def has(self, role: str) -> bool:
        """Whether the office held carries this role."""
        return role in self.roles


def system_actor(system: str, legal_day: date) -> Actor:
    """The actor of timers and answers from the exchange: the system itself."""
    return Actor(account=f"system:{system}", office=system, unit="", legal_day=legal_day)

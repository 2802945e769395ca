"""Writes of the directory: joining, granting, revoking, publishing; each in a room of its own."""

from __future__ import annotations

from .grants import by_the_directory, give_grant, revoke_grant
from .hosting import end_hosting
from .installing import door_url, install_country, register_outside_test
from .maintenance import set_maintenance
from .outside import register_service, withdraw_service
from .publishing import refresh_snapshot

__all__ = [
    "by_the_directory",
    "door_url",
    "end_hosting",
    "give_grant",
    "install_country",
    "refresh_snapshot",
    "register_outside_test",
    "register_service",
    "revoke_grant",
    "set_maintenance",
    "withdraw_service",
]

"""Errors of the directory."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound


class NoSuchGrant(NotFound):
    """There is no such access grant."""

    code = "directory.no_such_grant"


class GrantEnded(Conflict):
    """This access grant has already ended."""

    code = "directory.grant_ended"


class NotAService(Invalid):
    """This cannot be registered as a service of an outside system."""

    code = "directory.not_a_service"


class NoSuchGateway(NotFound):
    """The exchange has no such gateway."""

    code = "directory.no_such_gateway"


class NoSnapshot(NotFound):
    """No snapshot of the directory has been published yet."""

    code = "directory.no_snapshot"

"""Errors of the directory."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, NotFound


class NoSuchGrant(NotFound):
    """There is no such access grant."""

    code = "directory.no_such_grant"


class GrantEnded(Conflict):
    """This access grant has already ended."""

    code = "directory.grant_ended"


class NoSnapshot(NotFound):
    """No snapshot of the directory has been published yet."""

    code = "directory.no_snapshot"

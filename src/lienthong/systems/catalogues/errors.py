"""What can be wrong with catalogues."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound


class NoSnapshot(NotFound):
    """No snapshot of the catalogues has been published yet."""

    code = "catalogues.no_snapshot"


class BadMerger(Invalid):
    """These units cannot be replaced in this way."""

    code = "catalogues.bad_merger"


class CodeInUse(Conflict):
    """The code already names a unit on these days."""

    code = "catalogues.code_in_use"

"""What can be wrong with catalogues."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound, Refused


class NoSnapshot(NotFound):
    """No snapshot of the catalogues has been published yet."""

    code = "catalogues.no_snapshot"


class BadMerger(Invalid):
    """These units cannot be replaced in this way."""

    code = "catalogues.bad_merger"


class CodeInUse(Conflict):
    """The code already names a unit on these days."""

    code = "catalogues.code_in_use"


class NoSuchReform(NotFound):
    """There is no such reform."""

    code = "catalogues.no_such_reform"


class ReformNotOpen(Conflict):
    """This reform is no longer a draft, so nothing in it can be changed."""

    code = "catalogues.reform_not_open"


class ReformChanged(Conflict):
    """Another officer has changed this reform since you opened it. Look again."""

    code = "catalogues.reform_changed"


class SameOfficer(Refused):
    """Who proposed a reform does not decide it: another officer must."""

    code = "catalogues.same_officer"


class ReformHasFaults(Invalid):
    """The reform still has faults; they are listed on its page."""

    code = "catalogues.reform_has_faults"


class ReasonMissing(Invalid):
    """Write why, in at most 500 characters."""

    code = "catalogues.reason_missing"


class DayHasCome(Conflict):
    """The new units stand already. What a reform did is changed only by another reform."""

    code = "catalogues.day_has_come"


class BuiltUpon(Conflict):
    """A later reform rests on these units; revoke that one first."""

    code = "catalogues.built_upon"


class UnitNotFound(Invalid):
    """No unit of this name or code stood on the day before."""

    code = "catalogues.unit_not_found"


class UnitAmbiguous(Invalid):
    """Several units have this name; write the code."""

    code = "catalogues.unit_ambiguous"


class BadReformFile(Invalid):
    """The file of the reform cannot be read."""

    code = "catalogues.bad_reform_file"


class NoSuchAmendment(NotFound):
    """There is no such proposal."""

    code = "catalogues.no_such_amendment"


class AmendmentWaits(Conflict):
    """Another change of the same thing waits for a decision."""

    code = "catalogues.amendment_waits"


class AmendmentSettled(Conflict):
    """This proposal has been settled already."""

    code = "catalogues.amendment_settled"


class RowsChanged(Conflict):
    """The rows have changed since this was proposed. Refuse it and propose anew."""

    code = "catalogues.rows_changed"


class NothingChanges(Invalid):
    """The catalogue says this already."""

    code = "catalogues.nothing_changes"


class NothingToEnd(Invalid):
    """This body does not stand on its last day."""

    code = "catalogues.nothing_to_end"


class UnknownSuccessor(Invalid):
    """The body that takes over does not stand on the day after."""

    code = "catalogues.unknown_successor"

"""What can go wrong in writing the monthly report."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound


class MonthNotBegun(Invalid):
    """This month has not begun, so nothing of it can be counted."""

    code = "steering.month_not_begun"


class NotAMonth(Invalid):
    """A monthly report is about one calendar month, written 2021-08."""

    code = "steering.not_a_month"


class NoSuchReport(NotFound):
    """There is no report of this month."""

    code = "steering.no_such_report"


class NoSuchFigure(NotFound):
    """This report has no such figure."""

    code = "steering.no_such_figure"


class AlreadyIssued(Conflict):
    """This report was issued; what was issued is never changed."""

    code = "steering.already_issued"


class NothingCollected(Conflict):
    """No system has stated a figure for this report yet."""

    code = "steering.nothing_collected"


class RelationUnexplained(Conflict):
    """A relation between figures does not hold and nobody has written why."""

    code = "steering.relation_unexplained"


class FiguresStale(Conflict):
    """A system did not answer the last time it was asked, so its figures are old or missing."""

    code = "steering.figures_stale"


class NoteMissing(Invalid):
    """Write why the figures stand as they are."""

    code = "steering.note_missing"


class ProofBroken(Conflict):
    """The receipt of an answer does not prove the figures that were read from it."""

    code = "steering.proof_broken"


class NothingToExplain(Conflict):
    """This relation holds, so there is nothing to explain."""

    code = "steering.nothing_to_explain"

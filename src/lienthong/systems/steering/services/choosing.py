"""
Which of two ways a figure is printed, and why one differs from the issued report.

A live answer never takes the place of an entered value by itself: an officer
chooses, both stay, and the report says which one it prints.
"""

from __future__ import annotations

from collections.abc import Iterable

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.catalogue import Way
from ..errors import NothingRevised, NothingToChoose
from ..models import CollectedFigure, ReportEdition
from .gathering import gather
from .guards import reason_of
from .issuing import lock


def choose(edition: ReportEdition, code: str, way: Way, *, by: Actor) -> CollectedFigure:
    """Print a figure of the draft as it came in this way. Raises `NothingToChoose`."""
    with history.acting(by):
        locked = lock(edition)
        same = locked.figures.filter(code=code)
        wanted = same.filter(way=way).order_by("pk").first()
        if wanted is None or not same.exclude(way=way).exists():
            raise NothingToChoose(figure=code)
        same.exclude(pk=wanted.pk).update(chosen=False, chosen_by="", chosen_at=None)
        wanted.chosen, wanted.chosen_by, wanted.chosen_at = True, str(by), clock.instant()
        wanted.save(update_fields=["chosen", "chosen_by", "chosen_at"])
        gather(locked)
        detail = {"figure": code, "way": way.value}
        record.done("steering.figure.chosen", locked, by=by, detail=detail)
    return wanted


def explain_revisions(
    edition: ReportEdition, codes: Iterable[str], reason: str, *, by: Actor
) -> int:
    """Write why figures differ from the issued report; answers how many, or `NothingRevised`."""
    words = reason_of(reason)
    with history.acting(by):
        locked = lock(edition)
        rows = list(locked.revisions.filter(code__in=list(codes)))
        if not rows:
            raise NothingRevised()
        for row in rows:
            row.reason, row.reason_by, row.reason_at = words, str(by), clock.instant()
            row.save(update_fields=["reason", "reason_by", "reason_at"])
        detail = {"figures": ",".join(row.code for row in rows)}
        record.done("steering.revision.explained", locked, by=by, detail=detail)
    return len(rows)

"""Reads about values that were reported or entered: what waits, what stands, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from lienthong.kernel.periods import Period

from ..domain.catalogue import Definition, in_force
from ..errors import NoSuchEntry
from ..models import FigureEntry

State = FigureEntry.State


def entries() -> QuerySet[FigureEntry]:
    return FigureEntry.objects.select_related("evidence", "replaces").defer("evidence__content")


def entry(pk: int) -> FigureEntry:
    """One entry; raises `NoSuchEntry`."""
    found = entries().filter(pk=pk).first()
    if found is None:
        raise NoSuchEntry(entry=pk)
    return found


def entries_of(code: str, month: Period) -> QuerySet[FigureEntry]:
    """Every value a figure was given for a month, newest first."""
    return entries().filter(code=code, period_start=month.start).order_by("-pk")


def waiting(month: Period | None = None) -> QuerySet[FigureEntry]:
    """What waits for a second officer, oldest first."""
    rows = entries().filter(state=State.WAITING).order_by("entered_at")
    return rows if month is None else rows.filter(period_start=month.start)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure nobody counts, and how it stands for a month."""

    definition: Definition
    accepted: FigureEntry | None
    open: FigureEntry | None
    """The newest that waits or was returned."""

    @property
    def state(self) -> str:
        """``waiting``, ``returned``, ``accepted`` or ``missing``."""
        if self.open is not None:
            return str(self.open.state)
        return "accepted" if self.accepted is not None else "missing"


def lines(month: Period, body: str = "") -> tuple[Line, ...]:
    """Every figure that is not counted live, or those of one body, by code."""
    accepted: dict[str, FigureEntry] = {}
    unsettled: dict[str, FigureEntry] = {}
    rows = entries().filter(
        period_start=month.start, state__in=[State.ACCEPTED, State.WAITING, State.RETURNED]
    )
    for row in rows.order_by("pk"):
        (accepted if row.state == State.ACCEPTED else unsettled)[row.code] = row
    return tuple(
        Line(known, accepted.get(code), newer(unsettled.get(code), accepted.get(code)))
        for code, known in sorted(in_force(month.end).items())
        if not known.answers_live and (not body or known.body == body)
    )


def newer(open_: FigureEntry | None, accepted: FigureEntry | None) -> FigureEntry | None:
    """A returned value that was given up for another no longer counts as open."""
    if open_ is None or (accepted is not None and accepted.pk > open_.pk):
        return None
    return open_

"""Each figure of an edition beside the same figure of the month and of the year before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from lienthong.kernel.periods import Period

from ..domain.catalogue import Definition, in_force
from ..domain.editions import State
from ..domain.remarks import Remark
from ..domain.trends import FIRST_LIMITS, Compared, Limit, compare, limit_of, remarks_on
from ..models import CollectedFigure, ReportEdition, TrendLimit
from . import editions


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure now, a month ago and a year ago, where there is a value."""

    definition: Definition
    now: CollectedFigure
    month: Compared | None
    year: Compared | None
    limit: Limit | None


def month_before(month: Period) -> Period:
    day = month.start - timedelta(days=1)
    return Period(day.replace(day=1), day)


def year_before(month: Period) -> Period:
    return Period.month(f"{month.start.year - 1:04}-{month.start.month:02}")


def limits() -> tuple[Limit, ...]:
    """Every limit there is; which one holds follows from the day."""
    rows = (Limit(row.of, row.since, row.up, row.down) for row in TrendLimit.objects.all())
    return (*FIRST_LIMITS, *rows)


def values_of(month: Period) -> dict[str, CollectedFigure]:
    """The figures of a month by code: of the edition in force, else of its draft."""
    found = editions.editions_of(month).filter(state=State.ISSUED).first()
    found = found or editions.editions_of(month).first()
    return editions.printed_figures(editions.figures_of(found)) if found else {}


def trends(
    edition: ReportEdition, figures: Iterable[CollectedFigure] | None = None
) -> tuple[Trend, ...]:
    """Every defined figure of an edition with its comparisons, by code."""
    own = editions.figures_of(edition) if figures is None else figures
    known = in_force(edition.period_end)
    last_month = values_of(month_before(edition.month))
    last_year = values_of(year_before(edition.month))
    dated = limits()
    return tuple(
        Trend(
            definition=known[code],
            now=figure,
            month=_compared(known[code], figure, last_month.get(code)),
            year=_compared(known[code], figure, last_year.get(code)),
            limit=limit_of(known[code], edition.period_end, dated),
        )
        for code, figure in sorted(editions.printed_figures(own).items())
        if code in known
    )


def _compared(
    known: Definition, now: CollectedFigure, before: CollectedFigure | None
) -> Compared | None:
    return compare(known, now.stated, before.stated) if before is not None else None


def remarks(
    edition: ReportEdition, figures: Iterable[CollectedFigure] | None = None
) -> tuple[Remark, ...]:
    """What is out of the usual; against the year before only the limit of growth is asked."""
    found: list[Remark] = []
    for one in trends(edition, figures):
        if one.month is not None:
            found += remarks_on(one.month, one.definition, one.limit, "tháng trước")
        if one.year is not None and one.now.value < one.year.before.value:
            found += remarks_on(one.year, one.definition, None, "cùng kỳ năm trước")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in one month, for its history."""

    month: Period
    figure: CollectedFigure
    issued_on: date | None


def history_of(code: str, most: int = 36) -> tuple[Point, ...]:
    """A figure across the months of the reports in force, oldest first."""
    issued = list(editions.issued_editions().filter(figures__code=code).distinct()[:most])
    found = []
    for edition in reversed(issued):
        figure = editions.printed_figures(
            f for f in editions.figures_of(edition) if f.code == code
        ).get(code)
        if figure is not None:
            found.append(Point(edition.month, figure, edition.issued_on))
    return tuple(found)

"""
This month beside the last one and the same month a year ago, from reports in force.

Only figures that an issued report printed are compared, value with value as they were
stated; where there is no such report the cell says so. A stock and a flow are drawn
alike, since each is compared with itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lienthong.kernel.periods import Period
from lienthong.web.papers.blocks import Bar, Block, Chart, Column, Paragraph, Table, Text

from ..domain.editions import State, month_words
from ..domain.wording import exact
from ..models import CollectedFigure, ReportEdition
from . import editions
from .provenance import value_text

DRAWN = ("F009", "P002", "F019")
"""Figures people would rather see than read: traffic, IDs of the month, births in the book."""
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in three months."""

    figure: CollectedFigure
    before: CollectedFigure | None
    year_ago: CollectedFigure | None

    @property
    def change(self) -> str:
        """Against last month, in percent with a sign."""
        if self.before is None or not self.before.value:
            return NOTHING
        share = (self.figure.value / self.before.value - 1) * 100
        rounded = share.quantize(Decimal("0.01"))
        return f"{'+' if rounded > 0 else ''}{exact(rounded)}%"


def month_before(month: Period, months: int) -> Period:
    """The calendar month so many months earlier."""
    index = month.start.year * 12 + month.start.month - 1 - months
    return Period.month(f"{index // 12:04d}-{index % 12 + 1:02d}")


def printed_in(month: Period) -> dict[str, CollectedFigure]:
    """The figures of the report in force of a month; empty when there is none."""
    edition = editions.editions_of(month).filter(state=State.ISSUED).first()
    return editions.printed_figures(editions.figures_of(edition)) if edition else {}


def compared(edition: ReportEdition, figures: dict[str, CollectedFigure]) -> list[Compared]:
    """Every printed figure that one of the earlier reports printed too."""
    before, year_ago = (printed_in(month_before(edition.month, months)) for months in (1, 12))
    return [
        Compared(figure, before.get(code), year_ago.get(code))
        for code, figure in sorted(figures.items())
        if code in before or code in year_ago
    ]


def annex(edition: ReportEdition, figures: dict[str, CollectedFigure]) -> Iterator[Block]:
    """The table, and a chart for the figures people look at."""
    rows = compared(edition, figures)
    if not rows:
        yield Paragraph((Text("Chưa có báo cáo tháng trước hoặc cùng kỳ năm trước để so sánh."),))
        return
    for one in rows:
        if one.figure.code in DRAWN:
            yield chart(one, edition.month)
    yield Table(
        caption="",
        columns=(
            Column("Mã", 8), Column("Số liệu", 40), Column("Kỳ này", 14, end=True),
            Column("Tháng trước", 14, end=True), Column("Cùng kỳ", 14, end=True),
            Column("So tháng trước", 10, end=True),
        ),
        rows=tuple(
            (one.figure.code, one.figure.title, value_text(one.figure), value_of(one.before),
             value_of(one.year_ago), one.change)
            for one in rows
        ),
    )  # fmt: skip


def value_of(figure: CollectedFigure | None) -> str:
    return NOTHING if figure is None else value_text(figure)


def chart(one: Compared, month: Period) -> Chart:
    """A bar for each of the months there is a figure of."""
    months = (
        (month_before(month, 12), one.year_ago),
        (month_before(month, 1), one.before),
        (month, one.figure),
    )
    known = [(when, figure) for when, figure in months if figure is not None]
    most = max(figure.value for _when, figure in known) or Decimal(1)
    return Chart(
        caption=f"{one.figure.code}. {one.figure.title} ({one.figure.unit})",
        bars=tuple(
            Bar(
                label=month_words(when).capitalize(),
                text=value_text(figure),
                share=max(0, min(1000, int(figure.value / most * 1000))),
            )
            for when, figure in known
        ),
    )

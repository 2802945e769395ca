"""
The annex of each ministry: its tasks as they stand on the report's day, and its figures.

Report 76 announces such an annex and the copy at hand lacks it (X15), so its form is
ours: made of what exists, the tasks a ministry leads and the figures its systems state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lienthong.web.papers.blocks import Block, Column, Heading, Paragraph, Table, Text

from ..domain.bodies import Level
from ..domain.deadlines import Standing
from ..domain.editions import short_day
from ..domain.titles import TITLES
from ..models import CollectedFigure, ReportEdition, Task
from .bodies import bodies_on
from .provenance import value_text
from .tasks import standing_on

OWNERS = {"directory": "G14", "population": "G01", "civil_status": "G15"}
"""Ministries behind the systems that state figures; those of the centre have no annex."""
STANDINGS = {
    Standing.OPEN: "chưa đặt hạn",
    Standing.IN_TIME: "trong hạn",
    Standing.OVERDUE: "quá hạn",
    Standing.DONE_IN_TIME: "hoàn thành đúng hạn",
    Standing.DONE_LATE: "hoàn thành quá hạn",
}
SHARED = 3
"""A paragraph given to more bodies than this is counted and not written out for each."""
LONGEST = 220


@dataclass(frozen=True, slots=True)
class Ministry:
    """What is known of one ministry on a day."""

    name: str
    tasks: tuple[Task, ...]
    figures: tuple[CollectedFigure, ...]


def ministries(edition: ReportEdition, figures: Iterable[CollectedFigure]) -> list[Ministry]:
    """Ministries with a task or a figure, in the order of their codes."""
    day = edition.issued_on or edition.counted_to
    stated = list(figures)
    bodies = {body.code: body.name for body in bodies_on(day).of_level(Level.MINISTRY)}
    rows = standing_on(day).exclude(standing=Standing.WITHDRAWN).select_related("document")
    led: dict[str, list[Task]] = {}
    for task in rows.filter(lead__in=bodies, document__issued_on__lte=day).order_by("due_on", "pk"):
        led.setdefault(task.lead, []).append(task)
    found = []
    for code, name in sorted(bodies.items()):
        mine = tuple(figure for figure in stated if OWNERS.get(figure.system) == code)
        if mine or code in led:
            found.append(Ministry(name, tuple(led.get(code, ())), mine))
    return found


def annex(edition: ReportEdition, figures: Iterable[CollectedFigure]) -> Iterator[Block]:
    """A heading for each ministry, its tally, its own tasks and its figures."""
    several = ministries(edition, figures)
    leads: dict[tuple[int, str], int] = {}
    for ministry in several:
        for task in ministry.tasks:
            key = (task.document_id, task.code)
            leads[key] = leads.get(key, 0) + 1
    if not several:
        yield Paragraph((Text("Chưa có nhiệm vụ hoặc số liệu nào của bộ, cơ quan ngang bộ."),))
    for number, ministry in enumerate(several, start=1):
        yield Heading(2, f"{number}.", ministry.name)
        yield Paragraph((Text(tally(ministry.tasks)),))
        own = [t for t in ministry.tasks if leads[t.document_id, t.code] <= SHARED]
        if own:
            yield tasks_table(ministry.name, own)
        if ministry.figures:
            yield figures_table(ministry.name, ministry.figures)


def tally(tasks: tuple[Task, ...]) -> str:
    """How many tasks, and how they stand."""
    if not tasks:
        return "Không có nhiệm vụ đang theo dõi."
    counts = {state: 0 for state in STANDINGS}
    for task in tasks:
        counts[Standing(task.standing)] += 1  # type: ignore[attr-defined]
    parts = [f"{count:02d} {STANDINGS[state]}" for state, count in counts.items() if count]
    return f"Số nhiệm vụ chủ trì: {len(tasks):02d}, trong đó {', '.join(parts)}."


def tasks_table(name: str, tasks: Iterable[Task]) -> Table:
    return Table(
        caption=f"Nhiệm vụ giao riêng cho {name}",
        columns=(Column("Nhiệm vụ", 52), Column("Văn bản", 20), Column("Hạn", 13),
                 Column("Tình trạng", 15)),
        rows=tuple(
            (
                shortened(task.text),
                str(task.document),
                short_day(task.due_on) if task.due_on else "–",
                STANDINGS[Standing(task.standing)],  # type: ignore[attr-defined]
            )
            for task in tasks
        ),
    )  # fmt: skip


def figures_table(name: str, figures: Iterable[CollectedFigure]) -> Table:
    return Table(
        caption=f"Số liệu do hệ thống của {name} nêu",
        columns=(Column("Mã", 9), Column("Số liệu", 46), Column("Giá trị", 20, end=True),
                 Column("Hệ thống", 25)),
        rows=tuple(
            (figure.code, figure.title, value_text(figure), TITLES.get(figure.system, ""))
            for figure in figures
        ),
    )  # fmt: skip


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"

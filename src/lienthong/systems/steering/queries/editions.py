"""Reads about editions: which there are, what they rest on, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from lienthong.kernel.periods import Period

from ..domain.catalogue import Way
from ..domain.editions import BODY, State
from ..domain.outline import place_of
from ..domain.relations import RELATIONS, Verdict
from ..domain.stated import Stated
from ..errors import NoSuchFigure, NoSuchReport, NotAMonth
from ..manifest import SOURCES
from ..models import (
    CollectedFigure,
    DocumentRegister,
    RelationCheck,
    ReportEdition,
    SourceAnswer,
)


def month_of(text: str | Period) -> Period:
    """A calendar month; raises `NotAMonth` or the kernel's `BadPeriod`."""
    period = text if isinstance(text, Period) else Period.month(text)
    if not period.is_month:
        raise NotAMonth(period=str(period))
    return period


def editions() -> QuerySet[ReportEdition]:
    return ReportEdition.objects.order_by("-period_start", "-version")


def editions_of(month: Period) -> QuerySet[ReportEdition]:
    return editions().filter(period_start=month.start, period_end=month.end)


def latest_edition(month: Period) -> ReportEdition:
    """The draft of a month, or its last issued edition; raises `NoSuchReport`."""
    edition = editions_of(month).first()
    if edition is None:
        raise NoSuchReport(month=str(month))
    return edition


def issued_edition(month: Period) -> ReportEdition:
    """The edition in force of a month; raises `NoSuchReport` while none was issued."""
    edition = editions_of(month).filter(state=State.ISSUED).first()
    if edition is None:
        raise NoSuchReport(month=str(month))
    return edition


def number_to_come(edition: ReportEdition, year: int) -> int:
    """The number a draft would get if it were issued now; another may be faster."""
    register = DocumentRegister.objects.filter(body=BODY, series=edition.symbol, year=year).first()
    return int(register.last if register else 0) + 1


def issued_editions() -> QuerySet[ReportEdition]:
    return editions().filter(state=State.ISSUED)


@dataclass(frozen=True, slots=True)
class Source:
    """A system that is asked, and how the asking went."""

    system: str
    last: SourceAnswer | None
    """The last time it was asked."""
    answer: SourceAnswer | None
    """The last answer it gave; the figures in the report came in it."""
    figures: tuple[CollectedFigure, ...]

    @property
    def state(self) -> str:
        """``new`` (never asked), ``live``, ``stale`` (old figures), ``missing`` (none at all)."""
        if self.last is None:
            return "new"
        if self.last.outcome == SourceAnswer.Outcome.ANSWERED:
            return "live"
        return "stale" if self.answer is not None else "missing"

    @property
    def silent_since(self) -> datetime | None:
        """The first failure after the last answer."""
        if self.last is None or self.state == "live":
            return None
        failures = SourceAnswer.objects.filter(edition=self.last.edition, system=self.system)
        if self.answer is not None:
            failures = failures.filter(asked_at__gte=self.answer.asked_at, pk__gt=self.answer.pk)
        first = failures.order_by("asked_at", "pk").first() or self.last
        since: datetime = first.asked_at
        return since


def sources(edition: ReportEdition) -> tuple[Source, ...]:
    """Every system that is asked, in the order of the report."""
    figures = figures_of(edition)
    asked = list(edition.answers.order_by("-asked_at", "-pk"))
    return tuple(_source(system, figures, asked) for system in SOURCES)


def _source(system: str, figures: Iterable[CollectedFigure], asked: list[SourceAnswer]) -> Source:
    mine = [answer for answer in asked if answer.system == system]
    answered = [a for a in mine if a.outcome == SourceAnswer.Outcome.ANSWERED]
    return Source(
        system=system,
        last=mine[0] if mine else None,
        answer=answered[0] if answered else None,
        figures=tuple(f for f in figures if f.system == system and f.way == Way.LIVE),
    )


def figures_of(edition: ReportEdition) -> tuple[CollectedFigure, ...]:
    return tuple(
        edition.figures.select_related("answer", "entry", "entry__evidence")
        .defer("entry__evidence__content")
        .order_by("code", "system", "way")
    )


def printed_figures(figures: Iterable[CollectedFigure]) -> dict[str, CollectedFigure]:
    """
    One figure for each code.

    When two systems state the same code, the one the report's sentence names is
    printed; the other stands beside it in the provenance. A live figure does not
    take the place of an entered one unless an officer has chosen it.
    """
    chosen: dict[str, CollectedFigure] = {}
    for figure in figures:
        there = chosen.get(figure.code)
        if there is None or goes_before(figure, there):
            chosen[figure.code] = figure
    return chosen


def goes_before(one: CollectedFigure, other: CollectedFigure) -> bool:
    """Whether ``one`` is printed rather than ``other``, which has the same code."""
    if one.chosen or other.chosen:
        return one.chosen
    if (one.way == Way.LIVE) != (other.way == Way.LIVE):
        return one.way != Way.LIVE
    place = place_of(one.code)
    return place is not None and place[1].system == one.system


def undecided(figures: Iterable[CollectedFigure]) -> tuple[str, ...]:
    """Codes that came both live and entered, and nobody has chosen which is printed."""
    ways: dict[str, set[bool]] = {}
    decided: set[str] = set()
    for figure in figures:
        ways.setdefault(figure.code, set()).add(figure.way == Way.LIVE)
        if figure.chosen:
            decided.add(figure.code)
    return tuple(sorted(code for code, met in ways.items() if len(met) > 1 and code not in decided))


def stated(figures: Iterable[CollectedFigure]) -> dict[str, Stated]:
    """The printed figures as the rules see them."""
    return {code: figure.stated for code, figure in printed_figures(figures).items()}


def figure_of(edition: ReportEdition, code: str, system: str = "") -> CollectedFigure:
    """One figure; raises `NoSuchFigure`."""
    figures = [f for f in figures_of(edition) if not system or f.system == system]
    found = printed_figures(figures).get(code)
    if found is None:
        raise NoSuchFigure(figure=code)
    return found


def checks_of(edition: ReportEdition) -> dict[str, RelationCheck]:
    """By key, in the order of the rules."""
    found = {check.key: check for check in edition.checks.all()}
    return {rule.key: found[rule.key] for rule in RELATIONS if rule.key in found}


def unexplained(edition: ReportEdition) -> list[RelationCheck]:
    """Relations that fail and carry no note."""
    return [
        check
        for check in checks_of(edition).values()
        if check.verdict == Verdict.FAILS and not check.note
    ]


def numbered_editions(month: Period) -> QuerySet[ReportEdition]:
    """Every edition of a month that was issued, newest first; also those since superseded."""
    return editions_of(month).exclude(state=State.DRAFT)


def edition_numbered(month: Period, version: int) -> ReportEdition:
    """One issued edition, in force or superseded; raises `NoSuchReport`."""
    edition = numbered_editions(month).filter(version=version).first()
    if edition is None:
        raise NoSuchReport(month=str(month), version=version)
    return edition

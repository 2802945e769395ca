"""
What a draft consists of: figures of the systems, accepted entries, and all that is said of them.

After each change of either the relations, the remarks and the differences from the
issued edition are worked out anew, so that a draft never shows a stale judgement.
"""

from __future__ import annotations

from decimal import Decimal

from lienthong.kernel.periods import Period

from ..domain.catalogue import Way, definition
from ..domain.editions import State
from ..domain.relations import RELATIONS
from ..domain.remarks import Remark, of_figures
from ..models import (
    CollectedFigure,
    EditionRemark,
    FigureEntry,
    RelationCheck,
    ReportEdition,
    Revision,
)
from ..queries import editions, trends
from ..queries.provenance import value_text

EIGHT_PLACES = Decimal("1E-8")


def refresh(month: Period) -> None:
    """Bring the accepted entries of a month into its draft, when there is one."""
    draft = editions.editions_of(month).select_for_update().filter(state=State.DRAFT).first()
    if draft is not None:
        gather(draft)


def gather(edition: ReportEdition) -> None:
    """Take the accepted entries in and judge the draft anew; in the caller's transaction."""
    take_entries(edition)
    figures = editions.figures_of(edition)
    check_relations(edition, figures)
    keep_remarks(edition, figures)
    compare_with_issued(edition, figures)


def take_entries(edition: ReportEdition) -> None:
    """The accepted entries of the month as figures of the draft; those replaced go."""
    accepted = list(
        FigureEntry.objects.filter(
            period_start=edition.period_start, state=FigureEntry.State.ACCEPTED
        )
    )
    entered = CollectedFigure.objects.filter(edition=edition).exclude(way=Way.LIVE)
    entered.exclude(entry__in=accepted).delete()
    there = set(entered.values_list("entry", flat=True))
    CollectedFigure.objects.bulk_create(
        [as_figure(edition, entry) for entry in accepted if entry.pk not in there]
    )


def as_figure(edition: ReportEdition, entry: FigureEntry) -> CollectedFigure:
    known = definition(entry.code, entry.period_end)
    return CollectedFigure(
        edition=edition,
        way=entry.way,
        entry=entry,
        system=entry.system,
        code=entry.code,
        title=known.title,
        value=entry.value,
        unit=known.unit,
        kind=known.kind.value,
        definition=known.definition,
        note=entry.note,
        window_start=entry.window_start,
        window_end=entry.window_end,
        as_of=entry.as_of,
        exactness=entry.exactness,
        source=f"entry: {entry.letter or (entry.evidence.name if entry.evidence else '')}",
        function="",
        rows=0,
        imported=0,
        part=entry.part,
        whole=entry.whole,
        collected_at=entry.decided_at or entry.entered_at,
    )


def check_relations(edition: ReportEdition, figures: tuple[CollectedFigure, ...]) -> None:
    """Check every relation anew; a note stays only while both sides stay as they were."""
    stated = editions.stated(figures)
    kept = {check.key: check for check in edition.checks.all()}
    new: list[RelationCheck] = []
    changed: list[RelationCheck] = []
    for rule in RELATIONS:
        finding = rule.check(stated)
        check = kept.get(rule.key) or RelationCheck(edition=edition, key=rule.key)
        was = (check.verdict, check.left, check.right)
        left, right = rounded(finding.left), rounded(finding.right)
        if (check.left, check.right) != (left, right):
            check.note, check.noted_by, check.noted_at = "", "", None
        check.verdict, check.left, check.right = finding.verdict.value, left, right
        if check.pk is None:
            new.append(check)
        elif was != (check.verdict, left, right):
            changed.append(check)
    RelationCheck.objects.bulk_create(new)
    RelationCheck.objects.bulk_update(
        changed, ["verdict", "left", "right", "note", "noted_by", "noted_at"]
    )


def rounded(side: Decimal | None) -> Decimal | None:
    """A side as the database keeps it."""
    return None if side is None else side.quantize(EIGHT_PLACES)


def keep_remarks(edition: ReportEdition, figures: tuple[CollectedFigure, ...]) -> None:
    """Write down what a careful reader would ask; kept, so that an issued edition keeps it."""
    found: tuple[Remark, ...] = (
        *of_figures(editions.stated(figures), edition.month),
        *trends.remarks(edition, figures),
    )
    wanted = [(one.code, one.words, ",".join(one.codes)) for one in found]
    there = [(row.code, row.words, row.figures) for row in edition.remark_rows.all()]
    if wanted == there:
        return
    edition.remark_rows.all().delete()
    EditionRemark.objects.bulk_create(
        EditionRemark(edition=edition, code=code, words=words, figures=codes)
        for code, words, codes in wanted
    )


def compare_with_issued(edition: ReportEdition, figures: tuple[CollectedFigure, ...]) -> None:
    """
    What differs from the edition in force; a reason stays while both values stay.

    The first edition of a month revises nothing.
    """
    issued = editions.editions_of(edition.month).filter(state=State.ISSUED).first()
    kept = {row.code: row for row in edition.revisions.all()}
    wanted: dict[str, tuple[str, str]] = {}
    if issued is not None:
        before = editions.printed_figures(editions.figures_of(issued))
        now = editions.printed_figures(figures)
        for code in sorted({*before, *now}):
            old = value_text(before[code]) if code in before else ""
            new = value_text(now[code]) if code in now else ""
            if old != new:
                wanted[code] = (old, new)
    for code, row in kept.items():
        if wanted.get(code) != (row.old, row.new):
            row.delete()
        else:
            del wanted[code]
    Revision.objects.bulk_create(
        Revision(edition=edition, code=code, old=old, new=new)
        for code, (old, new) in wanted.items()
    )

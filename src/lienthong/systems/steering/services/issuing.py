"""
Issuing an edition: its number, its day, and no change afterwards.

Numbers of a body run without a gap from 01 each year (Decree 30/2020, article
15), so the register's row is locked in the same transaction that issues.
"""

from __future__ import annotations

from django.conf import settings

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.protocol import document_keys
from lienthong.record import history

from ..domain.editions import BODY, State
from ..domain.relations import Verdict
from ..errors import (
    AlreadyIssued,
    ChoiceMissing,
    FiguresStale,
    MustBeSigned,
    NoteMissing,
    NothingCollected,
    NothingToExplain,
    ProofBroken,
    RelationUnexplained,
    RevisionUnexplained,
    SectionUnapproved,
)
from ..models import CollectedFigure, DocumentRegister, RelationCheck, ReportEdition, SourceAnswer
from ..queries import editions
from ..queries.narrative import unapproved

LONGEST_NOTE = 1000


def note_relation(edition: ReportEdition, key: str, note: str, *, by: Actor) -> RelationCheck:
    """Write why a relation does not hold; the figures stay as they are."""
    words = " ".join(note.split())
    if not words or len(words) > LONGEST_NOTE:
        raise NoteMissing(key=key)
    with history.acting(by):
        lock(edition)
        check = edition.checks.filter(key=key, verdict=Verdict.FAILS).first()
        if check is None:
            raise NothingToExplain(key=key)
        check.note, check.noted_by, check.noted_at = words, str(by), clock.instant()
        check.save(update_fields=["note", "noted_by", "noted_at"])
        record.done("steering.relation.noted", edition, by=by, detail={"relation": key})
    return check


def issue(edition: ReportEdition, *, by: Actor) -> ReportEdition:
    """
    Give the edition its number and put it in force, for a body that signs on paper.

    One with keys for its seal signs instead (`signing`). Raises `MustBeSigned`,
    `NothingCollected`, `FiguresStale`, `ProofBroken`, `ChoiceMissing`,
    `RelationUnexplained` or `RevisionUnexplained`; then no number is used up.
    """
    if document_keys.key_of(settings.NODE, BODY) is not None:
        raise MustBeSigned()
    with history.acting(by):
        locked = lock(edition)
        refuse_unready(locked)
        day = clock.today()
        locked.number = next_number(locked.symbol, day.year)
        locked.state = State.ISSUED
        locked.issued_on, locked.issued_at, locked.issued_by = day, clock.instant(), str(by)
        editions.editions_of(locked.month).filter(state=State.ISSUED).update(state=State.SUPERSEDED)
        locked.save()
        record.done(
            "steering.edition.issued",
            locked,
            by=by,
            detail={"number": locked.number, "symbol": locked.symbol, "year": day.year},
        )
    return locked


def lock(edition: ReportEdition) -> ReportEdition:
    """The draft, locked; raises `AlreadyIssued`. Locked before the register, always."""
    locked = ReportEdition.objects.select_for_update().get(pk=edition.pk)
    if not locked.is_draft:
        raise AlreadyIssued(edition=str(edition))
    return locked


def refuse_unready(edition: ReportEdition) -> None:
    figures = editions.figures_of(edition)
    if not figures:
        raise NothingCollected()
    silent = [s.system for s in editions.sources(edition) if s.state != "live"]
    if silent or any(figure.state == CollectedFigure.State.STALE for figure in figures):
        raise FiguresStale(systems=silent)
    if any(f.answer and f.answer.proof == SourceAnswer.Proof.BROKEN for f in figures):
        raise ProofBroken()
    if undecided := editions.undecided(figures):
        raise ChoiceMissing(figures=list(undecided))
    if sections := unapproved(edition):
        raise SectionUnapproved(sections=sections)
    if failing := editions.unexplained(edition):
        raise RelationUnexplained(relations=[check.key for check in failing])
    if revised := [row.code for row in edition.revisions.all() if row.needs_reason]:
        raise RevisionUnexplained(figures=revised)


def next_number(series: str, year: int, body: str = BODY) -> int:
    """The next number of a body's register; the row stays locked until the issue commits."""
    DocumentRegister.objects.get_or_create(body=body, series=series, year=year)
    register = DocumentRegister.objects.select_for_update().get(body=body, series=series, year=year)
    register.last += 1
    register.save(update_fields=["last"])
    return int(register.last)

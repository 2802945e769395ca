"""
Values that bodies report and officers enter: written by one, decided on by another.

What is accepted enters the draft of its month at once, beside what the systems
state. An accepted value is never changed; a revision replaces it and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.record import history

from ..domain.catalogue import Definition, Way, definition
from ..domain.editions import BODY, window
from ..domain.rounding import Exactness
from ..domain.symbols import DocumentNumber
from ..errors import (
    BadValue,
    ChangedMeanwhile,
    EntryClosed,
    FigureTwice,
    NotYourFigure,
    SecondOfficer,
    SourceMissing,
    StatedLive,
)
from ..models import Evidence, FigureEntry
from ..models.directives import Origin
from ..queries.bodies import own_body
from . import gathering
from .guards import SECRETARY, reason_of

REPORTER, APPROVER = "steering.reporter", "steering.approver"
LONGEST_NOTE = 500
MOST = Decimal(10) ** 20
WAITING, ACCEPTED = FigureEntry.State.WAITING, FigureEntry.State.ACCEPTED


@dataclass(frozen=True, slots=True)
class EntryInput:
    """What an officer writes of one figure; ``month`` is that of the report."""

    code: str
    month: Period
    value: Decimal
    window: Period
    as_of: date | None = None
    exactness: Exactness = Exactness.EXACT
    part: int | None = None
    whole: int | None = None
    letter: str = ""
    evidence: Evidence | None = None
    note: str = ""


def submit(
    given: EntryInput,
    *,
    by: Actor,
    replaces: FigureEntry | None = None,
    reason: str = "",
    origin: Origin = Origin.ENTERED,
) -> FigureEntry:
    """
    Write a value down for another officer to decide on.

    The owner's officer reports it; the secretariat's enters it by hand. With
    ``replaces`` an accepted value is revised, with the reason. Raises
    `NotYourFigure`, `StatedLive`, `WrongWindow`, `BadValue`, `SourceMissing`,
    `FigureTwice`.
    """
    known = definition(given.code, given.month.end)
    way = way_of(known, by)
    columns = checked(given, known, by)
    words = reason_of(reason) if replaces is not None else ""
    with history.acting(by):
        refuse_twice(given, replaces)
        try:
            with transaction.atomic():
                made = FigureEntry.objects.create(
                    **columns,
                    code=known.code,
                    period_start=given.month.start,
                    period_end=given.month.end,
                    way=way,
                    system=known.system,
                    body=own_body(by),
                    origin=origin,
                    author=str(by),
                    entered_on=by.legal_day,
                    entered_at=clock.instant(),
                    replaces=replaces,
                    reason=words,
                )
        except IntegrityError:
            raise FigureTwice(figure=known.code) from None
        told("submitted", made, by)
    return made


def edit(entry: FigureEntry, given: EntryInput, *, version: int, by: Actor) -> FigureEntry:
    """
    Correct a value that waits or was returned; it waits again.

    Raises what `submit` raises, `EntryClosed` once it was accepted, and
    `ChangedMeanwhile` when another officer was faster.
    """
    known = definition(given.code, given.month.end)
    if (given.code, given.month) != (entry.code, entry.month):
        raise BadValue(figure=given.code)
    way = way_of(known, by)
    columns = checked(given, known, by)
    with history.acting(by):
        held = lock(entry, version)
        if held.state not in (WAITING, FigureEntry.State.RETURNED):
            raise EntryClosed(figure=held.code)
        if own_body(by) != held.body or way != held.way:
            raise NotYourFigure(office=by.office, figure=held.code)
        for name, value in columns.items():
            setattr(held, name, value)
        held.state, held.author = WAITING, str(by)
        held.entered_on, held.entered_at = by.legal_day, clock.instant()
        held.decided_by, held.decided_at, held.answer = "", None, ""
        held.version += 1
        try:
            with transaction.atomic():
                held.save()
        except IntegrityError:
            raise FigureTwice(figure=held.code) from None
        told("edited", held, by)
    return held


def accept(entry: FigureEntry, *, version: int, by: Actor, note: str = "") -> FigureEntry:
    """Let a value into the report. Raises `SecondOfficer` for who wrote it, `EntryClosed`."""
    with history.acting(by):
        held = decided(entry, version, by)
        held.answer = " ".join(note.split())[:LONGEST_NOTE]
        before = FigureEntry.objects.select_for_update(of=("self",)).filter(
            code=held.code, period_start=held.period_start, state=ACCEPTED
        )
        for old in before:
            if old.pk != held.replaces_id:
                raise FigureTwice(figure=held.code)
            old.state = FigureEntry.State.REPLACED
            old.version += 1
            old.save(update_fields=["state", "version"])
        held.state = ACCEPTED
        held.save()
        told("accepted", held, by)
        gathering.refresh(held.month)
    return held


def give_back(entry: FigureEntry, reason: str, *, version: int, by: Actor) -> FigureEntry:
    """Return a value to who wrote it, with the reason."""
    words = reason_of(reason)
    with history.acting(by):
        held = decided(entry, version, by)
        held.state, held.answer = FigureEntry.State.RETURNED, words
        held.save()
        told("returned", held, by)
    return held


def withdraw(entry: FigureEntry, *, version: int, by: Actor) -> FigureEntry:
    """Take a value back that nobody has accepted yet."""
    with history.acting(by):
        held = lock(entry, version)
        if held.state not in (WAITING, FigureEntry.State.RETURNED):
            raise EntryClosed(figure=held.code)
        way_of(definition(held.code, held.period_end), by)
        if own_body(by) != held.body:
            raise NotYourFigure(office=by.office, figure=held.code)
        held.state = FigureEntry.State.WITHDRAWN
        held.version += 1
        held.save(update_fields=["state", "version"])
        told("withdrawn", held, by)
    return held


# -- what is asked first ------------------------------------------------------------------


def way_of(known: Definition, by: Actor) -> Way:
    """How this officer may bring this figure; raises `NotYourFigure` or `StatedLive`."""
    if known.answers_live:
        raise StatedLive(figure=known.code)
    body = own_body(by)
    if by.has(REPORTER) and body == known.body:
        return Way.REPORTED
    if by.has(SECRETARY) and body == BODY:
        return Way.BY_HAND
    raise NotYourFigure(office=by.office, figure=known.code)


def may_decide(by: Actor) -> bool:
    """Whether this officer decides on values, those of others."""
    return (by.has(SECRETARY) or by.has(APPROVER)) and own_body(by) == BODY


def decided(entry: FigureEntry, version: int, by: Actor) -> FigureEntry:
    """The waiting entry, locked and marked with who decides; the caller says how."""
    if not may_decide(by):
        raise NotYourFigure(office=by.office, figure=entry.code)
    held = lock(entry, version)
    if held.state != WAITING:
        raise EntryClosed(figure=held.code)
    if by.did(held.author):
        raise SecondOfficer(figure=held.code)
    held.decided_by, held.decided_at = str(by), clock.instant()
    held.version += 1
    return held


def lock(entry: FigureEntry, version: int) -> FigureEntry:
    """The entry as it stands; raises `ChangedMeanwhile` unless it is the version that was seen."""
    held = FigureEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if held.version != version:
        raise ChangedMeanwhile(entry=held.pk)
    return held


def refuse_twice(given: EntryInput, replaces: FigureEntry | None) -> None:
    """One value of a figure for a month: a second one is a revision of the first."""
    same = FigureEntry.objects.filter(code=given.code, period_start=given.month.start)
    accepted = same.filter(state=ACCEPTED).first()
    if (accepted.pk if accepted else None) != (replaces.pk if replaces else None):
        raise FigureTwice(figure=given.code)


def checked(given: EntryInput, known: Definition, by: Actor) -> dict[str, object]:
    """The columns of an entry, or the error that says what is wrong with it."""
    counted = window(given.month, by.legal_day)
    known.window.refuse_unfit(given.window, given.month, by.legal_day)
    if given.as_of is not None and not given.as_of <= counted.counted.end:
        known.window.refuse_unfit(Period(given.as_of, given.as_of), given.month, by.legal_day)
    refuse_value(given, known)
    letter = str(DocumentNumber.parse(given.letter)) if given.letter.strip() else ""
    if not letter and given.evidence is None:
        raise SourceMissing(figure=known.code)
    note = " ".join(given.note.split())
    if len(note) > LONGEST_NOTE:
        raise BadValue(figure=known.code, reason="note")
    return {
        "value": given.value,
        "part": given.part,
        "whole": given.whole,
        "exactness": given.exactness.value,
        "window_start": given.window.start,
        "window_end": given.window.end,
        "as_of": given.as_of,
        "letter": letter,
        "evidence": given.evidence,
        "note": note,
    }


def refuse_value(given: EntryInput, known: Definition) -> None:
    """A count is a whole number from 0; a share lies between 0 and 100; of 22 at most 22."""
    value, change = given.value, known.window.name == "month/month"
    if not value.is_finite() or abs(value) >= MOST or (value < 0 and not change):
        raise BadValue(figure=known.code)
    if known.unit == "%":
        if (value > 100 and not change) or value != round(value, 2):
            raise BadValue(figure=known.code)
    elif value != value.to_integral_value():
        raise BadValue(figure=known.code)
    if known.rounding.mode == "whole":
        if not given.whole or given.part != value or value > given.whole:
            raise BadValue(figure=known.code, reason="whole")
    elif (given.part, given.whole) != (None, None):
        raise BadValue(figure=known.code, reason="whole")


def told(what: str, entry: FigureEntry, by: Actor) -> None:
    record.done(
        f"steering.entry.{what}",
        entry,
        by=by,
        detail={"figure": entry.code, "month": str(entry.month), "way": entry.way},
    )

"""
Preparing a reform of units and deciding it.

One officer writes and proposes, another decides: a wrong row in the catalogues
moves the desks of a whole province. Until its day a decided reform can be
revoked; after that only another reform changes what it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.units import Level, UnitTable
from lienthong.record import history
from lienthong.systems.catalogues import queries
from lienthong.systems.catalogues.errors import (
    BuiltUpon,
    DayHasCome,
    NoSuchReform,
    ReasonMissing,
    ReformChanged,
    ReformHasFaults,
    ReformNotOpen,
    SameOfficer,
)
from lienthong.systems.catalogues.models import Reform, ReformPart, ReformUnit, Succession, Unit
from lienthong.systems.catalogues.queries import reforms as reading
from lienthong.systems.catalogues.services.publishing import (
    hold_catalogues,
    publish,
    replace_units,
)

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Heading:
    """What a reform is: its name, its first day, the act it rests on, the province it stays in."""

    title: str
    happened_on: date
    legal_basis: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class From:
    """An old unit that goes to a new one, whole or in part."""

    old: str
    is_default: bool = True
    share: str = ""


@dataclass(frozen=True, slots=True)
class Into:
    """A new unit and the old ones it is made of."""

    code: str
    name: str
    kind: str
    level: Level
    parent: str
    made_of: tuple[From, ...]


def open_reform(heading: Heading, *, by: Actor) -> Reform:
    """A new draft."""
    with history.acting(by):
        reform = Reform.objects.create(
            title=heading.title,
            happened_on=heading.happened_on,
            legal_basis=heading.legal_basis,
            within=heading.within,
            opened_at=clock.instant(),
            opened_by=str(by),
        )
        record.done("catalogues.reform.opened", reform, by=by)
    return reform


def change_heading(reform: Reform, heading: Heading, *, version: int, by: Actor) -> Reform:
    """Correct what a draft is called, when it happens and what it rests on."""
    with history.acting(by):
        held = _draft(reform, version)
        held.title, held.happened_on = heading.title, heading.happened_on
        held.legal_basis, held.within = heading.legal_basis, heading.within
        _save(held, by, "catalogues.reform.changed")
    return held


def put_unit(
    reform: Reform, into: Into, *, version: int, by: Actor, instead_of: str = ""
) -> Reform:
    """
    Write a new unit with what it is made of, instead of one written before or beside the others.

    An old unit marked as the default here is no default elsewhere any more.
    """
    with history.acting(by):
        held = _draft(reform, version)
        _remove(held, {into.code, instead_of} - {""})
        _write(held, [into])
        _save(held, by, "catalogues.reform.unit_written", unit=into.code)
    return held


def drop_unit(reform: Reform, code: str, *, version: int, by: Actor) -> Reform:
    """Take a new unit out of a draft; raises `NoSuchReform` when it is not in it."""
    with history.acting(by):
        held = _draft(reform, version)
        if not held.new_units.filter(code=code).exists():
            raise NoSuchReform(unit=code)
        _remove(held, {code})
        _save(held, by, "catalogues.reform.unit_dropped", unit=code)
    return held


def replace_all(reform: Reform, units: Sequence[Into], *, version: int, by: Actor) -> Reform:
    """Write everything anew, as a file brings it."""
    with history.acting(by):
        held = _draft(reform, version)
        held.parts.all().delete()
        held.new_units.all().delete()
        _write(held, units)
        _save(held, by, "catalogues.reform.filled", units=len(units))
    return held


def propose(reform: Reform, table: UnitTable, *, version: int, by: Actor) -> Reform:
    """Lay a draft before another officer; raises `ReformHasFaults`."""
    with history.acting(by):
        held = _draft(reform, version)
        if not reading.written(held, table).is_ready:
            raise ReformHasFaults(reform=held.pk)
        held.state = Reform.State.PROPOSED
        held.proposed_at, held.proposed_by, held.reason = clock.instant(), str(by), ""
        _save(held, by, "catalogues.reform.proposed")
    return held


def send_back(reform: Reform, reason: str, *, version: int, by: Actor) -> Reform:
    """Make a proposed reform a draft again, with the reason."""
    words = given_reason(reason)
    with history.acting(by):
        held = _locked(reform, version)
        if not held.is_proposed:
            raise ReformNotOpen(reform=held.pk, state=held.state)
        held.state, held.reason = Reform.State.DRAFT, words
        _save(held, by, "catalogues.reform.sent_back")
    return held


def withdraw(reform: Reform, reason: str, *, version: int, by: Actor) -> Reform:
    """Give up a reform that was not decided; it stays readable."""
    words = given_reason(reason)
    with history.acting(by):
        held = _locked(reform, version)
        if not (held.is_draft or held.is_proposed):
            raise ReformNotOpen(reform=held.pk, state=held.state)
        held.state, held.reason = Reform.State.WITHDRAWN, words
        _save(held, by, "catalogues.reform.withdrawn")
    return held


def decide(reform: Reform, *, version: int, by: Actor) -> Reform:
    """
    Write a proposed reform into the catalogues and publish them.

    Raises `SameOfficer` when the one who proposed it decides, from whatever
    seat, and `ReformHasFaults` when the units have changed since.
    """
    with history.acting(by):
        hold_catalogues()
        held = _locked(reform, version)
        if not held.is_proposed:
            raise ReformNotOpen(reform=held.pk, state=held.state)
        if by.did(held.proposed_by):
            raise SameOfficer(reform=held.pk)
        # Of the rows themselves, not of the node's copy: nobody else writes them now.
        found = reading.written(held, queries.tables().unit_table)
        if not found.is_ready:
            raise ReformHasFaults(reform=held.pk)
        replace_units(found.replacement, by=by)
        held.state = Reform.State.DECIDED
        held.decided_at, held.decided_by = clock.instant(), str(by)
        held.snapshot = publish(by=by).number
        _save(held, by, "catalogues.reform.decided", snapshot=held.snapshot)
    return held


def revoke(reform: Reform, reason: str, *, version: int, by: Actor) -> Reform:
    """
    Take back a decided reform before its day: the old units go on standing.

    Raises `DayHasCome`, `SameOfficer` for the one who decided it, and
    `BuiltUpon` when a later reform rests on its units.
    """
    words = given_reason(reason)
    with history.acting(by):
        hold_catalogues()
        held = _locked(reform, version)
        if not held.is_decided:
            raise ReformNotOpen(reform=held.pk, state=held.state)
        if held.happened_on <= clock.today():
            raise DayHasCome(reform=held.pk)
        if by.did(held.decided_by):
            raise SameOfficer(reform=held.pk)
        _undo(held)
        held.state, held.reason = Reform.State.REVOKED, words
        held.snapshot = publish(by=by).number
        _save(held, by, "catalogues.reform.revoked", snapshot=held.snapshot)
    return held


def _undo(reform: Reform) -> None:
    day, source = reform.happened_on, reading.source_of(reform)
    links = Succession.objects.filter(happened_on=day, source=source)
    old = set(links.values_list("old", flat=True))
    begun = Unit.objects.filter(valid_from=day, source=source)
    if begun.exclude(valid_to=None).exists():
        raise BuiltUpon(reform=reform.pk)
    begun.delete()
    links.delete()
    eve = day - timedelta(days=1)
    Unit.objects.filter(code__in=old, valid_to=eve).update(valid_to=None)


def _draft(reform: Reform, version: int) -> Reform:
    held = _locked(reform, version)
    if not held.is_draft:
        raise ReformNotOpen(reform=held.pk, state=held.state)
    return held


def _locked(reform: Reform, version: int) -> Reform:
    held = Reform.objects.select_for_update().get(pk=reform.pk)
    if held.version != version:
        raise ReformChanged(reform=held.pk)
    return held


def _save(held: Reform, by: Actor, deed: str, **detail: object) -> None:
    held.version += 1
    held.save()
    record.done(deed, held, by=by, detail=detail)


def _remove(held: Reform, codes: Iterable[str]) -> None:
    held.parts.filter(new__in=codes).delete()
    held.new_units.filter(code__in=codes).delete()


def _write(held: Reform, units: Sequence[Into]) -> None:
    defaults = [source.old for into in units for source in into.made_of if source.is_default]
    held.parts.filter(old__in=defaults, is_default=True).update(is_default=False)
    ReformUnit.objects.bulk_create(
        ReformUnit(
            reform=held,
            code=into.code,
            name=into.name,
            kind=into.kind,
            level=into.level,
            parent=into.parent,
        )
        for into in units
    )
    ReformPart.objects.bulk_create(
        ReformPart(
            reform=held,
            old=source.old,
            new=into.code,
            is_default=source.is_default,
            share=source.share,
        )
        for into in units
        for source in into.made_of
    )


def given_reason(text: str) -> str:
    """The words of a reason on one line; raises `ReasonMissing`."""
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_REASON:
        raise ReasonMissing()
    return words

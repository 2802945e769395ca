"""
Word to other desks: to the commune of residence, and to where an entry was first made.

Luật Hộ tịch art. 5.4 (registered elsewhere than where one lives) and 28.3 (changed
elsewhere than where it was registered).
"""

from __future__ import annotations

import functools
from datetime import date
from uuid import UUID, uuid4

from lienthong import record
from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.kernel.units import Level
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.entries import DeskLevel
from lienthong.systems.civil_status.errors import NoSuchEntry
from lienthong.systems.civil_status.models import Desk, Entry, Notice
from lienthong.web import catalogues

Why = Notice.Why


def tell_residence(entry: Entry, residences: list[str], *, kind: str, by: Actor) -> list[Notice]:
    """Tell the communes where the people live, unless that is the desk that registered."""
    desks = (desk_at(residence, by.legal_day) for residence in residences)
    offices = {desk.office for desk in desks if desk is not None} - {entry.office}
    return [_tell(entry, office, Why.RESIDENCE, kind, by) for office in sorted(offices)]


def tell_first_office(altered: Entry, entry: Entry, *, kind: str, by: Actor) -> Notice | None:
    """Tell the desk that keeps an entry that it was altered elsewhere."""
    if altered.custodian == entry.office:
        return None
    return _tell(entry, altered.custodian, Why.FIRST_REGISTRATION, kind, by)


def mark_seen(*, key: UUID, by: Actor) -> Notice:
    """An officer of the desk has read the notice; reading it again changes nothing."""
    desk = queries.desk_of(by)
    notice = Notice.objects.filter(key=key, to_office=desk.office).first()
    if notice is None:
        raise NoSuchEntry
    if notice.seen_on is None:
        notice.seen_on, notice.seen_by = by.legal_day, str(by)
        notice.save(update_fields=["seen_on", "seen_by"])
        record.done("civil_status.notice_seen", notice, by=by)
    return notice


def desk_at(residence: str, day: date) -> Desk | None:
    """The commune desk of a residence written as the book writes it; nothing when unclear."""
    written = {names.tone_key(part) for part in residence.split(",")} - {""}
    found = [
        code
        for name, above, code in _communes(catalogues.snapshot_number(), day)
        if name in written and above <= written
    ]
    if len(found) != 1:
        return None
    desks = Desk.objects.filter(unit=found[0], level=DeskLevel.COMMUNE, opened_on__lte=day)
    return desks.filter(closed_on=None).order_by("office").first()


@functools.lru_cache(maxsize=4)
def _communes(snapshot: int, day: date) -> tuple[tuple[str, frozenset[str], str], ...]:
    """Name, names of the units above, and code of each commune of a day."""
    units = catalogues.units()
    return tuple(
        (
            names.tone_key(unit.full_name),
            frozenset(names.tone_key(one.full_name) for one in units.line(unit.code, day)[1:]),
            unit.code,
        )
        for unit in units.on(day)
        if unit.level is Level.COMMUNE
    )


def _tell(entry: Entry, office: str, why: Notice.Why, kind: str, by: Actor) -> Notice:
    notice = Notice(
        key=uuid4(),
        to_office=office,
        from_office=entry.office,
        why=why.value,
        book=entry.kind.value,
        event=kind,
        entry=entry.key,
        number=entry.number,
        sent_on=by.legal_day,
    )
    notice.save(force_insert=True)
    record.done("civil_status.notice_sent", notice, by=by, detail={"to": office, "why": why.value})
    return notice

"""
What an event makes of its people, as population is asked to follow it.

The book prevails (Luật Hộ tịch art. 60.2). Only people with a number can be followed; a
corrected sex or year of birth makes the number say something wrong, so that another one
is asked for instead (Thông tư 59/2021/TT-BCA art. 6).
"""

from __future__ import annotations

from datetime import date

from lienthong.exchange.asks import Ask
from lienthong.systems.civil_status import needs, shapes
from lienthong.systems.civil_status.domain import wording
from lienthong.systems.civil_status.domain.entries import EventKind, Kind
from lienthong.systems.civil_status.domain.events import PARENTAGE, Change, Event, day_of
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.models import MarriageRegistration, OtherRegistration
from lienthong.systems.civil_status.needs import Ground

ENDS = {EventKind.DIVORCE: "divorced", EventKind.ANNULMENT: "annulled"}
STANDINGS = {
    EventKind.DECLARED_MISSING: "missing",
    EventKind.DECLARED_DEAD: "declared_dead",
    EventKind.DECLARATION_CANCELLED: "active",
}
FOLLOWED = {
    "child_name": "full_name",
    "birth_place": "birth_place",
    "home_place": "home_place",
    "nationality": "nationality",
}
"""Columns of the birth book whose text population keeps too, and what it calls them."""


def asks(
    event: Event, entry: MarriageRegistration | OtherRegistration, rule: KindRule
) -> list[Ask]:
    """Everything population is asked because of this event; nothing for who has no number."""
    ground = _ground(event, entry, rule)
    if event.kind == Kind.MARRIAGE or event.kind in ENDS:
        numbers = tuple(_number(event, side) for side in ("wife", "husband"))
        told = tuple(number for number in numbers if number)
        ended = "" if event.kind == Kind.MARRIAGE else ENDS[EventKind(event.kind)]
        return [needs.record_marriage(ground, numbers=told, ended=ended)] if told else []
    if event.kind in STANDINGS and (number := _number(event, "person")):
        return [_standing(event, ground, number)]
    if event.kind in PARENTAGE:
        return _recognised(event, ground)
    if event.changes and (number := _number(event, "person")):
        return _rewritten(event, ground, number)
    return []


def _ground(
    event: Event, entry: MarriageRegistration | OtherRegistration, rule: KindRule
) -> Ground:
    decision = event.text("decision")
    decided_on = event.parts.get("decided_on")
    return Ground(
        registration=str(entry.key),
        document=decision or f"{wording.PAPERS[event.kind]} số {entry.number}",
        legal_basis=rule.legal_basis,
        effective_on=decided_on if isinstance(decided_on, date) else entry.registered_on,
    )


def _number(event: Event, role: str) -> str:
    person = event.people.get(role)
    return str(person.personal_id) if person and person.personal_id else ""


def _standing(event: Event, ground: Ground, number: str) -> Ask:
    died_on = event.parts.get("died_on")
    return needs.record_standing(
        ground,
        number=number,
        standing=STANDINGS[EventKind(event.kind)],
        reason=wording.TITLES[event.kind],
        died_on=died_on if isinstance(died_on, date) else None,
    )


def _recognised(event: Event, ground: Ground) -> list[Ask]:
    child, parent = _number(event, "child"), _number(event, "parent")
    if not child or not parent:
        return []
    tie = {event.text("relation"): parent}
    reason = wording.TITLES[event.kind]
    return [needs.correct_particulars(ground, number=child, reason=reason, **tie)]


def _rewritten(event: Event, ground: Ground, number: str) -> list[Ask]:
    changes = {one.field: one for one in event.changes}
    reason = event.text("grounds") or wording.TITLES[event.kind]
    made: dict[str, object] = {
        FOLLOWED[field]: one.becomes for field, one in changes.items() if field in FOLLOWED
    }
    if "ethnicity" in changes:
        made["ethnicity"] = shapes.Ethnicity(changes["ethnicity"].becomes)
    found = []
    born = changes.get("born_on")
    if born is not None and not _other_year(born):
        made["born_on"] = day_of(born.becomes)
    if made:
        found.append(needs.correct_particulars(ground, number=number, reason=reason, **made))
    if "sex" in changes or (born is not None and _other_year(born)):
        found.append(
            needs.reestablish_personal_id(
                number=number,
                reason=reason,
                decision=ground.document,
                decided_on=ground.effective_on,
                sex=changes["sex"].becomes if "sex" in changes else "",
                born_on=day_of(born.becomes) if born is not None and _other_year(born) else None,
            )
        )
    return found


def _other_year(born: Change) -> bool:
    """The number states the year alone; another day of the same year leaves it right."""
    was, becomes = day_of(born.was), day_of(born.becomes)
    return was is None or becomes is None or was.year != becomes.year

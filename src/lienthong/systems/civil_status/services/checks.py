"""
What the books themselves say against an event, asked while its people are locked.

Two desks may hold the same two people at the same moment; a lock on each person lets
the second one see what the first has written (``services.events`` takes it first).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection

from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.entries import EventKind, Kind, Problem
from lienthong.systems.civil_status.domain.events import Event, Person
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.web import actors


def lock_people(event: Event) -> None:
    """Keep other registrations of these people waiting until this transaction ends."""
    keys = sorted(
        {
            str(one.personal_id)
            if one.personal_id
            else f"{names.folding_key(one.full_name)} {one.born_on}"
            for one in event.people.values()
        }
    )
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"civil_status:{key}"]
            )


def against_books(event: Event) -> list[Problem]:
    """Everything the books say against this event, by the field it belongs to."""
    found = []
    for role in event.spec.roles:
        person = event.people.get(role.code)
        if person is not None and role.living and queries.death_of(person) is not None:
            found.append(Problem(f"{role.code}_name", "dead_in_book"))
    if event.kind == Kind.MARRIAGE:
        found += _marriage(event)
    if event.kind == EventKind.RECOGNITION:
        found += _recognition(event)
    if event.kind == EventKind.GUARDIANSHIP and queries.guardianships_in_force(event.subject):
        found.append(Problem("ward_name", "guarded_already"))
    if event.kind == EventKind.MARITAL_STATUS:
        found += _marital_status(event)
    if event.kind in (EventKind.DIVORCE, EventKind.ANNULMENT):
        found += _ended_already(event)
    return found


def own_matter(people: Iterable[str], by: Actor, *, signatory: str, not_self: str) -> list[Problem]:
    """
    An officer does not register for themselves or their relatives (Luật Hộ tịch art. 12.1h).

    Accounts hold no personal ID, so only a name can raise the question; one of the same
    name may go on by saying why it is somebody else. Relatives nobody can know by name.
    """
    if names.clean(not_self):
        return []
    acting = {names.tone_key(name) for name in (actors.officer_name(str(by)), signatory) if name}
    if acting & {names.tone_key(name) for name in people if name}:
        return [Problem("not_self", "own_matter")]
    return []


def _marriage(event: Event) -> list[Problem]:
    found = [
        Problem(f"{side}_name", "married_in_book")
        for side in ("wife", "husband")
        if queries.marriages_in_force(event.people[side])
    ]
    births = {side: queries.birth_of_person(event.people[side]) for side in ("wife", "husband")}
    if _close_kin(births, event.people):
        found.append(Problem("husband_name", "close_kin"))
    return found


def _close_kin(
    births: Mapping[str, BirthRegistration | None], people: Mapping[str, Person]
) -> bool:
    """Parent and child, or children of one parent (Law on Marriage and Family art. 5.2d)."""
    numbers = {side: str(people[side].personal_id or "") for side in ("wife", "husband")}
    parents = {
        side: {birth.mother_id, birth.father_id} - {""} if birth else set()
        for side, birth in births.items()
    }
    return bool(
        numbers["wife"] in parents["husband"]
        or numbers["husband"] in parents["wife"]
        or parents["wife"] & parents["husband"]
    )


def _recognition(event: Event) -> list[Problem]:
    birth = queries.birth_of_person(event.people["child"])
    if birth is None:
        return []
    relation = event.text("relation")
    standing = queries.as_amended(birth).get(f"{relation}_name")
    return [Problem("relation", "parent_in_book")] if standing else []


def _marital_status(event: Event) -> list[Problem]:
    """The book prevails over what is declared (Luật Hộ tịch art. 60.2)."""
    married = bool(queries.marriages_in_force(event.subject))
    status = event.text("status")
    if married and status != "married":
        return [Problem("status", "book_says_married")]
    if not married and status == "never_married" and queries.was_married(event.subject):
        return [Problem("status", "book_says_was_married")]
    return []


def _ended_already(event: Event) -> list[Problem]:
    wife, husband = event.people["wife"], event.people["husband"]
    marriage = queries.marriage_of(wife, husband)
    if marriage is None:
        return []
    ended = queries.annotations_of(marriage).filter(
        event__in=(EventKind.DIVORCE, EventKind.ANNULMENT)
    )
    return [Problem("decision", "ended_already")] if ended.exists() else []

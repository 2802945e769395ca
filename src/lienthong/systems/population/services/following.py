"""
Subscribing to changes of known persons, and reading what was missed.

Which persons a subsystem knows is its own statement; which fields it is told of is the
grant's (decision 0074).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import BadPersonalId, PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries, shapes
from lienthong.systems.population.errors import CursorUnknown, FieldsNotGranted
from lienthong.systems.population.models import (
    ChangeNumber,
    FollowedPerson,
    Follower,
    PersonEvent,
)
from lienthong.systems.population.services import telling
from lienthong.web.accounts.uuids import uuid7

PLACE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Followed:
    """What a subsystem follows after a change of it."""

    count: int
    unknown: tuple[str, ...]
    fields: tuple[str, ...]


def follow(*, subsystem: str, numbers: Sequence[str], fields: Sequence[str], by: Actor) -> Followed:
    """
    Let a subsystem be told of changes of these persons; asking twice is once.

    Raises FieldsNotGranted when it asks for fields its grant of the event does not list.
    """
    held = telling.granted().get(subsystem)
    if held is None or not set(fields) <= telling.shown((), held.fields):
        raise FieldsNotGranted
    with personal.writing("population.follow", by=by):
        follower = _follower(subsystem, fields)
        found, unknown = _known(numbers)
        now = clock.instant()
        FollowedPerson.objects.bulk_create(
            [
                FollowedPerson(
                    key=uuid7(), person_id=key, follower=follower, known_as=number, since=now
                )
                for key, number in found.items()
            ],
            ignore_conflicts=True,
        )
        record.done("population.followed", f"follower:{subsystem}", by=by,
                    detail={"persons": len(found)})  # fmt: skip
        told = tuple(sorted(telling.shown(follower.wanted, held.fields)))
        return Followed(follower.persons.count(), unknown, told)


def unfollow(*, subsystem: str, numbers: Sequence[str], everyone: bool, by: Actor) -> Followed:
    """Tell a subsystem no more of these persons, or of anybody."""
    with personal.writing("population.unfollow", by=by):
        rows = FollowedPerson.objects.filter(follower=subsystem)
        unknown: tuple[str, ...] = ()
        if not everyone:
            found, unknown = _known(numbers)
            rows = rows.filter(person__in=list(found))
        gone, _ = rows.delete()
        record.done("population.unfollowed", f"follower:{subsystem}", by=by,
                    detail={"persons": gone})  # fmt: skip
        held = telling.granted().get(subsystem)
        follower = Follower.objects.filter(pk=subsystem).first()
        wanted: Iterable[str] = follower.wanted if follower else ()
        told = tuple(sorted(telling.shown(wanted, held.fields))) if held else ()
        return Followed(FollowedPerson.objects.filter(follower=subsystem).count(), unknown, told)


@dataclass(frozen=True, slots=True)
class Read:
    """A page of changes, and where the next one begins."""

    changes: tuple[shapes.PersonChanged, ...]
    next: str
    more: bool


def read_changes(*, subsystem: str, after: str, limit: int) -> Read:
    """
    The changes a subsystem was told of or should have been, in their order, after a place.

    Only persons it follows, only since it follows each, only fields of its grant as it
    stands today. Call it inside an open door. Raises CursorUnknown.
    """
    telling.number_changes()
    place = _place(after)
    held = telling.granted().get(subsystem)
    follower = Follower.objects.filter(pk=subsystem).first()
    if held is None or follower is None:
        return Read((), str(place), more=False)
    rows = _numbered(subsystem, place, limit + 1)
    allowed = telling.shown(follower.wanted, held.fields)
    events = PersonEvent.objects.in_bulk([event for _, event, _ in rows[:limit]])
    notices = (
        telling.notice_of(events[event], known_as, allowed) for _, event, known_as in rows[:limit]
    )
    last = rows[:limit][-1][0] if rows else place
    return Read(
        tuple(notice for notice in notices if notice is not None), str(last), len(rows) > limit
    )


def _numbered(subsystem: str, place: int, most: int) -> list[tuple[int, UUID, str]]:
    """Places, events and the numbers they are told under."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.event, f.known_as"
            " FROM population_changenumber c"
            " JOIN population_followedperson f ON f.person_id = c.person AND f.follower_id = %s"
            " JOIN population_personevent e ON e.person_id = c.person AND e.key = c.event"
            " WHERE c.id > %s AND e.recorded_at >= f.since ORDER BY c.id LIMIT %s",
            [subsystem, place, most],
        )
        return list(cursor.fetchall())


def _place(after: str) -> int:
    if not after:
        return 0
    if not PLACE.fullmatch(after):
        raise CursorUnknown
    place = int(after)
    newest = ChangeNumber.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    # A register that was restored has given out places it no longer knows.
    if place > newest:
        raise CursorUnknown
    return place


def _follower(subsystem: str, fields: Sequence[str]) -> Follower:
    row, made = Follower.objects.get_or_create(
        subsystem=subsystem,
        defaults={"wanted": sorted(set(fields)), "changed_at": clock.instant()},
    )
    if not made and fields:
        row.wanted, row.changed_at = sorted(set(fields)), clock.instant()
        row.save(update_fields=["wanted", "changed_at"])
    return row


def _known(numbers: Sequence[str]) -> tuple[dict[UUID, str], tuple[str, ...]]:
    """Persons by key with the number they are known by, and the numbers nobody has."""
    found: dict[UUID, str] = {}
    unknown = []
    for text in dict.fromkeys(numbers):
        try:
            one = queries.find(PersonalId.parse(text))
        except BadPersonalId:
            one = None
        if one is None or one.is_cancelled:
            unknown.append(text)
        else:
            found[one.person.pk] = str(PersonalId.parse(text))
    return found, tuple(unknown)

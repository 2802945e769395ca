"""
Telling those who follow a person of a change: as much as they asked for and are granted.

A notice is made for each follower apart. What the grant does not list is not in it, nor
the name of the field, nor a notice at all when nothing remains (decision 0074).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from lienthong.exchange import events
from lienthong.exchange.events import Subscriber
from lienthong.kernel import clock
from lienthong.systems.population import shapes
from lienthong.systems.population.manifest import PERSON_CHANGED, SYSTEM
from lienthong.systems.population.models import ChangeWaiting, FollowedPerson, PersonEvent

NUMBERING = 0x4C54_5043
"""Advisory lock of the numbering of changes: "LTPC"."""

# An event keeps the columns of the person; others know them by the names of the shapes.
OUTSIDE = {"ethnicity_code": "ethnicity", "ethnicity_list": "ethnicity"}


def tell(event: PersonEvent) -> None:
    """Put a notice into the outbox for each follower, in the transaction of the change."""
    followed = list(
        FollowedPerson.objects.filter(person=event.person_id).select_related("follower")
    )
    if not followed:
        return
    held = granted()
    for one in followed:
        subscriber = held.get(one.follower_id)
        if subscriber is None:
            continue
        allowed = shown(one.follower.wanted, subscriber.fields)
        notice = notice_of(event, one.known_as, allowed)
        if notice is None:
            continue
        if "number" in allowed and event.new.get("number"):
            FollowedPerson.objects.filter(pk=one.pk).update(known_as=event.new["number"])
        events.publish(
            SYSTEM,
            PERSON_CHANGED,
            notice,
            key=event.key,
            at=event.recorded_at,
            ordering_key=str(event.person_id),
            subscribers=lambda publisher, stated, now, only=subscriber: [only],
        )


def granted() -> dict[str, Subscriber]:
    """The subscribers of the change event by their local names, as their grants stand now."""
    stated = SYSTEM.event(PERSON_CHANGED)
    found = events.subscribers_of(SYSTEM, stated, clock.instant())
    return {one.local: one for one in found}


def shown(wanted: Iterable[str], fields: Sequence[str]) -> frozenset[str]:
    """What a follower is told: what it asked for, as far as the grant lists it."""
    every = shapes.CHANGE_FIELDS if "*" in fields else shapes.CHANGE_FIELDS & set(fields)
    asked = set(wanted)
    return frozenset(every & asked if asked else every)


def notice_of(
    event: PersonEvent, known_as: str, allowed: frozenset[str]
) -> shapes.PersonChanged | None:
    """The notice of an event with these fields; nothing when none of them changed."""
    values = _outside(event.new)
    told = {name: value for name, value in values.items() if name in allowed}
    if not told:
        return None
    whole = {
        # A new number is told under the one it replaces, also to whoever reads it late.
        "personal_id": event.old.get("number") or known_as,
        "event": str(event.key),
        "kind": event.kind,
        "effective_on": event.effective_on,
        "changed": sorted(told),
        **told,
    }
    return msgspec.convert(msgspec.to_builtins(whole), shapes.PersonChanged)


def _outside(new: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in new.items() if name not in OUTSIDE}
    if any(OUTSIDE.get(name, name) == "ethnicity" for name in new):
        values["ethnicity"] = {
            "name": new.get("ethnicity", ""),
            "code": new.get("ethnicity_code", ""),
            "list_version": new.get("ethnicity_list", ""),
        }
    return values


def number_changes() -> None:
    """
    Give every waiting event its place in the order, in a lock held until the commit.

    Places are given after the events were committed, so no place appears below one that
    somebody has read already.
    """
    if not ChangeWaiting.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING])
        cursor.execute(
            "WITH gone AS (DELETE FROM population_changewaiting RETURNING event, person)"
            " INSERT INTO population_changenumber (event, person)"
            " SELECT event, person FROM gone ORDER BY event"
        )

"""Being told of changes: whom a subsystem follows, and what it missed while it was away."""

from __future__ import annotations

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.record import personal
from lienthong.systems.population import shapes
from lienthong.systems.population.services import following


@edge.offer("person.follow.v1")
def follow(request: shapes.FollowPersons, caller: Caller) -> shapes.FollowingPersons:
    done = following.follow(
        subsystem=_local(caller),
        numbers=request.personal_ids,
        fields=request.fields,
        by=caller.actor,
    )
    return _told(request.personal_ids, done)


@edge.offer("person.unfollow.v1")
def unfollow(request: shapes.UnfollowPersons, caller: Caller) -> shapes.FollowingPersons:
    done = following.unfollow(
        subsystem=_local(caller),
        numbers=request.personal_ids,
        everyone=request.everyone,
        by=caller.actor,
    )
    return _told(request.personal_ids, done)


@edge.offer("changes.read.v1")
def read_changes(request: shapes.ReadChanges, caller: Caller) -> shapes.ChangesRead:
    with personal.bulk(caller.purpose, actor=str(caller.client), fields=["changes"]) as look:
        read = following.read_changes(
            subsystem=_local(caller), after=request.after, limit=request.limit
        )
        people = {change.personal_id for change in read.changes}
        look.count = len(people)
    edge.name_subjects(sorted(people))
    return shapes.ChangesRead(read.changes, read.next, read.more)


def _told(numbers: tuple[str, ...], done: following.Followed) -> shapes.FollowingPersons:
    unknown = set(done.unknown)
    edge.name_subjects(number for number in numbers if number not in unknown)
    return shapes.FollowingPersons(done.count, done.unknown, done.fields)


def _local(caller: Caller) -> str:
    """The caller as the directory's grants name it: without the instance."""
    return str(caller.client).partition("/")[2]

"""What every deed at a task asks first: is it your body's, and is there a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.db.models import Model

from lienthong.kernel.actor import Actor

from ..domain.bodies import Bodies
from ..errors import NotYourTask, ReasonMissing, SamePerson
from ..queries.bodies import bodies_of

SECRETARY, LEADER = "steering.secretary", "steering.leader"
LONGEST_REASON = 500
NUMBER = re.compile(r"[0-9]{12,}")


def refuse_others(allowed: Iterable[str], bodies: Bodies, *, by: Actor) -> None:
    """Raises `NotYourTask` unless the officer acts for one of these bodies."""
    if not set(allowed) & bodies_of(by, bodies):
        raise NotYourTask(office=by.office)


def refuse_same_person(acted: str, *, by: Actor) -> None:
    """Raises `SamePerson` when this account did the deed, from whatever seat."""
    if by.did(acted):
        raise SamePerson()


def reason_of(text: str) -> str:
    """The reason in one line; raises `ReasonMissing` for none, and for one that is too long."""
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_REASON:
        raise ReasonMissing()
    return words


def what_it_was(row: Model, wanted: Mapping[str, object]) -> dict[str, str]:
    """
    The old value of every column that changes, for the audit, at most a few lines of each.

    Nothing that looks like a personal number enters the audit; the row's own history has it.
    """
    old = {
        name: getattr(row, name) for name, value in wanted.items() if getattr(row, name) != value
    }
    return {
        name: NUMBER.sub("…", "" if value is None else str(value))[:LONGEST_REASON]
        for name, value in old.items()
    }

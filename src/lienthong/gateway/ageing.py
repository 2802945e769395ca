"""
How old the directory's snapshot is, and what that stops (decision 19).

A directory that is away stops nothing at first: the snapshot on disk goes on.
After ten minutes it is told, ever louder; after a day changing calls and
sensitive reads stop, public ones after a week.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from lienthong.protocol.snapshot import AGES, Snapshot

logger = logging.getLogger("lienthong.gateway")

# The directory makes a snapshot every hour even when nothing changed.
EXPECTED = timedelta(hours=1, minutes=10)
AWAY_AFTER = timedelta(minutes=10)
SOON = timedelta(hours=6)
TELL_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ageing:
    """What the age of a snapshot means at one moment."""

    age: timedelta | None
    """None when there is no snapshot at all."""
    stopped: tuple[str, ...]
    """Classes of services that are refused now."""
    next_stop: datetime | None
    """When the next class stops, if no newer snapshot comes."""
    directory_away: bool
    """Whether the directory has not been heard for ten minutes, or should have published since."""

    @property
    def level(self) -> int:
        """A level of `logging`; 0 while all is well."""
        if self.stopped or self.age is None:
            return logging.CRITICAL
        if self.next_stop is not None and self.age > min(AGES.values()) - SOON:
            return logging.ERROR
        return logging.WARNING if self.directory_away else 0


def ageing(snapshot: Snapshot | None, now: datetime, heard_at: datetime | None) -> Ageing:
    """
    ``heard_at`` is when the directory last answered, with news or without; None
    for a gateway that does not ask it but finds the snapshot on its own disk.
    """
    if snapshot is None:
        return Ageing(None, tuple(sorted(AGES)), None, True)
    age = max(now - snapshot.made_at, timedelta(0))
    stopped = tuple(sorted(name for name, limit in AGES.items() if age > limit))
    left = [snapshot.made_at + limit for limit in AGES.values() if age <= limit]
    silent = age > EXPECTED or (heard_at is not None and now - heard_at > AWAY_AFTER)
    return Ageing(age, stopped, min(left, default=None), silent)


@dataclass(slots=True)
class Warner:
    """Says it in the log when it begins, every ten minutes while it lasts, and when it ends."""

    _level: int = 0
    _told_at: datetime | None = None

    def tell(self, found: Ageing, now: datetime) -> None:
        due = self._told_at is None or now - self._told_at >= TELL_EVERY
        if found.level and (found.level != self._level or due):
            logger.log(
                found.level,
                "directory away",
                extra={
                    "age": round(found.age.total_seconds()) if found.age is not None else None,
                    "stopped": ",".join(found.stopped),
                    "next_stop": found.next_stop.isoformat() if found.next_stop else None,
                },
            )
            self._told_at = now
        elif not found.level and self._level:
            logger.warning("directory back", extra={"age": round(_seconds(found))})
            self._told_at = None
        self._level = found.level


def _seconds(found: Ageing) -> float:
    return found.age.total_seconds() if found.age is not None else 0.0

"""
The two clocks of a node, never mixed (decision 1).

`instant` is machine time: tokens, certificates, log order, timeouts, retention.
`today` is the node's legal day: law, competence, deadlines, figures, dates of
registration. A record keeps both (``recorded_at``, ``happened_on``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class _Stop:
    at: datetime | None
    legal_day: date | None


_source: Callable[[], date | None] | None = None
# Module state and not a context variable: a test that stops time means every thread.
_stops: list[_Stop] = []


def instant() -> datetime:
    """The machine's time, aware, in UTC."""
    for stop in reversed(_stops):
        if stop.at is not None:
            return stop.at
    return datetime.now(UTC)  # noqa: TID251


def today() -> date:
    """
    The node's legal day.

    ``LIENTHONG_LEGAL_DAY`` wins over the source installed by `use_legal_days`;
    without either it is the calendar day in Viet Nam.
    """
    for stop in reversed(_stops):
        if stop.legal_day is not None:
            return stop.legal_day
    if text := os.environ.get("LIENTHONG_LEGAL_DAY"):
        return date.fromisoformat(text)
    if _source is not None and (day := _source()) is not None:
        return day
    return local(instant()).date()


def use_legal_days(source: Callable[[], date | None] | None) -> None:
    """Install where legal days come from; the source may answer None for "no opinion"."""
    global _source
    _source = source


def local(moment: datetime) -> datetime:
    """A moment as clocks in Viet Nam show it; a naive moment is an error."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(VIET_NAM)


@contextmanager
def stopped(*, at: datetime | None = None, legal_day: date | None = None) -> Iterator[None]:
    """Stop one clock or both; for tests."""
    if at is not None and at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    stop = _Stop(at.astimezone(UTC) if at is not None else None, legal_day)
    _stops.append(stop)
    try:
        yield
    finally:
        _stops.remove(stop)

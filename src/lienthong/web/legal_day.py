"""
The legal day of a demonstration node, kept in the database (decision 1).

One row says which legal day it was when the country was loaded; from then on it
advances with real days. ``LIENTHONG_LEGAL_DAY`` wins over it, and a node without
the row lives on the calendar day in Viet Nam.
"""

from __future__ import annotations

import time
from datetime import date, timedelta

from django.conf import settings
from django.db import DatabaseError, ProgrammingError, models, transaction

from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record import fields

KEPT_SECONDS = 20.0
_kept: tuple[float, LegalDay | None] | None = None


class LegalDay(models.Model):
    """At most one row: the legal day on which this node's country was loaded."""

    only = fields.BooleanField(data="open", primary_key=True, default=True)
    starts_on = fields.DateField(data="open")
    loaded_on = fields.DateField(data="open")
    set_at = fields.DateTimeField(data="open", auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="web_one_legal_day")
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} as of {self.loaded_on}"

    def on(self, calendar_day: date) -> date:
        days: timedelta = calendar_day - self.loaded_on
        starts_on: date = self.starts_on
        return starts_on + days


def calendar_day() -> date:
    return clock.local(clock.instant()).date()


def begin(starts_on: date) -> LegalDay:
    """Say that today is this legal day; called when a demonstration country is loaded."""
    row, _ = LegalDay.objects.update_or_create(
        only=True, defaults={"starts_on": starts_on, "loaded_on": calendar_day()}
    )
    forget()
    transaction.on_commit(forget)
    return row


def current() -> date | None:
    """The legal day by the row, or nothing; the source installed in the kernel's clock."""
    row = _row()
    return row.on(calendar_day()) if row else None


def calendar_window(period: Period) -> Period | None:
    """
    The calendar days on which these legal days are lived; nothing when all lie before.

    Machine time orders the message log, so what happened live in a window of legal
    days is looked up there on these days (decision 1).
    """
    row = _row()
    if row is None:
        return period
    if period.end < row.starts_on:
        return None
    shift = row.loaded_on - row.starts_on
    return Period(max(period.start, row.starts_on) + shift, period.end + shift)


def install() -> None:
    clock.use_legal_days(current)


def forget() -> None:
    global _kept
    _kept = None


def _row() -> LegalDay | None:
    """Read at most every few seconds: every page asks, and the row changes once in a life."""
    global _kept
    now = time.monotonic()
    if _kept is not None and now < _kept[0]:
        return _kept[1]
    try:
        with transaction.atomic():
            row = LegalDay.objects.first()
    except ProgrammingError:
        # Before the first migration there is no such table, and the calendar day holds.
        return None
    except DatabaseError:
        # While the database is away for a moment the row that was read before holds. A process
        # that has read none cannot know: an entry must not carry a day five years off.
        if _kept is None:
            raise
        return _kept[1]
    if row is None and settings.DEMO:
        # This country is being loaded. Nobody who signs in right after may find a process that
        # still lives on the calendar day, so that there is none is not remembered.
        return None
    _kept = (now + KEPT_SECONDS, row)
    return row

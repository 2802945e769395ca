"""Reads of this node's outbox and inbox for the console: what was given up, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lienthong.exchange import inbox, outbox, registry
from lienthong.exchange.models import InboxRow, OutboxRow
from lienthong.kernel import clock


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A dead letter, as far as it may be listed: never its body."""

    row_id: int
    sender: str
    provider: str
    service_code: str
    key: str
    error: str
    attempts: int
    put_at: datetime
    given_up_at: datetime | None


def given_up(row: OutboxRow) -> GivenUp:
    return GivenUp(
        row_id=row.pk,
        sender=_title(row.consumer),
        provider=_title(row.provider),
        service_code=row.code,
        key=row.key,
        error=row.last_error,
        attempts=row.attempts,
        put_at=clock.local(row.put_at),
        given_up_at=clock.local(row.finished_at) if row.finished_at else None,
    )


def one_given_up(row_id: int) -> GivenUp:
    """Raises NoSuchRow for what is not, or no longer, a dead letter."""
    row = outbox.dead_letters().filter(pk=row_id).first()
    if row is None:
        raise outbox.NoSuchRow
    return given_up(row)


def given_up_events() -> list[GivenUp]:
    """Events taken in that could not be worked on, newest first."""
    return [_event(row) for row in inbox.dead_letters()[:200]]


def one_event(row_id: int) -> GivenUp:
    """Raises NoSuchEvent for what is not, or no longer, given up."""
    row = inbox.dead_letters().filter(pk=row_id).first()
    if row is None:
        raise inbox.NoSuchEvent
    return _event(row)


def _event(row: InboxRow) -> GivenUp:
    return GivenUp(
        row_id=row.pk,
        sender=row.sender,
        provider=_title(row.system),
        service_code=row.code,
        key=row.key,
        error=row.last_error,
        attempts=row.attempts,
        put_at=clock.local(row.received_at),
        given_up_at=clock.local(row.dead_at) if row.dead_at else None,
    )


def _title(system: str) -> str:
    """The name of a system on its card; its code when this node does not carry it any more."""
    try:
        return registry.card(system).title
    except (KeyError, ModuleNotFoundError):
        return system

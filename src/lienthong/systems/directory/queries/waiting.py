"""Reads of this node's outbox for the console: what was given up, and what still waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lienthong.exchange import outbox, registry
from lienthong.exchange.models import OutboxRow
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


def _title(system: str) -> str:
    """The name of a system on its card; its code when this node does not carry it any more."""
    try:
        return registry.card(system).title
    except (KeyError, ModuleNotFoundError):
        return system

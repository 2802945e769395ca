"""
Who takes the answers to what a system put into the outbox.

A system registers its functions in ``services.py`` or ``tasks.py``; these rooms
are imported when the first answer for that system comes, in whichever process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lienthong.exchange import errors, registry
from lienthong.exchange.client import Answer
from lienthong.exchange.models import OutboxRow

ROOMS = ("services", "tasks")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a handler learns about the request: never its body."""

    row_id: int
    key: str
    correlation: str
    ordering_key: str
    put_at: datetime
    attempts: int


OnAnswer = Callable[[Answer, Sent], None]
OnDead = Callable[[errors.ExchangeError, Sent], None]

_on_answer: dict[tuple[str, str], OnAnswer] = {}
_on_dead: dict[tuple[str, str], OnDead] = {}


def on_answer(system: str, code: str) -> Callable[[OnAnswer], OnAnswer]:
    """
    Let a function of ``system`` take the answers to its requests for ``code``.

    It runs in the transaction that marks the row delivered. If it raises, the
    row stays and the answer is fetched again, the same one, by its key.
    """

    def register(handler: OnAnswer) -> OnAnswer:
        _on_answer[system, code] = handler
        return handler

    return register


def on_dead(system: str, code: str) -> Callable[[OnDead], OnDead]:
    """Let a function know that a request was refused for good or ran out of time."""

    def register(handler: OnDead) -> OnDead:
        _on_dead[system, code] = handler
        return handler

    return register


def for_answer(row: OutboxRow) -> OnAnswer | None:
    """Who takes the answer to this row; a request may have nobody."""
    _load(row.consumer)
    return _on_answer.get((row.consumer, row.code))


def for_dead(row: OutboxRow) -> OnDead | None:
    """Who hears that this row was given up."""
    _load(row.consumer)
    return _on_dead.get((row.consumer, row.code))


def forget(system: str, code: str) -> None:
    """Remove what was registered; for tests that register their own."""
    _on_answer.pop((system, code), None)
    _on_dead.pop((system, code), None)


def sent(row: OutboxRow) -> Sent:
    return Sent(row.pk, row.key, row.correlation, row.ordering_key, row.put_at, row.attempts)


def _load(system: str) -> None:
    for room in ROOMS:
        registry.load_room(system, room)

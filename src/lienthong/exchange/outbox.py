"""
Requests that will be sent, however long the other side is down (decision 17).

``put`` writes one in the caller's own transaction: the registration and its
request commit together or not at all. The relay sends it, at least once and
with the same key, until it is answered; the handler given to `on_answer` runs
in the transaction that marks it delivered. Effects happen once, since the
provider keeps the answer with the key.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from lienthong.exchange import epoch, errors, scope, sending
from lienthong.exchange.asks import KEY, Ask
from lienthong.exchange.handlers import Sent, on_answer, on_dead
from lienthong.exchange.models import OutboxRow, State
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Conflict, LienThongError, NotFound
from lienthong.record import audit, trace

__all__ = (
    "PATIENCE",
    "NoSuchRow",
    "NotDead",
    "NotFrozen",
    "NotInTransaction",
    "OtherBytes",
    "Sent",
    "dead_letters",
    "deliver",
    "discard",
    "frozen",
    "on_answer",
    "on_dead",
    "put",
    "release",
    "retry",
    "set_aside",
    "state_of",
    "unfinished",
)

PATIENCE = timedelta(days=30)
"""How long a request keeps being sent; the provider keeps its answer as long."""


class NotInTransaction(LienThongError):
    """A request is put into the outbox in the transaction of its cause."""

    code = "exchange.not_in_transaction"


class OtherBytes(Conflict):
    """This key stands in the outbox with another request."""

    code = "exchange.outbox_key_reused"


class NoSuchRow(NotFound):
    """The outbox has no such request."""

    code = "exchange.no_such_outbox_row"


class NotDead(Conflict):
    """Only a request that was given up can be retried or discarded."""

    code = "exchange.outbox_row_not_dead"


class NotFrozen(Conflict):
    """Only a request that waits in an outbox frozen by a restore can be set aside."""

    code = "exchange.outbox_not_frozen"


def put(
    ask: Ask,
    *,
    key: object,
    ordering_key: str = "",
    correlation: object = "",
    deadline: timedelta = PATIENCE,
) -> OutboxRow:
    """
    Write a request into the caller's transaction, to be sent after commit.

    Requests with one ``ordering_key`` go to their provider one after the other,
    and a dead one holds those behind it. The same key with the same request is
    the row that is there, sent anew if it had been discarded; with another
    request it raises `OtherBytes`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(service=ask.need.code)
    if not KEY.fullmatch(str(key)):
        raise errors.BadKey(service=ask.need.code)
    body, now = ask.body, clock.instant()
    digest = hashlib.sha256(body).hexdigest()
    names = {
        "consumer": ask.system.code,
        "provider": ask.need.system,
        "code": ask.need.code,
        "key": str(key),
    }
    row = OutboxRow(
        **names,
        address=ask.provider,
        body=body,
        digest=digest,
        ordering_key=ordering_key,
        correlation=str(correlation),
        put_at=now,
        next_attempt=now,
        deadline=now + deadline,
        trace=trace.current(),
    )
    OutboxRow.objects.bulk_create([row], ignore_conflicts=True)
    known = _known(OutboxRow.objects.filter(**names))
    if known.digest != digest:
        raise OtherBytes(service=ask.need.code)
    if known.state == State.DISCARDED:
        _revive(known, row)
    sending.wake_relay()
    return known


def _revive(known: OutboxRow, row: OutboxRow) -> None:
    """Let a discarded request wait again, with the bytes that were thrown away."""
    fresh = {
        "state": State.WAITING,
        "body": row.body,
        "attempts": 0,
        "next_attempt": row.next_attempt,
        "deadline": row.deadline,
        "finished_at": None,
    }
    OutboxRow.objects.filter(pk=known.pk, state=State.DISCARDED).update(**fresh)
    for name, value in fresh.items():
        if name != "body":
            setattr(known, name, value)


def _known(rows: QuerySet[OutboxRow]) -> OutboxRow:
    """The row without its body, which stays behind the lock."""
    row = rows.defer("body").first()
    if row is None:
        raise NoSuchRow
    return row


# -- sending one row -----------------------------------------------------------------------


def deliver(row_id: int, deadline: float = scope.PAGE_SECONDS) -> str:
    """
    Try to send one row now; its state afterwards.

    A page calls this right after its commit, so that an answer that comes at
    once is on the screen at once. It does not wait for a row somebody else is
    sending, and it never raises for a provider that is down: the relay goes on.
    """
    claimed = sending.claim(row_id, seconds=deadline)
    if claimed is None:
        return _settled_state(row_id)
    sending.send(claimed, deadline)
    return state_of(row_id)


def _settled_state(row_id: int) -> str:
    """
    The state of a row that could not be claimed.

    Whoever was quicker may still hold its lock: until that transaction ends the row looks
    as if nobody had taken it, and a page would say that nothing is under way.
    """
    with transaction.atomic():
        row = OutboxRow.objects.select_for_update().filter(pk=row_id).only("state").first()
    if row is None:
        raise NoSuchRow
    return row.state


def state_of(row_id: int) -> str:
    """The state of a row; raises NoSuchRow."""
    state = OutboxRow.objects.filter(pk=row_id).values_list("state", flat=True).first()
    if state is None:
        raise NoSuchRow
    return state


# -- the desk of dead letters --------------------------------------------------------------


def dead_letters(consumer: str | None = None) -> QuerySet[OutboxRow]:
    """Requests given up, newest first, without their bodies."""
    rows = OutboxRow.objects.filter(state=State.DEAD).defer("body").order_by("-finished_at")
    return rows if consumer is None else rows.filter(consumer=consumer)


def unfinished(consumer: str, correlation: object) -> QuerySet[OutboxRow]:
    """What still waits for one thing of a system, without bodies."""
    return (
        OutboxRow.objects.filter(consumer=consumer, correlation=str(correlation))
        .exclude(state__in=[State.DELIVERED, State.DISCARDED])
        .defer("body")
        .order_by("id")
    )


@transaction.atomic
def retry(row_id: int, *, by: Actor) -> None:
    """Send a dead request again, with the same key and fresh patience; raises NotDead."""
    row = _dead(row_id)
    now = clock.instant()
    OutboxRow.objects.filter(pk=row.pk).update(
        state=State.WAITING,
        attempts=0,
        next_attempt=now,
        deadline=max(row.deadline, now + PATIENCE),
        finished_at=None,
    )
    audit.enter("outbox.retried", row, by=by, detail={"service": row.code, "error": row.last_error})
    sending.wake_relay()


@transaction.atomic
def discard(row_id: int, *, reason: str, by: Actor) -> None:
    """Give a dead request up for ever and let those behind it go; raises NotDead."""
    row = _dead(row_id)
    OutboxRow.objects.filter(pk=row.pk).update(
        state=State.DISCARDED, body=b"", finished_at=clock.instant()
    )
    audit.enter("outbox.discarded", row, by=by, detail={"service": row.code, "reason": reason})
    sending.wake_relay()


def _dead(row_id: int) -> OutboxRow:
    row = _known(OutboxRow.objects.select_for_update().filter(pk=row_id))
    if row.state != State.DEAD:
        raise NotDead
    return row


# -- after a restore -----------------------------------------------------------------------

SET_ASIDE = "exchange.set_aside_after_restore"


def frozen() -> QuerySet[OutboxRow]:
    """What releasing the outbox would send, oldest first, without bodies."""
    if not epoch.outbox_is_frozen():
        return OutboxRow.objects.none().defer("body")
    waiting = OutboxRow.objects.filter(state__in=[State.WAITING, State.SENDING])
    return waiting.defer("body").order_by("id")


@transaction.atomic
def set_aside(row_id: int, *, by: Actor) -> None:
    """
    Give up a request of the frozen outbox, so that it goes to the desk of dead letters.

    There it can still be sent again or discarded. Raises NotFrozen.
    """
    row = frozen().select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        raise NotFrozen
    sending.mark_dead(row, SET_ASIDE)
    audit.enter("outbox.set_aside", row, by=by, detail={"service": row.code})


@transaction.atomic
def release(*, by: Actor) -> int:
    """Let a frozen outbox be sent; how many requests wait. Raises epoch.NothingToRelease."""
    waiting = frozen().count()
    epoch.release("outbox", by=by, detail={"waiting": waiting})
    sending.wake_relay()
    return waiting

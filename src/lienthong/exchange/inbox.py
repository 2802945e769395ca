"""
Messages kept before they are answered, and worked on later (decision 17).

For an offer whose work is too long for a call: it accepts into the inbox and
answers at once; a job of the same node does the work. Unique on sender and
key, so a message sent twice is one row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet

from lienthong.exchange.edge import Caller, IdempotencyKeyMissing, IdempotencyKeyReused
from lienthong.exchange.models import InboxRow
from lienthong.exchange.outbox import NotInTransaction
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.errors import NotFound
from lienthong.record import audit, personal, trace

CHANNEL = "lienthong_inbox"


class NoSuchEvent(NotFound):
    """No event that was given up stands here."""

    code = "exchange.no_such_inbox_row"


def accept(
    system: str, code: str, request: msgspec.Struct, caller: Caller, *, ordering_key: str = ""
) -> tuple[int, bool]:
    """
    Keep a message; its row, and whether it is new.

    Raises IdempotencyKeyReused when the sender used the key for another message.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(service=code)
    if not caller.key:
        raise IdempotencyKeyMissing
    body = msgspec.json.encode(request)
    digest = hashlib.sha256(body).hexdigest()
    names = {"sender": str(caller.client), "key": caller.key}
    row = InboxRow(
        **names,
        system=system,
        code=code,
        body=body,
        digest=digest,
        received_at=clock.instant(),
        next_attempt=clock.instant(),
        ordering_key=ordering_key,
        trace=trace.current(),
    )
    before = InboxRow.objects.filter(**names).values_list("pk", flat=True).first()
    if before is None:
        InboxRow.objects.bulk_create([row], ignore_conflicts=True)
    known, kept, offered = InboxRow.objects.values_list("pk", "digest", "code").get(**names)
    if (kept, offered) != (digest, code):
        raise IdempotencyKeyReused(offer=f"{system}/{code}")
    wake_taker()
    return known, before is None


def wake_taker() -> None:
    """Tell the taker, when this transaction commits, that there is something to work on."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


# -- the desk of events that were given up ---------------------------------------------------


def dead_letters() -> QuerySet[InboxRow]:
    """Events that could not be worked on, newest first, without their bodies."""
    return (
        InboxRow.objects.exclude(dead_at=None)
        .filter(done_at=None)
        .defer("body")
        .order_by("-dead_at")
    )


@transaction.atomic
def retry(row_id: int, *, by: Actor) -> None:
    """Work on a dead event again; raises NoSuchEvent."""
    row = _dead(row_id)
    InboxRow.objects.filter(pk=row.pk).update(
        dead_at=None, attempts=0, next_attempt=clock.instant()
    )
    audit.enter("inbox.retried", row, by=by, detail={"event": row.code, "error": row.last_error})
    wake_taker()


@transaction.atomic
def discard(row_id: int, *, reason: str, by: Actor) -> None:
    """Give an event up for ever and let those behind it go; raises NoSuchEvent."""
    row = _dead(row_id)
    InboxRow.objects.filter(pk=row.pk).update(done_at=clock.instant(), body=b"")
    audit.enter("inbox.discarded", row, by=by, detail={"event": row.code, "reason": reason})
    wake_taker()


def _dead(row_id: int) -> InboxRow:
    row = dead_letters().select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NoSuchEvent
    return row


# -- jobs of a system that works on its own inbox ---------------------------------------------


def pending(system: str, code: str, *, most: int = 100) -> list[int]:
    """Rows nobody has worked on yet, oldest first."""
    rows = InboxRow.objects.filter(system=system, code=code, done_at=None).order_by("id")
    return list(rows.values_list("pk", flat=True)[:most])


@contextmanager
def working_on(row_id: int) -> Iterator[bytes | None]:
    """
    The body of a pending message, in the transaction that marks it done.

    Nothing when another worker has it or it is done; leaving with an exception
    keeps it pending.
    """
    with transaction.atomic():
        row = (
            InboxRow.objects.select_for_update(skip_locked=True)
            .filter(pk=row_id, done_at=None)
            .defer("body")
            .first()
        )
        if row is None:
            yield None
            return
        with trace.following(row.trace):
            with personal.writing("exchange.inbox", by=system_actor(row.system, clock.today())):
                body = bytes(InboxRow.objects.values_list("body", flat=True).get(pk=row_id))
            yield body
            InboxRow.objects.filter(pk=row_id).update(done_at=clock.instant(), body=b"")

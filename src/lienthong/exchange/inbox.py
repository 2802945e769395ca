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

from lienthong.exchange.edge import Caller, IdempotencyKeyMissing, IdempotencyKeyReused
from lienthong.exchange.models import InboxRow
from lienthong.exchange.outbox import NotInTransaction
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.record import personal, trace


def accept(system: str, code: str, request: msgspec.Struct, caller: Caller) -> tuple[int, bool]:
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
        trace=trace.current(),
    )
    before = InboxRow.objects.filter(**names).values_list("pk", flat=True).first()
    if before is None:
        InboxRow.objects.bulk_create([row], ignore_conflicts=True)
    known, kept, offered = InboxRow.objects.values_list("pk", "digest", "code").get(**names)
    if (kept, offered) != (digest, code):
        raise IdempotencyKeyReused(offer=f"{system}/{code}")
    return known, before is None


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

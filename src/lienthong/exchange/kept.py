"""
Answers of changing offers, kept beside their effects for thirty days (decision 16).

The row is taken before the handler runs, so that two requests with one key
queue at the database: the second finds the first one's answer, and never runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from lienthong.exchange.edge import Caller, IdempotencyKeyReused, Produced, Registered
from lienthong.exchange.models import KeptAnswer
from lienthong.kernel import clock
from lienthong.record import personal

KEPT_FOR = timedelta(days=30)


def once(
    registered: Registered, body: bytes, caller: Caller, run: Callable[[], Produced]
) -> tuple[Produced, bool]:
    """
    The answer to this key, run now or kept from before, and whether it was kept.

    Call it in the transaction of the effect. Raises IdempotencyKeyReused when
    the key came before with other bytes.
    """
    digest = hashlib.sha256(body).hexdigest()
    names = {"client": str(caller.client), "offer": registered.name, "key": caller.key}
    with personal.writing("exchange.keep_answer", by=caller.actor):
        # With ON CONFLICT DO NOTHING a second request waits here for the first to end.
        KeptAnswer.objects.bulk_create(
            [KeptAnswer(**names, digest=digest, kept_at=clock.instant())], ignore_conflicts=True
        )
        row = KeptAnswer.objects.select_for_update().get(**names)
    if row.digest != digest:
        raise IdempotencyKeyReused(offer=registered.name)
    if row.answer is not None:
        return Produced(bytes(row.answer), tuple(row.subjects), spoken=True), True
    produced = run()
    KeptAnswer.objects.filter(pk=row.pk).update(
        answer=produced.body, subjects=list(produced.subjects)
    )
    return produced, False


def forget_old() -> int:
    """Remove answers older than thirty days; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM exchange_keptanswer WHERE kept_at < %s", [clock.instant() - KEPT_FOR]
        )
        return int(cursor.rowcount)

"""
Taking a row of the outbox, sending it, and writing down what became of it.

A row is claimed in one short transaction, sent outside any, and settled in
another that also runs the system's handler. A claim has a lease: a sender that
died loses it, and one that comes back too late may no longer settle anything.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import Case, Exists, Min, OuterRef, Q, QuerySet, When

from lienthong.exchange import client, epoch, errors, handlers, registry
from lienthong.exchange.asks import Ask
from lienthong.exchange.client import Answer
from lienthong.exchange.models import OutboxRow, State
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.kernel.errors import LienThongError
from lienthong.record import personal, trace

CHANNEL = "lienthong_outbox"
FIRST_REST = 2.0
LONGEST_REST = 600.0
LEASE_BEYOND_DEADLINE = timedelta(seconds=15)
HASTENED = 4
NEVER_SENT = ("exchange.gateway_down", "exchange.circuit_open", "exchange.lane_full")

log = logging.getLogger("lienthong.exchange.outbox")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this thread sends, with all that is needed to do so."""

    row_id: int
    claim: uuid.UUID
    ask: Ask
    key: str
    trace: str
    deadline: datetime


def wake_relay() -> None:
    """Tell the relay, when this transaction commits, that there is something to send."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def due(now: datetime) -> QuerySet[OutboxRow]:
    """Rows whose time has come: waiting ones, and those whose sender was lost."""
    return OutboxRow.objects.filter(
        Q(state=State.WAITING, next_attempt__lte=now)
        | Q(state=State.SENDING, claimed_until__lt=now)
    )


def claim(row_id: int | None = None, *, seconds: float, by_relay: bool = False) -> Claimed | None:
    """
    Take one row to send: the given one or whichever is due first; nothing if none is free.

    Rows somebody else has locked are skipped. The advisory lock makes two
    claimers of one ordering key take turns, so that the test for one in flight
    holds also between rows that were committed at the same moment. After a restore nothing
    is taken until the outbox has been reviewed.
    """
    if epoch.outbox_is_frozen():
        return None
    now = clock.instant()
    with transaction.atomic():
        rows = due(now) if row_id is None else OutboxRow.objects.filter(pk=row_id)
        if row_id is not None:
            rows = rows.filter(
                Q(state=State.WAITING) | Q(state=State.SENDING, claimed_until__lt=now)
            )
        free = _heads(rows).order_by("next_attempt", "id").defer("body")
        for row in free.select_for_update(skip_locked=True)[:5]:
            if row.ordering_key and not _may_go(row):
                continue
            if (claimed := _claimed(row, uuid.uuid4())) is None:
                continue
            OutboxRow.objects.filter(pk=row.pk).update(
                state=State.SENDING,
                claim=claimed.claim,
                claimed_until=now + timedelta(seconds=seconds) + LEASE_BEYOND_DEADLINE,
                by_relay=by_relay,
                attempts=row.attempts + 1,
            )
            return claimed
    return None


def recover() -> int:
    """Free at once what a relay that is gone was sending; how many rows. For the next relay."""
    left = OutboxRow.objects.filter(state=State.SENDING, by_relay=True)
    return left.update(claimed_until=clock.instant() - timedelta(seconds=1))


def next_due() -> datetime | None:
    """When the next row can be sent; nothing when none waits for its time."""
    if epoch.outbox_is_frozen():
        return None
    open_rows = OutboxRow.objects.filter(state__in=[State.WAITING, State.SENDING])
    when = Case(When(state=State.SENDING, then="claimed_until"), default="next_attempt")
    return _heads(open_rows).aggregate(at=Min(when))["at"]  # type: ignore[no-any-return]


def _heads(rows: QuerySet[OutboxRow]) -> QuerySet[OutboxRow]:
    """Those of the rows that are first in their order; a dead one holds those behind it."""
    earlier = OutboxRow.objects.filter(
        provider=OuterRef("provider"),
        ordering_key=OuterRef("ordering_key"),
        pk__lt=OuterRef("pk"),
        state__in=[State.WAITING, State.SENDING, State.DEAD],
    ).exclude(ordering_key="")
    return rows.exclude(Exists(earlier))


def _may_go(row: OutboxRow) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 17))",
            [f"{row.provider}\n{row.ordering_key}"],
        )
        if not cursor.fetchone()[0]:
            return False
    return (
        not OutboxRow.objects.filter(
            provider=row.provider, ordering_key=row.ordering_key, state=State.SENDING
        )
        .exclude(pk=row.pk)
        .exists()
    )


def _claimed(row: OutboxRow, token: uuid.UUID) -> Claimed | None:
    """What to send; a row whose need has left its card is dead and never sent."""
    with personal.writing("exchange.outbox", by=system_actor(row.consumer, clock.today())):
        body = bytes(OutboxRow.objects.values_list("body", flat=True).get(pk=row.pk))
    try:
        system = registry.card(row.consumer)
        need = system.need(row.provider, row.code)
        request = msgspec.json.decode(body, type=need.request)
    except (KeyError, ModuleNotFoundError, msgspec.DecodeError):
        mark_dead(row, "exchange.no_such_need")
        return None
    return Claimed(
        row_id=row.pk,
        claim=token,
        ask=_Frozen(system, need, request, row.address, body),
        key=row.key,
        trace=row.trace,
        deadline=row.deadline,
    )


@dataclass(frozen=True)
class _Frozen(Ask):
    """An ask with the very bytes that were put, so that its digest never changes."""

    frozen: bytes = b""

    @property
    def body(self) -> bytes:
        return self.frozen


def send(claimed: Claimed, deadline: float) -> None:
    """Send a claimed row outside any transaction and write down what became of it."""
    with trace.following(claimed.trace):
        if claimed.deadline <= clock.instant():
            _bury(claimed, errors.Unavailable(code="exchange.out_of_patience"))
            return
        try:
            answer = client.call(claimed.ask, deadline=deadline, key=claimed.key)
        except errors.Final as error:
            _bury(claimed, error)
        except errors.ExchangeError as error:
            _put_off(claimed, error.code, retry_after=error.retry_after)
        except LienThongError as error:
            log.exception("a request could not be sent", extra={"row": claimed.row_id})
            _put_off(claimed, error.code)
        else:
            _take(claimed, answer)


def _take(claimed: Claimed, answer: Answer) -> None:
    try:
        with transaction.atomic():
            row = _locked(claimed)
            if row is None:
                return
            if (handler := handlers.for_answer(row)) is not None:
                handler(answer, handlers.sent(row))
            OutboxRow.objects.filter(pk=row.pk).update(
                state=State.DELIVERED,
                body=b"",
                claim=None,
                claimed_until=None,
                last_error="",
                message_id=answer.message_id,
                finished_at=clock.instant(),
            )
            if _hasten(row) or row.ordering_key:
                wake_relay()
    except Exception as error:
        # Whatever the handler's reason, the answer can be fetched again by its key.
        log.exception("an answer could not be taken in", extra={"row": claimed.row_id})
        _put_off(claimed, getattr(error, "code", "exchange.handler_failed"))


def _put_off(claimed: Claimed, code: str, *, retry_after: float | None = None) -> None:
    """
    Let a row wait for its next try, the longer the more tries it has had.

    With ``retry_after`` nothing was done: this node keeps away from the provider for that
    long, or a quota is used up until then; the row, which had no try, comes again right after.
    """
    with transaction.atomic():
        row = _locked(claimed)
        if row is None:
            return
        attempts = row.attempts if retry_after is None else row.attempts - 1
        rest = rest_after(attempts) if retry_after is None else _soon_after(retry_after)
        OutboxRow.objects.filter(pk=row.pk).update(
            state=State.WAITING,
            claim=None,
            claimed_until=None,
            attempts=attempts,
            last_error=code[:100],
            next_attempt=min(clock.instant() + timedelta(seconds=rest), row.deadline),
        )


def _hasten(row: OutboxRow) -> int:
    """
    The provider of this row has just answered: let a few that were put off go now; how many.

    Each of them that is answered lets as many more go, so a provider that comes back is
    asked by one, four, sixteen, and never by everybody at once. A row that was answered at
    its first try says nothing of those that fail for a reason of their own, and frees only
    rows that were never sent.
    """
    now = clock.instant()
    resting = OutboxRow.objects.filter(
        provider=row.provider, address=row.address, state=State.WAITING, next_attempt__gt=now
    ).exclude(last_error="")
    if row.attempts <= 1:
        resting = resting.filter(last_error__in=NEVER_SENT)
    nearest = resting.order_by("next_attempt").values_list("pk", flat=True)
    taken = list(nearest.select_for_update(skip_locked=True)[:HASTENED])
    return OutboxRow.objects.filter(pk__in=taken).update(next_attempt=now) if taken else 0


def _bury(claimed: Claimed, error: errors.ExchangeError) -> None:
    try:
        with transaction.atomic():
            row = _locked(claimed)
            if row is None:
                return
            if (handler := handlers.for_dead(row)) is not None:
                handler(error, handlers.sent(row))
            mark_dead(row, error.code)
    except Exception:
        log.exception("a refusal could not be taken in", extra={"row": claimed.row_id})
        _put_off(claimed, error.code)
        return
    log.error(
        "a request was given up",
        extra={"row": claimed.row_id, "code": error.code, "service": claimed.ask.need.code},
    )


def mark_dead(row: OutboxRow, code: str) -> None:
    """Give a row up; somebody retries or discards it at the desk."""
    OutboxRow.objects.filter(pk=row.pk).update(
        state=State.DEAD,
        claim=None,
        claimed_until=None,
        last_error=code[:100],
        finished_at=clock.instant(),
    )


def _locked(claimed: Claimed) -> OutboxRow | None:
    """The row, if this claim still holds; somebody may have taken over after the lease."""
    return (
        OutboxRow.objects.select_for_update()
        .defer("body")
        .filter(pk=claimed.row_id, claim=claimed.claim, state=State.SENDING)
        .first()
    )


def rest_after(attempts: int) -> float:
    """Seconds before the next try: doubled each time, half of it by chance, ten minutes at most."""
    longest = min(LONGEST_REST, FIRST_REST * 2 ** min(max(attempts, 1) - 1, 20))
    return float(longest / 2 * (1 + _chance()))


def _soon_after(seconds: float) -> float:
    """A little after the moment everybody was told, so that they do not all come at once."""
    return seconds + min(seconds, LONGEST_REST) * _chance()


def _chance() -> float:
    """From 0 to 1, so that those who were refused together do not come again together."""
    return secrets.randbelow(1000) / 1000

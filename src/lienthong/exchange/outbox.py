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
import logging
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Case, Exists, Min, OuterRef, Q, QuerySet, When

from lienthong.exchange import client, errors, registry, scope
from lienthong.exchange.asks import KEY, Ask
from lienthong.exchange.client import Answer
from lienthong.exchange.models import OutboxRow, State
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.errors import Conflict, LienThongError, NotFound
from lienthong.record import audit, personal, trace

CHANNEL = "lienthong_outbox"
PATIENCE = timedelta(days=30)
"""How long a request keeps being sent; the provider keeps its answer as long."""
FIRST_REST = 2.0
LONGEST_REST = 600.0
LEASE_BEYOND_DEADLINE = timedelta(seconds=15)

log = logging.getLogger("lienthong.exchange.outbox")


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
    the row that is there; with another request it raises `OtherBytes`.
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
    wake_relay()
    return known


def wake_relay() -> None:
    """Tell the relay, when this transaction commits, that there is something to send."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _known(rows: QuerySet[OutboxRow]) -> OutboxRow:
    """The row without its body, which stays behind the lock."""
    row = rows.defer("body").first()
    if row is None:
        raise NoSuchRow
    return row


# -- sending one row -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this thread sends, with all that is needed to do so."""

    row_id: int
    claim: uuid.UUID
    ask: Ask
    key: str
    trace: str
    deadline: datetime


def deliver(row_id: int, deadline: float = scope.PAGE_SECONDS) -> str:
    """
    Try to send one row now; its state afterwards.

    A page calls this right after its commit, so that an answer that comes at
    once is on the screen at once. It does not wait for a row somebody else is
    sending, and it never raises for a provider that is down: the relay goes on.
    """
    claimed = claim(row_id, seconds=deadline)
    if claimed is not None:
        send(claimed, deadline)
    return state_of(row_id)


def state_of(row_id: int) -> str:
    """The state of a row; raises NoSuchRow."""
    state = OutboxRow.objects.filter(pk=row_id).values_list("state", flat=True).first()
    if state is None:
        raise NoSuchRow
    return state


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
    holds also between rows that were committed at the same moment.
    """
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
        _mark_dead(row, "exchange.no_such_need")
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
            _put_off(claimed, error.code)
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
            handler = _handler(_on_answer, row)
            if handler is not None:
                handler(answer, _sent(row))
            OutboxRow.objects.filter(pk=row.pk).update(
                state=State.DELIVERED,
                body=b"",
                claim=None,
                claimed_until=None,
                last_error="",
                message_id=answer.message_id,
                finished_at=clock.instant(),
            )
            if row.ordering_key:
                wake_relay()
    except Exception as error:
        # Whatever the handler's reason, the answer can be fetched again by its key.
        log.exception("an answer could not be taken in", extra={"row": claimed.row_id})
        _put_off(claimed, getattr(error, "code", "exchange.handler_failed"))


def _put_off(claimed: Claimed, code: str) -> None:
    with transaction.atomic():
        row = _locked(claimed)
        if row is None:
            return
        now = clock.instant()
        OutboxRow.objects.filter(pk=row.pk).update(
            state=State.WAITING,
            claim=None,
            claimed_until=None,
            last_error=code[:100],
            next_attempt=min(now + timedelta(seconds=rest_after(row.attempts)), row.deadline),
        )


def _bury(claimed: Claimed, error: errors.ExchangeError) -> None:
    try:
        with transaction.atomic():
            row = _locked(claimed)
            if row is None:
                return
            handler = _handler(_on_dead, row)
            if handler is not None:
                handler(error, _sent(row))
            _mark_dead(row, error.code)
    except Exception:
        log.exception("a refusal could not be taken in", extra={"row": claimed.row_id})
        _put_off(claimed, error.code)
        return
    log.error(
        "a request was given up",
        extra={"row": claimed.row_id, "code": error.code, "service": claimed.ask.need.code},
    )


def _mark_dead(row: OutboxRow, code: str) -> None:
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


def _handler(known: dict[tuple[str, str], Any], row: OutboxRow) -> Any:
    for room in ("services", "tasks"):
        registry.load_room(row.consumer, room)
    return known.get((row.consumer, row.code))


def _sent(row: OutboxRow) -> Sent:
    return Sent(row.pk, row.key, row.correlation, row.ordering_key, row.put_at, row.attempts)


def rest_after(attempts: int) -> float:
    """Seconds before the next try: doubled each time, half of it by chance, ten minutes at most."""
    longest = min(LONGEST_REST, FIRST_REST * 2 ** min(max(attempts, 1) - 1, 20))
    return float(longest / 2 + longest / 2 * secrets.randbelow(1000) / 1000)


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
    wake_relay()


@transaction.atomic
def discard(row_id: int, *, reason: str, by: Actor) -> None:
    """Give a dead request up for ever and let those behind it go; raises NotDead."""
    row = _dead(row_id)
    OutboxRow.objects.filter(pk=row.pk).update(
        state=State.DISCARDED, body=b"", finished_at=clock.instant()
    )
    audit.enter("outbox.discarded", row, by=by, detail={"service": row.code, "reason": reason})
    wake_relay()


def _dead(row_id: int) -> OutboxRow:
    row = _known(OutboxRow.objects.select_for_update().filter(pk=row_id))
    if row.state != State.DEAD:
        raise NotDead
    return row

"""The outbox: written with its cause, sent until answered, taken in once, in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from exchange.played import NOTARY, ReadNumber, give
from lienthong.exchange import errors, handlers, lanes, outbox, relay, sending
from lienthong.exchange.client import Answer
from lienthong.exchange.models import OutboxRow, State
from lienthong.exchange.outbox import Sent
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import personal, trace
from lienthong.record.models import Entry

pytestmark = pytest.mark.django_db

CODE = "number.give.v1"
CUONG = Actor(account="cuong", office="duong-to", unit="31090", legal_day=date(2021, 8, 20))


class Desk:
    """What the notary does with answers and refusals."""

    def __init__(self) -> None:
        self.taken: list[tuple[ReadNumber, Sent]] = []
        self.given_up: list[tuple[str, Sent]] = []
        self.failure: Exception | None = None

    def answer(self, answer: Answer, sent: Sent) -> None:
        # A row in the database, to see what a rollback takes along.
        Entry.objects.create(
            at=clock.instant(), legal_day=clock.today(), actor="x", what="a.b", subject="s",
            trace="",
        )  # fmt: skip
        if self.failure:
            raise self.failure
        self.taken.append((answer.body, sent))

    def dead(self, error: errors.ExchangeError, sent: Sent) -> None:
        self.given_up.append((error.code, sent))

    @property
    def numbers(self) -> list[int]:
        return [body.number for body, _ in self.taken]


@pytest.fixture
def desk() -> Iterator[Desk]:
    held = Desk()
    outbox.on_answer("notary", CODE)(held.answer)
    outbox.on_dead("notary", CODE)(held.dead)
    yield held
    handlers.forget("notary", CODE)


def row(pk: int) -> OutboxRow:
    return OutboxRow.objects.defer("body").get(pk=pk)


def make_due() -> None:
    """Let the rest after a failed try be over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_outboxrow SET next_attempt = now() - interval '1 second'")


# -- putting -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_request_is_put_in_the_transaction_of_its_cause_or_not_at_all() -> None:
    with pytest.raises(outbox.NotInTransaction):
        outbox.put(give(), key="k-1")
    with transaction.atomic():
        outbox.put(give(), key="k-1")
        transaction.set_rollback(True)
    assert OutboxRow.objects.count() == 0


def test_the_same_key_with_the_same_request_is_one_row() -> None:
    first, second = outbox.put(give(), key=7), outbox.put(give(), key="7")
    assert first.pk == second.pk
    assert OutboxRow.objects.count() == 1


def test_the_same_key_with_another_request_is_an_error() -> None:
    outbox.put(give("17"), key=7)
    with pytest.raises(outbox.OtherBytes):
        outbox.put(give("18"), key=7)


def test_a_key_that_could_never_be_sent_is_told_at_once() -> None:
    with pytest.raises(errors.BadKey):
        outbox.put(give(), key="Nguyễn Thị An")


def test_the_bytes_are_frozen_and_behind_the_door() -> None:
    put = outbox.put(give(), key=7)
    with pytest.raises(personal.PersonalDataClosed):
        OutboxRow.objects.get(pk=put.pk)
    with personal.bulk("kiểm thử", actor="test"):
        assert bytes(OutboxRow.objects.get(pk=put.pk).body) == give().body


# -- delivering --------------------------------------------------------------------------


def test_an_answer_that_comes_at_once_is_taken_in_at_once(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1", correlation=41)
    assert outbox.deliver(put.pk) == State.DELIVERED
    ((body, sent),) = desk.taken
    assert body == ReadNumber(number=1)
    assert (sent.correlation, sent.key, sent.attempts) == ("41", "k-1", 1)
    assert register_answers.keys("land_register", CODE) == ["k-1"]
    assert row(put.pk).message_id == "VN-double-1"


def test_a_delivered_request_keeps_its_digest_and_not_its_bytes(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1")
    outbox.deliver(put.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body, digest FROM exchange_outboxrow")
        body, digest = cursor.fetchone()
    assert bytes(body) == b""
    assert digest == put.digest


def test_while_the_provider_is_down_the_request_waits(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.is_down("land_register")
    put = outbox.put(give(), key="k-1")
    assert outbox.deliver(put.pk) == State.WAITING
    assert row(put.pk).last_error == "exchange.unavailable"
    register_answers.is_up("land_register")
    assert relay.send_all_due() == 0, "not before its rest is over"
    make_due()
    assert relay.send_all_due() == 1
    assert desk.numbers == [1]
    assert desk.taken[0][1].attempts == 2


def test_a_lost_answer_is_fetched_again_with_the_same_key_and_acts_once(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.loses_answers("land_register", CODE)
    put = outbox.put(give(), key="k-1")
    assert outbox.deliver(put.pk) == State.WAITING
    assert row(put.pk).last_error == "exchange.unknown_outcome"
    make_due()
    relay.send_all_due()
    assert desk.numbers == [1], "the number given the first time"
    assert register_answers.keys("land_register", CODE) == ["k-1", "k-1"]


def test_an_answer_that_cannot_be_taken_in_is_fetched_again(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    desk.failure = ZeroDivisionError()
    put = outbox.put(give(), key="k-1")
    assert outbox.deliver(put.pk) == State.WAITING
    assert row(put.pk).last_error == "exchange.handler_failed"
    assert not Entry.objects.exists(), "what the handler wrote is undone"
    desk.failure = None
    make_due()
    relay.send_all_due()
    assert desk.numbers == [1]
    assert Entry.objects.count() == 1


def test_without_a_handler_a_request_is_delivered_all_the_same(
    register_answers: ExchangeDouble,
) -> None:
    put = outbox.put(give(), key="k-1")
    assert outbox.deliver(put.pk) == State.DELIVERED


def test_the_trace_of_the_cause_is_that_of_the_call(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    seen: list[str] = []

    def spy(request: object) -> object:
        seen.append(trace.current())
        return {"plot": "17", "number": 1}

    register_answers.answers("land_register", CODE, spy)
    with trace.following(trace.new()) as id_:
        put = outbox.put(give(), key="k-1")
    outbox.deliver(put.pk)
    assert seen == [id_]


def test_a_row_is_delivered_once_however_often_it_is_tried(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1")
    for _ in range(3):
        assert outbox.deliver(put.pk) == State.DELIVERED
    assert desk.numbers == [1]


# -- coming back -------------------------------------------------------------------------


def put_off(count: int, *, error: str, tries: int = 5) -> list[int]:
    """Rows that failed a few times and would rest for a minute."""
    rows = [outbox.put(give(f"{plot}"), key=f"off-{plot}").pk for plot in range(count)]
    OutboxRow.objects.filter(pk__in=rows).update(
        attempts=tries, last_error=error, next_attempt=clock.instant() + timedelta(seconds=60)
    )
    return rows


def due() -> int:
    return sending.due(clock.instant()).count()


def test_a_provider_that_answers_again_is_asked_by_a_few_more_each_time(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    rows = put_off(30, error="exchange.unavailable")
    OutboxRow.objects.filter(pk=rows[7]).update(next_attempt=clock.instant())
    assert due() == 1
    claimed = sending.claim(seconds=30)
    assert claimed is not None
    sending.send(claimed, 30)
    assert due() == sending.HASTENED, "not all at once"
    relay.send_all_due()
    assert not OutboxRow.objects.exclude(state=State.DELIVERED).exists()


def test_a_first_try_that_succeeds_frees_what_was_never_sent(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put_off(2, error="exchange.circuit_open")
    fresh = outbox.put(give("fresh"), key="fresh")
    outbox.deliver(fresh.pk)
    assert due() == 2


def test_a_row_that_fails_for_its_own_reason_keeps_its_rest(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    """Otherwise each success of another row would have it tried again."""
    put_off(2, error="exchange.unknown_outcome")
    fresh = outbox.put(give("fresh"), key="fresh")
    outbox.deliver(fresh.pk)
    assert due() == 0


def test_what_waits_for_another_provider_goes_on_waiting(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    rows = put_off(2, error="exchange.circuit_open")
    OutboxRow.objects.filter(pk__in=rows).update(provider="other_register")
    fresh = outbox.put(give("fresh"), key="fresh")
    outbox.deliver(fresh.pk)
    assert due() == 0


def test_keeping_away_from_a_provider_is_no_try(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    def open_circuit(request: object) -> object:
        raise lanes.CircuitOpen(retry_after=7.0)

    register_answers.answers("land_register", CODE, open_circuit)
    put = outbox.put(give(), key="k-1")
    before = clock.instant()
    outbox.deliver(put.pk)
    waiting = row(put.pk)
    assert (waiting.attempts, waiting.last_error) == (0, "exchange.circuit_open")
    rest = (waiting.next_attempt - before).total_seconds()
    assert 7 <= rest < 20, "comes again when the provider may be asked again"


# -- giving up ---------------------------------------------------------------------------


@pytest.mark.parametrize("family", [errors.Refused, errors.Invalid])
def test_a_refused_request_is_dead_and_its_sender_told(
    register_answers: ExchangeDouble, desk: Desk, family: type[errors.ExchangeError]
) -> None:
    register_answers.refuses("land_register", CODE, "land.taken", family)
    put = outbox.put(give(), key="k-1", correlation=41)
    assert outbox.deliver(put.pk) == State.DEAD
    ((code, sent),) = desk.given_up
    assert (code, sent.correlation) == ("land.taken", "41")
    assert [dead.last_error for dead in outbox.dead_letters("notary")] == ["land.taken"]


def test_out_of_patience_a_request_is_dead_without_being_sent(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1", deadline=timedelta(seconds=-1))
    assert outbox.deliver(put.pk) == State.DEAD
    assert register_answers.asked("land_register", CODE) == []
    assert desk.given_up[0][0] == "exchange.out_of_patience"


def test_a_dead_request_can_be_sent_again(register_answers: ExchangeDouble, desk: Desk) -> None:
    register_answers.refuses("land_register", CODE)
    put = outbox.put(give(), key="k-1")
    outbox.deliver(put.pk)
    register_answers.answers("land_register", CODE, {"plot": "17", "number": 5})
    outbox.retry(put.pk, by=CUONG)
    assert relay.send_all_due() == 1
    assert desk.numbers == [5]
    assert Entry.objects.filter(what="outbox.retried").get().actor == str(CUONG)


def test_a_dead_request_can_be_discarded_with_its_bytes(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.refuses("land_register", CODE)
    put = outbox.put(give(), key="k-1")
    outbox.deliver(put.pk)
    outbox.discard(put.pk, reason="trùng hồ sơ", by=CUONG)
    assert row(put.pk).state == State.DISCARDED
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(body) FROM exchange_outboxrow")
        assert cursor.fetchone() == (0,)
    assert Entry.objects.get(what="outbox.discarded").detail["reason"] == "trùng hồ sơ"


def test_a_discarded_request_that_is_put_again_is_sent_again(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.refuses("land_register", CODE)
    first = outbox.put(give(), key="k-1")
    outbox.deliver(first.pk)
    outbox.discard(first.pk, reason="trùng hồ sơ", by=CUONG)
    register_answers.answers("land_register", CODE, {"plot": "17", "number": 5})
    again = outbox.put(give(), key="k-1")
    assert (again.pk, again.state) == (first.pk, State.WAITING)
    assert outbox.deliver(again.pk) == State.DELIVERED
    assert desk.numbers == [5]


def test_only_a_dead_request_is_retried_or_discarded(desk: Desk) -> None:
    put = outbox.put(give(), key="k-1")
    with pytest.raises(outbox.NotDead):
        outbox.retry(put.pk, by=CUONG)
    with pytest.raises(outbox.NotDead):
        outbox.discard(put.pk, reason="x", by=CUONG)
    with pytest.raises(outbox.NoSuchRow):
        outbox.retry(put.pk + 1, by=CUONG)


def test_a_request_whose_need_left_the_card_is_dead_and_holds_up_nobody(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    old = outbox.put(give("17"), key="k-1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_outboxrow SET code = 'number.give.v0'")
    new = outbox.put(give("18"), key="k-2")
    relay.send_all_due()
    assert (row(old.pk).state, row(old.pk).last_error) == (State.DEAD, "exchange.no_such_need")
    assert row(new.pk).state == State.DELIVERED


def test_what_still_waits_for_a_thing_is_listed_without_opening_it(
    register_answers: ExchangeDouble,
) -> None:
    register_answers.is_down("land_register")
    outbox.put(give("17"), key="k-1", correlation=41)
    outbox.put(give("18"), key="k-2", correlation=42)
    (waiting,) = outbox.unfinished(NOTARY.code, 41)
    assert (waiting.code, waiting.state) == (CODE, State.WAITING)


# -- order -------------------------------------------------------------------------------


def test_requests_of_one_order_go_one_after_the_other(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.is_down("land_register")
    first = outbox.put(give("17"), key="k-1", ordering_key="plot")
    second = outbox.put(give("18"), key="k-2", ordering_key="plot")
    other = outbox.put(give("19"), key="k-3", ordering_key="other")
    outbox.deliver(first.pk)
    register_answers.is_up("land_register")
    assert outbox.deliver(second.pk) == State.WAITING, "the first has not arrived"
    assert outbox.deliver(other.pk) == State.DELIVERED
    make_due()
    relay.send_all_due()
    asked = [request.plot for request in register_answers.asked("land_register", CODE)]
    assert asked == ["19", "17", "18"]


def test_a_dead_request_holds_those_behind_it_until_somebody_decides(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    register_answers.refuses("land_register", CODE)
    first = outbox.put(give("17"), key="k-1", ordering_key="plot")
    second = outbox.put(give("18"), key="k-2", ordering_key="plot")
    relay.send_all_due()
    register_answers.answers("land_register", CODE, {"plot": "18", "number": 1})
    assert relay.send_all_due() == 0
    assert sending.next_due() is None, "the relay need not wake for what is held"
    outbox.discard(first.pk, reason="x", by=CUONG)
    assert relay.send_all_due() == 1
    assert row(second.pk).state == State.DELIVERED


# -- claims ------------------------------------------------------------------------------


def test_a_row_that_is_being_sent_is_not_sent_twice(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1")
    assert sending.claim(put.pk, seconds=30) is not None
    assert sending.claim(put.pk, seconds=30) is None
    assert sending.claim(seconds=30) is None
    assert outbox.deliver(put.pk) == State.SENDING


@pytest.mark.django_db(transaction=True)
def test_a_row_the_relay_is_just_taking_counts_as_being_sent(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    with transaction.atomic():
        put = outbox.put(give(), key="k-1")
    taken, told = threading.Event(), threading.Event()

    def take() -> None:
        try:
            with transaction.atomic():
                assert sending.claim(put.pk, seconds=30, by_relay=True) is not None
                taken.set()
                # Not committed while the page asks, who sees the row as it was.
                assert not told.wait(0.5)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as relay_thread:
        taking = relay_thread.submit(take)
        assert taken.wait(10)
        assert outbox.deliver(put.pk) == State.SENDING
        told.set()
        taking.result()
    assert desk.numbers == []


def test_a_row_whose_sender_was_lost_is_sent_again_after_its_lease(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    put = outbox.put(give(), key="k-1")
    lost = sending.claim(put.pk, seconds=5)
    assert lost is not None
    with clock.stopped(at=clock.instant() + timedelta(seconds=60)):
        assert outbox.deliver(put.pk) == State.DELIVERED
        # The sender comes back late: its claim no longer holds, and nothing happens twice.
        sending.send(lost, 5)
    assert desk.numbers == [1]
    assert row(put.pk).state == State.DELIVERED


def test_a_new_relay_takes_over_at_once_what_the_last_one_was_sending(
    register_answers: ExchangeDouble, desk: Desk
) -> None:
    by_relay = outbox.put(give("17"), key="k-1")
    by_page = outbox.put(give("18"), key="k-2")
    sending.claim(by_relay.pk, seconds=30, by_relay=True)
    sending.claim(by_page.pk, seconds=30)
    assert sending.recover() == 1
    relay.send_all_due()
    assert row(by_relay.pk).state == State.DELIVERED
    assert row(by_page.pk).state == State.SENDING


def test_the_rest_grows_with_each_try_and_is_never_long() -> None:
    rests = [sending.rest_after(attempts) for attempts in range(1, 40)]
    assert 1 <= rests[0] <= 2
    assert all(rest <= sending.LONGEST_REST for rest in rests)
    assert all(rest >= 300 for rest in rests[12:])
    assert len({sending.rest_after(5) for _ in range(50)}) > 5, "no two nodes knock together"

"""After a restore nothing of the outbox goes out until somebody has looked at it."""

from __future__ import annotations

from datetime import date

import pytest

from exchange.played import give
from lienthong.exchange import epoch, outbox, relay
from lienthong.exchange.models import BackupTaken, Epoch, OutboxRow, State
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record.models import Entry

pytestmark = pytest.mark.django_db

OPERATOR = Actor(account="operator", office="g14", unit="", legal_day=date(2021, 8, 20))


def restore(number: int = 1, **changes: object) -> None:
    values: dict[str, object] = {
        "number": number, "backup": "b", "taken_at": clock.instant(),
        "raised_at": clock.instant(), "events_missed": 0, "log_restored": False,
        "log_position": {},
    }  # fmt: skip
    Epoch.objects.create(**{**values, **changes})


def state(pk: int) -> str:
    return OutboxRow.objects.values_list("state", flat=True).get(pk=pk)


def test_neither_the_relay_nor_a_page_sends_from_a_frozen_outbox(
    register_answers: ExchangeDouble,
) -> None:
    row = outbox.put(give(), key="k-1")
    restore()
    assert relay.send_all_due() == 0
    assert outbox.deliver(row.pk) == State.WAITING
    assert relay.seconds_until_due() == relay.LONGEST_SLEEP, "a frozen relay sleeps"
    assert register_answers.asked("land_register", "number.give.v1") == []


def test_what_was_reviewed_is_sent_with_its_old_key(register_answers: ExchangeDouble) -> None:
    row = outbox.put(give(), key="k-1")
    restore()
    assert [one.pk for one in outbox.frozen()] == [row.pk]
    assert outbox.release(by=OPERATOR) == 1
    assert relay.send_all_due() == 1
    assert state(row.pk) == State.DELIVERED
    assert Entry.objects.filter(what="epoch.outbox_released").count() == 1


def test_a_request_set_aside_stands_at_the_desk_and_is_not_sent(
    register_answers: ExchangeDouble,
) -> None:
    first, second = outbox.put(give("17"), key="k-1"), outbox.put(give("18"), key="k-2")
    restore()
    outbox.set_aside(first.pk, by=OPERATOR)
    assert [row.pk for row in outbox.dead_letters()] == [first.pk]
    outbox.release(by=OPERATOR)
    relay.send_all_due()
    assert (state(first.pk), state(second.pk)) == (State.DEAD, State.DELIVERED)


def test_only_a_frozen_outbox_sets_aside_and_only_one_is_released() -> None:
    row = outbox.put(give(), key="k-1")
    with pytest.raises(outbox.NotFrozen):
        outbox.set_aside(row.pk, by=OPERATOR)
    with pytest.raises(epoch.NothingToRelease):
        outbox.release(by=OPERATOR)


def test_a_second_restore_freezes_again() -> None:
    restore()
    outbox.release(by=OPERATOR)
    assert not epoch.outbox_is_frozen()
    restore(2)
    assert epoch.outbox_is_frozen()
    current = epoch.current()
    assert current is not None
    assert current.number == 2


def test_publications_go_on_above_all_numbers_of_before_the_restore() -> None:
    assert epoch.publication_floor() == 0
    restore(3)
    assert epoch.publication_floor() == 3 * 10**9


def test_tables_count_the_backups_and_restores_they_know_of() -> None:
    for number in range(3):
        epoch.note_backup(f"b-{number}", clock.instant())
    restore(1, events_missed=2)
    assert BackupTaken.objects.count() == 3
    assert epoch.events() == 3 + 1 + 2 * 2

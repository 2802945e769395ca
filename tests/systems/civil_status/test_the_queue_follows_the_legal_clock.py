"""The queue: what waits for population first, then by the day it is due; done things leave it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

import cast
from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record.models import Look
from lienthong.systems.civil_status.models import BirthRegistration, Desk
from lienthong.systems.civil_status.services import births
from lienthong.systems.civil_status.views import shown
from systems.civil_status import declarations

MORNING = datetime(2021, 8, 20, 2, 0, tzinfo=UTC)
AFTERNOON = datetime(2021, 8, 20, 8, 30, tzinfo=UTC)


def enter(by: Actor, name: str, at: datetime = MORNING) -> int | None:
    child = declarations.child(full_name=name)
    with clock.stopped(at=at, legal_day=cast.LEGAL_DAY):
        entered = births.register_birth(birth=declarations.birth(child=child), by=by)
    return entered.outbox_row


def number_comes(row: int | None) -> None:
    assert row is not None
    with clock.stopped(at=AFTERNOON, legal_day=cast.LEGAL_DAY):
        assert outbox.deliver(row) == "delivered"


def names(desk: Desk, actor: Actor) -> list[str]:
    return [row.name for row in shown.queue(desk, actor)]


def test_what_came_after_three_is_due_on_the_next_working_day(
    desk: Desk, cuong: Actor, population: ExchangeDouble
) -> None:
    enter(cuong, "Trần Chiều", AFTERNOON)
    enter(cuong, "Trần Sáng")

    due = BirthRegistration.objects.order_by("entry_no").values_list("due_on", flat=True)
    assert list(due) == [date(2021, 8, 23), date(2021, 8, 20)]
    assert names(desk, cuong) == ["TRẦN SÁNG", "TRẦN CHIỀU"]


def test_waiting_for_a_number_comes_before_printing(
    desk: Desk, cuong: Actor, population: ExchangeDouble
) -> None:
    number_comes(enter(cuong, "Trần Có Số"))
    enter(cuong, "Trần Chờ Số", AFTERNOON)

    assert names(desk, cuong) == ["TRẦN CHỜ SỐ", "TRẦN CÓ SỐ"]


def test_a_day_later_the_row_says_since_when_it_is_late(
    desk: Desk, cuong: Actor, population: ExchangeDouble
) -> None:
    enter(cuong, "Trần Một")
    later = Actor(
        cuong.account, cuong.office, cuong.unit, cuong.legal_day + timedelta(days=3), cuong.roles
    )

    (row,) = shown.queue(desk, later)

    assert (row.color, row.icon) == ("danger", "alert-triangle")
    assert "20/08/2021" in row.due


def test_a_printed_entry_leaves_the_queue(
    desk: Desk, cuong: Actor, population: ExchangeDouble
) -> None:
    number_comes(enter(cuong, "Trần Một"))
    BirthRegistration.objects.update(printed_on=date(2021, 8, 20))

    assert names(desk, cuong) == []


@pytest.mark.parametrize("entries", [0, 2])
def test_showing_the_queue_is_one_aggregate_look(
    desk: Desk, cuong: Actor, population: ExchangeDouble, entries: int
) -> None:
    for number in range(entries):
        enter(cuong, f"Trần {'Một' if number else 'Hai'}")

    shown.queue(desk, cuong)

    assert Look.objects.get().count == entries

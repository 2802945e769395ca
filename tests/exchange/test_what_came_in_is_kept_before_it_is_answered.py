"""The inbox: once for each sender and key, worked on once, later."""

from __future__ import annotations

import pytest
from django.db import connection

from exchange.played import NUMBER, FindPlot, GiveNumber
from lienthong.exchange import inbox
from lienthong.exchange.edge import Caller, IdempotencyKeyMissing, IdempotencyKeyReused
from lienthong.exchange.models import InboxRow
from lienthong.protocol.identifiers import ServiceId
from lienthong.record import personal

pytestmark = pytest.mark.django_db

WHERE = ("land_register", "number.give.v1")


def caller(client: str = "VN/GOV/G15/notary", key: str = "k-1") -> Caller:
    service = ServiceId.parse("VN/GOV/G05/land-register/number.give.v1")
    return Caller(
        client=type(service.subsystem).parse(client), service=service, message_id="", request_id="",
        grant="", purpose="", fields=("*",), deadline=0, key=key,
    )  # fmt: skip


def accept(plot: str = "17", **who: str) -> tuple[int, bool]:
    return inbox.accept(*WHERE, GiveNumber(plot, NUMBER), caller(**who))


def test_a_message_sent_twice_is_one_row() -> None:
    row, new = accept()
    assert accept() == (row, False)
    assert new is True
    assert inbox.pending(*WHERE) == [row]


def test_two_senders_may_use_one_key() -> None:
    accept()
    assert accept(client="VN/GOV/H33/notary")[1] is True


def test_one_key_for_two_messages_is_a_conflict() -> None:
    accept("17")
    with pytest.raises(IdempotencyKeyReused):
        accept("18")
    with pytest.raises(IdempotencyKeyReused):
        inbox.accept("land_register", "plot.find.v1", FindPlot(1), caller())


def test_without_a_key_nothing_is_accepted() -> None:
    with pytest.raises(IdempotencyKeyMissing):
        accept(key="")


def test_work_done_is_marked_and_its_bytes_are_gone() -> None:
    row, _ = accept()
    with inbox.working_on(row) as body:
        assert body is not None
        assert NUMBER.encode() in body
    assert inbox.pending(*WHERE) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(body) FROM exchange_inboxrow")
        assert cursor.fetchone() == (0,)
    with inbox.working_on(row) as body:
        assert body is None
    assert accept() == (row, False), "still known after the work"


def test_work_that_fails_stays_pending() -> None:
    row, _ = accept()
    with pytest.raises(ZeroDivisionError), inbox.working_on(row):
        raise ZeroDivisionError
    assert inbox.pending(*WHERE) == [row]


def test_the_body_is_behind_the_door() -> None:
    accept()
    with pytest.raises(personal.PersonalDataClosed):
        InboxRow.objects.first()

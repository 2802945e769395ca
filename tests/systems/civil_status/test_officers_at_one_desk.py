"""Officers who enter births at the same moment: numbers without gaps or doubles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from django.db import connection

from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations

pytestmark = pytest.mark.django_db(transaction=True)
FAMILY = ("Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy", "Tám")


def test_numbers_have_no_gap_and_no_double(cuong: Actor) -> None:
    def enter(given: str) -> None:
        try:
            child = declarations.child(full_name=f"Trần {given}")
            births.register_birth(birth=declarations.birth(child=child), by=cuong)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, FAMILY))

    numbers = BirthRegistration.objects.order_by("entry_no").values_list("entry_no", flat=True)
    assert list(numbers) == list(range(1, len(FAMILY) + 1))


def test_one_form_sent_at_once_by_two_threads_makes_one_entry(cuong: Actor) -> None:
    from uuid import uuid4

    token = uuid4()

    def enter(_: int) -> str:
        try:
            birth = declarations.birth()
            return str(births.register_birth(birth=birth, by=cuong, form_token=token).birth.key)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        keys = set(pool.map(enter, range(2)))

    assert len(keys) == 1
    assert BirthRegistration.objects.count() == 1


def test_a_number_that_comes_while_the_entry_is_withdrawn_is_cancelled(
    cuong: Actor, population: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None
    read = queries.entry

    def deliver() -> None:
        try:
            outbox.deliver(entered.outbox_row or 0)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as relay:

        def read_and_be_overtaken(*args: Any, **kwargs: Any) -> Any:
            found = read(*args, **kwargs)
            # The relay takes the answer now; it may have to wait for the withdrawal.
            wait([relay.submit(deliver)], timeout=1)
            return found

        monkeypatch.setattr(queries, "entry", read_and_be_overtaken)
        births.withdraw_birth(
            key=entered.birth.key, reason="ghi nhầm", decision="45/QĐ-UBND", by=cuong
        )

    row = BirthRegistration.objects.only("withdrawn_on", "id_state").get(key=entered.birth.key)
    assert (row.withdrawn_on, row.id_state) == (cuong.legal_day, "issued")
    waiting = outbox.unfinished("civil_status", entered.birth.key).get()
    assert waiting.code == "personal-id.cancel.v1"

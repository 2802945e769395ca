"""When a number is cancelled or replaced, those who wrote it into their books are told."""

from __future__ import annotations

from datetime import date

import pytest

from lienthong.exchange import outbox, relay
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population.errors import AlreadyCancelled
from lienthong.systems.population.services import numbers
from systems.population import lives

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "personal-id.cancelled.v1"


def cancel(number: str, by: Actor) -> None:
    numbers.cancel_personal_id(
        number=PersonalId(number), reason="thu hồi", decision="45/QĐ-UBND",
        decided_on=by.legal_day, by=by,
    )  # fmt: skip


def test_civil_status_is_told_once_in_the_transaction_of_the_act(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    row = lives.given(civil_status)
    cancel(row.number, civil_status)
    with pytest.raises(AlreadyCancelled):
        cancel(row.number, civil_status)
    assert exchange.told("civil_status", CODE) == [], "nothing is sent before the commit"
    relay.send_all_due()
    assert exchange.told("civil_status", CODE) == [
        {
            "personal_id": row.number,
            "cancelled_on": civil_status.legal_day.isoformat(),
            "successor": "",
        }
    ]


def test_a_replacement_names_the_new_number(civil_status: Actor, exchange: ExchangeDouble) -> None:
    old = lives.given(civil_status)
    fresh = numbers.reestablish_personal_id(
        number=PersonalId(old.number), reason="cải chính năm sinh", decision="7/QĐ-UBND",
        decided_on=civil_status.legal_day, born_on=date(2020, 8, 17), by=civil_status,
    )  # fmt: skip
    cancel(fresh.number, civil_status)
    relay.send_all_due()
    told = exchange.told("civil_status", CODE)
    assert [(one["personal_id"], one["successor"]) for one in told] == [
        (old.number, fresh.number),
        (fresh.number, ""),
    ], "in the order in which it happened"


def test_no_key_of_it_tells_a_number(civil_status: Actor) -> None:
    row = lives.given(civil_status)
    cancel(row.number, civil_status)
    keys = OutboxRow.objects.values_list("key", "ordering_key", "correlation")
    assert keys
    assert row.number not in str(list(keys))
    assert outbox.unfinished("population", f"event:{CODE}").count() == len(keys)

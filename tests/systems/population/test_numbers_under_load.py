"""Several callers at once: every number is another, one entry still gets one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from lienthong.kernel.actor import Actor
from lienthong.systems.population.models import PersonalIdRow, RangeCounter
from systems.population import lives

pytestmark = pytest.mark.django_db(transaction=True)


def give(by: Actor, registrations: list[str]) -> list[str]:
    try:
        return [lives.given(by, registration=name).number for name in registrations]
    finally:
        connection.close()


def test_callers_at_once_get_different_numbers(civil_status: Actor) -> None:
    batches = [[f"birth-{worker}-{place}" for place in range(12)] for worker in range(3)]
    with ThreadPoolExecutor(3) as pool:
        given = list(pool.map(lambda names: give(civil_status, names), batches))

    numbers = [number for batch in given for number in batch]
    assert len(set(numbers)) == 36
    assert RangeCounter.objects.get().used == 36


def test_one_entry_asked_for_at_once_gets_one_number(civil_status: Actor) -> None:
    with ThreadPoolExecutor(3) as pool:
        given = list(pool.map(lambda _: give(civil_status, ["birth-1"]), range(3)))

    assert len({number for batch in given for number in batch}) == 1
    assert PersonalIdRow.objects.count() == 1

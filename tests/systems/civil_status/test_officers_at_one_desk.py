"""Officers who enter births at the same moment: numbers without gaps or doubles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from lienthong.kernel.actor import Actor
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

"""Row history is written by the database, also over partitions, and names who changed it."""

from __future__ import annotations

import pytest
from django.db import connection

from lienthong.kernel.actor import Actor
from lienthong.record import history, personal
from lienthong.record.closed import PersonalDataClosed
from lienthong.systems.population.models import Person
from systems.population import lives


def test_a_corrected_residence_keeps_the_one_before(civil_status: Actor) -> None:
    row = lives.given(civil_status)
    lives.moved(row.number, civil_status, address="ấp Suối Lớn")

    with personal.bulk("test", actor=civil_status):
        (change,) = history.of(Person, row.person_id)
    assert change.old["residence"] == ""
    assert change.actor == str(civil_status)


def test_plain_sql_leaves_history_too(civil_status: Actor) -> None:
    row = lives.given(civil_status)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE population_person SET residence_unit = '31090'")

    with personal.bulk("test", actor=civil_status):
        (change,) = history.of(Person, row.person_id)
    assert change.old["residence_unit"] == ""


def test_persons_lie_in_partitions_by_their_lasting_key(civil_status: Actor) -> None:
    for place in range(20):
        lives.given(civil_status, registration=f"birth-{place}")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tableoid) FROM population_person")
        assert cursor.fetchone()[0] > 1


def test_persons_are_not_read_outside_the_door(civil_status: Actor) -> None:
    lives.given(civil_status)

    with pytest.raises(PersonalDataClosed):
        list(Person.objects.all())

"""A number is for life: given once for an entry, never to another, never twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.record.models import Entry
from lienthong.systems.population.domain import ids
from lienthong.systems.population.errors import AlreadyCancelled, OtherPerson, RangeExhausted
from lienthong.systems.population.models import Person, PersonalIdRow, RangeCounter
from lienthong.systems.population.services import numbers
from systems.population import lives


def test_a_number_says_where_when_and_which_sex(civil_status: Actor) -> None:
    number = PersonalId(lives.given(civil_status).number)

    assert (number.prefix, number.sex, number.birth_year) == ("091", "male", 2021)
    assert number.structure_warnings(number.sex, lives.CHILD.born_on, prefix="091") == ()


def test_the_same_entry_always_gets_the_same_number(civil_status: Actor) -> None:
    first = lives.given(civil_status)
    again = lives.given(civil_status, full_name="TRẦN NGUYỄN GIA ĐỨC")

    assert again.number == first.number
    assert Person.objects.count() == 1


def test_a_number_is_given_on_the_day_it_is_given_however_old_the_entry(
    civil_status: Actor,
) -> None:
    entered = civil_status.legal_day - timedelta(days=1)
    row = lives.given(civil_status, registered_on=entered)
    # A month that was reported before the number came must not change afterwards.
    assert row.issued_on == civil_status.legal_day


def test_an_entry_does_not_change_its_child(civil_status: Actor) -> None:
    lives.given(civil_status)

    with pytest.raises(OtherPerson):
        lives.given(civil_status, full_name="Lê Thị Khác")


def test_numbers_of_one_range_never_meet(civil_status: Actor) -> None:
    numbers = {
        lives.given(civil_status, registration=f"birth-{place}").number for place in range(60)
    }

    assert len(numbers) == 60
    assert RangeCounter.objects.get().used == 60


def test_a_number_that_came_in_from_elsewhere_is_stepped_over(civil_status: Actor) -> None:
    span = ids.NumberRange.of(province="91", sex=lives.CHILD.sex, born_on=lives.CHILD.born_on)
    taken = str(span.number(0, key=numbers.number_key()))
    first = lives.given(civil_status, registration="elsewhere")
    assert first.number == taken
    RangeCounter.objects.update(used=0)

    second = lives.given(civil_status, registration="birth-2")

    assert second.number != taken


def test_a_cancelled_number_is_never_given_again(civil_status: Actor) -> None:
    row = lives.given(civil_status)
    numbers.cancel_personal_id(
        number=PersonalId(row.number),
        reason="khai sinh bị thu hồi",
        decision="45/QĐ-UBND",
        decided_on=civil_status.legal_day,
        by=civil_status,
    )
    RangeCounter.objects.update(used=0)

    after = lives.given(civil_status, registration="birth-2")

    assert after.number != row.number
    with pytest.raises(AlreadyCancelled):
        numbers.cancel_personal_id(
            number=PersonalId(row.number),
            reason="lần hai",
            decision="46/QĐ-UBND",
            decided_on=civil_status.legal_day,
            by=civil_status,
        )


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM population_personalidrow",
        "UPDATE population_personalidrow SET number = '091221999999'",
        "UPDATE population_personalidrow SET status = 'active', cancelled_on = NULL",
    ],
)
def test_the_database_itself_keeps_numbers(civil_status: Actor, change: str) -> None:
    row = lives.given(civil_status)
    numbers.cancel_personal_id(
        number=PersonalId(row.number),
        reason="khai sinh bị thu hồi",
        decision="45/QĐ-UBND",
        decided_on=civil_status.legal_day,
        by=civil_status,
    )

    with (
        pytest.raises(DatabaseError, match="for life"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_a_range_that_is_used_up_gives_nothing(civil_status: Actor) -> None:
    lives.given(civil_status)
    RangeCounter.objects.update(used=ids.SERIALS, kept=ids.SERIALS)

    with pytest.raises(RangeExhausted):
        lives.given(civil_status, registration="birth-2")


def test_the_authority_is_told_once_when_a_range_runs_out(civil_status: Actor) -> None:
    lives.given(civil_status)
    RangeCounter.objects.update(used=799_999, kept=799_999)

    for place in (2, 3):
        lives.given(civil_status, registration=f"birth-{place}")

    (alarm,) = Entry.objects.filter(what="population.range_nearly_full")
    assert alarm.subject == "range:091"


def test_a_wrong_birth_year_gives_a_new_number_linked_to_the_old(civil_status: Actor) -> None:
    old = lives.given(civil_status)
    fresh = numbers.reestablish_personal_id(
        number=PersonalId(old.number),
        reason="cải chính năm sinh",
        decision="7/QĐ-UBND",
        decided_on=civil_status.legal_day,
        born_on=date(2020, 8, 17),
        by=civil_status,
    )

    assert PersonalId(fresh.number).birth_year == 2020
    with personal.bulk("test", actor=civil_status):
        kept = PersonalIdRow.objects.get(number=old.number)
        assert (kept.status, kept.successor_id) == ("cancelled", fresh.number)
        assert PersonalIdRow.objects.filter(status="active").count() == 1

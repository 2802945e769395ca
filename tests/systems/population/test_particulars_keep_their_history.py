"""Every change of a person is an event: what it was, since when, who, why, by which paper."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.record.closed import PersonalDataClosed
from lienthong.systems.population import queries
from lienthong.systems.population.errors import (
    BasisMissing,
    ChangedMeanwhile,
    DatesOutOfOrder,
    NotAParticular,
    NothingChanged,
    NumberWouldContradict,
    Relatives,
)
from lienthong.systems.population.models import Person, PersonEvent
from lienthong.systems.population.services import particulars
from systems.population import lives


def correct(number: str, by: Actor, ground: Any = None, **changes: Any) -> PersonEvent:
    seen = changes.pop("seen", None)
    return particulars.correct_particulars(
        number=PersonalId(number),
        changes=changes,
        ground=ground or lives.ground(),
        by=by,
        seen=seen,
    )


def person_of(number: str) -> Person:
    found = queries.find(PersonalId(number))
    assert found is not None
    return found.person


def test_a_change_says_who_why_and_by_which_paper(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    event = correct(number, civil_status, religion="Phật giáo")
    assert (event.old, event.new) == ({"religion": ""}, {"religion": "Phật giáo"})
    assert event.actor == str(civil_status)
    assert (event.document, event.reason) == ("12/QĐ-CA", "theo đề nghị của công dân")


def test_what_was_so_on_a_day_is_told_from_the_changes_since(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    early, late = date(2021, 3, 1), date(2021, 8, 1)
    correct(number, civil_status, lives.ground(early), full_name="Lê Văn Đông")
    correct(number, civil_status, lives.ground(late), full_name="Lê Văn Bắc")
    with personal.bulk("test", actor=civil_status):
        person = person_of(number)
        told = [
            queries.particulars_on(person, day)["full_name"]
            for day in (date(2021, 2, 28), early, date(2021, 7, 31), late)
        ]
    assert told == ["LÊ VĂN ONE", "LÊ VĂN ĐÔNG", "LÊ VĂN ĐÔNG", "LÊ VĂN BẮC"]


def test_a_new_name_is_found_without_its_marks(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    correct(number, civil_status, full_name="Ðỗ Thị Thuý")
    with personal.bulk("test", actor=civil_status):
        assert [found.number for found in queries.search(name="đỗ thị thúy")] == [number]
        assert [found.number for found in queries.search(name="do thi")] == [number]


def test_the_database_takes_no_event_back(civil_status: Actor) -> None:
    lives.grown(civil_status, "one")
    for change in (
        "DELETE FROM population_personevent",
        "UPDATE population_personevent SET old='{}'",
    ):
        with (
            pytest.raises(DatabaseError, match="only added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


def test_events_are_not_read_outside_the_door(civil_status: Actor) -> None:
    lives.grown(civil_status, "one")
    with pytest.raises(PersonalDataClosed):
        list(PersonEvent.objects.all())


def test_a_change_without_its_ground_is_refused_and_leaves_nothing(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    with pytest.raises(BasisMissing):
        correct(number, civil_status, lives.ground(document=" "), religion="Phật giáo")
    with personal.bulk("test", actor=civil_status):
        assert person_of(number).religion == ""


def test_what_is_so_already_is_no_change(civil_status: Actor) -> None:
    with pytest.raises(NothingChanged):
        correct(lives.grown(civil_status, "one"), civil_status, nationality="Việt Nam")


def test_the_number_of_the_other_sex_or_year_must_be_replaced_instead(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    for changes in ({"sex": "female"}, {"born_on": date(1991, 5, 6)}):
        with pytest.raises(NumberWouldContradict):
            correct(number, civil_status, **changes)
    assert correct(number, civil_status, born_on=date(1990, 5, 7)).changed == ["born_on"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"standing": "deceased"}, NotAParticular),
        ({"marital": "engaged"}, NotAParticular),
        ({"born_on": date(2021, 8, 21)}, DatesOutOfOrder),
    ],
)
def test_what_is_no_particular_is_refused(
    changes: dict[str, Any], error: type[Exception], civil_status: Actor
) -> None:
    with pytest.raises(error):
        correct(lives.grown(civil_status, "one"), civil_status, **changes)


def test_nobody_is_their_own_kin_or_older_than_their_parents(civil_status: Actor) -> None:
    child = lives.given(civil_status, "child").number
    mother = lives.grown(civil_status, "mother", sex=Sex.FEMALE)
    for role, number in (("mother", child), ("father", mother), ("mother", "")):
        with pytest.raises((Relatives, NothingChanged)):
            correct(child, civil_status, **{role: number})
    correct(child, civil_status, mother=mother)
    with pytest.raises(Relatives):
        correct(mother, civil_status, mother=child)
    with personal.bulk("test", actor=civil_status):
        assert [one.pk for one in queries.children_of(person_of(mother))] == [person_of(child).pk]


def test_of_two_editors_the_second_looks_again(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    with personal.bulk("test", actor=civil_status):
        seen = queries.newest_event(person_of(number))
    correct(number, civil_status, religion="Phật giáo", seen=seen)
    with pytest.raises(ChangedMeanwhile):
        correct(number, civil_status, religion="Công giáo", seen=seen)


def test_one_entry_of_the_book_is_applied_once_and_also_to_the_dead(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.ask(
        "death.record.v1", key="d", registration="d-1", registered_on=cast.LEGAL_DAY,
        office="o", personal_id=number, died_on=date(2021, 8, 19),
    )  # fmt: skip
    ground = lives.ground(registration="VN/GOV/G15/civil-status/c-1")
    first = correct(number, civil_status, ground, home_place="tỉnh Kiên Giang")
    assert correct(number, civil_status, ground, home_place="khác").pk == first.pk


def test_events_of_one_person_lie_in_one_partition(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    correct(number, civil_status, religion="Phật giáo")
    lives.moved(number, civil_status)
    for letter in "abcdefghijkl":
        lives.grown(civil_status, letter)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT tableoid), count(*) FROM population_personevent"
            " GROUP BY person_id ORDER BY 2 DESC"
        )
        spread = cursor.fetchall()
        cursor.execute("SELECT count(DISTINCT tableoid) FROM population_personevent")
        assert cursor.fetchone()[0] > 1
    assert spread[0] == (1, 3)


def test_a_marriage_is_noted_with_both_and_ends_with_a_death(civil_status: Actor) -> None:
    husband = lives.grown(civil_status, "husband")
    wife = lives.grown(civil_status, "wife", sex=Sex.FEMALE)
    ground = lives.ground(date(2021, 5, 1), registration="m-1")
    for _ in range(2):
        particulars.record_marriage(
            first=PersonalId(husband), second=PersonalId(wife), ground=ground, by=civil_status
        )
    with personal.bulk("test", actor=civil_status):
        assert person_of(wife).spouse == husband
        assert PersonEvent.objects.filter(registration="m-1").count() == 2
    lives.ask(
        "death.record.v1", key="d", registration="d-1", registered_on=cast.LEGAL_DAY,
        office="o", personal_id=husband, died_on=date(2021, 8, 19),
    )  # fmt: skip
    with personal.bulk("test", actor=civil_status):
        assert person_of(wife).marital == "widowed"
        assert queries.particulars_on(person_of(wife), date(2021, 8, 18))["marital"] == "married"


def test_a_divorce_and_an_annulment_end_differently(civil_status: Actor) -> None:
    first, second = lives.grown(civil_status, "a"), lives.grown(civil_status, "b", sex=Sex.FEMALE)
    pair = {"first": PersonalId(first), "second": PersonalId(second), "by": civil_status}
    for turn, (annulled, state) in enumerate(((False, "divorced"), (True, "single"))):
        particulars.record_marriage(ground=lives.ground(registration=f"m-{turn}"), **pair)
        particulars.end_marriage(
            ground=lives.ground(registration=f"e-{turn}"), annulled=annulled, **pair
        )
        with personal.bulk("test", actor=civil_status):
            assert (person_of(first).marital, person_of(second).spouse) == (state, "")

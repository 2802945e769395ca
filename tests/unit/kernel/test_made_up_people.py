"""The same seed makes the same people, in whichever register they are asked for."""

from __future__ import annotations

from datetime import date

from lienthong.kernel.demo_people import STORY, Crowd, draw, entry_key, spread
from lienthong.kernel.units import Level, Unit, UnitTable

DAY = date(2021, 8, 20)
SINCE = date(2004, 1, 1)
UNITS = UnitTable.of(
    [
        Unit("91", "Kiên Giang", "tỉnh", Level.PROVINCE, "", SINCE, None),
        Unit("911", "Phú Quốc", "thành phố", Level.DISTRICT, "91", SINCE, None),
        Unit("31090", "Cửa Dương", "xã", Level.COMMUNE, "911", SINCE, None),
        Unit("31096", "Dương Tơ", "xã", Level.COMMUNE, "911", SINCE, None),
    ]
)


def crowd(seed: int = 76) -> Crowd:
    return Crowd(seed=seed, units=UNITS, day=DAY)


def test_the_same_seed_makes_the_same_people() -> None:
    assert list(crowd().births(60, 20)) == list(crowd().births(60, 20))
    assert list(crowd().births(60, 20)) != list(crowd(77).births(60, 20))


def test_two_registers_tell_of_the_same_children() -> None:
    books = [birth for birth in crowd().births(60, 20) if birth.child.personal_id]
    persons = list(crowd().births(60, 20, numbered_only=True))

    assert persons == books


def test_exactly_the_asked_number_carry_an_id_and_no_id_comes_twice() -> None:
    births = list(crowd().births(600, 200))
    people = [person for b in births for person in (b.child, b.mother, b.father) if person]
    numbers = [person.personal_id for person in people if person.personal_id]

    assert sum(birth.child.personal_id is not None for birth in births) == 200
    assert len(numbers) == len(set(numbers))
    assert not {person.personal_id for person in STORY} & set(numbers)


def test_days_of_registration_never_go_back_and_end_on_the_last_day() -> None:
    days = [birth.registered_on for birth in crowd().births(300, 100)]

    assert days == sorted(days)
    assert days[-1] == DAY


def test_numbers_fit_the_people_who_carry_them() -> None:
    for birth in crowd().births(100, 100):
        number = birth.child.personal_id
        assert number is not None
        assert number.structure_warnings(birth.child.sex, birth.child.born_on, prefix="091") == ()


def test_draws_depend_on_purpose_and_place_alone() -> None:
    assert draw(1, "a", 2) == draw(1, "a", 2)
    assert len({draw(1, salt, place) for salt in "ab" for place in range(500)}) == 1000


def test_keys_of_entries_are_uuids_of_our_own_making() -> None:
    key = entry_key(76, "birth", 5)

    assert key.version == 8
    assert key == entry_key(76, "birth", 5)


def test_events_are_spread_to_the_last_day() -> None:
    assert spread(date(2021, 1, 1), date(2021, 1, 31), 9, 10) == date(2021, 1, 31)

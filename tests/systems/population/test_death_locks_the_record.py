"""A registered death marks the person deceased, once."""

from __future__ import annotations

from datetime import date

import pytest

import cast
from lienthong.kernel.actor import Actor
from lienthong.systems.population.errors import RecordLocked
from systems.population import lives


def told(number: str, **changes: object) -> dict[str, object]:
    return {
        "registration": "d-1",
        "registered_on": cast.LEGAL_DAY,
        "office": "kien-giang.duong-to",
        "personal_id": number,
        "died_on": date(2021, 8, 19),
    } | changes


def test_the_person_is_deceased_from_then_on() -> None:
    number = lives.issue().body["personal_id"]

    answer = lives.ask("death.record.v1", key="d-1", **told(number))

    assert answer.body["standing"] == "deceased"
    found = lives.ask("person.find.v1", personal_id=number)
    assert (found.body["standing"], found.body["died_on"]) == ("deceased", "2021-08-19")


def test_the_same_news_twice_is_one_death() -> None:
    number = lives.issue().body["personal_id"]
    lives.ask("death.record.v1", key="d-1", **told(number))

    assert lives.ask("death.record.v1", key="d-2", **told(number)).status == 200


def test_another_day_of_death_is_a_conflict() -> None:
    number = lives.issue().body["personal_id"]
    lives.ask("death.record.v1", key="d-1", **told(number))

    answer = lives.ask("death.record.v1", key="d-2", **told(number, died_on=date(2021, 8, 18)))

    assert (answer.status, answer.code) == (409, "population.other_death")


def test_nobody_dies_before_birth() -> None:
    number = lives.issue().body["personal_id"]

    answer = lives.ask("death.record.v1", key="d-1", **told(number, died_on=date(2021, 8, 1)))

    assert answer.code == "population.death_out_of_order"


def test_a_locked_record_takes_no_new_residence(civil_status: Actor) -> None:
    number = lives.issue().body["personal_id"]
    lives.ask("death.record.v1", key="d-1", **told(number))

    with pytest.raises(RecordLocked):
        lives.moved(number, civil_status)

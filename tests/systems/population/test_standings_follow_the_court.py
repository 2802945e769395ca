"""Missing, declared dead, back again, abroad, no citizen: each by its decision, in order."""

from __future__ import annotations

from datetime import date

import pytest

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import STEPS, Standing
from lienthong.systems.population.errors import DatesOutOfOrder, RecordLocked, StandingStep
from lienthong.systems.population.services import standings
from systems.population import lives


def declare(number: str, standing: Standing, by: Actor, on: date, **changes: object) -> str:
    event = standings.record_standing(
        number=PersonalId(number), standing=standing, ground=lives.ground(on), by=by, **changes
    )
    return str(event.new.get("standing"))


def test_a_missing_person_comes_back(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    declare(number, Standing.MISSING, civil_status, date(2021, 2, 1))
    declare(
        number, Standing.DECLARED_DEAD, civil_status, date(2021, 5, 1), died_on=date(2021, 4, 30)
    )
    with pytest.raises(RecordLocked):
        lives.moved(number, civil_status)
    declare(number, Standing.ACTIVE, civil_status, date(2021, 8, 1))
    lives.moved(number, civil_status)
    with personal.bulk("test", actor=civil_status):
        found = queries.find(PersonalId(number))
        assert found is not None
        days = (date(2021, 1, 31), date(2021, 3, 1), date(2021, 6, 1), date(2021, 8, 1))
        told = [queries.particulars_on(found.person, day) for day in days]
    assert [one["standing"] for one in told] == ["active", "missing", "declared_dead", "active"]
    assert [one["died_on"] for one in told] == [None, None, "2021-04-30", None]


def test_a_court_says_the_day_of_death(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    for died_on in (None, date(1990, 1, 1), date(2021, 6, 1)):
        with pytest.raises(DatesOutOfOrder):
            declare(number, Standing.DECLARED_DEAD, civil_status, date(2021, 5, 1), died_on=died_on)


def test_a_death_comes_from_the_book_only_and_is_taken_back_by_decision(
    civil_status: Actor,
) -> None:
    number = lives.grown(civil_status, "one")
    with pytest.raises(StandingStep):
        declare(number, Standing.DECEASED, civil_status, date(2021, 5, 1))
    death = {
        "registration": "d-1", "registered_on": cast.LEGAL_DAY, "office": "o",
        "personal_id": number, "died_on": date(2021, 8, 19),
    }  # fmt: skip
    assert lives.ask("death.record.v1", key="1", **death).status == 200
    assert declare(number, Standing.ACTIVE, civil_status, cast.LEGAL_DAY) == "active"
    assert lives.ask("death.record.v1", key="2", **death).status == 200


def test_no_step_leads_where_the_register_does_not(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    declare(number, Standing.RENOUNCED, civil_status, date(2021, 5, 1))
    for standing in set(Standing) - STEPS[Standing.RENOUNCED]:
        with pytest.raises(StandingStep):
            declare(number, standing, civil_status, cast.LEGAL_DAY)


def test_old_readers_see_who_gave_up_citizenship_as_gone(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    declare(number, Standing.RENOUNCED, civil_status, date(2021, 5, 1))
    assert lives.ask("person.find.v1", personal_id=number).body["standing"] == "left"
    assert lives.ask("person.read.v1", personal_id=number).body["standing"] == "renounced"

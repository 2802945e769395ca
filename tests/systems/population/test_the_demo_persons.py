"""The loaded persons: numbers unique, families linked, the people of the story known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import cast
from lienthong.exchange.figures import FigureRequest
from lienthong.kernel.actor import Actor
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import demo
from lienthong.systems.population.figures import FIGURES
from lienthong.systems.population.models import ImportStatement, Person, PersonalIdRow
from systems.population import lives

PLAN = DemoPlan.make(Decimal("0.00005"), 76, cast.LEGAL_DAY)


@pytest.fixture(autouse=True)
def _country(db: None, stated: list[tuple[str, int, str]]) -> None:
    demo.load(PLAN, lambda what, done, total: None)


def test_as_many_numbers_were_given_at_birth_as_the_register_counts() -> None:
    request = FigureRequest(date(2021, 8, 1), cast.LEGAL_DAY, codes=("P001",))
    (figure,) = FIGURES.answer(request).figures

    assert figure.value == PLAN.figures["F020"]
    assert figure.imported == figure.value


def test_structure_and_parents_of_every_child_agree(civil_status: Actor) -> None:
    with personal.bulk("test", actor=civil_status):
        rows = list(PersonalIdRow.objects.select_related("person"))
        numbers = {row.number: row.person for row in rows}
    for row in rows:
        number, person = PersonalId(row.number), row.person
        assert number.structure_warnings(Sex(person.sex), person.born_on) == ()
        if person.mother:
            assert numbers[person.mother].sex == "female"
            assert numbers[person.mother].born_on < person.born_on


def test_the_mother_of_the_story_is_found_by_her_number() -> None:
    answer = lives.ask("person.find.v1", personal_id=cast.AN.personal_id)

    assert answer.body["full_name"] == cast.AN.name.upper()
    assert answer.body["born_on"] == cast.AN.born_on.isoformat()


def test_loading_again_adds_nobody() -> None:
    before = Person.objects.count()

    demo.load(PLAN, lambda what, done, total: None)

    assert Person.objects.count() == before
    assert ImportStatement.objects.count() == 1


def test_a_number_given_after_the_load_is_new(civil_status: Actor) -> None:
    known = PersonalIdRow.objects.count()

    lives.given(civil_status)

    assert PersonalIdRow.objects.count() == known + 1


def test_the_log_is_told_of_the_load_by_its_digest(stated: list[tuple[str, int, str]]) -> None:
    statement = ImportStatement.objects.get()
    assert stated == [(f"population: {statement.source}", statement.rows, statement.digest)]

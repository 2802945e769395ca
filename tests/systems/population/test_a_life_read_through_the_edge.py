"""What other agencies read: a life on a day, households, verdicts by the hundred."""

from __future__ import annotations

from datetime import date
from typing import Any

import cast
from lienthong.exchange.testing import ask_offer
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import Sex
from lienthong.record.models import Look
from lienthong.systems.population.domain.lives import Relation, ResidenceKind
from systems.population import lives

SPRING, SUMMER = date(2021, 3, 1), date(2021, 7, 1)


def family(by: Actor) -> tuple[str, str]:
    """A mother and her child in one household."""
    mother = lives.grown(by, "mother", sex=Sex.FEMALE)
    child = lives.given(by, "child", mother=mother).number
    home = lives.founded(mother, by, SPRING)
    lives.joined(home, child, Relation.CHILD, by, cast.LEGAL_DAY)
    return mother, child


def test_a_person_is_read_as_of_a_day(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SPRING)
    lives.moved(number, civil_status, unit=lives.HAM_NINH, on=SUMMER)
    units = [
        lives.ask("person.read.v1", personal_id=number, on=day).body["residence_unit"]
        for day in (SPRING, SUMMER)
    ]
    assert units == [cast.DUONG_TO, lives.HAM_NINH]


def test_children_are_shown_to_whom_the_grant_lists_them(civil_status: Actor) -> None:
    mother, child = family(civil_status)
    answer = lives.ask("person.read.v1", personal_id=mother)
    assert (answer.body["children"], set(answer.subjects)) == ([child], {mother, child})
    narrow = ask_offer(
        "population", "person.read.v1", {"personal_id": mother}, fields=("found", "full_name")
    )
    assert narrow.body == {"found": True, "full_name": "LÊ VĂN MOTHER"}
    assert narrow.subjects == [mother]


def test_residences_of_a_day_by_their_kinds(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SPRING)
    lives.moved(
        number, civil_status, unit=lives.HAM_NINH, on=SUMMER, kind=ResidenceKind.TEMPORARY,
        ends=date(2022, 1, 1),
    )  # fmt: skip
    now = lives.ask("residence.read.v1", personal_id=number).body
    assert now["permanent"]["begins"] == "2021-03-01"
    assert [stay["unit"] for stay in now["temporary"]] == [lives.HAM_NINH]
    before = lives.ask("residence.read.v1", personal_id=number, on=SPRING).body
    assert (before["temporary"], before["absences"]) == ([], [])


def test_a_household_names_all_its_members_to_the_gateway(civil_status: Actor) -> None:
    mother, child = family(civil_status)
    answer = lives.ask("household.read.v1", personal_id=child)
    assert (answer.body["head"], answer.body["relation"]) == (mother, "child")
    assert {one["personal_id"] for one in answer.body["members"]} == {mother, child}
    assert set(answer.subjects) == {mother, child}
    before = lives.ask("household.read.v1", personal_id=mother, on=date(2021, 8, 1)).body
    assert [one["relation"] for one in before["members"]] == ["head"]
    assert lives.ask("household.read.v1", personal_id=mother, on=date(2020, 1, 1)).body == (
        lives.ask("household.read.v1", personal_id="091090999999").body
    )


def test_a_hundred_are_verified_at_once_and_a_bad_one_spoils_none(civil_status: Actor) -> None:
    number = lives.given(civil_status).number
    told = [cast.NEWBORN.name, "Tran Nguyen Gia Duc", "Lê Lợi"]
    items: list[dict[str, Any]] = [
        {"reference": f"{place}", "person": {"personal_id": number, "full_name": name}}
        for place, name in enumerate(told)
    ]
    items += [{"reference": "bad", "person": {"personal_id": "12"}}]
    items += [{"reference": "nobody", "person": {"personal_id": "091221999999", "sex": "male"}}]
    answer = lives.ask("person.verify-batch.v1", items=items)
    verdicts = {
        one["reference"]: one["refused"] or one["verdict"]["verdict"]
        for one in answer.body["items"]
    }
    assert verdicts == {
        "0": "yes", "1": "partly", "2": "no", "bad": "kernel.bad_personal_id", "nobody": "unknown",
    }  # fmt: skip
    assert cast.NEWBORN.name.upper() not in str(answer.body)
    assert set(answer.subjects) == {number, "091221999999"}
    assert Look.objects.filter(seen=["full_name"]).count() == 6


def test_more_than_a_hundred_are_refused(civil_status: Actor) -> None:
    item = {"reference": "x", "person": {"personal_id": "091221999999"}}
    for items in ([], [item] * 101):
        assert lives.ask("person.verify-batch.v1", items=items).code == "exchange.bad_body"


def test_kin_and_commune_are_verified_without_being_told(civil_status: Actor) -> None:
    mother, child = family(civil_status)
    lives.moved(mother, civil_status, on=SPRING)
    right = lives.ask("person.verify.v1", personal_id=child, mother=mother)
    assert right.body["verdict"] == "yes"
    wrong = lives.ask("person.verify.v1", personal_id=child, mother=child, father=mother)
    assert {one["field"]: one["verdict"] for one in wrong.body["fields"]} == {
        "mother": "no", "father": "unknown",
    }  # fmt: skip
    where = lives.ask("person.verify.v1", personal_id=mother, residence_unit=lives.HAM_NINH)
    assert where.body["verdict"] == "no"


def test_the_books_correct_marry_and_declare(civil_status: Actor) -> None:
    husband = lives.grown(civil_status, "husband")
    wife = lives.grown(civil_status, "wife", sex=Sex.FEMALE)
    said = {
        "document": "12/2021", "legal_basis": "Luật Hộ tịch Điều 28", "effective_on": SUMMER,
    }  # fmt: skip
    corrected = lives.ask(
        "particulars.correct.v1", key="c", personal_id=wife, registration="c-1",
        reason="xác định lại dân tộc", ethnicity={"name": "Khmer", "code": "05"}, **said,
    )  # fmt: skip
    assert corrected.body["changed"] == ["ethnicity", "ethnicity_code", "ethnicity_list"]
    married = lives.ask(
        "marriage.record.v1", key="m", personal_ids=[husband, wife], registration="m-1", **said
    )
    assert married.body["marital"] == "married"
    gone = lives.ask(
        "standing.record.v1", key="s", personal_id=husband, registration="s-1",
        standing="missing", reason="Tòa án tuyên bố mất tích", **said,
    )  # fmt: skip
    assert gone.body["standing"] == "missing"
    read = lives.ask("person.read.v1", personal_id=wife).body
    assert (read["spouse"], read["ethnicity"]["name"]) == (husband, "Khmer")

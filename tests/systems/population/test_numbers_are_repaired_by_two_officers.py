"""One officer asks that a number be repaired, with the papers; another decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

import cast
from lienthong.exchange import relay
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.ids import NumberStatus
from lienthong.systems.population.domain.repairs import RepairKind
from lienthong.systems.population.errors import (
    BasisMissing,
    EvidenceMissing,
    NotAParticular,
    RepairClosed,
    SecondOfficerNeeded,
    StructureAgrees,
)
from lienthong.systems.population.models import Person, PersonalIdRow, Repair
from lienthong.systems.population.services import repairs
from systems.population import lives

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = Actor("officer-1", "G01.C06", "", cast.LEGAL_DAY)
DECIDES = Actor("officer-2", "G01.C06", "", cast.LEGAL_DAY)
PAPERS = [{"kind": "Giấy khai sinh", "number": "118/2021"}]
OTHER = {
    "full_name": "Lê Văn Hai",
    "sex": "male",
    "born_on": "1990-02-03",
    "ethnicity": "Kinh",
    "nationality": "Việt Nam",
    "home_place": "tỉnh Kiên Giang",
    "province": "91",
}


def ask(number: str, kind: RepairKind = RepairKind.STRUCTURE, **changes: Any) -> Repair:
    proposal = changes.pop("proposal", {"born_on": "1989-05-06"})
    return repairs.ask_repair(
        number=PersonalId(number),
        kind=kind,
        proposal=proposal,
        reason=changes.pop("reason", "khai sai năm sinh"),
        evidence=changes.pop("evidence", PAPERS),
        by=ASKS,
    )


def decide(row: Repair, by: Actor = DECIDES, *, grant: bool = True, **changes: str) -> Repair:
    said = {"decision": "7/QĐ-C06", "answer": ""} | changes
    return repairs.decide(repair=row.key, grant=grant, by=by, **said)


def carried_out(row: Repair) -> Repair:
    answer = lives.ask("repair.carry-out.v1", key=f"repair/{row.key}", repair=str(row.key))
    assert answer.status == 200, answer.code
    with personal.bulk("test", actor=ASKS):
        return Repair.objects.get(pk=row.pk)


def found(number: str) -> queries.Found:
    with personal.bulk("test", actor=ASKS):
        one = queries.find(PersonalId(number))
        assert one is not None
        return one


def test_a_number_that_contradicts_its_person_is_replaced(civil_status: Actor) -> None:
    old = lives.grown(civil_status, "one")
    row = carried_out(decide(ask(old)))
    (fresh,) = row.successors
    assert PersonalId(fresh).birth_year == 1989
    assert (found(old).number, found(old).superseded) == (fresh, old)


def test_a_wrong_number_of_old_data_is_repaired_to_what_the_person_is(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    with personal.writing("tests", by=civil_status):
        Person.objects.update(sex="female")
    with personal.bulk("test", actor=ASKS):
        assert queries.warnings_of(found(number).person, number)
    (fresh,) = carried_out(decide(ask(number, proposal={}))).successors
    assert PersonalId(fresh).sex is Sex.FEMALE


def test_of_two_users_the_holder_keeps_and_the_other_gets_one(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    number = lives.grown(civil_status, "one")
    row = carried_out(decide(ask(number, RepairKind.SHARED, proposal={"other": OTHER})))
    (fresh,) = row.successors
    assert found(number).number == number
    assert found(fresh).person.full_name == "LÊ VĂN HAI"
    with personal.bulk("test", actor=ASKS):
        assert [one.number for one in queries.formerly_using(PersonalId(number))] == [fresh]
        holder = queries.events_of(found(number).person).first()
    assert holder is not None
    assert (holder.kind, holder.new) == ("number", {"number": number})


def test_a_number_neither_keeps_is_nobodys_afterwards(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    number = lives.grown(civil_status, "one")
    row = carried_out(decide(ask(number, RepairKind.SWAPPED, proposal={"other": OTHER})))
    assert len(set(row.successors) | {number}) == 3
    with personal.bulk("test", actor=ASKS):
        old = PersonalIdRow.objects.get(number=number)
    assert (old.status, old.successor_id) == (NumberStatus.CANCELLED, row.successors[0])
    relay_told = [one["personal_id"] for one in _told(exchange)]
    assert relay_told == [number]


def _told(exchange: ExchangeDouble) -> list[dict[str, Any]]:
    exchange.answers(
        "population", "repair.carry-out.v1", lambda request: {"repair": "", "numbers": 0}
    )
    relay.send_all_due()
    return exchange.told("civil_status", "personal-id.cancelled.v1")


def test_nobody_decides_about_their_own_request(civil_status: Actor) -> None:
    row = ask(lives.grown(civil_status, "one"))
    for by in (ASKS, replace(ASKS, office="G01.C07")):
        with pytest.raises(SecondOfficerNeeded):
            decide(row, by)
    with pytest.raises(IntegrityError), transaction.atomic(), personal.writing("t", by=ASKS):
        Repair.objects.update(state="granted", decided_by=row.asked_by)


def test_a_request_is_decided_once_and_carried_out_once(civil_status: Actor) -> None:
    row = ask(lives.grown(civil_status, "one"))
    early = lives.ask("repair.carry-out.v1", key="early", repair=str(row.key))
    assert early.code == "population.repair_closed"
    decide(row)
    with pytest.raises(RepairClosed):
        decide(row, grant=False, answer="không đủ căn cứ")
    first = carried_out(row)
    again = lives.ask("repair.carry-out.v1", key="again", repair=str(row.key))
    assert again.status == 200
    assert set(again.subjects) == {row.number, *first.successors}


def test_a_refusal_says_why_and_changes_nothing(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    row = ask(number)
    with pytest.raises(BasisMissing):
        decide(row, grant=False, decision="")
    decide(row, grant=False, answer="giấy tờ không khớp")
    assert found(number).superseded == ""
    ask(number)


def test_only_one_request_is_open_for_a_number(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    row = ask(number)
    with pytest.raises(RepairClosed):
        ask(number)
    decide(row)
    with pytest.raises(RepairClosed):
        ask(number)


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        ("structure", {"proposal": {}}, StructureAgrees),
        ("structure", {"evidence": []}, EvidenceMissing),
        ("structure", {"evidence": [{"kind": " "}]}, EvidenceMissing),
        ("structure", {"reason": " "}, BasisMissing),
        ("shared", {"proposal": {"other": OTHER | {"full_name": ""}}}, NotAParticular),
        ("shared", {"proposal": {}}, NotAParticular),
    ],
)
def test_what_cannot_be_carried_out_is_not_asked(
    kind: str, changes: dict[str, Any], error: type[Exception], civil_status: Actor
) -> None:
    number = lives.grown(civil_status, "one")
    with pytest.raises(error):
        ask(number, RepairKind(kind), **changes)


def test_the_day_of_the_decision_stands_in_the_history(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    carried_out(decide(ask(number)))
    with personal.bulk("test", actor=ASKS):
        event = queries.events_of(found(number).person).first()
    assert event is not None
    assert (event.document, event.effective_on) == ("7/QĐ-C06", cast.LEGAL_DAY)
    assert event.new["born_on"] == date(1989, 5, 6).isoformat()

"""The systems of this release ask each other, through both sides of a gateway in one process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

import cast
from exchange.whole import whole_exchange
from lienthong.exchange import client, edge, errors, registry
from lienthong.exchange.asks import Ask
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.kernel import clock
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.civil_status import needs, shapes

# Each side of the exchange has a database connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

CIVIL_STATUS = registry.card("civil_status")


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessGateway]:
    monkeypatch.setenv("LIENTHONG_PERSONAL_ID_KEY", "0f" * 32)
    cards = registry.all_cards()
    edge.load_offers(card.code for card in cards)
    with clock.stopped(legal_day=cast.LEGAL_DAY), whole_exchange(*cards) as held:
        yield held


def ask(code: str, request: object, key: str | None = None) -> client.Answer:
    need = CIVIL_STATUS.need("population", code)
    return client.call(Ask(CIVIL_STATUS, need, request), deadline=20, key=key)  # type: ignore[arg-type]


def issue(
    name: str = cast.NEWBORN.name, key: str = "birth:118", registration: str = "31090/2021/118"
) -> client.Answer:
    request = shapes.IssuePersonalId(
        registration=registration,
        registered_on=cast.LEGAL_DAY,
        office=cast.LE_CUONG.office,
        province="91",
        full_name=name,
        sex="male",
        born_on=cast.NEWBORN.born_on,
        ethnicity=shapes.Ethnicity("Kinh"),
        nationality="Việt Nam",
        home_place="Kiên Giang",
    )
    return ask("personal-id.issue.v1", request, key=key)


def test_a_newborn_gets_a_number_once_and_is_found_by_it() -> None:
    first, again = issue(), issue()
    number = PersonalId.parse(first.body.personal_id)
    assert again.body == first.body
    assert first.promise is not None
    found = ask("person.find.v1", shapes.FindPerson(str(number))).body
    assert (found.found, found.full_name) == (True, cast.NEWBORN.name.upper())
    assert found.born_on == cast.NEWBORN.born_on


def test_each_question_about_a_person_is_a_look_of_the_body_that_asked() -> None:
    number = issue().body.personal_id
    before = personal.looks_at(number).count()
    ask("person.find.v1", shapes.FindPerson(number))
    looks = personal.looks_at(number)
    assert looks.count() == before + 1
    assert looks[0].who == "VN/GOV/G15/civil-status"
    assert looks[0].purpose


def test_a_death_is_recorded_and_seen_when_the_person_is_verified() -> None:
    number = issue().body.personal_id
    verify = shapes.VerifyPerson(number, full_name=cast.NEWBORN.name)
    assert ask("person.verify.v1", verify).body == shapes.VerifiedPerson(True, True, "yes")
    died = shapes.RecordDeath("31090/2021/7", cast.LEGAL_DAY, "duong-to", number, cast.LEGAL_DAY)
    assert ask("death.record.v1", died, key="death:7").body.died_on == cast.LEGAL_DAY
    assert ask("person.verify.v1", verify).body.alive is False


def test_a_refusal_of_population_arrives_with_its_own_code() -> None:
    issue()
    with pytest.raises(errors.ExchangeError) as caught:
        issue(name="Trần Nguyễn Gia Huy", key="birth:118:again")
    assert caught.value.code.startswith("population.")
    assert caught.value.fault == ""


def test_an_unknown_number_is_an_answer_and_no_error() -> None:
    assert ask("person.find.v1", shapes.FindPerson("091221999999")).body.found is False


def test_what_the_books_say_of_people_is_followed_by_population() -> None:
    first = issue().body.personal_id
    second = issue("Trần Gia Huy", key="birth:119", registration="31090/2021/119").body.personal_id

    def ground(entry: str, document: str = "Giấy chứng nhận kết hôn số 1/2021") -> needs.Ground:
        return needs.Ground(
            registration=entry,
            document=document,
            legal_basis="Luật Hộ tịch 60/2014/QH13",
            effective_on=cast.LEGAL_DAY,
        )

    told = {
        "m": needs.record_marriage(ground("m"), numbers=(first, second)),
        "d": needs.record_marriage(ground("d"), numbers=(first, second), ended="divorced"),
        "c": needs.correct_particulars(
            ground("c"),
            number=first,
            reason="ghi sai",
            home_place="tỉnh Cà Mau",
            ethnicity=shapes.Ethnicity("Khmer"),
        ),
        "s": needs.record_standing(ground("s"), number=second, standing="missing", reason="Tòa án"),
    }
    for key, asked in told.items():
        client.call(asked, deadline=20, key=key)

    corrected = ask("person.find.v1", shapes.FindPerson(first)).body
    assert (corrected.home_place, corrected.ethnicity.name) == ("tỉnh Cà Mau", "Khmer")
    assert ask("person.find.v1", shapes.FindPerson(second)).body.standing == "missing"
    renumbered = needs.reestablish_personal_id(
        number=first, reason="cải chính", decision="7/QĐ", decided_on=cast.LEGAL_DAY,
        sex="female", born_on=None,
    )  # fmt: skip
    answer = client.call(renumbered, deadline=20, key="r").body
    assert (answer.cancelled, answer.personal_id != first) == (first, True)


@pytest.mark.parametrize("system", ["population", "civil_status"])
def test_steering_is_told_every_figure_a_register_states(system: str) -> None:
    steering = registry.card("steering")
    request = FigureRequest(date(2021, 8, 1), cast.LEGAL_DAY)
    answer = client.call(Ask(steering, steering.need(system, FIGURES_CODE), request), deadline=20)
    assert answer.body.system == system
    assert answer.body.figures
    assert all(figure.definition and figure.source for figure in answer.body.figures)

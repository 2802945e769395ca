"""What other bodies can ask, through the provider's edge with admission and keys."""

from __future__ import annotations

from datetime import date

import cast
from lienthong.exchange.testing import ask_offer
from lienthong.record.models import Look
from lienthong.systems.population.models import PersonalIdRow
from systems.population import lives


def test_issuing_answers_the_number_and_names_its_subject() -> None:
    answer = lives.issue()

    assert answer.status == 200
    assert answer.subjects == [answer.body["personal_id"]]
    assert answer.body["registration"] == "7f3c"


def test_the_same_request_under_another_key_gives_no_second_number() -> None:
    first, second = lives.issue("k-1"), lives.issue("k-2")

    assert first.body["personal_id"] == second.body["personal_id"]
    assert PersonalIdRow.objects.count() == 1


def test_a_birth_in_the_future_is_refused_with_a_code() -> None:
    answer = lives.issue(born_on="2021-08-21")

    assert (answer.status, answer.code) == (400, "population.birth_after_registration")


def test_an_unknown_province_is_refused_with_a_code() -> None:
    assert lives.issue(province="99").code == "population.unknown_prefix"


def test_a_name_in_nfd_with_a_look_alike_letter_is_mended() -> None:
    import unicodedata

    name = unicodedata.normalize("NFD", "Ðỗ Thị Hòa")
    number = lives.issue(full_name=name, sex="female").body["personal_id"]

    found = lives.ask("person.find.v1", personal_id=number)
    assert found.body["full_name"] == "ĐỖ THỊ HÒA"


def test_finding_a_person_writes_a_look() -> None:
    number = lives.issue().body["personal_id"]

    found = lives.ask("person.find.v1", personal_id=number)

    assert (found.body["found"], found.body["born_on"]) == (True, cast.NEWBORN.born_on.isoformat())
    assert Look.objects.filter(who="VN/GOV/G15/civil-status").exists()


def test_a_grant_shows_only_its_fields() -> None:
    number = lives.issue().body["personal_id"]

    answer = ask_offer(
        "population",
        "person.find.v1",
        {"personal_id": number},
        fields=("found", "full_name"),
    )

    assert set(answer.body) <= {"found", "full_name"}


def test_a_number_nobody_has_is_an_answer_and_still_a_look() -> None:
    answer = lives.ask("person.find.v1", personal_id="091321999999")

    assert (answer.status, answer.body["found"]) == (200, False)
    assert Look.objects.count() == 1


def test_verifying_says_yes_no_or_partly_and_gives_nothing_away() -> None:
    number = lives.issue().body["personal_id"]

    def verdict(**asked: object) -> str:
        answer = lives.ask("person.verify.v1", personal_id=number, **asked)
        assert cast.NEWBORN.name.upper() not in answer.raw.decode()
        return str(answer.body["verdict"])

    assert verdict(full_name=cast.NEWBORN.name) == "yes"
    assert verdict(full_name="Tran Nguyen Gia Duc") == "partly"
    assert verdict(full_name=cast.NEWBORN.name, birth_year=2020) == "no"
    assert verdict(full_name=cast.NEWBORN.name, born_on=date(2021, 8, 1)) == "partly"


def test_an_unknown_number_verifies_as_unknown() -> None:
    answer = lives.ask("person.verify.v1", personal_id="091321999999", full_name="Ai")

    assert (answer.body["known"], answer.body["verdict"]) == (False, "unknown")


def test_a_cancelled_number_leads_to_the_one_that_replaced_it() -> None:
    number = lives.issue().body["personal_id"]
    fresh = lives.ask(
        "personal-id.reestablish.v1",
        key="r-1",
        personal_id=number,
        reason="xác định lại giới tính",
        decision="8/QĐ-UBND",
        decided_on=cast.LEGAL_DAY,
        sex="female",
    ).body["personal_id"]

    found = lives.ask("person.find.v1", personal_id=number)

    assert (found.body["personal_id"], found.body["superseded"]) == (fresh, number)


def test_a_number_that_was_taken_back_belongs_to_nobody() -> None:
    number = lives.issue().body["personal_id"]
    lives.ask(
        "personal-id.cancel.v1",
        key="c-1",
        personal_id=number,
        reason="ghi sổ nhầm",
        decision="7/QĐ-UBND",
        decided_on=cast.LEGAL_DAY,
    )

    found = lives.ask("person.find.v1", personal_id=number)
    verified = lives.ask("person.verify.v1", personal_id=number, full_name=cast.NEWBORN.name)

    assert (found.body["found"], found.body["number_status"]) == (False, "cancelled")
    assert not any(found.body.get(name) for name in ("full_name", "born_on", "personal_id"))
    assert (verified.body["known"], verified.body["alive"]) == (False, False)
    assert (verified.body["verdict"], verified.body["number_status"]) == ("no", "cancelled")


def test_reestablishing_without_a_ground_is_refused() -> None:
    number = lives.issue().body["personal_id"]

    answer = lives.ask(
        "personal-id.reestablish.v1",
        key="r-1",
        personal_id=number,
        reason="đổi số cho đẹp",
        decision="9/QĐ-UBND",
        decided_on=cast.LEGAL_DAY,
    )

    assert answer.code == "population.nothing_corrected"

"""Later events stand beside the entry they alter; the entry says for ever what it said."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import history, personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.events import Change, Event
from lienthong.systems.civil_status.errors import InvalidEntry, NotCompetent
from lienthong.systems.civil_status.models import BirthRegistration, Notice
from lienthong.systems.civil_status.services import births, deaths, event_papers, events
from systems.civil_status import declarations
from systems.civil_status.declarations import CHILD_ID
from systems.civil_status.event_declarations import AN, BINH, event, form, person, sent

CHILD = person(
    AN, full_name=cast.NEWBORN.name, born_on=cast.NEWBORN.born_on, personal_id=PersonalId(CHILD_ID)
)
GROUNDS = {"grounds": "Ghi sai khi đăng ký"}


@pytest.fixture
def birth(cuong: Actor, population: ExchangeDouble) -> BirthRegistration:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None
    assert outbox.deliver(entered.outbox_row) == "delivered"
    return entered.birth


def rewritten(kind: str, *changes: Change, **parts: str) -> Event:
    return event(kind, {"person": CHILD}, parts=GROUNDS | parts, changes=changes)


def refused(declared: Event, by: Actor) -> set[tuple[str, str]]:
    with pytest.raises(InvalidEntry) as error:
        events.register_event(event=declared, by=by)
    return {(field, code) for field, code in error.value.detail["problems"]}


def said(birth: BirthRegistration, by: Actor) -> dict[str, str]:
    with personal.writing("test", by=by):
        return queries.as_amended(BirthRegistration.objects.get(key=birth.key))


def test_a_correction_stands_beside_the_birth_and_population_follows(
    birth: BirthRegistration, cuong: Actor, population: ExchangeDouble
) -> None:
    before = said(birth, cuong)["home_place"]
    change = Change("home_place", before, "xã Cửa Dương, thành phố Phú Quốc, tỉnh Kiên Giang")

    entered = events.register_event(event=rewritten("correction", change), by=cuong)

    assert said(birth, cuong)["home_place"] == change.becomes
    with personal.writing("test", by=cuong):
        assert BirthRegistration.objects.get(key=birth.key).home_place == before
        assert not [
            one
            for one in history.of(BirthRegistration, birth.key)
            if one.old["home_place"] != before
        ]
    for row in entered.outbox_rows:
        assert outbox.deliver(row) == "delivered"
    (told,) = population.asked("population", "particulars.correct.v1")
    assert (told.personal_id, told.home_place) == (CHILD_ID, change.becomes)
    assert told.full_name is None


def test_what_is_rewritten_must_be_what_the_book_says(
    birth: BirthRegistration, cuong: Actor
) -> None:
    wrong = Change("home_place", "tỉnh Cà Mau", "tỉnh Kiên Giang")

    assert refused(rewritten("correction", wrong), cuong) == {("change_1_was", "not_as_in_book")}


def test_a_second_correction_starts_from_the_first(birth: BirthRegistration, cuong: Actor) -> None:
    first = Change("birth_place", "", "Bệnh viện đa khoa tỉnh Kiên Giang")
    events.register_event(event=rewritten("correction", first), by=cuong)

    second = Change("birth_place", first.becomes, "Trạm y tế xã Dương Tơ")
    events.register_event(event=rewritten("correction", second), by=cuong)

    assert said(birth, cuong)["birth_place"] == second.becomes


def test_a_supplement_fills_only_what_was_left_blank(
    birth: BirthRegistration, cuong: Actor
) -> None:
    change = Change("home_place", "", "tỉnh Kiên Giang")

    assert refused(rewritten("supplement", change), cuong) == {("change_1_field", "not_blank")}


def test_from_fourteen_on_a_change_was_the_districts(cuong: Actor, population: object) -> None:
    grown = event(
        "change",
        {"person": AN},
        parts=GROUNDS,
        changes=(Change("child_name", "", "Nguyễn Thị Bình An"),),
    )

    with pytest.raises(NotCompetent):
        events.register_event(event=grown, by=cuong)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change("born_on", "", "31/02/2021"), "not_a_day"),
        (Change("mother_birth_year", "", "95"), "not_a_year"),
        (Change("sex", "", "nam giới"), "not_a_sex"),
        (Change("mother_name", "", "Nguyễn 2"), "bad_name"),
    ],
)
def test_what_cannot_stand_in_the_book_is_refused(
    birth: BirthRegistration, cuong: Actor, change: Change, code: str
) -> None:
    assert refused(rewritten("correction", change), cuong) == {("change_1_becomes", code)}


def test_a_corrected_birth_date_asks_for_another_number(
    birth: BirthRegistration, cuong: Actor, population: ExchangeDouble
) -> None:
    change = Change("born_on", "", "17/08/2020")

    entered = events.register_event(
        event=rewritten("correction", change, decision="7/QĐ-UBND"), by=cuong
    )

    for row in entered.outbox_rows:
        outbox.deliver(row)
    (asked,) = population.asked("population", "personal-id.reestablish.v1")
    assert (asked.personal_id, asked.born_on) == (CHILD_ID, date(2020, 8, 17))


def test_another_day_of_the_same_year_keeps_the_number(
    birth: BirthRegistration, cuong: Actor, population: ExchangeDouble
) -> None:
    entered = events.register_event(
        event=rewritten("correction", Change("born_on", "", "16/08/2021")), by=cuong
    )

    for row in entered.outbox_rows:
        outbox.deliver(row)
    (told,) = population.asked("population", "particulars.correct.v1")
    assert told.born_on == date(2021, 8, 16)
    assert not population.asked("population", "personal-id.reestablish.v1")


def test_a_recognised_father_stands_beside_a_birth_without_one(
    cuong: Actor, population: ExchangeDouble
) -> None:
    named = declarations.child(full_name="Nguyễn Gia Đức")
    alone = declarations.birth(child=named, father=None, declarant=declarations.birth().declarant)
    birth = births.register_birth(birth=alone, by=cuong).birth
    child = person(AN, full_name=named.full_name, born_on=named.born_on, personal_id=None)
    recognised = event(
        "recognition",
        {"parent": BINH, "child": child},
        parts={"relation": "father", "evidence": "Kết quả giám định ADN số 5"},
    )

    entered = events.register_event(event=recognised, by=cuong)

    assert said(birth, cuong)["father_name"] == cast.BINH.name
    assert refused(recognised, cuong) == {("relation", "parent_in_book")}
    pdf = event_papers.event_extract(key=entered.entry.key, by=cuong)
    assert pdf.startswith(b"%PDF")


def test_another_desk_is_told_that_its_entry_was_altered(
    birth: BirthRegistration, cuong: Actor, other_officer: Actor
) -> None:
    change = Change("birth_place", "", "Trạm y tế xã Cửa Dương")

    events.register_event(event=rewritten("correction", change), by=other_officer)

    assert said(birth, cuong)["birth_place"] == change.becomes
    notice = Notice.objects.get(why="first_registration")
    assert (notice.to_office, notice.from_office) == (cuong.office, other_officer.office)


def test_nothing_is_registered_for_the_dead(
    birth: BirthRegistration, cuong: Actor, population: ExchangeDouble
) -> None:
    deaths.register_death(
        death=declarations.death(
            full_name=cast.NEWBORN.name,
            born_on=cast.NEWBORN.born_on,
            personal_id=PersonalId(CHILD_ID),
        ),
        by=cuong,
    )
    change = Change("birth_place", "", "Trạm y tế xã Dương Tơ")

    assert refused(rewritten("correction", change), cuong) == {("person_name", "dead_in_book")}


def test_the_pages_lead_from_the_birth_to_the_change_and_back(
    birth: BirthRegistration, browser: Client
) -> None:
    opened = browser.get(f"/canbo/civil-status/births/{birth.key}/").content.decode()
    link = f"/canbo/civil-status/events/correction/new?entry={birth.key}"
    assert link in opened
    filled = browser.get(link).content.decode()
    assert cast.NEWBORN.name.upper() in filled

    data = form(
        sent("person", CHILD),
        alters=str(birth.key),
        grounds="Ghi sai khi đăng ký",
        change_1_field="birth_place",
        change_1_becomes="Trạm y tế xã Dương Tơ",
    )
    entered = browser.post("/canbo/civil-status/events/correction/new", data, follow=True)

    assert entered.status_code == 200
    assert f"/canbo/civil-status/births/{birth.key}/" in entered.content.decode()
    again = browser.get(f"/canbo/civil-status/births/{birth.key}/").content.decode()
    assert "Trạm y tế xã Dương Tơ" in again
    assert "Cải chính hộ tịch" in again

"""A marriage is entered once, by people who may marry; population follows both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import Sex
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.errors import InvalidEntry, NotCompetent
from lienthong.systems.civil_status.models import MarriageRegistration, Paper
from lienthong.systems.civil_status.services import births, deaths, event_papers, events
from systems.civil_status import declarations
from systems.civil_status.event_declarations import AN, BINH, divorce, form, marriage, person, sent

NEW = "/canbo/civil-status/events/marriage/new"
THIRD = person(BINH, full_name="Lý Văn Sơn", born_on=date(1990, 1, 2), personal_id=None)


def codes(error: InvalidEntry) -> set[tuple[str, str]]:
    return {(field, code) for field, code in error.detail["problems"]}


def refused(event: object, by: Actor) -> set[tuple[str, str]]:
    with pytest.raises(InvalidEntry) as error:
        events.register_event(event=event, by=by)  # type: ignore[arg-type]
    return codes(error.value)


def test_a_marriage_takes_a_number_and_population_follows_both(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = events.register_event(event=marriage(), by=cuong)

    assert entered.entry.number == "1/2021"
    assert entered.entry.book_no == "marriage/2021"
    assert [outbox.deliver(row) for row in entered.outbox_rows] == ["delivered"]
    (told,) = population.asked("population", "marriage.record.v1")
    assert told.personal_ids == (cast.AN.personal_id, cast.BINH.personal_id)
    assert (told.ended, told.registration) == ("", str(entered.entry.key))


def test_sending_a_form_twice_marries_once(browser: Client, population: ExchangeDouble) -> None:
    data = form(sent("wife", AN), sent("husband", BINH))

    first = browser.post(NEW, data)
    again = browser.post(NEW, data)

    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert MarriageRegistration.objects.count() == 1


@pytest.mark.parametrize(
    ("side", "born_on", "fits"),
    [
        ("wife", date(2003, 8, 20), True),
        ("wife", date(2003, 8, 21), False),
        ("husband", date(2001, 8, 20), True),
        ("husband", date(2001, 8, 21), False),
    ],
)
def test_woman_and_man_are_of_age_to_the_day(
    cuong: Actor, population: ExchangeDouble, side: str, born_on: date, fits: bool
) -> None:
    who = {"wife": AN, "husband": BINH}[side]
    event = marriage(people={side: person(who, born_on=born_on, personal_id=None)})

    if fits:
        assert events.register_event(event=event, by=cuong).entry.number == "1/2021"
    else:
        assert refused(event, cuong) == {(f"{side}_born_day", "too_young_to_marry")}


def test_who_is_married_in_the_books_of_another_desk_does_not_marry_again(
    cuong: Actor, other_officer: Actor, population: ExchangeDouble
) -> None:
    events.register_event(event=marriage(), by=cuong)

    found = refused(marriage(people={"husband": THIRD}), other_officer)

    assert found == {("wife_name", "married_in_book")}


def test_an_entry_older_than_the_numbers_is_found_by_name_and_birth(
    cuong: Actor, population: ExchangeDouble
) -> None:
    old = marriage(people={"wife": person(AN, personal_id=None)})
    events.register_event(event=old, by=cuong)

    assert ("wife_name", "married_in_book") in refused(marriage(people={"husband": THIRD}), cuong)


def test_after_a_divorce_was_noted_one_may_marry_again(
    cuong: Actor, population: ExchangeDouble
) -> None:
    first = events.register_event(event=marriage(), by=cuong).entry
    noted = events.register_event(event=divorce(), by=cuong)

    second = events.register_event(event=marriage(people={"husband": THIRD}), by=cuong)

    assert second.entry.number == "2/2021"
    with personal.writing("test", by=cuong):
        (annotation,) = queries.annotations_of(first)
    assert (annotation.event, annotation.by_entry) == ("divorce", noted.entry.key)
    assert "12/2021/QĐST-HNGĐ" in annotation.basis
    for row in noted.outbox_rows:
        assert outbox.deliver(row) == "delivered"
    (told,) = population.asked("population", "marriage.record.v1")
    assert (told.ended, told.effective_on) == ("divorced", date(2021, 8, 2))


def test_a_divorce_is_noted_once(cuong: Actor, population: ExchangeDouble) -> None:
    events.register_event(event=marriage(), by=cuong)
    events.register_event(event=divorce(), by=cuong)

    assert refused(divorce(), cuong) == {("decision", "ended_already")}


def test_the_death_of_a_spouse_ends_a_marriage(cuong: Actor, population: ExchangeDouble) -> None:
    events.register_event(event=marriage(), by=cuong)
    deaths.register_death(
        death=declarations.death(
            full_name=cast.BINH.name,
            born_on=cast.BINH.born_on,
            personal_id=BINH.personal_id,
        ),
        by=cuong,
    )

    entered = events.register_event(event=marriage(people={"husband": THIRD}), by=cuong)

    assert entered.entry.number == "2/2021"


def test_the_dead_do_not_marry(cuong: Actor, population: ExchangeDouble) -> None:
    deaths.register_death(
        death=declarations.death(
            full_name=cast.BINH.name,
            born_on=cast.BINH.born_on,
            personal_id=BINH.personal_id,
        ),
        by=cuong,
    )

    assert refused(marriage(), cuong) == {("husband_name", "dead_in_book")}
    by_population = marriage(people={"wife": replace(AN, died=True), "husband": THIRD})
    assert refused(by_population, cuong) == {("wife_name", "dead_in_population")}


def test_parent_and_child_do_not_marry(cuong: Actor, population: ExchangeDouble) -> None:
    girl = declarations.child(full_name="Trần Thị Mai", sex=Sex.FEMALE, born_on=date(2000, 1, 2))
    kin = {
        "mother": declarations.mother(birth_year=1972),
        "father": declarations.father(birth_year=1970),
    }
    births.register_birth(birth=declarations.birth(child=girl, **kin), by=cuong)
    wife = person(AN, full_name=girl.full_name, born_on=girl.born_on, personal_id=None)

    assert refused(marriage(people={"wife": wife}), cuong) == {("husband_name", "close_kin")}


def test_a_foreign_spouse_is_the_districts_until_districts_ended(
    desk: object, cuong: Actor, population: ExchangeDouble
) -> None:
    abroad = marriage(people={"husband": person(THIRD, nationality="Pháp")})

    with pytest.raises(NotCompetent):
        events.register_event(event=abroad, by=cuong)

    later = replace(cuong, legal_day=date(2025, 7, 1))
    entered = events.register_event(event=replace(abroad, registered_on=later.legal_day), by=later)
    assert entered.entry.level == "commune"


def test_the_certificate_is_printed_and_can_be_checked_by_anyone(
    cuong: Actor, population: ExchangeDouble, client: Client
) -> None:
    entry = events.register_event(event=marriage(), by=cuong).entry

    pdf = event_papers.marriage_certificate(key=entry.key, by=cuong)

    assert pdf.startswith(b"%PDF")
    paper = Paper.objects.get(entry=entry.key)
    page = client.get(f"/kiem-tra/{paper.code}").content.decode()
    assert "Giấy chứng nhận kết hôn" in page
    assert "N•• T•• A•• – T•• V•• B••" in page
    assert cast.AN.name.upper() not in page


def test_the_page_refuses_with_words_that_name_the_person(
    browser: Client, population: ExchangeDouble
) -> None:
    young = sent("husband", person(BINH, born_on=date(2005, 1, 1)), id="")

    page = browser.post(NEW, form(sent("wife", AN), young))

    assert page.status_code == 422
    assert "Chồng: chưa đủ tuổi kết hôn" in page.content.decode()
    assert not MarriageRegistration.objects.exists()


def test_a_spouse_is_fetched_from_population(browser: Client, population: ExchangeDouble) -> None:
    asked = {"wife_id": cast.AN.personal_id, "look_up": "wife"}

    page = browser.post(NEW, asked).content.decode()

    assert cast.AN.name.upper() in page
    assert 'value="02/03/1995"' in page

"""Each kind of event takes a number of its own book, is printed, searched and checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection, transaction
from django.test import Client

import cast
from lienthong.exchange import outbox
from lienthong.exchange.figures import FigureRequest
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.events import SPECS, Change, Event
from lienthong.systems.civil_status.errors import InvalidEntry
from lienthong.systems.civil_status.figures import FIGURES
from lienthong.systems.civil_status.models import Desk, Notice, Paper
from lienthong.systems.civil_status.services import checks, event_papers, events, notices
from systems.civil_status.declarations import RESIDENCE
from systems.civil_status.event_declarations import (
    AN,
    BINH,
    NOBODY,
    event,
    form,
    marriage,
    person,
    sent,
)

WARD = person(AN, full_name="Trần Gia Huy", born_on=date(2012, 4, 5), personal_id=None)
DECIDED = {
    "decision": "9/2021/QĐ",
    "decided_on": date(2021, 8, 2),
    "issuer": "Tòa án nhân dân thành phố Phú Quốc",
}
DECLARED: dict[str, Event] = {
    one.kind: one
    for one in (
        event(
            "recognition",
            {"parent": BINH, "child": WARD},
            parts={"relation": "father", "evidence": "Kết quả giám định số 5"},
        ),
        event("guardianship", {"guardian": BINH, "ward": WARD}, parts={"grounds": "Mồ côi"}),
        event(
            "guardianship_end",
            {"guardian": BINH, "ward": WARD},
            parts={"grounds": "Đã thành niên"},
        ),
        *(
            event(
                kind,
                {"person": WARD},
                parts={"grounds": "Ghi sai"},
                changes=(Change(field, "", becomes),),
            )
            for kind, field, becomes in (
                ("change", "child_name", "Trần Gia Bảo"),
                ("correction", "birth_place", "Trạm y tế xã Dương Tơ"),
                ("supplement", "home_place", RESIDENCE),
            )
        ),
        event(
            "marital_status_certificate",
            {"person": AN},
            parts={"status": "never_married", "purpose": "Vay vốn ngân hàng"},
        ),
        event("adoption", {"child": WARD, "adoptive_father": BINH}, parts=DECIDED),
        event("divorce", {"wife": AN, "husband": BINH}, parts=DECIDED),
        event("annulment", {"wife": AN, "husband": BINH}, parts=DECIDED),
        event("declared_missing", {"person": BINH}, parts=DECIDED),
        event("declaration_cancelled", {"person": BINH}, parts=DECIDED),
        event("legal_capacity", {"person": BINH}, parts=DECIDED | {"capacity": "limited"}),
        event(
            "parentage_decided",
            {"parent": BINH, "child": WARD},
            parts=DECIDED | {"relation": "father"},
        ),
        *(
            event(kind, {"person": WARD}, parts=DECIDED, changes=(Change(field, "", becomes),))
            for kind, field, becomes in (
                ("citizenship", "nationality", "Pháp"),
                ("sex_redetermination", "sex", "female"),
            )
        ),
        event("declared_dead", {"person": BINH}, parts=DECIDED | {"died_on": date(2015, 3, 1)}),
    )
}
AT_DISTRICT = {"ethnicity_redetermination"}


def declared(kind: str) -> Event:
    found = DECLARED[kind]
    return found if SPECS[kind].declared else replace(found, declarant=NOBODY)


def test_no_kind_is_left_out() -> None:
    assert set(DECLARED) | AT_DISTRICT | {"marriage"} == set(SPECS)


@pytest.mark.parametrize("kind", sorted(DECLARED))
def test_a_kind_takes_its_own_number_and_prints_a_paper_anyone_can_check(
    kind: str, cuong: Actor, population: ExchangeDouble, client: Client
) -> None:
    entry = events.register_event(event=declared(kind), by=cuong).entry

    assert (entry.number, entry.book_no) == ("1/2021", f"{kind}/2021")
    assert entry.level == "commune"
    assert event_papers.event_extract(key=entry.key, by=cuong).startswith(b"%PDF")
    paper = Paper.objects.get(entry=entry.key)
    assert paper.event == kind
    assert client.get(f"/kiem-tra/{paper.code}").status_code == 200


@pytest.mark.parametrize("kind", sorted(DECLARED))
def test_the_page_of_a_kind_enters_it_and_shows_it(
    kind: str, browser: Client, population: ExchangeDouble
) -> None:
    told = declared(kind)
    data = form(*(sent(role, who) for role, who in told.people.items()))
    data |= {part: told.text(part) for part in told.parts}
    if told.changes:
        data |= {"change_1_field": told.changes[0].field}
        data |= {"change_1_becomes": told.changes[0].becomes}

    page = browser.post(f"/canbo/civil-status/events/{kind}/new", data, follow=True)

    text = page.content.decode()
    assert page.status_code == 200
    assert told.subject.full_name.upper() in text
    found = browser.post(
        "/canbo/civil-status/register/", {"q": told.subject.full_name, "book": "other"}
    )
    assert f"/events/{kind}/" in found.content.decode()


def test_ethnicity_is_the_districts_until_districts_ended(
    cuong: Actor, population: ExchangeDouble
) -> None:
    Desk.objects.create(
        office="phong-tu-phap",
        level="district",
        unit="911",
        name="Phòng Tư pháp",
        opened_on=date(2020, 10, 1),
    )
    officer = Actor("a-d", "phong-tu-phap", "911", cast.LEGAL_DAY, cuong.roles)
    again = event(
        "ethnicity_redetermination",
        {"person": WARD},
        parts={"grounds": "Theo dân tộc của mẹ"},
        changes=(Change("ethnicity", "Kinh", "Khmer"),),
    )

    assert events.register_event(event=again, by=officer).entry.level == "district"


def test_a_guardianship_ends_once_and_may_begin_again(
    cuong: Actor, population: ExchangeDouble
) -> None:
    begun = events.register_event(event=declared("guardianship"), by=cuong).entry
    with pytest.raises(InvalidEntry) as twice:
        events.register_event(event=declared("guardianship"), by=cuong)
    assert twice.value.detail["problems"] == [("ward_name", "guarded_already")]

    ended = events.register_event(event=declared("guardianship_end"), by=cuong).entry

    with personal.writing("test", by=cuong):
        (annotation,) = queries.annotations_of(begun)
    assert annotation.by_entry == ended.key
    again = events.register_event(event=declared("guardianship"), by=cuong).entry
    assert again.number == "2/2021"


def test_a_grown_ward_needs_a_courts_decision(cuong: Actor, population: ExchangeDouble) -> None:
    grown = event("guardianship", {"guardian": BINH, "ward": AN}, parts={"grounds": "Bệnh"})

    with pytest.raises(InvalidEntry) as error:
        events.register_event(event=grown, by=cuong)
    assert error.value.detail["problems"] == [("decision", "ward_is_grown")]

    decided = replace(grown, parts=grown.parts | {"decision": "3/2021/QĐ"})
    assert events.register_event(event=decided, by=cuong).entry.number == "1/2021"


def test_the_book_prevails_over_a_declared_marital_status(
    cuong: Actor, population: ExchangeDouble
) -> None:
    events.register_event(event=marriage(), by=cuong)

    with pytest.raises(InvalidEntry) as error:
        events.register_event(event=declared("marital_status_certificate"), by=cuong)

    assert error.value.detail["problems"] == [("status", "book_says_married")]


def test_a_missing_person_is_told_to_population(cuong: Actor, population: ExchangeDouble) -> None:
    entered = events.register_event(event=declared("declared_missing"), by=cuong)

    for row in entered.outbox_rows:
        outbox.deliver(row)
    (told,) = population.asked("population", "standing.record.v1")
    assert (told.personal_id, told.standing) == (cast.BINH.personal_id, "missing")


def test_people_are_locked_before_the_books_are_asked(
    cuong: Actor, population: ExchangeDouble
) -> None:
    """Another desk with one of them waits until this one is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        checks.lock_people(marriage())
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        assert cursor.fetchone() == (2,)


def test_what_is_entered_here_is_counted_in_the_figures(
    cuong: Actor, population: ExchangeDouble
) -> None:
    day = cuong.legal_day
    asked = FigureRequest(start=day, end=day, codes=("F021", "F023"))
    assert {one.code: one.value for one in FIGURES.answer(asked).figures} == {"F021": 0, "F023": 0}

    events.register_event(event=marriage(), by=cuong)
    for kind in ("guardianship", "marital_status_certificate"):
        people = {"person": WARD} if kind == "marital_status_certificate" else None
        told = declared(kind)
        events.register_event(event=replace(told, people=people or told.people), by=cuong)

    counted = {one.code: (one.value, one.imported) for one in FIGURES.answer(asked).figures}
    assert counted == {"F021": (1, 0), "F023": (2, 0)}


def test_an_extract_carries_the_sign_of_its_series(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entry = events.register_event(event=declared("guardianship"), by=cuong).entry
    event_papers.event_extract(key=entry.key, by=cuong)

    assert Paper.objects.get(entry=entry.key).number == "1/2021/TLGH"


def test_the_commune_where_somebody_lives_is_told(
    cuong: Actor, other_officer: Actor, population: ExchangeDouble
) -> None:
    entry = events.register_event(event=marriage(), by=other_officer).entry

    notice = Notice.objects.get(entry=entry.key)
    assert (notice.to_office, notice.why) == (cuong.office, "residence")
    notices.mark_seen(key=notice.key, by=cuong)
    assert not queries.unseen_notices(desk=queries.desk_of(cuong)).exists()


def test_who_has_the_officers_name_is_registered_by_another(
    browser: Client, population: ExchangeDouble
) -> None:
    namesake = sent("husband", BINH, name=cast.LE_CUONG.name, id="")
    data = form(sent("wife", AN), namesake)
    url = "/canbo/civil-status/events/marriage/new"

    refused = browser.post(url, data)

    assert refused.status_code == 422
    assert "Điều 12" in refused.content.decode()
    assert browser.post(url, data | {"not_self": "Trùng tên, sinh năm 1993"}).status_code == 302


def test_a_desk_sees_no_event_of_another(
    cuong: Actor, other_officer: Actor, browser: Client, population: ExchangeDouble
) -> None:
    entry = events.register_event(event=declared("guardianship"), by=other_officer).entry

    page = browser.get(f"/canbo/civil-status/events/guardianship/{entry.key}/")

    assert page.status_code == 404


def test_an_unknown_kind_is_not_found(browser: Client) -> None:
    assert browser.get("/canbo/civil-status/events/birth/new").status_code == 404

"""A desk searches its own books, with or without marks, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from django.test import Client

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.record.models import Look
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations

BOOKS = "/canbo/civil-status/register/"


@pytest.fixture
def entered(cuong: Actor, population: ExchangeDouble) -> str:
    child = declarations.child(full_name="Đặng Thị Hòa")
    birth = declarations.birth(child=child)
    return str(births.register_birth(birth=birth, by=cuong).birth.key)


@pytest.mark.parametrize("text", ["Hòa", "hoà", "dang thi hoa", "1/2021", "1", "ĐẶNG"])
def test_an_entry_is_found_by_name_or_number(browser: Client, entered: str, text: str) -> None:
    page = browser.post(BOOKS, {"q": text}).content.decode()

    assert "ĐẶNG THỊ HÒA" in page
    assert entered in page


@pytest.mark.parametrize(
    "text",
    ["99999999999999999999/2021", "1/99999999999999", "9999999", "٣/٢٠٢١", "²/2021", "/", "%"],
)
def test_a_number_no_book_can_hold_finds_nothing_and_breaks_nothing(
    browser: Client, entered: str, text: str
) -> None:
    page = browser.post(BOOKS, {"q": text})

    assert page.status_code == 200
    assert entered not in page.content.decode().split("data-list", 1)[-1]


def test_a_question_stands_in_no_address(browser: Client, entered: str) -> None:
    """Names and numbers are posted; one put into an address is not even read."""
    page = browser.get(BOOKS, {"q": "Hòa", "start": "01/01/1990"}).content.decode()

    assert 'value="Hòa"' not in page
    assert 'method="get"' not in page


def test_the_pages_of_an_answer_are_posted_too(
    browser: Client, cuong: Actor, population: ExchangeDouble
) -> None:
    for day in range(1, 20):
        for name in ("An", "Bích"):
            child = declarations.child(full_name=f"Đặng Thị {name}", born_on=date(2021, 7, day))
            births.register_birth(birth=declarations.birth(child=child), by=cuong)

    first = browser.post(BOOKS, {"q": "Đặng"}).content.decode()
    second = browser.post(BOOKS, {"q": "Đặng", "trang": "2"}).content.decode()

    assert 'name="trang" value="2"' in first
    assert first.count("data-row") == 25
    assert second.count("data-row") == 13


def test_each_person_on_a_page_of_results_gets_a_look_of_their_own(
    browser: Client, cuong: Actor, population: ExchangeDouble, entered: str
) -> None:
    other = declarations.birth(
        child=declarations.child(full_name="Lê Thị Khác"), mother=None, father=None
    )
    other = replace(other, child=replace(other.child, birth_notice="12/BB"))
    unseen = births.register_birth(birth=other, by=cuong).birth.key
    Look.objects.all().delete()

    browser.post(BOOKS, {"q": "Hòa"})

    for subject in (UUID(entered), cast.AN.personal_id, cast.BINH.personal_id):
        look = personal.looks_at(subject).get()
        assert look.purpose == "Tra cứu sổ hộ tịch"
        assert look.count == 1
    assert not personal.looks_at(unseen).exists()
    assert not Look.objects.filter(subject="", purpose__contains="sổ").exists()


def test_a_search_by_number_is_found_in_that_persons_ledger(
    browser: Client, cuong: Actor, entered: str
) -> None:
    births.take_personal_id(
        key=UUID(entered),
        personal_id=declarations.CHILD_ID,
        issued_on=cuong.legal_day,
        message_id="VN-1",
    )
    before = personal.looks_at(declarations.CHILD_ID).count()

    browser.post(BOOKS, {"q": declarations.CHILD_ID})

    assert personal.looks_at(declarations.CHILD_ID).count() == before + 1


def test_a_search_that_finds_nobody_writes_no_look(browser: Client, entered: str) -> None:
    before = Look.objects.count()
    browser.post(BOOKS, {"q": "Không Ai Cả"})
    assert Look.objects.count() == before


def test_a_match_without_marks_says_so(browser: Client, entered: str) -> None:
    assert "không dấu" in browser.post(BOOKS, {"q": "dang thi hoa"}).content.decode()
    assert "không dấu</span>" not in browser.post(BOOKS, {"q": "Đặng"}).content.decode()


def test_another_name_finds_nothing_and_says_what_was_searched(
    browser: Client, entered: str
) -> None:
    page = browser.post(BOOKS, {"q": "Lê Văn Không"}).content.decode()

    assert "Không thấy việc nào" in page


def test_a_neighbours_entry_is_as_if_it_did_not_exist(
    browser: Client, other_officer: Actor, population: ExchangeDouble
) -> None:
    child = declarations.child(full_name="Võ Láng Giềng")
    key = births.register_birth(birth=declarations.birth(child=child), by=other_officer).birth.key

    assert "LÁNG GIỀNG" not in browser.post(BOOKS, {"q": "Láng Giềng"}).content.decode()
    for ask, address in (
        (browser.get, ""),
        (browser.post, "certificate.pdf"),
        (browser.get, "withdraw"),
    ):
        assert ask(f"/canbo/civil-status/births/{key}/{address}").status_code == 404


def test_the_export_is_written_down_and_holds_no_formulas(browser: Client, entered: str) -> None:
    looks = Look.objects.count()

    answer = browser.post(f"{BOOKS}export.csv", {"q": "Hòa"})

    assert answer["Content-Type"].startswith("text/csv")
    assert "1/2021" in answer.content.decode("utf-8-sig")
    assert Look.objects.count() == looks + 1


def test_opening_an_entry_writes_a_look_at_the_child_and_both_parents(
    browser: Client, entered: str
) -> None:
    looks = Look.objects.count()

    browser.get(f"/canbo/civil-status/births/{entered}/")

    # The child, the mother, the father, and the queue beside the record.
    assert Look.objects.count() == looks + 4


def test_each_book_heads_its_columns_by_what_it_holds(
    browser: Client, population: ExchangeDouble
) -> None:
    browser.post("/canbo/civil-status/deaths/new", declarations.death_form())
    browser.post("/canbo/civil-status/births/new", declarations.birth_form())

    deaths = browser.post(BOOKS, {"book": "death"}).content.decode()
    births = browser.post(BOOKS, {"book": "birth"}).content.decode()

    assert '<th scope="col">Ngày chết</th>' in deaths
    assert '<td class="lt-num">19/08/2021</td>' in deaths
    assert "Mẹ, cha" not in deaths
    assert "Ngày chết" not in births


@pytest.mark.parametrize(
    "address", ["", "births/new", "deaths/new", "register/", "register/export.csv"]
)
def test_a_visitor_is_sent_to_the_sign_in(client: Client, db: None, address: str) -> None:
    answer = client.get(f"/canbo/civil-status/{address}")

    assert answer.status_code == 302
    assert "/dang-nhap" in answer["Location"]

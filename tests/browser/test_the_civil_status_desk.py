"""A birth at the desk in a real browser: looked up, corrected, entered, printed, checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.models import Desk, Paper
from lienthong.systems.civil_status.services import births, deaths, papers
from systems.civil_status import declarations
from systems.civil_status.played import play_population

CUONG = Actor("a-cuong", "H33.18.05", cast.DUONG_TO, cast.LEGAL_DAY, cast.LE_CUONG.roles)
NEW = "/canbo/civil-status/births/new"


@pytest.fixture
def desk(page: Page, exchange: ExchangeDouble, sign_in: Callable[[str], Page]) -> Page:
    """Lê Cường at the desk of Dương Tơ; population is played."""
    Desk.objects.create(
        office="H33.18.05",
        level="commune",
        unit=cast.DUONG_TO,
        name="Ủy ban nhân dân xã Dương Tơ",
        opened_on=date(2020, 10, 1),
    )
    play_population(exchange)
    return sign_in("le.cuong")


def declare(page: Page) -> None:
    """Type the birth of the story, without its parents."""
    page.fill("#id_child_name", cast.NEWBORN.name)
    page.locator("label", has_text="Nam").click()
    page.fill("#id_born_on", "17/08/2021")
    page.fill("#id_birth_place", "Trung tâm Y tế thành phố Phú Quốc")
    page.fill("#id_home_place", "xã Dương Tơ")
    page.fill("#id_declarant_name", cast.BINH.name)
    page.fill("#id_declarant_paper", "căn cước công dân")


def look_up(page: Page, role: str, number: str) -> None:
    page.fill(f"#id_{role}_id", number)
    page.click(f"#{role} button[name=look_up]")
    page.wait_for_selector(f"#{role} h2 .ds-tag")


@axe.visits("civil_status:queue", "civil_status:new_birth", "civil_status:birth")
def test_a_birth_from_the_first_key_to_the_public_check(desk: Page) -> None:
    desk.goto("/canbo/civil-status/")
    axe.check(desk)
    desk.keyboard.press("n")
    desk.wait_for_url(f"**{NEW}")
    axe.check(desk)

    declare(desk)
    desk.press("#id_born_on", "Tab")
    desk.wait_for_function("document.querySelector('#in-words').innerText.startsWith('Ngày mười')")
    look_up(desk, "mother", cast.AN.personal_id)
    desk.fill("#id_father_birth_year", "1992")
    look_up(desk, "father", cast.BINH.personal_id)
    assert "1 mục cần xem" in desk.inner_text("#father h2")
    axe.check(desk)
    desk.click("#father button[name=take]")
    desk.wait_for_selector("#father .cs-settled:has-text('tờ khai ghi 1992')")
    assert desk.input_value("#id_father_birth_year") == "1993"

    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"births/[0-9a-f-]{36}/$"))
    assert "Ghi sổ xong, số 1/2021" in desk.inner_text(".lt-messages")
    assert "091 321 004 217" in desk.inner_text(".cs-id").replace("\u00a0", " ")
    axe.check(desk)


def test_a_form_with_mistakes_leads_to_each_of_them(desk: Page) -> None:
    desk.goto(NEW)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".ds-error-summary")

    desk.click(".ds-error-summary a >> nth=0")

    assert desk.evaluate("document.activeElement.id") == "id_child_name"
    axe.check(desk)


def test_without_an_answer_the_page_says_that_the_certificate_waits(
    desk: Page, exchange: ExchangeDouble
) -> None:
    exchange.is_down("population")
    desk.goto(NEW)
    declare(desk)
    desk.fill("#id_mother_name", cast.AN.name)
    desk.fill("#id_father_name", cast.BINH.name)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"births/[0-9a-f-]{36}/$"))

    assert desk.locator(".dk-act button[disabled]").count() == 1
    axe.check(desk)

    # The number comes while the page is open, and the page shows it by itself.
    exchange.is_up("population")
    from lienthong.exchange import outbox
    from lienthong.exchange.models import OutboxRow

    outbox.deliver(OutboxRow.objects.values_list("pk", flat=True).get())
    desk.wait_for_selector(".cs-id", timeout=10_000)


@axe.visits("civil_status:new_death", "civil_status:death")
def test_a_death_is_declared_and_told(desk: Page) -> None:
    desk.goto("/canbo/civil-status/deaths/new")
    axe.check(desk)
    entered = deaths.register_death(death=declarations.death(), by=CUONG)
    desk.goto(f"/canbo/civil-status/deaths/{entered.death.key}/")
    expect(desk.locator("h1")).to_have_text("NGUYỄN VĂN LƯỢM")
    axe.check(desk)


@axe.visits("civil_status:withdraw", "civil_status:birth")
def test_an_entry_is_withdrawn_by_a_decision(desk: Page) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=CUONG)
    desk.goto(f"/canbo/civil-status/births/{entered.birth.key}/withdraw")
    axe.check(desk)
    desk.fill("[name=decision]", "45/QĐ-UBND ngày 20/08/2021")
    desk.fill("[name=reason]", "ghi nhầm")
    desk.locator("button[form=withdraw]").press("Enter")
    desk.wait_for_url(re.compile(r"births/[0-9a-f-]{36}/$"))
    expect(desk.locator(".ds-alert[data-color=danger]")).to_contain_text("45/QĐ-UBND")
    axe.check(desk)


@axe.visits("civil_status:new_birth")
def test_a_child_that_is_in_the_book_already_is_pointed_to(desk: Page) -> None:
    births.register_birth(birth=declarations.birth(), by=CUONG)
    desk.goto(NEW)
    declare(desk)
    desk.fill("#id_mother_name", cast.AN.name)
    desk.fill("#id_father_name", cast.BINH.name)
    with desk.expect_response(f"**{NEW}") as answer:
        desk.keyboard.press("Control+Enter")
    assert answer.value.status == 409
    expect(desk.locator("[name=not_duplicate]")).to_be_visible()
    expect(desk.locator("main")).to_contain_text("1/2021")
    axe.check(desk)


@axe.visits("civil_status:checked")
def test_a_paper_is_checked_by_whoever_holds_it(desk: Page) -> None:
    entered = deaths.register_death(death=declarations.death(), by=CUONG)
    papers.death_extract(key=entered.death.key, by=CUONG)
    desk.context.clear_cookies()
    desk.goto(f"/kiem-tra/{papers.grouped(Paper.objects.get().code)}")
    expect(desk.locator("main")).to_contain_text("N•• V•• L••")
    axe.check(desk)


@axe.visits("civil_status:register")
def test_the_answer_to_a_question_in_the_books(desk: Page) -> None:
    desk.goto("/canbo/civil-status/register/")
    desk.fill("#book-search input[name=q]", "nguyen")
    desk.click("#book-search button[data-primary]")
    assert "nguyen" not in desk.url
    axe.check(desk)


@pytest.mark.parametrize("address", ["/kiem-tra/", "/kiem-tra/AAAABBBBCCCCDDDD"])
def test_the_public_check(page: Page, address: str) -> None:
    page.goto(address)
    axe.check(page)

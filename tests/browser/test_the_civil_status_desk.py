"""A birth at the desk in a real browser: looked up, corrected, entered, printed, checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page

import cast
from browser import axe
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.civil_status.models import Desk
from systems.civil_status.played import play_population

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
    desk.wait_for_selector("#father h2 .ds-tag[data-color=success]")
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


@pytest.mark.parametrize("address", ["deaths/new", "register/", "births/new"])
def test_pages_of_the_desk(desk: Page, address: str) -> None:
    desk.goto(f"/canbo/civil-status/{address}")
    axe.check(desk)


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

"""Public pages with something on them: places, a demonstration, a paper that is checked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from lienthong.web.accounts import demo

PLACES = [
    "/don-vi-hanh-chinh/",
    "/don-vi-hanh-chinh/?ngay=2025-07-01",
    "/don-vi-hanh-chinh/?q=duong+to",
    "/don-vi-hanh-chinh/?q=khong-co-noi-nay",
    "/don-vi-hanh-chinh/91/?ngay=2021-08-20",
    "/don-vi-hanh-chinh/31096/?ngay=2021-08-20",
]


@axe.visits("catalogues:units", "catalogues:unit")
def test_places(page: Page) -> None:
    for address in PLACES:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok
        axe.check(page)


def test_a_place_is_looked_up_with_the_keyboard(page: Page) -> None:
    page.goto("/don-vi-hanh-chinh/")
    page.focus("[name=q]")
    page.keyboard.type("duong to")
    page.keyboard.press("Enter")
    found = page.locator(".un-list a").first
    expect(found).to_have_text("Xã Dương Tơ")
    found.press("Enter")
    expect(page.locator("h1")).to_have_text("Xã Dương Tơ")
    expect(page.locator("main")).to_contain_text("Phú Quốc")


def test_the_demo_page_shows_who_may_sign_in(page: Page) -> None:
    page.goto("/demo/")
    expect(page.locator(".ac-demo li")).to_have_count(len(demo.OFFICERS))
    code = page.locator(".ac-demo .now").first.inner_text()
    assert re.fullmatch(r"\d{6}", code)
    axe.check(page)


@pytest.mark.parametrize("address", ["/don-vi-hanh-chinh/", "/kiem-tra/", "/demo/", "/bao-cao/"])
def test_in_english_no_vietnamese_label_is_left(page: Page, address: str) -> None:
    page.goto(address)
    page.click(".lt-top > .lt-wrap > .lt-lang button")
    page.wait_for_selector("html[lang=en]")
    words = page.locator("h1, label, button, .lt-nav a, .lt-foot h2").all_inner_texts()
    marked = [word for word in words if re.search(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệ]", word, re.I)]
    assert set(marked) == {"Tiếng Việt"}
    axe.check(page)


@axe.visits("civil_status:check", "civil_status:checked")
def test_a_wrong_code_stays_in_the_field_to_be_mended(page: Page) -> None:
    page.goto("/kiem-tra/")
    axe.check(page)
    page.fill("[name=code]", "aaaa bbbb cccc dddd")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Không có giấy nào mang mã này")
    expect(page.locator("[name=code]")).to_have_value("AAAA-BBBB-CCCC-DDDD")
    axe.check(page)

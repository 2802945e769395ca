from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def desks(sign_in: Callable[[str], Page], all_roles: str) -> Page:
    page = sign_in(all_roles)
    page.goto("/canbo/")
    return page


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim()")
    return text


def test_the_first_tab_stop_skips_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert focused(page) == "Đến nội dung chính"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "noi-dung"


def test_focus_is_always_seen(page: Page) -> None:
    page.goto("/dang-nhap")
    for _ in range(6):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return parseFloat(s.outlineWidth) >= 3 && s.outlineStyle !== 'none'; })()"
        )
        assert shown, focused(page)


def test_every_tab_stop_of_a_desk_can_be_left_again(desks: Page) -> None:
    seen = set()
    for _ in range(60):
        desks.keyboard.press("Tab")
        where = desks.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        if where in seen or desks.evaluate("document.activeElement === document.body"):
            break
        seen.add(where)
    else:
        pytest.fail("the focus never came round")
    assert len(seen) > 3


def test_j_and_k_move_in_the_list(desks: Page) -> None:
    rows = desks.locator("[data-list] li > a")
    desks.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    desks.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    desks.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()


def test_a_question_mark_shows_the_keys_and_escape_puts_them_away(desks: Page) -> None:
    desks.keyboard.press("?")
    expect(desks.locator("#keys")).to_be_visible()
    desks.keyboard.press("Escape")
    expect(desks.locator("#keys")).to_be_hidden()


def test_single_letters_can_be_switched_off_and_stay_off(desks: Page) -> None:
    desks.keyboard.press("?")
    desks.uncheck("#keys-on")
    desks.keyboard.press("Escape")
    desks.reload()
    desks.keyboard.press("j")
    assert desks.evaluate("document.activeElement === document.body")


def test_letters_typed_into_a_field_are_text(desks: Page) -> None:
    desks.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        " '<label>x<input id=probe></label>')"
    )
    desks.focus("#probe")
    desks.keyboard.type("jk?")
    assert desks.input_value("#probe") == "jk?"
    expect(desks.locator("#keys")).to_be_hidden()


def test_control_and_enter_press_the_main_action(desks: Page) -> None:
    desks.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        " '<button type=button data-primary id=main-one>x</button>');"
        "document.querySelector('#main-one').addEventListener('click',"
        " () => { document.title = 'pressed'; })"
    )
    desks.keyboard.press("Control+Enter")
    expect(desks).to_have_title("pressed")


def test_the_menu_opens_and_closes_by_keyboard(desks: Page) -> None:
    desks.focus(".dk-me > summary")
    desks.keyboard.press("Enter")
    expect(desks.locator(".dk-me .sheet")).to_be_visible()
    desks.keyboard.press("Escape")
    expect(desks.locator(".dk-me .sheet")).to_be_hidden()
    expect(desks.locator(".dk-me > summary")).to_be_focused()


def test_an_officer_signs_in_without_scripts(
    chromium: Browser, country: None, live_server: LiveServer
) -> None:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    try:
        page.goto("/demo/")
        row = page.locator(".ac-demo li").first
        name, password, code = (row.locator("dd").nth(n).inner_text() for n in range(3))
        page.goto("/dang-nhap")
        page.fill("[name=login]", name)
        page.fill("[name=password]", password)
        page.click("form.lt-form button")
        page.fill("[name=code]", code)
        page.click("form.lt-form button")
        expect(page).to_have_url(f"{live_server.url}/canbo/")
    finally:
        context.close()


@override_settings(DEMO=False)
def test_a_real_node_carries_no_strip(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".lt-demo")).to_have_count(0)

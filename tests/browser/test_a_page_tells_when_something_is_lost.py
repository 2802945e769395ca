from __future__ import annotations

from collections.abc import Callable

from django.test import override_settings
from playwright.sync_api import Page, expect

from browser import axe


def test_a_lost_network_is_said_and_taken_back(page: Page) -> None:
    page.goto("/dang-nhap")
    page.fill("[name=login]", "le.cuong")
    page.context.set_offline(True)
    expect(page.locator(".lt-offline")).to_be_visible()
    axe.check(page)
    assert page.input_value("[name=login]") == "le.cuong"
    page.context.set_offline(False)
    expect(page.locator(".lt-offline")).to_be_hidden()


def test_a_fragment_that_fails_is_told_in_words(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("le.cuong")
    page.goto("/canbo/")
    page.evaluate("htmx.ajax('GET', '/canbo/khong-co', {target: 'h1', swap: 'innerHTML'})")
    expect(page.locator(".lt-live")).to_contain_text("Không có gì ở địa chỉ này")
    expect(page.locator("h1")).to_have_text("Bàn làm việc")
    axe.check(page, (axe.DESK,))


def test_a_server_that_is_away_is_told_too(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("le.cuong")
    page.goto("/canbo/")
    page.route("**/canbo/x", lambda route: route.abort())
    page.evaluate("htmx.ajax('GET', '/canbo/x', {target: 'h1', swap: 'innerHTML'}).catch(() => {})")
    expect(page.locator(".lt-live")).to_contain_text("Trang này không mất gì")


@override_settings(SESSION_COOKIE_AGE=122)
def test_a_session_that_ends_asks_first_and_can_go_on(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("le.cuong")
    page.goto("/canbo/")
    dialog = page.locator("#session-ends")
    expect(dialog).to_be_visible(timeout=6000)
    axe.check(page, (axe.DESK,))
    with page.expect_response("**/canbo/o-lai") as answered:
        dialog.get_by_role("button", name="Ở lại").click()
    assert answered.value.ok
    assert answered.value.json()["seconds"] >= 120
    expect(dialog).to_be_hidden()


@override_settings(SESSION_COOKIE_AGE=121)
def test_a_session_that_ends_can_be_left(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("le.cuong")
    page.goto("/canbo/")
    page.locator("#session-ends").get_by_role("button", name="Đăng xuất").click(timeout=6000)
    page.wait_for_url(lambda url: "canbo" not in url)
    page.goto("/canbo/")
    assert "/dang-nhap" in page.url

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser import axe
from lienthong.web import home
from lienthong.web.desks import every_desk

PUBLIC = ["/", "/dang-nhap", "/demo/", "/tro-giup/tiep-can", "/minh-bach/giay-phep", "/khong-co"]
OWN = [
    "/canbo/",
    "/canbo/chon-vi-tri",
    "/tai-khoan",
    "/tai-khoan/mat-khau",
    "/tai-khoan/ma-du-phong",
    "/tai-khoan/ma-du-phong/moi",
    "/dang-xuat",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page(page: Page, address: str) -> None:
    page.goto(address)
    axe.check(page)


@pytest.mark.parametrize("address", OWN)
def test_a_page_of_an_officers_own(sign_in: Callable[[str], Page], address: str) -> None:
    page = sign_in("le.cuong")
    page.goto(address)
    axe.check(page)


def test_the_second_step_of_the_sign_in(page: Page) -> None:
    page.goto("/demo/")
    row = page.locator(".ac-demo li").first
    name, password = (row.locator("dd").nth(n).inner_text() for n in (0, 1))
    page.goto("/dang-nhap")
    page.fill("[name=login]", name)
    page.fill("[name=password]", password)
    page.click("form.lt-form button")
    page.wait_for_url("**/dang-nhap/ma")
    axe.check(page)


def test_a_form_with_errors(page: Page) -> None:
    page.goto("/dang-nhap")
    page.click("form.lt-form button")
    page.wait_for_selector(".ds-error-summary")
    assert page.evaluate("document.activeElement.className") == "ds-error-summary"
    axe.check(page)


def test_setting_up_the_code(page: Page, sign_in: Callable[[str], Page]) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.all().delete()
    sign_in("do.la").goto("/canbo/")
    assert "/tai-khoan/ma-xac-thuc" in page.url
    axe.check(page)


def test_the_list_of_keys_and_the_menu(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("le.cuong")
    page.goto("/canbo/")
    page.click(".dk-me > summary")
    axe.check(page, (axe.DESK,))
    page.click("[data-open=keys]")
    axe.check(page)


def test_the_front_page_in_english(page: Page) -> None:
    page.goto("/")
    page.click(".lt-top > .lt-wrap > .lt-lang button")
    page.wait_for_selector("html[lang=en]")
    axe.check(page)


@pytest.mark.parametrize("address", ["/", "/dang-nhap", "/canbo/", "/khong-co"])
def test_text_of_twice_the_size_loses_nothing(sign_in: Callable[[str], Page], address: str) -> None:
    page = sign_in("le.cuong")
    page.set_viewport_size(axe.DESK)  # type: ignore[arg-type]
    page.goto(address)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert axe.sideways(page) == 0


def test_every_desk_of_every_system(sign_in: Callable[[str], Page], all_roles: str) -> None:
    page = sign_in(all_roles)
    for desk in every_desk():
        answer = page.goto(desk.url)
        assert answer is not None
        assert answer.status != 500, desk.url
        axe.check(page)


def test_everything_the_public_pages_lead_to(page: Page) -> None:
    places = [home.links(place) for place in ("nav", "help", "openness")]
    for address in {one.url for group in [home.cards(), *places] for one in group}:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        axe.check(page)

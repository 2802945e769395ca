from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser import axe
from lienthong.web import home
from lienthong.web.desks import every_desk

PUBLIC = {
    "web:home": "/",
    "account_login": "/dang-nhap",
    "account_inactive": "/dang-nhap/da-khoa",
    "web:demo": "/demo/",
    "web:accessibility": "/tro-giup/tiep-can",
    "web:licences": "/minh-bach/giay-phep",
    "": "/khong-co",
}
OWN = {
    "web:desks": "/canbo/",
    "web:choose_office": "/canbo/chon-vi-tri",
    "mfa_index": "/tai-khoan",
    "account_change_password": "/tai-khoan/mat-khau",
    "account_reauthenticate": "/tai-khoan/nhap-lai-mat-khau",
    "mfa_reauthenticate": "/tai-khoan/nhap-lai-ma",
    "mfa_deactivate_totp": "/tai-khoan/ma-xac-thuc/tat",
    "mfa_view_recovery_codes": "/tai-khoan/ma-du-phong",
    "mfa_generate_recovery_codes": "/tai-khoan/ma-du-phong/moi",
    "account_logout": "/dang-xuat",
}


@pytest.mark.parametrize(("view", "address"), axe.each(PUBLIC))
def test_a_public_page(page: Page, view: str, address: str) -> None:
    page.goto(address)
    assert axe.check(page) == view


@pytest.mark.parametrize(("view", "address"), axe.each(OWN))
def test_a_page_of_an_officers_own(sign_in: Callable[[str], Page], view: str, address: str) -> None:
    page = sign_in("le.cuong")
    page.goto(address)
    assert axe.check(page) == view


@axe.visits("mfa_authenticate")
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


@axe.visits("mfa_activate_totp")
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


@axe.visits("catalogues:tables", "steering:editions")
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

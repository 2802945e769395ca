"""A body joins: entered by one officer, approved by two others, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from lienthong.kernel.node import Node
from systems.directory.installed_country import install

PLACE = "/canbo/directory/requests/"
FORM = {
    "member_code": "TINH-91",
    "member_name": "UBND tỉnh Kiên Giang",
    "gateway_code": "kien-giang",
    "subsystems": "lgsp Nền tảng LGSP tỉnh Kiên Giang",
    "legal_basis": "Nghị định 47/2020/NĐ-CP",
}


@pytest.fixture
def directory(country: None) -> None:
    node = Node.from_environment()
    install(node)


def enter(page: Page) -> str:
    """The address of a request entered by the officer of the page."""
    page.goto(f"{PLACE}new")
    for name, value in FORM.items():
        page.fill(f"[name={name}]", value)
    page.select_option("[name=member_kind]", "province")
    page.select_option("[name=subsystem_kind]", "lgsp")
    page.locator("main form button").last.press("Enter")
    page.wait_for_url("**/requests/*-*/")
    return page.url


@axe.visits("directory:requests", "directory:ask", "directory:request")
def test_a_request_is_entered(directory: None, sign_in: Callable[[str], Page]) -> None:
    page = sign_in("quan.van")
    page.goto(PLACE)
    axe.check(page)
    page.goto(f"{PLACE}new")
    axe.check(page)
    page.locator("main form button").last.press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    axe.check(page)
    enter(page)
    axe.check(page)
    page.goto(PLACE)
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)


@axe.visits("directory:request", "directory:approve", "directory:invite")
def test_the_second_approval_shows_the_invitation_once(
    directory: None, sign_in: Callable[[str], Page]
) -> None:
    place = enter(sign_in("quan.van"))
    for officer in ("ha.lien", "bui.tam"):
        page = sign_in(officer)
        page.goto(place)
        axe.check(page)
        page.locator("form[action$='/approve'] button").press("Enter")
        page.wait_for_load_state()
    expect(page.locator("#invitation")).to_be_visible()
    axe.check(page)
    page.goto(place)
    expect(page.locator("#invitation")).to_have_count(0)
    page.locator("form[action$='/invite'] button").press("Enter")
    expect(page.locator("#invitation")).to_be_visible()
    axe.check(page)


@axe.visits("directory:refuse", "directory:request")
def test_a_request_is_refused_with_a_reason(
    directory: None, sign_in: Callable[[str], Page]
) -> None:
    place = enter(sign_in("quan.van"))
    page = sign_in("ha.lien")
    page.goto(f"{place}refuse")
    axe.check(page)
    page.fill("[name=reason]", "Thiếu phê duyệt cấp độ")
    page.locator("form button[data-color=danger]").press("Enter")
    page.wait_for_url(place)
    axe.check(page)


@axe.visits("directory:revoke_certificate")
def test_a_certificate_is_revoked_only_for_a_reason(
    directory: None, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("quan.van")
    page.goto("/canbo/directory/certificates/")
    page.locator("a.cn-revoke").first.press("Enter")
    axe.check(page)
    page.locator("form button[data-color=danger]").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)

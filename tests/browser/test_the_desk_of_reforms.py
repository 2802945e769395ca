"""The steward's desk: a reform of units and a change of the calendar, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from lienthong.systems.catalogues import services

DESK = "/canbo/catalogues/sap-xep/"


@pytest.fixture
def published(country: None) -> None:
    services.load_shipped()
    services.publish()


def typed(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


@axe.visits(
    "catalogues:tables",
    "catalogues:reforms",
    "catalogues:reform_new",
    "catalogues:reform",
    "catalogues:reform_edit",
    "catalogues:reform_unit_new",
    "catalogues:reform_unit",
    "catalogues:reform_file",
    "catalogues:reform_decide",
    "catalogues:reform_reason",
)
def test_a_reform_from_its_first_line_to_its_day(
    published: None, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("trinh.giang")
    page.goto("/canbo/catalogues/")
    axe.check(page)
    page.goto(DESK)
    axe.check(page)
    page.goto(f"{DESK}moi")
    page.locator("main form button").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    axe.check(page)
    typed(
        page,
        title="Sắp xếp hai phường của Hà Nội",
        happened_on="01/03/2027",
        legal_basis="Nghị quyết thử số 1",
        within="01 thành phố Hà Nội",
    )
    page.locator("main form button").press("Enter")
    page.wait_for_url(f"**{DESK}*/")
    reform = page.url
    axe.check(page)
    page.goto(f"{reform}don-vi")
    typed(page, name="Ba Đình", old_0="00004 phường Ba Đình", old_1="không có")
    page.select_option("[name=kind]", "phường")
    page.get_by_role("button", name="Ghi đơn vị", exact=True).press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    axe.check(page)
    typed(page, old_1="ngoc ha")
    page.get_by_role("button", name="Ghi đơn vị", exact=True).press("Enter")
    expect(page.locator(".rf-units > li")).to_have_count(1)
    axe.check(page)
    for last in ("sua", "tep", "rut", "don-vi/00004"):
        page.goto(f"{reform}{last}")
        axe.check(page)
    page.goto(reform)
    page.get_by_role("button", name="Trình").press("Enter")
    expect(page.locator(".lt-messages")).to_contain_text("Đã trình")

    page = sign_in("phan.oanh")
    page.goto(f"{reform}quyet-dinh")
    axe.check(page)
    page.get_by_role("button", name="Quyết định và công bố").press("Enter")
    expect(page.locator(".lt-messages")).to_contain_text("Đã quyết định")
    axe.check(page)
    page.goto(DESK)
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)


@axe.visits(
    "catalogues:limits",
    "catalogues:limit_propose",
    "catalogues:bodies",
    "catalogues:body_propose",
    "catalogues:body_end",
    "catalogues:calendar",
    "catalogues:calendar_year",
    "catalogues:calendar_propose",
    "catalogues:amendments",
    "catalogues:amendment",
    "catalogues:amendment_reason",
)
def test_a_change_of_the_calendar(published: None, sign_in: Callable[[str], Page]) -> None:
    desk = "/canbo/catalogues/"
    page = sign_in("trinh.giang")
    for last in (
        "thoi-han/",
        "thoi-han/de-nghi?ma=birth.declare",
        "co-quan/?q=thong+tin",
        "co-quan/?q=khong-co",
        "co-quan/de-nghi?ma=qd20%20G14",
        "co-quan/qd20/G14/cham-dut",
        "lich/",
        "lich/2031/",
        "de-nghi/",
    ):
        page.goto(desk + last)
        axe.check(page)
    page.goto(f"{desk}lich/2031/de-nghi")
    page.locator("main form button").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    axe.check(page)
    typed(page, days="01/01/2031 nghỉ Tết Dương lịch", legal_basis="Thông báo thử")
    page.locator("main form button").press("Enter")
    page.wait_for_url(f"**{desk}de-nghi/*/")
    proposal = page.url
    page.goto(f"{proposal}rut")
    axe.check(page)
    page = sign_in("phan.oanh")
    page.goto(proposal)
    axe.check(page)
    page.get_by_role("button", name="Quyết định và công bố").press("Enter")
    expect(page.locator(".lt-messages")).to_contain_text("Đã quyết định")
    page.goto(f"{desk}lich/2031/")
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)

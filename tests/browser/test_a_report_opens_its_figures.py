"""The monthly report in a browser: collected with progress, opened by pointer, key and link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

import cast
from browser import axe
from lienthong.exchange.figures import FIGURES_CODE
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.queries.document import Report
from systems.steering.stated import play_month, stated_by

DESK = "/canbo/steering/2021-08/"
PUBLIC = "/bao-cao/2021-08/"
AUGUST = Period.month("2021-08")
SECRETARY = Actor("vu.ha", "G14.bcd", "", cast.LEGAL_DAY, frozenset({"steering.secretary"}))


@pytest.fixture
def month(country: None, exchange: ExchangeDouble) -> ExchangeDouble:
    """Every system answers."""
    play_month(exchange)
    return exchange


@pytest.fixture
def desk(month: ExchangeDouble, sign_in: Callable[[str], Page]) -> Page:
    """Vũ Hà at the report of August, not opened yet."""
    page = sign_in("vu.ha")
    page.goto(DESK)
    return page


def collect(page: Page) -> None:
    page.get_by_role("button", name="Lấy số liệu").click()
    page.wait_for_selector(".rp-doc .lt-figure")


@axe.visits("steering:edition")
def test_collecting_shows_each_system_and_then_the_paper(desk: Page) -> None:
    axe.check(desk)
    collect(desk)
    expect(desk.locator(".lt-messages")).to_contain_text("Mọi hệ thống đã trả lời.")
    expect(desk.locator(".st-sources li[data-state=live]")).to_have_count(4)
    axe.check(desk)


def test_a_pressed_figure_opens_beside_the_text_and_takes_the_focus(desk: Page) -> None:
    collect(desk)
    desk.locator("#so-F019").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#nguon .code")).to_have_text("F019")
    expect(desk.locator("#so-F019")).to_have_attribute("aria-current", "true")
    expect(desk.locator(".lt-figure[aria-current]")).to_have_count(1)
    assert desk.evaluate("document.activeElement.id") == "nguon"
    assert "figure=F019" in desk.url
    axe.check(desk)


def test_on_a_phone_the_source_comes_into_view_and_leads_back(desk: Page) -> None:
    collect(desk)
    desk.set_viewport_size(axe.PHONE)  # type: ignore[arg-type]
    desk.locator("#so-F022").click()
    expect(desk.locator("#nguon .code")).to_have_text("F022")
    expect(desk.locator("#nguon")).to_be_in_viewport()
    # It lies over the text at the figure that was tapped, and that stays in sight above it.
    expect(desk.locator("#so-F022")).to_be_in_viewport()
    figure = desk.locator("#so-F022").bounding_box()
    sheet = desk.locator("#nguon").bounding_box()
    assert figure is not None
    assert sheet is not None
    assert figure["y"] + figure["height"] <= sheet["y"]
    axe.check(desk, (axe.PHONE,))
    desk.get_by_role("link", name="Về chỗ của con số trong báo cáo").click()
    expect(desk.locator("#so-F022")).to_be_in_viewport()
    assert desk.evaluate("document.activeElement.id") == "so-F022"
    desk.keyboard.press("Enter")
    expect(desk.locator("#nguon[data-sheet]")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#nguon[data-sheet]")).to_have_count(0)


def test_on_a_phone_without_scripts_the_address_lays_the_source_over_the_text(
    chromium: Browser, page: Page, month: ExchangeDouble, live_server: LiveServer
) -> None:
    services.issue(services.collect(AUGUST, by=SECRETARY), by=SECRETARY)
    context = chromium.new_context(
        base_url=live_server.url,
        locale="vi-VN",
        java_script_enabled=False,
        viewport=axe.PHONE,  # type: ignore[arg-type]
    )
    phone = context.new_page()
    phone.goto(PUBLIC)
    phone.locator("#so-F022").click()
    expect(phone.locator("#nguon .code")).to_have_text("F022")
    expect(phone.locator("#nguon")).to_be_in_viewport()
    assert phone.locator("#nguon").evaluate("e => getComputedStyle(e).position") == "fixed"
    phone.get_by_role("link", name="Về chỗ của con số trong báo cáo").click()
    expect(phone.locator("#so-F022")).to_be_in_viewport()
    assert phone.locator("#nguon").evaluate("e => getComputedStyle(e).position") == "static"
    context.close()


def test_the_file_of_a_report_opens_its_figures_by_key_with_no_network(
    chromium: Browser, month: ExchangeDouble, tmp_path: Path
) -> None:
    edition = services.collect(AUGUST, by=SECRETARY)
    file = tmp_path / "bao-cao.html"
    file.write_bytes(services.write(Report.of(edition), "html"))
    context = chromium.new_context(offline=True, locale="vi-VN")
    alone = context.new_page()
    alone.goto(file.as_uri())
    alone.locator("#so-F022").focus()
    alone.keyboard.press("Enter")
    row = alone.locator("#nguon-F022")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("Định nghĩa của F022.")
    alone.keyboard.press("Tab")
    alone.keyboard.press("Enter")
    expect(alone.locator("#so-F022")).to_be_in_viewport()
    axe.check(alone)
    context.close()


@axe.visits("steering:confirm")
def test_a_contradiction_and_a_silent_system_are_accessible_too(
    desk: Page, month: ExchangeDouble
) -> None:
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17433"))
    month.is_down("population")
    collect(desk)
    expect(desk.locator(".rp-fail")).to_have_count(1)
    expect(desk.locator(".rp-doc")).to_contain_text("Hệ thống không trả lời từ")
    axe.check(desk)
    # Before issuing the page says what is missing, and leads to the place where it is mended.
    desk.set_viewport_size(axe.DESK)  # type: ignore[arg-type]
    desk.get_by_role("link", name="Cấp số và phát hành").click()
    expect(desk.locator("h1")).to_have_text("Chưa phát hành được")
    axe.check(desk)
    desk.get_by_role("link", name="Ghi lý do quan hệ không khớp").first.click()
    expect(desk.locator(".st-noteform textarea").first).to_be_in_viewport()
    desk.locator(".st-noteform textarea").fill("Đang đối chiếu với sổ giấy")
    desk.get_by_role("button", name="Lưu ghi chú").click()
    expect(desk.locator(".st-note")).to_contain_text("Đang đối chiếu với sổ giấy")


def test_without_scripts_every_step_is_a_link_or_a_button(
    chromium: Browser, desk: Page, live_server: LiveServer
) -> None:
    context = chromium.new_context(
        base_url=live_server.url,
        locale="vi-VN",
        java_script_enabled=False,
        storage_state=desk.context.storage_state(),
    )
    page = context.new_page()
    page.goto(DESK)
    page.get_by_role("button", name="Lấy số liệu").click()
    expect(page.locator(".lt-messages")).to_contain_text("Mọi hệ thống đã trả lời.")
    page.locator("#so-F009").click()
    expect(page.locator("#nguon .code")).to_have_text("F009")
    page.get_by_role("link", name="Cấp số và phát hành").click()
    expect(page.locator("h1")).to_contain_text("Cấp số và phát hành báo cáo tháng 08/2021?")
    expect(page.locator(".lt-kv")).to_contain_text("01/BC-BTTTT")
    page.get_by_role("button", name="Cấp số và phát hành").click()
    expect(page.locator(".lt-messages")).to_contain_text("01/BC-BTTTT")
    context.close()


@axe.visits("steering:report", "steering:reports")
def test_the_published_report_opens_for_anyone(page: Page, month: ExchangeDouble) -> None:
    services.issue(services.collect(AUGUST, by=SECRETARY), by=SECRETARY)
    page.goto(PUBLIC)
    page.locator("#so-F010").click()
    expect(page.locator("#nguon .code")).to_have_text("F010")
    axe.check(page)
    page.goto("/bao-cao/")
    axe.check(page)

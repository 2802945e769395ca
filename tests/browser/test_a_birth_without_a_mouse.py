"""A birth registered with the keyboard alone, and in a browser without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.civil_status.models import BirthRegistration, Desk
from systems.civil_status.played import play_population

NEW = "/canbo/civil-status/births/new"
ENTRY = re.compile(r"births/[0-9a-f-]{36}/$")
PDF = re.compile(r"certificate\.pdf$")
PRINT = "button[form=print]"


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


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the place is reached; each stop on the way shows where it is."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        assert not page.evaluate("document.activeElement === document.body"), selector
    pytest.fail(f"Tab never reached {selector}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.type(text)


def test_a_birth_is_registered_with_the_keyboard_alone(desk: Page) -> None:
    desk.goto("/canbo/civil-status/")
    desk.keyboard.press("n")
    desk.wait_for_url(f"**{NEW}")
    type_into(desk, "child_name", cast.NEWBORN.name)
    # The paper beside the form follows what is typed.
    expect(desk.locator("[data-mirror=child_name]")).to_have_text(cast.NEWBORN.name)
    tab_to(desk, "[name=sex]")
    desk.keyboard.press("ArrowRight")
    type_into(desk, "born_on", "17/08/2021")
    type_into(desk, "birth_place", "Trung tâm Y tế thành phố Phú Quốc")
    type_into(desk, "home_place", "xã Dương Tơ")
    for role, person in (("mother", cast.AN), ("father", cast.BINH)):
        type_into(desk, f"{role}_id", person.personal_id)
        tab_to(desk, f"[name=look_up][value={role}]")
        desk.keyboard.press("Enter")
        expect(desk.locator(f"#{role} h2 .ds-tag[data-color=info]")).to_be_visible()
    type_into(desk, "declarant_name", cast.BINH.name)
    type_into(desk, "declarant_paper", "căn cước công dân")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(ENTRY)
    assert "Ghi sổ xong, số 1/2021" in desk.inner_text(".lt-messages")
    expect(desk.locator(".dk-form, .dk-main")).to_contain_text(["TRẦN NGUYỄN GIA ĐỨC"])
    tab_to(desk, PRINT)


def test_a_birth_is_registered_without_scripts(
    chromium: Browser, desk: Page, live_server: LiveServer
) -> None:
    context = chromium.new_context(
        base_url=live_server.url,
        locale="vi-VN",
        java_script_enabled=False,
        storage_state=desk.context.storage_state(),
    )
    page = context.new_page()
    try:
        page.goto(NEW)
        page.fill("#id_child_name", cast.NEWBORN.name)
        page.locator("label", has_text="Nam").click()
        page.fill("#id_born_on", "17/08/2021")
        page.fill("#id_birth_place", "Trung tâm Y tế thành phố Phú Quốc")
        page.fill("#id_home_place", "xã Dương Tơ")
        for role, person in (("mother", cast.AN), ("father", cast.BINH)):
            page.fill(f"#id_{role}_id", person.personal_id)
            page.click(f"#{role} button[name=look_up]")
            expect(page.locator(f"#id_{role}_name")).to_have_value(person.name.upper())
        assert page.input_value("#id_child_name") == cast.NEWBORN.name, "nothing typed is lost"
        page.fill("#id_declarant_name", cast.BINH.name)
        page.fill("#id_declarant_paper", "căn cước công dân")
        page.locator("button[data-primary]").click()
        page.wait_for_url(ENTRY)
        expect(page.locator(".lt-messages")).to_contain_text("Ghi sổ xong, số 1/2021")
        # The paper opens in a window of its own.
        with context.expect_event("request", lambda asked: PDF.search(asked.url)) as sent:
            page.locator(PRINT).click()
        assert sent.value.method == "POST"
        assert sent.value.response().headers["content-type"] == "application/pdf"
        assert BirthRegistration.objects.exclude(printed_on=None).count() == 1
    finally:
        context.close()

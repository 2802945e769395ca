"""Events in a real browser, without a mouse: two people marry, a birth is corrected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.models import Desk
from lienthong.systems.civil_status.services import births, events
from systems.civil_status import declarations, event_declarations
from systems.civil_status.played import play_population

CUONG = Actor("a-cuong", "H33.18.05", cast.DUONG_TO, cast.LEGAL_DAY, cast.LE_CUONG.roles)
OTHER = Actor("a-other", "neighbour", "31090", cast.LEGAL_DAY, cast.LE_CUONG.roles)
EVENTS = "/canbo/civil-status/events/"


@pytest.fixture
def desk(page: Page, exchange: ExchangeDouble, sign_in: Callable[[str], Page]) -> Page:
    """Lê Cường at the desk of Dương Tơ, a neighbour beside it; population is played."""
    for office, unit, name in (
        ("H33.18.05", cast.DUONG_TO, "Ủy ban nhân dân xã Dương Tơ"),
        ("neighbour", "31090", "Ủy ban nhân dân xã Cửa Dương"),
    ):
        Desk.objects.create(
            office=office, level="commune", unit=unit, name=name, opened_on=date(2020, 10, 1)
        )
    play_population(exchange)
    return sign_in("le.cuong")


@axe.visits("civil_status:events", "civil_status:new_event", "civil_status:event")
def test_two_people_are_married_by_keyboard(desk: Page) -> None:
    events.register_event(
        event=event_declarations.event(
            "marital_status_certificate",
            {"person": event_declarations.AN},
            parts={"status": "never_married", "purpose": "Kết hôn"},
        ),
        by=OTHER,
    )
    desk.goto(EVENTS)
    expect(desk.locator(".cs-notices")).to_contain_text("1/2021")
    axe.check(desk)
    desk.get_by_role("link", name=re.compile("^Kết hôn")).press("Enter")
    desk.wait_for_url(f"**{EVENTS}marriage/new")
    for role, number in (("wife", cast.AN.personal_id), ("husband", cast.BINH.personal_id)):
        desk.fill(f"#id_{role}_id", number)
        desk.press(f"#{role} button[name=look_up]", "Enter")
        desk.wait_for_selector(f"#{role} h2 .ds-tag")
    assert desk.input_value("#id_wife_born_day") == "02/03/1995"
    axe.check(desk)

    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"events/marriage/[0-9a-f-]{36}/$"))
    expect(desk.locator("h1")).to_have_text("NGUYỄN THỊ AN – TRẦN VĂN BÌNH")
    axe.check(desk)


@axe.visits("civil_status:new_event", "civil_status:birth")
def test_a_birth_is_corrected_from_its_own_page(desk: Page) -> None:
    birth = births.register_birth(birth=declarations.birth(), by=CUONG).birth
    desk.goto(f"/canbo/civil-status/births/{birth.key}/")
    desk.get_by_role("link", name="Cải chính hộ tịch").press("Enter")
    desk.wait_for_url(re.compile("correction/new"))
    desk.keyboard.press("Control+Enter")
    # The mistakes of the empty form, each a link to its field.
    desk.wait_for_selector("[role=alert] a[href='#id_change_1_field']")
    axe.check(desk)

    desk.select_option("#id_change_1_field", "birth_place")
    desk.fill("#id_change_1_becomes", "Trạm y tế xã Dương Tơ")
    desk.fill("#id_grounds", "Ghi sai khi đăng ký")
    desk.fill("#id_declarant_name", cast.BINH.name)
    desk.fill("#id_declarant_paper", "căn cước công dân")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"events/correction/[0-9a-f-]{36}/$"))
    axe.check(desk)
    desk.get_by_role("link", name="việc số 1/2021").press("Enter")
    expect(desk.locator(".cs-notes")).to_contain_text("Trạm y tế xã Dương Tơ")
    axe.check(desk)


@axe.visits("civil_status:rules", "civil_status:new_rule")
def test_the_ministry_enters_a_rule(page: Page, sign_in: Callable[[str], Page]) -> None:
    desk = sign_in("ta.minh")
    desk.goto("/canbo/civil-status/rules/")
    axe.check(desk)
    desk.get_by_role("link", name="Giám hộ", exact=True).press("Enter")
    desk.wait_for_url("**/rules/guardianship/new")
    axe.check(desk)
    desk.fill("#id_legal_basis", "Nghị quyết thí điểm số 1")
    desk.press("#id_legal_basis", "Enter")
    desk.wait_for_url("**/civil-status/rules/")
    expect(desk.locator(".cs-notices")).to_contain_text("Nghị quyết thí điểm số 1")
    axe.check(desk)

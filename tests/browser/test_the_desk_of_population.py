"""A person asked for by number: the page that opens a life, and the one that finds nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population.domain.lives import Relation
from lienthong.systems.population.domain.repairs import RepairKind
from lienthong.systems.population.services import numbers, repairs
from systems.population import lives

AT_POPULATION = Actor("system:population", "G01.C06", "", cast.LEGAL_DAY)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    numbers.number_key.cache_clear()
    monkeypatch.setenv("LIENTHONG_PERSONAL_ID_KEY", "only for tests")
    yield
    numbers.number_key.cache_clear()


@axe.visits("population:search", "population:person", "population:act", "population:repair")
def test_a_life_is_read_changed_and_its_number_repaired(
    sign_in: Callable[[str], Page], all_roles: str, secret: None
) -> None:
    number = lives.grown(AT_POPULATION, "duc")
    home = lives.founded(number, AT_POPULATION)
    lives.joined(home, lives.grown(AT_POPULATION, "dong"), Relation.SIBLING, AT_POPULATION,
                 cast.LEGAL_DAY)  # fmt: skip
    page = sign_in(all_roles)
    page.goto("/canbo/population/")
    page.fill("[name=name]", "le van du")
    page.fill("[name=purpose]", "giải quyết hồ sơ cư trú")
    page.locator("[name=purpose]").press("Control+Enter")
    expect(page.get_by_role("link", name="LÊ VĂN DUC")).to_be_visible()
    axe.check(page)
    page.get_by_role("link", name="LÊ VĂN DUC").click()
    axe.check(page)
    page.get_by_role("link", name="Đăng ký cư trú").first.click()
    axe.check(page)
    page.get_by_label("Thường trú").check()
    page.fill("[name=unit]", cast.DUONG_TO)
    page.fill("[name=address]", "số 5, ấp Suối Lớn")
    for name in ("reason", "document"):
        page.fill(f"[name={name}]", "theo đề nghị 12/2021")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Kiểm tra lại")
    axe.check(page)
    page.get_by_role("button", name="Ghi vào cơ sở dữ liệu").click()
    expect(page.locator("main")).to_contain_text("số 5, ấp Suối Lớn, xã Dương Tơ")
    axe.check(page)
    repair = repairs.ask_repair(
        number=PersonalId(number), kind=RepairKind.STRUCTURE, proposal={"sex": "female"},
        reason="khai sai giới tính", evidence=[{"kind": "Giấy khai sinh"}], by=AT_POPULATION,
    )  # fmt: skip
    page.goto(f"/canbo/population/sua-so/{repair.pk}/")
    axe.check(page)
    page.fill("[name=decision]", "7/QĐ-C06")
    page.get_by_role("button", name="Chấp thuận").click()
    expect(page.locator("main")).to_contain_text("đang thực hiện")


@axe.visits("population:search")
def test_a_person_is_found_by_number_and_the_purpose_is_asked(
    sign_in: Callable[[str], Page], all_roles: str, secret: None
) -> None:
    number = lives.given(AT_POPULATION).number
    page = sign_in(all_roles)
    assert ask(page, number) == 200
    expect(page.locator("main")).to_contain_text(cast.NEWBORN.name.upper())
    axe.check(page)
    assert ask(page, "091195999999") == 200
    expect(page.locator("main")).not_to_contain_text(cast.NEWBORN.name.upper())
    axe.check(page)


def ask(page: Page, number: str) -> int:
    page.goto("/canbo/population/")
    page.fill("[name=number]", number)
    page.fill("[name=purpose]", "xác minh theo đơn của công dân")
    with page.expect_response("**/canbo/population/") as answer:
        page.locator("[name=purpose]").press("Enter")
    assert answer.value.request.method == "POST"
    assert number not in page.url
    return answer.value.status

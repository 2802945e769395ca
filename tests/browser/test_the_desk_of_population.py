"""A person asked for by number: the page that opens a life, and the one that finds nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.kernel.actor import Actor
from lienthong.systems.population.services import numbers
from systems.population import lives

AT_POPULATION = Actor("system:population", "G01.C06", "", cast.LEGAL_DAY)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    numbers.number_key.cache_clear()
    monkeypatch.setenv("LIENTHONG_PERSONAL_ID_KEY", "only for tests")
    yield
    numbers.number_key.cache_clear()


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

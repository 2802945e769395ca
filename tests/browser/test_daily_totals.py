"""The pages of daily totals and of a system behind two gateways, read with the eyes of axe."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.systems.directory.models import Gateway, Member, Subsystem
from lienthong.systems.directory.services.hosting import stand_behind
from systems.directory.days_cast import LGSP, STATUS, STEERING, VERIFY, row, signed, told
from systems.directory.installed_country import install

PLACE = "/canbo/directory/totals/"
NATIONAL = "VN/GOV/G14/national"


@pytest.fixture
def directory(country: None) -> Node:
    node = Node.from_environment()
    install(node)
    return node


def picture(page: Page, name: str) -> None:
    """A picture at two widths where the environment asks for them, and no page is too wide."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide at {width}"
        if folder := os.environ.get("TEST_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@axe.visits("directory:totals", "directory:totals_day")
def test_days_and_pairs_are_read_at_any_width(
    directory: Node, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("quan.van")
    page.goto(PLACE)
    axe.check(page)
    day = clock.local(clock.instant()).date() + timedelta(days=1)
    for number in range(3):
        told(
            signed(
                directory, NATIONAL, day + timedelta(number),
                row(LGSP, VERIFY, "provider", 405_120 + number),
                row(LGSP, VERIFY, "consumer", 405_120),
                row(STEERING, STATUS, "consumer", 31),
                row(STEERING, STATUS, "consumer", 2, "failed"),
            )
        )  # fmt: skip
    told(signed(directory, NATIONAL, day, row(LGSP, VERIFY, "provider", 9)))
    told(signed(directory, NATIONAL, day, row(LGSP, VERIFY, "provider", 9_000), source="s-1"))
    page.goto(f"{PLACE}?month={day:%Y-%m}")
    axe.check(page)
    picture(page, "totals")
    page.goto(f"{PLACE}{day.isoformat()}/")
    axe.check(page)
    expect(page.locator("tbody tr")).to_have_count(4)
    picture(page, "totals-day")


@axe.visits("directory:end_hosting")
def test_a_system_is_taken_away_from_one_of_its_gateways(
    directory: Node, sign_in: Callable[[str], Page]
) -> None:
    other = Gateway.objects.create(
        code="du-phong", owner=Member.objects.get(code="G01"), host="10.0.0.9", port=5500
    )
    stand_behind(Subsystem.objects.get(code="population"), other)
    page = sign_in("quan.van")
    page.goto("/canbo/directory/members/?q=population")
    axe.check(page)
    picture(page, "members")
    page.locator("a.cn-revoke").first.press("Enter")
    axe.check(page)
    picture(page, "end-hosting")
    page.locator("form button[data-color=danger]").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)
    page.fill("[name=reason]", "Chuyển trung tâm dữ liệu")
    page.locator("form button[data-color=danger]").press("Enter")
    page.wait_for_url("**/members/")
    axe.check(page)

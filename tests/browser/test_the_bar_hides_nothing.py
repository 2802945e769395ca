"""Going through a desk's form by key, nothing that has the focus lies under the bar of actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.civil_status.models import Desk
from systems.civil_status.played import play_population

# WCAG 2.2, 2.4.11: where the focus is and where the bar stands, both in the window.
COVERED = """() => {
  const element = document.activeElement;
  // A choice that is drawn as a button has its control over the whole of it.
  const box = element.getBoundingClientRect();
  const bar = document.querySelector(".dk-act").getBoundingClientRect();
  const inside = element.closest(".dk-act") !== null;
  const name = element.name || element.id || element.tagName;
  return {
    name,
    body: element === document.body,
    covered: !inside && box.height > 0 && box.bottom > bar.top + 1 && box.top < bar.bottom,
    bottom: box.bottom, bar: bar.top,
  };
}"""


@pytest.fixture
def desk(page: Page, exchange: ExchangeDouble, sign_in: Callable[[str], Page]) -> Page:
    Desk.objects.create(
        office="H33.18.05",
        level="commune",
        unit=cast.DUONG_TO,
        name="Ủy ban nhân dân xã Dương Tơ",
        opened_on=date(2020, 10, 1),
    )
    play_population(exchange)
    return sign_in("le.cuong")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 640)])
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("address", ["births/new", "deaths/new"])
def test_no_field_with_the_focus_lies_under_the_bar(
    desk: Page, width: int, height: int, key: str, address: str
) -> None:
    desk.set_viewport_size({"width": width, "height": height})
    desk.goto(f"/canbo/civil-status/{address}")
    seen, names = [], set()
    for _ in range(90):
        desk.keyboard.press(key)
        at = desk.evaluate(COVERED)
        if at["body"] and names:
            break
        seen.append(at)
        names.add(at["name"])
    assert {"declarant_name", "signatory"} <= names, "the whole form was gone through"
    assert [at for at in seen if at["covered"]] == []


@pytest.mark.parametrize(("width", "height"), [(360, 640), (820, 1180)])
def test_on_a_phone_and_a_tablet_the_queue_is_the_first_thing_of_its_page(
    desk: Page, width: int, height: int
) -> None:
    desk.set_viewport_size({"width": width, "height": height})
    desk.goto("/canbo/civil-status/")
    queue, main = desk.locator(".dk-queue"), desk.locator("#noi-dung")
    assert queue.is_visible()
    top, below = queue.bounding_box(), main.bounding_box()
    assert top is not None
    assert below is not None
    assert top["y"] + top["height"] <= below["y"] + 1
    assert top["y"] < height / 2
    wide = desk.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, "nothing has to be scrolled sideways"

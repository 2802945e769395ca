"""Signing a numbered report in a browser: the leader with a code, the secretary with the seal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.models import Passage
from lienthong.systems.steering.services import narrative, signing
from systems.steering.stated import play_month
from web_papers.signers import ACCOUNT, node_with_keys

DESK = "/canbo/steering/2021-08/"
AUGUST = Period.month("2021-08")
SECRETARY = Actor("vu.ha", "G14.bcd", "", cast.LEGAL_DAY, frozenset({"steering.secretary"}))


@pytest.fixture
def numbered(country, exchange: ExchangeDouble, settings, tmp_path: Path):
    play_month(exchange)
    settings.NODE = node_with_keys(tmp_path / "keys")
    settings.DEMO = True
    given = signing.number(services.collect(AUGUST, by=SECRETARY), ACCOUNT, by=SECRETARY)
    signing.print_files(given, by=SECRETARY)
    return given


@axe.visits("steering:writing")
def test_the_text_shows_what_was_changed(
    country, exchange: ExchangeDouble, sign_in: Callable[[str], Page], tmp_path: Path
) -> None:
    play_month(exchange)
    draft = services.collect(AUGUST, by=SECRETARY)
    words = "Đề nghị các bộ, ngành, địa phương triển khai ngay nhiệm vụ của chiến lược."
    passage = narrative.add(draft, "III", words, by=SECRETARY, name="Vũ Hà")
    Passage.objects.filter(pk=passage.pk).update(carried=words.replace("ngay", "sớm"))
    narrative.comment(passage, "Nên nêu số văn bản.", by=SECRETARY, name="Mai Thu")
    page = sign_in("vu.ha")
    page.goto(f"{DESK}soan/")
    expect(page.locator(".wr-text ins")).to_have_text("ngay")
    expect(page.locator(".wr-text del")).to_have_text("sớm")
    axe.check(page)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("#III").screenshot(path=tmp_path / f"writing-{width}.png")


@axe.visits("steering:signing", "steering:signing_list")
def test_what_waits_is_read_and_its_steps_are_seen(
    numbered, sign_in: Callable[[str], Page], tmp_path: Path
) -> None:
    leader = sign_in(ACCOUNT)
    leader.goto("/canbo/steering/cho-ky")
    axe.check(leader)
    leader.get_by_role("link", name="01/BC-BTTTT").click()
    expect(leader.locator(".st-steps")).to_contain_text("Thứ trưởng Trần Sơn ký")
    axe.check(leader)
    for width in (360, 1280):
        leader.set_viewport_size({"width": width, "height": 900})
        leader.screenshot(path=tmp_path / f"signing-{width}.png", full_page=True)
        assert leader.evaluate("document.documentElement.scrollWidth") <= width
    expect(leader.get_by_role("button", name="Ký bằng mã này")).to_be_visible()

"""Figures nobody counts, from a body's desk to the published report, in a browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.exchange.figures import FIGURES_CODE
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.demo import entries as paper
from lienthong.systems.steering.models import FigureEntry
from systems.steering.stated import play_month, stated_by

FIGURES = "/canbo/so-lieu/"
DESK = "/canbo/steering/2021-08/"
AUGUST = Period.month("2021-08")
SECRETARY = Actor("vu.ha", "G14.bcd", "", cast.LEGAL_DAY, frozenset({"steering.secretary"}))
PICTURES = os.environ.get("PICTURES_OF_PAGES", "")
"""A directory for pictures of the pages, to be looked at by people."""


@pytest.fixture
def month(country: None, exchange: ExchangeDouble) -> ExchangeDouble:
    play_month(exchange)
    return exchange


def picture(page: Page, name: str) -> None:
    if PICTURES:
        for size in (axe.DESK, axe.PHONE):
            page.set_viewport_size(size)
            page.screenshot(
                path=str(Path(PICTURES) / f"{name}-{size['width']}.png"), full_page=True
            )


def looked_at(page: Page, name: str) -> None:
    axe.check(page)
    picture(page, name)


@axe.visits("steering:figures", "steering:figure_enter", "steering:figure_entry")
def test_a_body_reports_and_another_officer_accepts(
    month: ExchangeDouble, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("phan.diem")
    page.goto("/canbo/")
    page.locator(".dk-rail a, main a", has_text="Số liệu chưa tự động").first.click()
    looked_at(page, "figures-reporter")
    page.locator("tr", has_text="F036").get_by_role("link", name="Ghi").click()
    page.fill("[name=value]", "8,110,019")
    page.get_by_role("button", name="Gửi cán bộ thứ hai duyệt").click()
    expect(page.locator(".ds-error-summary, .lt-errors, [role=alert]").first).to_contain_text(
        "dấu chấm giữa các hàng nghìn"
    )
    looked_at(page, "figure-form-wrong")
    page.fill("[name=value]", "797")
    page.fill("[name=letter]", "412/VPCP-TH")
    page.get_by_role("button", name="Gửi cán bộ thứ hai duyệt").click()
    expect(page.locator(".tk-now")).to_contain_text("Chờ cán bộ thứ hai")
    expect(page.get_by_role("button", name="Duyệt", exact=True)).to_have_count(0)
    page = sign_in("tran.nga")
    page.goto(FIGURES)
    looked_at(page, "figures-approver")
    page.locator(".fg-wait a", has_text="F036").click()
    looked_at(page, "figure-waiting")
    page.get_by_role("button", name="Duyệt", exact=True).click()
    expect(page.locator(".tk-now")).to_contain_text("Đã duyệt")
    looked_at(page, "figure-accepted")


@axe.visits("steering:figure_edit")
def test_a_returned_value_is_corrected(
    month: ExchangeDouble, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("phan.diem")
    page.goto(f"{FIGURES}2021-08/F041")
    page.fill("[name=value]", "61/63")
    page.fill("[name=letter]", "412/VPCP-TH")
    page.get_by_role("button", name="Gửi cán bộ thứ hai duyệt").click()
    made = FigureEntry.objects.get()
    page = sign_in("vu.ha")
    page.goto(f"{FIGURES}{made.pk}/")
    page.fill("[name=reason]", "Thiếu tên hai tỉnh")
    page.get_by_role("button", name="Trả lại kèm lý do").click()
    page = sign_in("phan.diem")
    page.goto(f"{FIGURES}{made.pk}/")
    expect(page.locator(".tk-now")).to_contain_text("Thiếu tên hai tỉnh")
    page.get_by_role("link", name="Sửa").click()
    expect(page.locator("[name=value]")).to_have_value("61/63")
    axe.check(page)


@axe.visits("steering:trend_limits", "steering:trends", "steering:edition")
def test_the_secretary_sees_how_each_came_and_what_to_ask(
    month: ExchangeDouble, sign_in: Callable[[str], Page]
) -> None:
    services.collect(Period.month("2021-07"), by=SECRETARY)
    paper.load(lambda *_: None)
    month.answers(
        "civil_status", FIGURES_CODE, stated_by("civil_status", F022="9000", F019="17431")
    )
    services.collect(AUGUST, by=SECRETARY)
    page = sign_in("vu.ha")
    page.goto(f"{DESK}?figure=F055")
    expect(page.locator(".rp-fail")).to_contain_text("F055 là 21,71 thì khớp")
    expect(page.locator("#nguon .st-hand")).to_contain_text("Nhập tay")
    looked_at(page, "edition-by-hand")
    page.get_by_role("link", name="Xu hướng").click()
    expect(page.locator("tr[data-tone=warning]").first).to_contain_text("F022")
    looked_at(page, "trends")
    page.goto(f"{FIGURES}nguong")
    page.fill("[name=of]", "F022")
    page.fill("[name=up]", "500")
    page.fill("[name=down]", "20")
    page.get_by_role("button", name="Lưu mức này").click()
    expect(page.locator("tbody")).to_contain_text("F022")
    looked_at(page, "limits")
    page.goto(FIGURES)
    looked_at(page, "figures-secretary")


@axe.visits("steering:report_edition", "steering:catalogue", "steering:figure")
def test_anyone_reads_the_catalogue_and_what_was_corrected(
    month: ExchangeDouble, page: Page
) -> None:
    for text in ("2021-06", "2021-07", "2021-08"):
        services.issue(services.collect(Period.month(text), by=SECRETARY), by=SECRETARY)
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F022="2600"))
    draft = services.collect(AUGUST, by=SECRETARY)
    services.explain_revisions(draft, ["F022"], "Ghi thêm một việc khai tử", by=SECRETARY)
    services.issue(draft, by=SECRETARY)
    page.goto("/bao-cao/2021-08/")
    expect(page.locator("article")).to_contain_text("Thay thế Báo cáo số 03/BC-BTTTT")
    page.get_by_role("link", name="Xem bản trước").click()
    expect(page.locator(".st-superseded")).to_contain_text("đã thay thế bản này")
    looked_at(page, "edition-superseded")
    page.goto("/danh-muc-so-lieu/")
    looked_at(page, "catalogue")
    page.fill("[name=q]", "khai tu")
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator(".fg-list > li")).to_have_count(1)
    page.locator(".fg-list a").first.click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator(".fg-chart rect")).to_have_count(3)
    looked_at(page, "figure-history")

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page

import cast
from browser import axe
from lienthong.exchange import gateway_admin
from lienthong.kernel.demo import DemoPlan
from lienthong.systems.steering import demo
from lienthong.systems.steering.models import Letter, Task

AT = "/canbo/nhiem-vu/den/"
QUOTED = (
    "Tổ chức thực hiện Chiến lược phát triển Chính phủ điện tử hướng tới Chính phủ số giai đoạn"
    " 2021-2025, định hướng đến năm 2020 theo Công văn số 2304/BTTTT-THH ngày 29/6/2021 của Bộ"
    " Thông tin và Truyền thông."
)


@pytest.fixture
def province(
    country: None, monkeypatch: pytest.MonkeyPatch, sign_in: Callable[[str], Page]
) -> Page:
    """Ngô Phúc of the office of Kiên Giang, secretary and leader there."""
    monkeypatch.setattr(gateway_admin, "import_records", lambda **_: None)
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)
    return sign_in("ngo.phuc")


@axe.visits("steering:letters", "steering:letter", "steering:reception")
def test_the_seeds_letter_stands_as_it_was_issued_with_its_slip_beside_it(province: Page) -> None:
    page = province
    page.goto(AT)
    axe.check(page)
    page.click("text=Báo cáo 76/BC-BTTTT")
    axe.check(page)
    page.click("#cong-van ~ .tk-plain a")
    assert "6922/VP-KGVX" in page.locator("h1").inner_text()
    assert "Kính gửi: Sở Thông tin và Truyền thông." in page.locator(".tk-paper").inner_text()
    slip = page.locator(".tk-quotes li").inner_text()
    assert "2020" in slip
    assert "2030" in slip
    covered = page.locator(".tk-cover .tk-amber b").all_inner_texts()
    assert set(covered) == {"R2b-1", "R2b-2", "R2e", "R2g-1", "R2g-2"}
    axe.check(page)


@axe.visits("steering:receive", "steering:letter_edit")
def test_a_document_is_received_and_passed_on(province: Page) -> None:
    page = province
    page.goto(f"{AT}moi")
    page.fill("[name=number]", "999/BC-BYT")
    page.click("form.tk-form button[data-primary]")
    assert "Hãy nhập văn bản trước" in page.locator(".ds-alert").inner_text()
    axe.check(page)
    page.fill("[name=number]", "701/QĐ-TTg")
    page.click("form.tk-form button[data-primary]")
    page.fill("[name=o-leader]", "Nguyễn Lưu Trung")
    page.fill("[name=o-title]", "Phó Chủ tịch Ủy ban nhân dân tỉnh")
    page.fill("[name=o-given_on]", "20/08/2021")
    page.fill("[name=o-words]", "Giao Sở Thông tin và Truyền thông tham mưu")
    page.click("#y-kien ~ details button[data-primary]")
    page.fill("[name=d-lead]", "Sở Thông tin và Truyền thông tỉnh Kiên Giang")
    page.locator("[name=d-tasks]").first.check()
    page.click("#cong-van ~ form button[data-primary]")
    page.fill("[name=i1-text]", QUOTED)
    page.fill("[name=i1-due_note]", "Khẩn trương, không ghi ngày")
    axe.check(page)
    page.fill("[name=signer]", "Trần Công Danh")
    page.click("text=Lưu dự thảo")
    assert "2030" in page.locator(".tk-quotes li[data-color=danger]").inner_text()
    axe.check(page)
    page.click("text=Giải trình vì sao giữ nguyên")
    page.fill(".tk-quotes [name=reason]", "Chép đúng ý kiến chỉ đạo")
    page.click("text=Giữ nguyên với lý do này")
    assert "Giữ nguyên vì" in page.locator(".tk-quotes").inner_text()
    page.click("#gui-di ~ form button[data-primary]")
    letter = Letter.objects.exclude(number=6922).get()
    assert f"{letter.number}/" in page.locator("h1").inner_text()
    assert "Nút này không gửi gì" in page.locator("#gui-di ~ p").first.inner_text()
    assert Task.objects.filter(document=letter.document).count() == 2
    axe.check(page)

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page

import cast
from browser import axe
from lienthong.exchange import gateway_admin
from lienthong.kernel.demo import DemoPlan
from lienthong.systems.steering import demo
from lienthong.systems.steering.models import DirectiveDocument, Task

TASKS = "/canbo/nhiem-vu/"
LETTER = """
UBND TỈNH KIÊN GIANG
VĂN PHÒNG
Số: 3120/VP-TH
V/v nâng cao tỷ lệ hồ sơ trực tuyến
Kiên Giang, ngày 04 tháng 5 năm 2021
Chủ tịch Ủy ban nhân dân tỉnh có ý kiến chỉ đạo như sau:
1. Giao Sở Thông tin và Truyền thông chủ trì, phối hợp với Sở Tư pháp rà soát các dịch vụ.
2. Sở Tư pháp tổ chức tập huấn cho công chức cấp xã, hoàn thành trong vòng 15 ngày làm việc.
3. Sở Y tế cung cấp danh mục cơ sở khám, chữa bệnh trước ngày 25 hằng tháng.
Nơi nhận:
"""


@pytest.fixture
def tasks(country: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents and tasks of the demonstration."""
    monkeypatch.setattr(gateway_admin, "import_records", lambda **_: None)
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)


@pytest.fixture
def province(tasks: None, sign_in: Callable[[str], Page]) -> Page:
    """Ngô Phúc of the office of Kiên Giang: secretary and leader there."""
    return sign_in("ngo.phuc")


def task(code: str, lead: str = "H33.STTTT") -> str:
    return f"{TASKS}{Task.objects.get(code=code, lead=lead).pk}/"


def document(symbol: str, number: int | None = None) -> str:
    rows = DirectiveDocument.objects.filter(symbol=symbol)
    found = rows.get() if number is None else rows.get(number=number)
    return f"{TASKS}van-ban/{found.pk}/"


@axe.visits("steering:tasks")
def test_a_leader_sees_red_first(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}?whose=mine")
    tile = page.locator(".tk-tiles a").first
    assert "Quá hạn" in tile.inner_text()
    assert int(tile.locator("b").inner_text()) >= 1
    tile.click()
    states = page.locator(".tk-table tbody tr td:first-child .ds-tag").all_inner_texts()
    assert states
    assert set(states) == {"Quá hạn"}
    axe.check(page)


def test_a_board_without_a_task_says_what_to_do(
    country: None, sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("mai.thu")
    page.goto(TASKS)
    assert "Chưa có nhiệm vụ nào" in page.locator(".lt-empty").inner_text()
    axe.check(page)


@axe.visits("steering:documents", "steering:document")
def test_the_chain_is_walked_both_ways(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}van-ban/")
    axe.check(page)
    page.goto(document("BC-BTTTT"))
    axe.check(page)
    line = page.locator("#chuoi + .tk-chain > li b").all_inner_texts()
    assert line[:1] == ["17/NQ-CP"]
    assert line[-2:] == ["76/BC-BTTTT", "6922/VP-KGVX"]
    page.locator("#chuoi + .tk-chain a").first.click()
    assert page.locator("h1").inner_text() == "Nghị quyết 17/NQ-CP"
    page.locator(".tk-chain a", has_text="6922/VP-KGVX").click()
    assert page.locator("h1").inner_text() == "Công văn 6922/VP-KGVX"
    covered = page.locator(".tk-cover .tk-amber b").all_inner_texts()
    assert set(covered) == {"R2b-1", "R2b-2", "R2e", "R2g-1", "R2g-2"}
    axe.check(page)


@axe.visits("steering:task")
def test_a_task_shows_where_it_comes_from(province: Page) -> None:
    page = province
    page.goto(task("C2"))
    assert page.locator(".tk-chain li").count() == 3
    axe.check(page)


@axe.visits("steering:document_enter", "steering:assign", "steering:task_edit")
def test_a_secretary_enters_a_document_and_its_task(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}van-ban/moi")
    axe.check(page)
    page.fill("[name=number]", "7001/VP-KGVX")
    page.fill("[name=issued_on]", "16/08/2021")
    page.fill("[name=issuer]", "Văn phòng Ủy ban nhân dân tỉnh Kiên Giang")
    page.fill("[name=subject]", "Về một việc mới")
    page.fill("[name=passes_on]", "88/NQ-CP")
    page.click("form.tk-form button[data-primary]")
    page.click("text=Giao nhiệm vụ >> nth=0")
    axe.check(page)
    page.fill("[name=code]", "M1")
    page.fill("[name=text]", "Chuẩn bị phương án")
    page.fill("[name=lead]", "Sở Y tế tỉnh Kiên Giang")
    page.check("[name=due_kind][value=working_days]", force=True)
    page.fill("[name=due_days]", "5")
    page.click("form.tk-form button[data-primary]")
    made = Task.objects.get(code="M1")
    assert f"{made.due_on:%d/%m/%Y}" == "23/08/2021"
    page.goto(f"{TASKS}{made.pk}/sua")
    axe.check(page)


@axe.visits("steering:document_edit")
def test_an_entry_that_is_wrong_is_told_at_its_field(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}van-ban/moi")
    page.fill("[name=number]", "không phải số")
    page.fill("[name=issuer]", "Bộ Không có")
    page.click("form.tk-form button[data-primary]")
    assert "Không có cơ quan mang tên này" in page.locator(".ds-error-summary").inner_text()
    axe.check(page)
    one = DirectiveDocument.objects.get(symbol="VP-KGVX", number=5121)
    page.goto(f"{TASKS}van-ban/{one.pk}/sua")
    axe.check(page)


def test_a_lead_reports_with_evidence_and_a_leader_grants_more_time(
    tasks: None, sign_in: Callable[[str], Page], tmp_path: Path
) -> None:
    page = sign_in("lam.yen")
    page.goto(task("K1"))
    page.click("summary:has-text('Đề nghị gia hạn')")
    page.fill("[name=new_due]", "27/08/2021")
    page.fill("[name=reason]", "Chờ ý kiến thẩm định")
    page.click("text=Gửi đề nghị")
    assert "Chờ quyết định" in page.locator("#gia-han ~ .tk-reports").inner_text()
    proof = tmp_path / "to-trinh.pdf"
    proof.write_bytes(b"%PDF-1.7 made up")
    page.fill("[name=words]", "Đã soạn tờ trình")
    page.fill("[name=percent]", "60")
    page.set_input_files("[name=file]", proof)
    page.click("text=Ghi báo cáo")
    assert "to-trinh.pdf" in page.locator(".tk-file").inner_text()
    axe.check(page)
    page = sign_in("ngo.phuc")
    page.goto(task("K1"))
    page.fill("[name=d-reason]", "Đồng ý, hạn cuối cùng")
    page.click("button[value=grant]")
    assert "27/08/2021" in page.locator(".tk-facts").inner_text()
    axe.check(page)


def test_an_earlier_day_is_claimed_and_confirmed_by_another(
    tasks: None, sign_in: Callable[[str], Page], tmp_path: Path
) -> None:
    page = sign_in("lam.yen")
    page.goto(task("K1"))
    proof = tmp_path / "to-trinh.pdf"
    proof.write_bytes(b"%PDF-1.7 made up")
    page.fill("[name=words]", "Đã trình trước hạn")
    page.fill("[name=on]", "13/08/2021")
    page.set_input_files("[name=file]", proof)
    page.check("[name=finishes]", force=True)
    page.click("text=Ghi báo cáo")
    assert "chờ xác nhận" in page.locator(".tk-reports .ds-tag").last.inner_text()
    assert "Hoàn thành muộn" in page.locator(".tk-now").inner_text()
    axe.check(page)
    page = sign_in("ngo.phuc")
    page.goto(f"{TASKS}nhac-viec")
    page.click("#cho-ngay ~ .tk-plain a")
    axe.check(page)
    page.fill(".tk-day [name=reason]", "Tờ trình có dấu ngày 13")
    page.click("button[value=confirm]")
    assert "Hoàn thành đúng hạn" in page.locator(".tk-now").inner_text()
    axe.check(page)
    page.goto(document("VP-KGVX", 5121))
    page.click("text=Bàn giao cho cơ quan khác")
    axe.check(page)


@axe.visits("steering:reminders", "steering:bodies")
def test_reminders_and_bodies(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}nhac-viec")
    assert page.locator("[data-unread]").count() >= 1
    axe.check(page)
    page.click("text=Đánh dấu đã đọc hết")
    assert page.locator("[data-unread]").count() == 0
    page.goto(f"{TASKS}co-quan")
    axe.check(page)


def test_a_task_is_found_and_opened_without_a_mouse(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}?q=so+suc+khoe")
    page.locator("#danh-sach").evaluate("e => { e.tabIndex = -1; e.focus() }")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-row]')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/nhiem-vu/*/")
    assert "sổ sức khỏe" in page.locator("h1").inner_text()


@axe.visits("steering:draft")
def test_a_text_is_read_and_its_proposals_are_decided(province: Page) -> None:
    page = province
    page.goto(f"{TASKS}van-ban/doc")
    axe.check(page)
    page.fill("[name=text]", LETTER)
    page.click("text=Xem đề xuất")
    assert page.locator("blockquote").count() == 3
    axe.check(page)
    page.click("text=Nhập phần được giữ")
    assert "Chọn giữ hay bỏ" in page.locator(".ds-error-summary").first.inner_text()
    axe.check(page)
    for keep in page.locator("input[value=keep]").all():
        keep.check(force=True)
    page.click("text=Nhập phần được giữ")
    assert page.locator("h1").inner_text() == "Công văn 3120/VP-TH"
    assert page.locator(".tk-paras tbody tr").count() == 3

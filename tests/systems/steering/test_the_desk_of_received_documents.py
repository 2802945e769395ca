from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lienthong.kernel import clock
from lienthong.systems.steering.models import DirectiveDocument, Letter, Reception, Task
from systems.steering import letters_cast as kien_giang
from systems.steering import tasks_cast as story
from systems.steering.letters_cast import DAY
from systems.steering.test_the_desk_of_tasks_is_by_body import desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offices")]
AT = "/canbo/nhiem-vu/den/"
STRATEGY = (
    "Triển khai Chiến lược phát triển Chính phủ điện tử hướng tới Chính phủ số giai đoạn 2021-2025,"
    " định hướng đến năm 2020 theo Công văn số 2304/BTTTT-THH ngày 29/6/2021"
)


@pytest.fixture(autouse=True)
def september() -> Iterator[None]:
    with clock.stopped(legal_day=DAY):
        yield


@pytest.fixture
def report() -> DirectiveDocument:
    return kien_giang.documents()


@pytest.fixture
def office() -> Client:
    return desk("ngo.phuc", "H33.VP", *story.LEADER)


def test_a_document_nobody_entered_is_asked_for_first(office: Client) -> None:
    page = office.post(f"{AT}moi", {"number": "999/BC-BYT"})
    assert page.status_code == 400
    text = page.content.decode()
    assert "chưa được nhập" in text
    assert "Hãy nhập văn bản trước" in text


def test_a_file_of_another_kind_keeps_nothing(office: Client, report: DirectiveDocument) -> None:
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.7 damaged")
    page = office.post(f"{AT}moi", {"number": report.cited, "file": file}).content.decode()
    assert "Không nhận được tệp này" in page
    assert not Reception.objects.exists()


def test_from_the_arrival_to_the_issued_letter(office: Client, report: DirectiveDocument) -> None:
    office.post(f"{AT}moi", {"number": "76/BC-BTTTT", "on": "06/9/2021"})
    reception = Reception.objects.get()
    assert "Chờ ý kiến lãnh đạo" in office.get(AT).content.decode()
    assert "Soạn công văn" not in office.get(f"{AT}{reception.pk}/").content.decode()
    said = {"o-leader": "Nguyễn Lưu Trung", "o-title": "Phó Chủ tịch UBND tỉnh"}
    said |= {"o-given_on": "09/09/2021", "o-words": "Giao Sở tham mưu"}
    office.post(f"{AT}{reception.pk}/y-kien", said)
    given = {task.code: task.pk for task in Task.objects.filter(document=report)}
    chosen = {"d-lead": "H33.STTTT", "d-tasks": [given["R2a"]]}
    assert office.post(f"{AT}{reception.pk}/soan", chosen).status_code == 302
    letter = Letter.objects.get()
    at = f"{AT}cong-van/{letter.pk}/"
    page = office.get(f"{at}sua").content.decode()
    assert 'name="items" value="1"' in page
    typed = {
        "subject": letter.subject,
        "symbol": "VP-KGVX",
        "place": "Kiên Giang",
        "lead": "Sở Thông tin và Truyền thông tỉnh Kiên Giang",
        "task": letter.task,
        "recipients": "Như trên\nLưu: VT",
        "authority": "KT. Chánh Văn phòng\nPhó Chánh Văn phòng",
        "signer": "Trần Công Danh",
        "items": "1",
        "version": "1",
        "i1-text": STRATEGY,
        "i1-source": str(report.pk),
        "i1-tasks": [str(given["R2a"])],
        "i1-due_kind": "none",
        "i1-due_note": "Khẩn trương",
    }
    more = office.post(f"{at}sua", typed | {"more": "1"}).content.decode()
    assert 'name="items" value="2"' in more
    assert "định hướng đến năm 2020" in more
    typed |= {"items": "2", "i2-text": "", "i2-source": str(report.pk), "i2-due_kind": "none"}
    assert office.post(f"{at}sua", typed).status_code == 302
    page = office.get(at).content.decode()
    assert "khác với tên trong chính văn bản" in page
    assert "Sửa hoặc giải trình" in page
    assert "Đánh số" not in page
    refused = office.post(f"{at}phat-hanh", {"version": "2"}, follow=True).content.decode()
    assert "Công văn viện dẫn khác với văn bản gốc" in refused
    late = office.post(f"{at}sua", typed).content.decode()
    assert "Đã có người khác sửa" in late
    typed |= {"version": "2", "i1-text": STRATEGY.replace("năm 2020", "năm 2030")}
    office.post(f"{at}sua", typed)
    assert "đều đúng với sổ văn bản" in office.get(at).content.decode()
    office.post(f"{at}phat-hanh", {"version": "3"})
    letter.refresh_from_db()
    assert letter.state == "issued"
    assert letter.document is not None
    assert {task.code for task in letter.document.tasks.all()} == {"C0", "C1"}
    file = office.get(f"{at}cong-van.pdf")
    assert file.content.startswith(b"%PDF-")
    assert f"cong-van-{letter.number}.pdf" in file["Content-Disposition"]
    assert office.get(f"{at}cong-van.exe").status_code == 404
    page = office.get(at).content.decode()
    assert "Nút này không gửi gì" in page
    assert office.get(f"{at}sua").status_code == 302


def test_a_quotation_is_explained_at_the_desk_and_shown(
    office: Client, report: DirectiveDocument
) -> None:
    reception = kien_giang.received(report)
    letter = kien_giang.drafted(reception)
    from lienthong.systems.steering.services import letters

    letters.save_letter(letter, kien_giang.entry(letter), version=1, by=kien_giang.OFFICE)
    at = f"{AT}cong-van/{letter.pk}/"
    page = office.get(at).content.decode()
    (key,) = re.findall(r'name="key" value="([0-9a-f]{64})"', page)
    office.post(f"{at}giai-trinh", {"key": key, "reason": "Chép đúng ý kiến"})
    assert "Giữ nguyên vì: Chép đúng ý kiến" in office.get(at).content.decode()


def test_the_file_that_arrived_opens_at_the_desk_it_came_to(
    office: Client, report: DirectiveDocument
) -> None:
    file = SimpleUploadedFile("quet.png", b"\x89PNG\r\n\x1a\n scanned")
    office.post(f"{AT}moi", {"number": report.cited, "file": file})
    kept = Reception.objects.get().file
    assert kept is not None
    address = f"/canbo/nhiem-vu/tep/{kept.digest}"
    assert office.get(address).status_code == 200
    assert desk("vu.ha", "G14.TH", *story.LEADER).get(address).status_code == 404


def test_another_body_does_not_see_the_desk(office: Client, report: DirectiveDocument) -> None:
    reception = kien_giang.received(report)
    letter = kien_giang.drafted(reception)
    other = desk("vu.ha", "G14.TH", *story.LEADER)
    for address in (f"{AT}{reception.pk}/", f"{AT}cong-van/{letter.pk}/"):
        assert office.get(address).status_code == 200
        assert other.get(address).status_code == 404
    assert other.post(f"{AT}cong-van/{letter.pk}/phat-hanh", {"version": "1"}).status_code == 404
    reader = desk("lam.yen", "H33.STTTT", *story.ROLES)
    assert reader.get(f"{AT}moi").status_code == 403

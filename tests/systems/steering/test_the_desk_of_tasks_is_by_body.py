from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.test import Client

from lienthong.systems.steering.models import Extension, Progress, Task
from lienthong.systems.steering.services import evidence, progress
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]
TASKS = "/canbo/nhiem-vu/"


def desk(login: str, office: str, *roles: str) -> Client:
    """An officer signed in at a desk."""
    account = Account.objects.create_local(login, "ba-con-ga-trong-9")
    second_factor.set_up(account)
    Position.objects.create(
        account=account,
        office=Office.objects.get(code=office),
        officer_name=login,
        title="Chuyên viên",
        roles=list(roles),
        valid_from=story.SINCE,
    )
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def task() -> Task:
    return story.assign(story.document())


@pytest.fixture
def province() -> Client:
    return desk("ngo.phuc", "H33.VP", *story.LEADER)


@pytest.fixture
def department() -> Client:
    return desk("lam.yen", "H33.STTTT", *story.ROLES)


@pytest.fixture
def ministry() -> Client:
    return desk("vu.ha", "G14.TH", *story.SECRETARY)


def test_another_body_reads_and_may_not_act(ministry: Client, task: Task) -> None:
    page = ministry.get(f"{TASKS}{task.pk}/").content.decode()
    assert "Làm việc K1" in page
    assert "Ghi báo cáo" not in page
    assert "Rút nhiệm vụ này" not in page
    answer = ministry.post(f"{TASKS}{task.pk}/bao-cao", {"words": "Xong", "version": "1"})
    assert answer.status_code == 400
    assert not Progress.objects.exists()


def test_without_the_role_the_board_does_not_open(task: Task) -> None:
    assert desk("do.la", "H33.VP").get(TASKS).status_code == 403


def test_who_is_no_secretary_enters_nothing(department: Client) -> None:
    assert department.get(f"{TASKS}van-ban/moi").status_code == 403


def test_what_was_typed_stays_when_another_was_faster(province: Client, task: Task) -> None:
    typed = {
        "code": "K1",
        "text": "Bản của tôi",
        "lead": "Sở Thông tin và Truyền thông tỉnh Kiên Giang (H33.STTTT)",
        "due_kind": "working_days",
        "due_days": "10",
        "version": "1",
    }
    Task.objects.filter(pk=task.pk).update(version=2)
    page = province.post(f"{TASKS}{task.pk}/sua", typed).content.decode()
    assert "Đã có người khác sửa" in page
    assert "Bản của tôi" in page
    task.refresh_from_db()
    assert task.text == "Làm việc K1"


def test_a_due_day_before_the_document_is_told(province: Client) -> None:
    letter = story.document()
    typed = {
        "code": "K1",
        "text": "Việc",
        "lead": "H33.STTTT",
        "due_kind": "date",
        "due_day": "01/08/2021",
    }
    page = province.post(f"{TASKS}van-ban/{letter.pk}/giao", typed).content.decode()
    assert "kết thúc trước ngày ban hành" in page
    assert not Task.objects.exists()


def test_a_file_is_opened_by_the_bodies_it_concerns(
    province: Client, department: Client, ministry: Client, task: Task
) -> None:
    kept = evidence.keep_file("a.pdf", b"%PDF-1.7 kept", by=story.DEPARTMENT)
    progress.report(task, words="Kèm tệp", evidence=kept, by=story.DEPARTMENT)
    address = f"{TASKS}tep/{kept.digest}"
    for client in (province, department):
        answer = client.get(address)
        assert answer.content == b"%PDF-1.7 kept"
        assert answer["Content-Disposition"].startswith("attachment")
    assert ministry.get(address).status_code == 404


def test_a_file_that_is_too_large_or_no_document_is_told(department: Client, task: Task) -> None:
    page = department.post(
        f"{TASKS}{task.pk}/bao-cao",
        {"words": "Kèm tệp", "version": "1", "file": io.BytesIO(b"MZ program")},
    )
    assert "Không nhận được tệp này" in page.content.decode()
    assert not Progress.objects.exists()


def test_more_time_is_asked_and_refused_at_the_desk(
    department: Client, province: Client, task: Task
) -> None:
    department.post(f"{TASKS}{task.pk}/gia-han", {"new_due": "27/08/2021", "reason": "Chờ ý kiến"})
    waiting = Extension.objects.get()
    assert "K1" in province.get(f"{TASKS}nhac-viec").content.decode()
    province.post(f"{TASKS}gia-han/{waiting.pk}", {"decision": "refuse", "d-reason": "Việc gấp"})
    waiting.refresh_from_db()
    assert waiting.state == "refused"
    assert "Không đồng ý gia hạn" in department.get(f"{TASKS}{task.pk}/").content.decode()


def test_a_board_is_exported_as_it_is_filtered(province: Client) -> None:
    letter = story.document()
    story.assign(letter, "K1")
    story.assign(letter, "=2", rule=story.CONTINUOUS)
    text = province.get(f"{TASKS}nhiem-vu.csv?standing=open").content.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert len(rows) == 2
    # No cell is taken for a formula.
    assert rows[1][2] == "'=2"


def test_a_filter_that_cannot_be_read_is_told_and_asks_for_nothing(
    province: Client, task: Task
) -> None:
    page = province.get(f"{TASKS}?due_from=hôm+qua&document=1/KHONG-CO&trang=99&sort=x")
    assert page.status_code == 200
    assert "Làm việc K1" in page.content.decode()


def test_history_says_who_changed_what(province: Client, task: Task) -> None:
    province.post(
        f"{TASKS}{task.pk}/sua",
        {
            "code": "K1",
            "text": "Nội dung mới",
            "lead": "H33.STTTT",
            "due_kind": "date",
            "due_day": "31/08/2021",
            "version": "1",
        },
    )
    page = province.get(f"{TASKS}{task.pk}/").content.decode()
    assert "Nhiệm vụ trước đó: Làm việc K1" in page
    assert "Thời hạn trước đó: 16/08/2021" in page
    task.refresh_from_db()
    assert task.due_on == date(2021, 8, 31)


def test_withdrawing_and_its_undo_at_the_desk(province: Client, task: Task) -> None:
    province.post(f"{TASKS}{task.pk}/rut", {"version": "1", "w-reason": "Giao nhầm"})
    assert "Giao nhầm" in province.get(f"{TASKS}{task.pk}/").content.decode()
    assert "Làm việc K1" not in province.get(TASKS).content.decode()
    province.post(f"{TASKS}{task.pk}/rut", {"version": "2", "restore": "1"})
    assert "Làm việc K1" in province.get(TASKS).content.decode()

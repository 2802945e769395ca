"""The steward at the desk of reforms: typing, files, faults in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lienthong.kernel.units import Level
from lienthong.systems.catalogues import services
from lienthong.systems.catalogues.errors import BadReformFile
from lienthong.systems.catalogues.forms import reforms as forms
from lienthong.systems.catalogues.models import Reform, Succession, Unit
from lienthong.systems.catalogues.services.reforms import From
from lienthong.web import catalogues
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position

SINCE = date(2021, 1, 1)
HEAD = ";".join(forms.COLUMNS)


def steward(login: str, *roles: str) -> Client:
    account = Account.objects.create_local(login, "ba-con-ga-trong-9")
    second_factor.set_up(account)
    office, _made = Office.objects.get_or_create(
        code="G09.CQDP", defaults={"name": "Vụ Chính quyền địa phương", "valid_from": SINCE}
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name=login,
        title="Chuyên viên",
        roles=list(roles),
        valid_from=SINCE,
    )
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture(autouse=True)
def country(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    db: None,
    stopped_clock: object,
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    """The country of 2021, published, so that pages and rows say the same."""
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    services.load_shipped()
    Succession.objects.all().delete()
    Unit.objects.filter(valid_from__gte=date(2025, 1, 1)).delete()
    Unit.objects.filter(valid_to__gte=date(2021, 8, 20)).update(valid_to=None)
    with django_capture_on_commit_callbacks(execute=True):
        services.publish()


@pytest.fixture
def giang() -> Client:
    return steward("trinh.giang", "catalogues.steward")


@pytest.fixture
def oanh() -> Client:
    return steward("phan.oanh", "catalogues.steward")


def opened(client: Client, **changes: str) -> Reform:
    typed = {
        "title": "Sắp xếp xã của huyện Kiên Hải",
        "happened_on": "01/11/2021",
        "legal_basis": "Nghị quyết thử số 1",
        "within": "91 tỉnh Kiên Giang",
    }
    answer = client.post(reverse("catalogues:reform_new"), typed | changes)
    assert answer.status_code == 302, answer.content.decode()
    return Reform.objects.get()


def typed_unit(**changes: str) -> dict[str, str]:
    return {
        "level": "commune",
        "kind": "xã",
        "name": "Hòn Tre",
        "code": "",
        "parent": "Kiên Hải",
        "old_0": "hon tre",
        "old_1": "31111 xã Lại Sơn",
        "version": "1",
    } | changes


def test_a_reform_is_typed_proposed_and_decided_by_two(
    giang: Client,
    oanh: Client,
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    found = opened(giang)
    answer = giang.post(reverse("catalogues:reform_unit_new", args=[found.pk]), typed_unit())
    assert answer.status_code == 302, answer.content.decode()
    # The code of the unit that gives the larger part, found by a name without marks.
    assert list(found.new_units.values_list("code", "parent")) == [("31108", "912")]
    page = giang.get(reverse("catalogues:reform", args=[found.pk])).content.decode()
    assert "huyện Kiên Hải, tỉnh Kiên Giang" in page
    assert "còn vướng" not in page
    giang.post(reverse("catalogues:reform_propose", args=[found.pk]), {"version": "2"})
    own = giang.get(reverse("catalogues:reform", args=[found.pk])).content.decode()
    assert "người khác sẽ quyết định" in own
    assert "Xem và quyết định" not in own
    ask = oanh.get(reverse("catalogues:reform_decide", args=[found.pk])).content.decode()
    assert "Quyết định và công bố" in ask
    with django_capture_on_commit_callbacks(execute=True):
        oanh.post(reverse("catalogues:reform_decide", args=[found.pk]), {"version": "3"})
    found.refresh_from_db()
    assert found.is_decided
    assert catalogues.units().find("31111", date(2021, 11, 1)) is None
    done = oanh.get(reverse("catalogues:reform", args=[found.pk])).content.decode()
    assert "Đã quyết định, chưa đến ngày" in done


def test_only_a_steward_opens_the_desk() -> None:
    assert steward("do.la").get(reverse("catalogues:reforms")).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"old_0": "xã Không Có"}, "Không có đơn vị tên hoặc mã này"),
        ({"old_1": "Hòn Tre"}, "Đơn vị này đã ghi ở trên"),
        ({"kind": "quận"}, "Của cấp này: xã, phường, thị trấn, đặc khu."),
        ({"parent": ""}, "Hãy ghi đơn vị cấp trên."),
        ({"code": "31A08"}, "Mã đơn vị chỉ gồm chữ số."),
        ({"old_0": "", "old_1": ""}, "Hãy ghi ít nhất một đơn vị cũ hợp thành."),
        ({"version": "7"}, "Người khác đã sửa đợt sắp xếp này"),
        # More than one commune of the province bears this name.
        ({"old_0": "Bình An"}, "Có nhiều đơn vị tên này; hãy ghi mã."),
    ],
)
def test_what_was_typed_stays_and_its_fault_is_said(
    giang: Client, changes: dict[str, str], words: str
) -> None:
    found = opened(giang)
    answer = giang.post(
        reverse("catalogues:reform_unit_new", args=[found.pk]), typed_unit(**changes)
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert 'value="31111 xã Lại Sơn"' in page or "old_1" in changes
    assert not found.new_units.exists()


def test_a_file_with_a_wrong_row_changes_nothing(giang: Client) -> None:
    found = opened(giang)
    rows = [
        "31108;31108;Hòn Tre;xã;xã;912;có;",
        "3111x;31108;Hòn Tre;xã;xã;912;có;",
        "31111;31108;Hòn Tre;làng;xã;912;có;",
    ]
    upload = SimpleUploadedFile("a.csv", "\r\n".join([HEAD, *rows]).encode())
    address = reverse("catalogues:reform_file", args=[found.pk])
    page = giang.post(address, {"file": upload, "version": "1"}).content.decode()
    assert "Dòng 3: Mã đơn vị chỉ gồm chữ số." in page
    assert "Dòng 4: Của cấp này: xã, phường, thị trấn, đặc khu." in page
    assert not found.new_units.exists()


def test_a_file_comes_back_as_it_went_out(giang: Client) -> None:
    found = opened(giang)
    rows = [
        "31108;31108;Hòn Tre;xã;xã;912;có;",
        "31111;31108;Hòn Tre;xã;xã;912;có;phần lớn",
        "31111;31114;An Sơn;xã;xã;912;không;ấp Bãi Nhà",
    ]
    upload = SimpleUploadedFile("a.csv", ("\ufeff" + "\n".join([HEAD, *rows])).encode())
    address = reverse("catalogues:reform_file", args=[found.pk])
    assert giang.post(address, {"file": upload, "version": "1"}).status_code == 302
    given = giang.get(reverse("catalogues:reform_csv", args=[found.pk])).content
    assert given.decode("utf-8-sig").splitlines() == [HEAD, *rows]
    read, bad = forms.read_file(given)
    assert bad == ()
    assert read[0].made_of == (From("31108"), From("31111", True, "phần lớn"))
    assert read[1].level is Level.COMMUNE


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Thiếu các cột"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a;b;c\n1;2;3", "Thiếu các cột"),
        (b"x" * (forms.LARGEST_FILE + 1), "4 MB"),
        ((HEAD + "\n" + "1;2;A;xã;xã;3;có;\n" * 20_001).encode(), "20.000"),
    ],
)
def test_a_file_that_is_no_reform_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(BadReformFile, match=words):
        forms.read_file(content)


def test_a_reason_is_asked_for_before_it_goes_back(giang: Client, oanh: Client) -> None:
    found = opened(giang)
    giang.post(reverse("catalogues:reform_unit_new", args=[found.pk]), typed_unit())
    giang.post(reverse("catalogues:reform_propose", args=[found.pk]), {"version": "2"})
    address = reverse("catalogues:reform_reason", args=[found.pk, "tra-lai"])
    assert oanh.post(address, {"reason": "", "version": "3"}).status_code == 200
    assert oanh.post(address, {"reason": "Thiếu An Sơn", "version": "3"}).status_code == 302
    page = giang.get(reverse("catalogues:reform", args=[found.pk])).content.decode()
    assert "Thiếu An Sơn" in page
    assert (
        oanh.get(reverse("catalogues:reform_reason", args=[found.pk, "gi-do"])).status_code == 404
    )

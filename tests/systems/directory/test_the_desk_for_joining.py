"""The officers' pages for requests to join: empty, entered, approved, refused, revoked."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

import cast
from lienthong.exchange import gateway_admin
from lienthong.kernel.node import Node
from lienthong.protocol.joining import Invitation
from lienthong.systems.directory.models import Certificate, Gateway, JoinRequest, Member, Subsystem
from lienthong.systems.directory.services.hosting import stand_behind
from lienthong.web.accounts import second_factor
from lienthong.web.offices import Office, Position
from systems.directory.installed_country import install

pytestmark = pytest.mark.usefixtures("db", "legal_day")
PLACE = "/canbo/directory/requests/"
FORM = {
    "member_code": "TINH-91",
    "member_name": "UBND tỉnh Kiên Giang",
    "member_kind": "province",
    "gateway_code": "kien-giang",
    "subsystems": "lgsp Nền tảng LGSP - tỉnh Kiên Giang\nmot-cua Một cửa điện tử",
    "subsystem_kind": "lgsp",
    "legal_basis": "Nghị định 47/2020/NĐ-CP",
}


@pytest.fixture
def desk(node: Node, db: None) -> Node:
    install(node)
    Office.objects.create(code="G14.NDXP", name="Trung tâm vận hành", valid_from=cast.LEGAL_DAY)
    return node


def officer(name: str) -> Client:
    account = get_user_model().objects.create_local(name, "mot-hai-ba-bon-nam")
    Position.objects.create(
        account=account, office=Office.objects.get(code="G14.NDXP"), officer_name=name.title(),
        title="Chuyên viên", roles=["directory.operator"], valid_from=cast.LEGAL_DAY,
    )  # fmt: skip
    second_factor.set_up(account)
    client = Client()
    client.force_login(account)
    return client


def words(answer: Any) -> str:
    return str(answer.content.decode())


def entered(client: Client) -> str:
    answer = client.post(f"{PLACE}new", FORM)
    assert answer.status_code == 302, words(answer)
    return str(answer["Location"])


def test_an_empty_list_says_what_to_do(desk: Node) -> None:
    page = officer("quan.van").get(PLACE)
    assert page.status_code == 200
    assert "Không có yêu cầu nào" in words(page)
    assert f'href="{PLACE}new"' in words(page)


def test_three_officers_bring_a_body_in_and_the_token_is_shown_once(desk: Node) -> None:
    asks, first, second = officer("quan.van"), officer("ha.lien"), officer("bui.tam")
    place = entered(asks)
    own = words(asks.get(place))
    assert "Bạn là người ghi nhận yêu cầu này" in own
    assert "approve" not in own
    assert "Một cửa điện tử" in own

    refused = asks.post(f"{place}approve", follow=True)
    assert "Bạn là người ghi nhận yêu cầu này" in words(refused)
    assert JoinRequest.objects.get().decisions.count() == 0

    assert "Còn cần một cán bộ nữa" in words(first.post(f"{place}approve", follow=True))
    assert "Bạn đã duyệt" in words(first.post(f"{place}approve", follow=True))

    shown = words(second.post(f"{place}approve"))
    token = shown.partition("readonly>")[2].partition("</textarea>")[0]
    assert Invitation.read(token).gateway == "VN/GOV/TINH-91/kien-giang"
    later = words(second.get(place))
    assert "ltj1." not in later
    for event in ("ghi nhận yêu cầu", "đã duyệt", "cấp giấy mời"):
        assert event in later
    assert "Ha.Lien" in later  # colleagues see who decided

    again = words(first.post(f"{place}invite"))
    assert "ltj1." in again
    assert "hủy giấy mời" in again


def test_a_refusal_needs_a_reason_and_keeps_it(desk: Node) -> None:
    place = entered(officer("quan.van"))
    other = officer("ha.lien")
    assert other.get(f"{place}refuse").status_code == 200
    empty = other.post(f"{place}refuse", {"reason": ""})
    assert empty.status_code == 422
    assert "Ghi lý do" in words(empty)
    numbered = other.post(f"{place}refuse", {"reason": "theo số 091195000017"})
    assert numbered.status_code == 422
    done = other.post(f"{place}refuse", {"reason": "Thiếu phê duyệt cấp độ"}, follow=True)
    assert "Đã từ chối yêu cầu" in words(done)
    assert "Thiếu phê duyệt cấp độ" in words(done)
    assert "vừa được quyết định" in words(other.post(f"{place}approve", follow=True))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("member_code", "TINH 91", "Mã gồm chữ cái"),
        ("gateway_code", "", "Nhập mã cho cổng"),
        ("subsystems", "chỉ-có-dấu", "không có dạng"),
        ("subsystems", "lgsp A\nlgsp B", "Mỗi mã chỉ ghi một lần"),
        ("gateway_code", "national", "thuộc cơ quan khác"),
        ("legal_basis", "", "Ghi quyết định"),
    ],
)
def test_a_form_says_what_is_wrong_with_it(desk: Node, field: str, value: str, said: str) -> None:
    page = officer("quan.van").post(f"{PLACE}new", FORM | {field: value})
    assert page.status_code == 422
    assert said in words(page)
    assert JoinRequest.objects.count() == 0


def test_a_second_request_for_the_same_gateway_is_told(desk: Node) -> None:
    asks = officer("quan.van")
    entered(asks)
    page = asks.post(f"{PLACE}new", FORM)
    assert page.status_code == 422
    assert "đang có một yêu cầu chưa xong" in words(page)
    assert "kien-giang" in words(asks.get(f"{PLACE}?state=waiting"))
    assert "Không có yêu cầu nào" in words(asks.get(f"{PLACE}?state=refused"))


def test_a_certificate_is_revoked_with_a_reason(desk: Node) -> None:
    client = officer("quan.van")
    row = Certificate.objects.get(member__code="G15", use="sign")
    place = f"/canbo/directory/certificates/{row.kid}/revoke"
    assert place in words(client.get("/canbo/directory/certificates/"))
    assert client.post(place, {"reason": ""}).status_code == 422
    done = client.post(place, {"reason": "Nghi lộ khóa"}, follow=True)
    assert "có trong danh sách từ chối" in words(done)
    row.refresh_from_db()
    assert (row.status, row.revoked_why) == ("revoked", "Nghi lộ khóa")
    assert "thu hồi từ trước" in words(client.post(place, {"reason": "lần nữa"}, follow=True))


@pytest.mark.parametrize(
    ("health", "said"),
    [
        ({"wrong": [], "snapshot_stops": []}, None),
        (
            {"wrong": ["directory"], "snapshot_stops": [],
             "snapshot_next_stop": "2026-12-02T03:00:00Z"},
            "Danh bạ không công bố bản mới",
        ),
        ({"wrong": ["directory"], "snapshot_stops": ["changing"]}, "thay đổi dữ liệu"),
    ],
    ids=["well", "silent", "stopped"],
)  # fmt: skip
def test_the_console_warns_of_an_old_directory(
    desk: Node, monkeypatch: pytest.MonkeyPatch, health: dict[str, object], said: str | None
) -> None:
    def no_log(*_: object) -> bytes:
        raise gateway_admin.LogNotReachable

    monkeypatch.setattr(gateway_admin, "_ask", no_log)
    monkeypatch.setattr(gateway_admin, "health", lambda: health)
    page = words(officer("quan.van").get("/canbo/directory/"))
    if said is None:
        assert "Danh bạ" not in page.partition("</header>")[2].partition("cn-top")[0]
    else:
        assert said in page
        assert 'role="alert"' in page


def test_a_letter_of_nonsense_is_a_problem_document(desk: Node) -> None:
    for path in ("join", "renew", "register"):
        answer = Client().post(f"/exchange/{path}", b"{}", content_type="application/json")
        assert answer.status_code in (400, 403)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"]
        assert Client().get(f"/exchange/{path}").status_code == 405


def test_a_system_behind_two_gateways_is_shown_and_taken_away_from_one(desk: Node) -> None:
    operator = officer("quan.van")
    subsystem = Subsystem.objects.get(code="population")
    other = Gateway.objects.create(
        code="du-phong", owner=Member.objects.get(code="G14"), host="10.0.0.9", port=5500
    )
    page = words(operator.get("/canbo/directory/members/?q=population"))
    assert "national" in page
    assert "Gỡ khỏi cổng" not in page  # the only gateway is not taken away
    stand_behind(subsystem, other)
    page = words(operator.get("/canbo/directory/members/?q=population"))
    assert "du-phong" in page
    place = f"/canbo/directory/members/{subsystem.pk}/gateways/national/end"
    assert place in page
    asked = words(operator.get(place))
    assert "du-phong" in asked
    assert operator.post(place, {"reason": ""}).status_code == 422
    done = operator.post(place, {"reason": "chuyển trung tâm dữ liệu"}, follow=True)
    assert "không còn đứng sau cổng này" in words(done)
    assert [gateway.code for gateway in subsystem.gateways] == ["du-phong"]
    last = operator.post(place.replace("national", "du-phong"), {"reason": "hỏng"}, follow=True)
    assert "không đứng sau cổng nào khác" in words(last)
    assert operator.get(place).status_code == 404

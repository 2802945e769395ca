from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.translation import override

import cast
from lienthong.kernel.actor import Actor
from lienthong.web.accounts.models import Account
from lienthong.web.accounts.second_factor import set_up
from lienthong.web.desks import every_desk, role_title
from lienthong.web.offices import Position
from lienthong.web.roles import NoSeat, RoleMissing, requires


@requires("civil_status.registrar")
def births(request: HttpRequest) -> HttpResponse:
    return HttpResponse("births")


def asked_by(account: object, actor: Actor | None, seats: list[object]) -> HttpRequest:
    request = RequestFactory().get("/canbo/ho-tich/?q=an")
    request.user, request.actor, request.seats = account, actor, seats  # type: ignore[attr-defined]
    return request


def actor(*roles: str) -> Actor:
    return Actor("a", "o", "31096", cast.LEGAL_DAY, frozenset(roles))


def test_the_right_role_opens(account: Account) -> None:
    answer = births(asked_by(account, actor("civil_status.registrar"), [object()]))
    assert answer.content == b"births"


def test_a_missing_role_is_refused_and_named(account: Account) -> None:
    with pytest.raises(RoleMissing) as refused:
        births(asked_by(account, actor("steering.secretary"), [object()]))
    assert refused.value.detail["role"] == "civil_status.registrar"
    assert refused.value.status == 403


def test_an_account_without_a_seat_is_refused(account: Account) -> None:
    with pytest.raises(NoSeat):
        births(asked_by(account, None, []))


def test_several_seats_lead_to_the_choice_and_back(account: Account) -> None:
    answer = births(asked_by(account, None, [object(), object()]))
    assert answer.headers["Location"] == "/canbo/chon-vi-tri?next=%2Fcanbo%2Fho-tich%2F%3Fq%3Dan"


def test_a_visitor_is_led_to_the_sign_in_and_back(client: Client, db: None) -> None:
    assert client.get("/canbo/").headers["Location"] == "/dang-nhap?next=%2Fcanbo%2F"


def test_the_page_of_a_refusal_names_the_role_and_who_grants_it(
    client: Client, account: Account, seat: Callable[..., Position], legal_day: None
) -> None:
    from lienthong.web import problems

    set_up(account)
    seat(account, roles=[])
    client.force_login(account)
    page = client.get("/canbo/")
    assert page.status_code == 200
    assert "chưa được mở bàn làm việc nào" in page.content.decode()

    request = page.wsgi_request
    answer = problems.answer(request, RoleMissing(role="civil_status.registrar"))

    assert answer is not None
    text = answer.content.decode()
    assert "civil_status.registrar" in text
    assert "Cán bộ đăng ký hộ tịch" in text
    assert "Người đứng đầu UBND xã Dương Tơ đề nghị; người quản trị nút này ghi quyền" in text


def test_every_role_a_desk_asks_for_has_a_name_people_use() -> None:
    asked = {desk.role for desk in every_desk() if desk.role}
    assert len(asked) > 3
    with override("vi"):
        named = {role: role_title(role) for role in asked}
    with override("en"):
        assert not [role for role, title in named.items() if title in ("", role_title(role))]

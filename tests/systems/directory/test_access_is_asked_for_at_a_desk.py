"""The pages of access: ask, decide with less, refuse with a reason, revoke, and see it all."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

import cast
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import LogNotReachable, QuotaLine, RefusalLine
from lienthong.systems.directory.models import AccessGrant, GrantRequest, Offer, Subsystem
from lienthong.web.accounts import second_factor
from lienthong.web.offices import Office, Position
from systems.directory.installed_country import install

pytestmark = pytest.mark.django_db
REQUESTS = "/canbo/directory/access/"
GRANTS = "/canbo/directory/grants/"
REFUSALS = "/canbo/directory/refusals/"


def officer(name: str, body: str, *roles: str) -> Client:
    office, _ = Office.objects.get_or_create(
        code=f"{body}.IT", defaults={"name": body, "body": body, "valid_from": cast.LEGAL_DAY}
    )
    account = get_user_model().objects.create_local(name, "mot-hai-ba-bon-nam")
    Position.objects.create(
        account=account, office=office, officer_name=name, title="Chuyên viên",
        roles=list(roles), valid_from=cast.LEGAL_DAY,
    )  # fmt: skip
    second_factor.set_up(account)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def country(node, legal_day):
    install(node)
    return node


@pytest.fixture(autouse=True)
def no_gateway(monkeypatch) -> None:
    """Nobody counts here unless a test says so."""
    monkeypatch.setattr(gateway_admin, "quota_use", dict)


@pytest.fixture
def asker(country) -> Client:
    return officer("ta.minh", "G14", "directory.asker")


@pytest.fixture
def giver(country) -> Client:
    return officer("bui.an", "G01", "directory.granter")


def find() -> Offer:
    return Offer.objects.get(subsystem__code="population", code="person.find.v1")


def wish(**changes) -> dict:
    values = {
        "client": Subsystem.objects.get(code="steering").pk,
        "purpose": "Đối chiếu số liệu báo cáo",
        "legal_basis": "Nghị định 47/2020/NĐ-CP",
        "visible": ["full_name", "born_on"],
        "methods": ["POST"],
        "paths": "**",
        "valid_to": "31/12/2031",
        "per_minute": "60",
        "per_day": "1000",
    }
    return {**values, **changes}


@pytest.fixture
def asked(asker) -> GrantRequest:
    answer = asker.post(f"{REQUESTS}new/{find().pk}", wish())
    assert answer.status_code == 302, answer.content.decode()
    return GrantRequest.objects.get()


def text(answer) -> str:
    return answer.content.decode()


def test_what_is_wanted_is_found_without_marks_and_asked_for(asker, asked) -> None:
    listed = text(asker.get(f"{REQUESTS}new", {"q": "tra cuu thong tin cong dan"}))
    assert "person.find.v1" in listed
    assert "personal-id.issue.v1" not in listed
    assert "Không có dịch vụ tên này" in text(asker.get(f"{REQUESTS}new", {"q": "xyz"}))
    page = text(asker.get(f"{REQUESTS}{asked.pk}"))
    assert "chữ ký đúng" in page
    assert "Rút đề nghị" in page
    assert "Ký và cấp" not in page, "the asking body does not decide"


def test_the_desks_are_empty_in_words_at_first(asker, giver) -> None:
    page = text(giver.get(REQUESTS))
    assert "Không có gì chờ bạn quyết định" in page
    assert "Cơ quan bạn không chờ gì" in page
    assert "Chưa có quyền nào" in text(officer("la", "G13", "directory.asker").get(GRANTS))


def test_a_body_gives_less_than_was_asked(giver, asked) -> None:
    assert "Đối chiếu số liệu báo cáo" in text(giver.get(REQUESTS))
    page = text(giver.get(f"{REQUESTS}{asked.pk}"))
    assert 'value="31/12/2031"' in page, "what was asked is what the form starts from"
    answer = giver.post(
        f"{REQUESTS}{asked.pk}/grant",
        {"visible": ["full_name"], "valid_to": "31/12/2026", "per_minute": "5", "per_day": "50"},
    )
    assert answer.status_code == 302, text(answer)
    given = AccessGrant.objects.get(pk=asked.pk)
    assert given.visible_fields == ["full_name"]
    assert (given.per_minute, given.per_day) == (5, 50)


@pytest.mark.parametrize(
    "changes",
    [
        {"visible": []},
        {"visible": ["residence"]},
        {"per_minute": "600"},
        {"per_minute": ""},
        {"valid_to": "01/01/2032"},
        {"valid_to": "mai"},
    ],
)
def test_more_than_was_asked_is_told_in_words(giver, asked, changes) -> None:
    form = {"visible": ["full_name"], "valid_to": "", "per_minute": "5", "per_day": "50"}
    answer = giver.post(f"{REQUESTS}{asked.pk}/grant", {**form, **changes})
    assert answer.status_code == 422
    assert "ds-error-summary" in text(answer) or 'role="alert"' in text(answer)
    assert not AccessGrant.objects.filter(pk=asked.pk).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": ""},
        {"legal_basis": ""},
        {"visible": []},
        {"paths": "/a/../b"},
        {"per_day": "nhiều"},
        {"purpose": "của 091195000017"},
        {"client": "0"},
    ],
)
def test_a_wish_that_says_nothing_comes_back_with_what_is_wrong(asker, changes) -> None:
    answer = asker.post(f"{REQUESTS}new/{find().pk}", wish(**changes))
    assert answer.status_code == 422
    assert not GrantRequest.objects.exists()


def test_a_refusal_needs_a_reason_that_the_asker_reads(asker, giver, asked) -> None:
    place = f"{REQUESTS}{asked.pk}"
    assert giver.post(f"{place}/refuse", {"reason": " "}).status_code == 422
    assert giver.post(f"{place}/refuse", {"reason": "Chưa đủ căn cứ"}).status_code == 302
    page = text(asker.get(place))
    assert "Chưa đủ căn cứ" in page
    assert "đã từ chối" in page
    again = giver.post(f"{place}/refuse", {"reason": "lần nữa"}, follow=True)
    assert "vừa được quyết định" in text(again)


def test_a_request_is_withdrawn_by_those_who_asked(asker, giver, asked) -> None:
    assert giver.post(f"{REQUESTS}{asked.pk}/withdraw").status_code == 403
    asker.post(f"{REQUESTS}{asked.pk}/withdraw")
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_other_bodies_see_nothing_of_it(asked, giver) -> None:
    other = officer("ngo.ba", "G13", "directory.asker", "directory.granter")
    assert other.get(f"{REQUESTS}{asked.pk}").status_code == 404
    assert other.post(f"{REQUESTS}{asked.pk}/grant", {}).status_code == 404
    assert "Đối chiếu số liệu" not in text(other.get(REQUESTS))


def test_an_officer_with_both_roles_does_not_grant_their_own(country) -> None:
    both = officer("hai.vai", "G01", "directory.asker", "directory.granter")
    own = Subsystem.objects.get(code="population").pk
    both.post(f"{REQUESTS}new/{find().pk}", wish(client=own))
    request = GrantRequest.objects.get()
    answer = both.post(f"{REQUESTS}{request.pk}/grant", {"visible": ["full_name"]})
    assert answer.status_code == 422
    assert "cán bộ khác" in text(answer)


def test_the_grant_shows_terms_signatures_use_and_history(giver, asked, monkeypatch) -> None:
    giver.post(
        f"{REQUESTS}{asked.pk}/grant",
        {"visible": ["full_name"], "per_minute": "5", "per_day": "50"},
    )
    line = QuotaLine(grant=str(asked.pk), minute_used=3, day_used=41, day_refused=2)
    monkeypatch.setattr(gateway_admin, "quota_use", lambda: {str(asked.pk): line})
    page = text(giver.get(f"{GRANTS}{asked.pk}"))
    assert page.count("chữ ký đúng") == 2
    assert "hôm nay 41, từ chối 2" in page
    assert re.search(r"đã xin.*đã cấp", page, re.DOTALL)

    def away():
        raise LogNotReachable

    monkeypatch.setattr(gateway_admin, "quota_use", away)
    assert "Cổng hiện không trả lời" in text(giver.get(f"{GRANTS}{asked.pk}"))


def test_the_body_that_gave_takes_back_with_a_reason(giver, asker, asked, monkeypatch) -> None:
    monkeypatch.setattr(gateway_admin, "revoke", lambda grant, reason="": None)
    giver.post(f"{REQUESTS}{asked.pk}/grant", {"visible": ["full_name"], "per_minute": "5",
                                               "per_day": "50"})  # fmt: skip
    assert asker.post(f"{GRANTS}{asked.pk}/revoke", {"reason": "x"}).status_code == 403
    giver.post(f"{GRANTS}{asked.pk}/revoke", {"reason": "Hết việc"})
    assert AccessGrant.objects.get(pk=asked.pk).revoked
    assert "Hết việc" in text(asker.get(f"{GRANTS}{asked.pk}"))


def test_refusals_are_explained_to_the_operator(country, monkeypatch) -> None:
    operator = officer("quan.van", "G14", "directory.operator")
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    terms = {"client": "VN/GOV/G14/steering", "service": "VN/GOV/G01/population/person.find.v1",
             "fault": "Server.ServerProxy.QuotaExceeded", "first": at, "last": at}  # fmt: skip
    lines = [
        RefusalLine(side="consumer", count=12, message_id="m-2", **terms),
        RefusalLine(side="provider", reason="quota_day", count=12, message_id="m-1", **terms),
        RefusalLine(
            side="consumer", count=3,
            **{**terms, "client": "", "fault": "Server.ClientProxy.SslAuthenticationFailed"},
        ),
    ]  # fmt: skip
    monkeypatch.setattr(gateway_admin, "refusals", lambda start, end: lines)
    page = text(operator.get(REFUSALS))
    assert "Đã dùng hết hạn mức của ngày" in page
    assert "xin hạn mức lớn hơn" in page
    assert page.count("person.find.v1") == 2, "both sides of one refusal are told once"
    assert "không rõ ai" in page
    monkeypatch.setattr(gateway_admin, "refusals", lambda start, end: [])
    assert "Không ai bị từ chối" in text(operator.get(REFUSALS))

    def away(start, end):
        raise LogNotReachable

    monkeypatch.setattr(gateway_admin, "refusals", away)
    assert "Nhật ký bản tin không trả lời" in text(operator.get(REFUSALS))


@pytest.mark.parametrize("address", [REQUESTS, GRANTS, REFUSALS, f"{REQUESTS}new"])
def test_a_registrar_gets_to_none_of_it(country, address) -> None:
    registrar = officer("le.cuong", "H33", "civil_status.registrar")
    assert registrar.get(address).status_code == 403

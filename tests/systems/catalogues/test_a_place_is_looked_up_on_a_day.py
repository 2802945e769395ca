"""The public pages of units."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from lienthong.systems.catalogues import services
from lienthong.web import catalogues, roles

pytestmark = pytest.mark.django_db

PAGE = "/don-vi-hanh-chinh/"


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, legal_day: None) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address, headers={"accept-language": "vi"})
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_opens_on_the_country_of_the_legal_day(client: Client) -> None:
    page = text(client, PAGE)
    assert "10.599" in page
    assert "Tỉnh Kiên Giang" in page
    assert 'value="20/08/2021"' in page
    assert 'type="date"' not in page, "it would speak the language of the browser"


def test_the_country_after_the_reform_has_no_districts(client: Client) -> None:
    page = text(client, f"{PAGE}?ngay=2025-07-01")
    assert "3.321" in page
    assert "Tỉnh Kiên Giang" not in page
    assert "Tỉnh An Giang" in page


@pytest.mark.parametrize("typed", ["duong to", "Dương Tơ", "DUONG TO", "31096"])
def test_a_commune_is_found_with_or_without_marks(client: Client, typed: str) -> None:
    page = text(client, f"{PAGE}?q={typed}")
    assert "Xã Dương Tơ" in page
    assert "thành phố Phú Quốc, tỉnh Kiên Giang" in page
    assert "đặc khu Phú Quốc" in page


def test_a_place_that_is_not_there_is_said_plainly(client: Client) -> None:
    page = text(client, f"{PAGE}?q=duong+to&ngay=2026-01-01")
    assert "Dương Tơ</b>" not in page
    assert "lt-empty" in page


def test_a_day_that_cannot_be_read_is_an_error_beside_its_field(client: Client) -> None:
    page = text(client, f"{PAGE}?q=duong+to&ngay=2021-02-31")
    assert "id_ngay_error" in page
    assert "Xã Dương Tơ" in page


def test_what_was_typed_is_not_markup(client: Client) -> None:
    assert "<script>alert" not in text(client, f"{PAGE}?q=<script>alert(1)</script>")


def test_a_split_commune_is_marked_with_its_default(client: Client) -> None:
    link = next(link for link in catalogues.units().successions if link.is_split)
    page = text(client, f"{PAGE}{link.old}/?ngay=2025-06-30")
    assert 'data-color="warning"' in page
    assert page.count('data-color="info"') == 1
    assert link.new in page


def test_a_new_unit_shows_what_it_was_made_of(client: Client) -> None:
    page = text(client, f"{PAGE}31078/?ngay=2025-07-01")
    assert "Đặc khu Phú Quốc" in page
    assert "Xã Dương Tơ" in page
    assert "Phường Dương Đông" in page


def test_a_code_outside_its_days_leads_to_its_other_days(client: Client) -> None:
    page = text(client, f"{PAGE}31096/?ngay=2026-01-01", status=404)
    assert "?ngay=2004-07-08" in page


def test_a_code_that_never_was_is_not_found(client: Client) -> None:
    text(client, f"{PAGE}99999/", status=404)


def test_the_desk_is_closed_to_visitors(client: Client) -> None:
    answer = client.get("/canbo/catalogues/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/dang-nhap")


def test_the_desk_shows_rows_doubts_and_snapshots(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who may come in is tested with the roles; this is what a steward then sees.
    monkeypatch.setattr(roles, "check", lambda request, role: None)
    services.load_shipped()
    services.publish()
    page = text(client, "/canbo/catalogues/")
    assert "15.354" in page
    assert "Số 1" in page
    assert "60 ngày" in text(client, "/canbo/catalogues/thoi-han/")
    assert "Bộ Thông tin và Truyền thông" in text(client, "/canbo/catalogues/co-quan/")

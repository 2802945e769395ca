"""The console lists whatever passed the gateway, however odd its ids, and never breaks on it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

import cast
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import ExchangeDetail, ExchangeLine, RecordDetail
from lienthong.web.accounts import second_factor
from lienthong.web.offices import Office, Position

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
# A caller chooses its own X-Road-Id: any printable ASCII (X-Road message protocol).
ODD = 'PLAY/a "b"?c#d%2F;e'


def sign_in(roles: list[str]) -> Client:
    office = Office.objects.create(code="G14", name="Bộ TT&TT", valid_from=cast.LEGAL_DAY)
    account = get_user_model().objects.create_local("quan.van", "mot-hai-ba-bon-nam")
    Position.objects.create(
        account=account, office=office, officer_name="Quản Văn", title="Chuyên viên",
        roles=roles, valid_from=cast.LEGAL_DAY,
    )  # fmt: skip
    second_factor.set_up(account)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def operator(db: None, legal_day: None) -> Client:
    return sign_in(["directory.operator"])


def line(message_id: str, outcome: str = "answered") -> ExchangeLine:
    return ExchangeLine(
        message_id=message_id, request_id="r-1", client="VN/GOV/G14/outside-test",
        service="VN/GOV/G01/population/figures.v1", outcome=outcome, at=AT,
    )  # fmt: skip


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The gateway's administration, played; what it was asked last stands in the dictionary."""
    asked: dict[str, object] = {}

    def exchanges(**query: object) -> list[ExchangeLine]:
        asked.update(query)
        return [line(ODD), line("", "refused")]

    def exchange(message_id: str) -> ExchangeDetail:
        asked["message_id"] = message_id
        record = RecordDetail(kind="answer", side="provider", at=AT, outcome="answered")
        return ExchangeDetail(
            message_id=message_id, request_id="r-1", client="VN/GOV/G14/outside-test",
            service="VN/GOV/G01/population/figures.v1", records=[record],
        )  # fmt: skip

    def receipt(message_id: str) -> bytes:
        asked["receipt"] = message_id
        return b"{}"

    monkeypatch.setattr(gateway_admin, "exchanges", exchanges)
    monkeypatch.setattr(gateway_admin, "exchange", exchange)
    monkeypatch.setattr(gateway_admin, "receipt", receipt)
    return asked


def test_a_list_holds_ids_with_any_letter_and_none_at_all(
    operator: Client, log: dict[str, object]
) -> None:
    page = operator.get("/canbo/directory/exchanges/")
    assert page.status_code == 200
    assert page.content.decode().count("outside-test") == 2


def test_an_exchange_opens_under_any_id(operator: Client, log: dict[str, object]) -> None:
    found = operator.get("/canbo/directory/exchanges/", {"q": ODD}, follow=True)
    assert found.status_code == 200
    assert log["message_id"] == ODD


def test_a_receipt_file_has_a_harmless_name(operator: Client, log: dict[str, object]) -> None:
    answer = operator.get(reverse("directory:receipt", args=[ODD]))
    assert answer.status_code == 200
    assert log["receipt"] == ODD
    assert answer["Content-Disposition"] == 'attachment; filename="receipt-PLAY-a-b-c-d-2F-e.json"'


def test_the_filter_for_unknown_outcomes_asks_the_log_in_its_own_words(
    operator: Client, log: dict[str, object]
) -> None:
    page = operator.get("/canbo/directory/exchanges/").content.decode()
    assert '<option value="unknown"' in page
    operator.get("/canbo/directory/exchanges/", {"outcome": "unknown"})
    assert log["outcome"] == "unknown"


@pytest.mark.parametrize("before", ["yesterday", "2026-11-24T08:00:00"])
def test_a_moment_that_is_none_is_left_out(
    operator: Client, log: dict[str, object], before: str
) -> None:
    assert operator.get("/canbo/directory/exchanges/", {"before": before}).status_code == 200
    assert log["before"] is None

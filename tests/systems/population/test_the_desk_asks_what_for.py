"""The desk of population shows one person at a time and writes down why."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.record.models import Look
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from systems.population import lives

DESK = "/canbo/population/"


@pytest.fixture
def browser(client: Client) -> Client:
    account = Account.objects.create_local("pham.hoa", "mật khẩu của Hoa")
    second_factor.set_up(account)
    office = Office.objects.create(
        code="G01.C06", name="Cục C06", unit="", body="G01", valid_from=date(2020, 1, 1)
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name="Phạm Hoa",
        title="Cán bộ dữ liệu dân cư",
        roles=["population.officer"],
        valid_from=date(2020, 1, 1),
    )
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_person_is_shown_and_the_purpose_stands_in_the_ledger(browser: Client) -> None:
    number = lives.issue().body["personal_id"]

    page = browser.post(DESK, {"number": number, "purpose": "trả lời đơn của công dân"})

    assert cast.NEWBORN.name.upper() in page.content.decode()
    purposes = set(Look.objects.values_list("purpose", flat=True))
    assert purposes == {"trả lời đơn của công dân"}


@pytest.mark.parametrize("purpose", ["", "   ", "xem"])
def test_without_a_purpose_nothing_is_shown(browser: Client, purpose: str) -> None:
    number = lives.issue().body["personal_id"]

    page = browser.post(DESK, {"number": number, "purpose": purpose})

    assert cast.NEWBORN.name.upper() not in page.content.decode()
    assert Look.objects.count() == 0


def test_a_number_nobody_has_is_still_a_look(browser: Client) -> None:
    page = browser.post(DESK, {"number": "091221999999", "purpose": "tra cứu theo đơn"})

    assert "Không ai có số hoặc họ tên này" in page.content.decode()
    assert Look.objects.count() == 1


def test_the_number_never_stands_in_an_address(browser: Client) -> None:
    number = lives.issue().body["personal_id"]

    page = browser.get(DESK, {"number": number, "purpose": "tra cứu theo đơn"})

    assert cast.NEWBORN.name.upper() not in page.content.decode()

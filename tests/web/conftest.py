"""Officers who can sign in, and a client that is signed in as one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

import cast
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position

PASSWORD = "ba-con-ga-trong-9"


@pytest.fixture
def office(db: None) -> Office:
    return Office.objects.create(
        code=cast.LE_CUONG.office,
        name="UBND xã Dương Tơ",
        unit=cast.DUONG_TO,
        body="H33",
        valid_from=date(2021, 1, 1),
    )


@pytest.fixture
def seat(office: Office) -> Callable[..., Position]:
    """Give an account a position: ``seat(account, roles=…, valid_from=…, office=…)``."""

    def give(account: Account, **values: Any) -> Position:
        defaults: dict[str, Any] = {
            "office": office,
            "officer_name": cast.LE_CUONG.name,
            "title": "Công chức tư pháp - hộ tịch",
            "roles": sorted(cast.LE_CUONG.roles),
            "valid_from": date(2021, 1, 1),
        }
        return Position.objects.create(account=account, **(defaults | values))

    return give


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create_local(cast.LE_CUONG.login, PASSWORD)


@pytest.fixture
def secret(account: Account) -> str:
    """The account's TOTP secret; asking for it sets the second factor up."""
    return second_factor.set_up(account)


@pytest.fixture
def registrar(account: Account, secret: str, seat: Callable[..., Position]) -> Account:
    """Lê Cường with his second factor and his position in Dương Tơ."""
    seat(account)
    return account


@pytest.fixture
def signed_in(client: Client, registrar: Account, legal_day: None) -> Client:
    client.force_login(registrar)
    return client

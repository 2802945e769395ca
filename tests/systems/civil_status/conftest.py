"""A desk, its officer, and population played by the exchange double."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.models import Desk
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from systems.civil_status.played import play_population


@pytest.fixture(autouse=True)
def _days(db: None) -> Iterator[None]:
    with clock.stopped(legal_day=cast.LEGAL_DAY):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk.objects.create(
        office=cast.LE_CUONG.office,
        level="commune",
        unit=cast.DUONG_TO,
        name="Ủy ban nhân dân xã Dương Tơ",
        opened_on=date(2020, 10, 1),
    )


@pytest.fixture
def cuong(desk: Desk) -> Actor:
    """Lê Cường at his desk."""
    return Actor("a-cuong", desk.office, desk.unit, cast.LEGAL_DAY, cast.LE_CUONG.roles)


@pytest.fixture
def other_officer(desk: Desk) -> Actor:
    """An officer of the neighbour commune."""
    Desk.objects.create(
        office="neighbour",
        level="commune",
        unit="31090",
        name="Ủy ban nhân dân xã Cửa Dương",
        opened_on=date(2020, 10, 1),
    )
    return Actor("a-other", "neighbour", "31090", cast.LEGAL_DAY, cast.LE_CUONG.roles)


@pytest.fixture
def population(exchange: ExchangeDouble) -> ExchangeDouble:
    """Population as these tests play it: it knows An and Bình and gives numbers."""
    play_population(exchange)
    return exchange


@pytest.fixture
def browser(desk: Desk, client: Client) -> Client:
    """Lê Cường's browser, signed in with both factors."""
    account = Account.objects.create_local(cast.LE_CUONG.login, "mật khẩu của Cường")
    second_factor.set_up(account)
    office = Office.objects.create(
        code=desk.office, name=desk.name, unit=desk.unit, body="H33", valid_from=date(2020, 1, 1)
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name=cast.LE_CUONG.name,
        title="Công chức tư pháp - hộ tịch",
        roles=sorted(cast.LE_CUONG.roles),
        valid_from=date(2020, 1, 1),
    )
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client

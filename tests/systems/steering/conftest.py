from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.models import ReportEdition
from lienthong.systems.steering.services import collecting
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from systems.steering import tasks_cast
from systems.steering.stated import play_month

AUGUST = Period.month("2021-08")


@pytest.fixture(autouse=True)
def no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The double gives no promises, so nothing here may ask a gateway for a receipt."""

    def refuse(message_id: str, request_id: str) -> bytes:
        raise AssertionError(f"a receipt of {message_id} was asked for")

    monkeypatch.setattr("lienthong.exchange.gateway_admin.receipt", refuse)
    monkeypatch.setattr(collecting, "RECEIPT_PAUSE", 0.01)


@pytest.fixture
def offices(db: None) -> None:
    """The desks and bodies of the stories about tasks."""
    tasks_cast.offices()


@pytest.fixture
def secretary() -> Actor:
    """Vũ Hà, who writes the report."""
    return Actor("vu.ha", "G14.bcd", "", cast.LEGAL_DAY, frozenset({"steering.secretary"}))


@pytest.fixture
def month(exchange: ExchangeDouble, stopped_clock: object) -> ExchangeDouble:
    """The exchange with every system answering, on 20 August 2021."""
    play_month(exchange)
    return exchange


@pytest.fixture
def collected(db: None, month: ExchangeDouble, secretary: Actor) -> ReportEdition:
    """The draft of August with all figures."""
    return services.collect(AUGUST, by=secretary)


@pytest.fixture
def collect(db: None, secretary: Actor) -> Callable[[], ReportEdition]:
    """Collect August again."""
    return lambda: services.collect(AUGUST, by=secretary)


@pytest.fixture
def signed_in(db: None, client: Client, stopped_clock: object) -> Client:
    """Vũ Hà at her desk, with her second factor."""
    account = Account.objects.create_local("vu.ha", "ba-con-ga-trong-9")
    second_factor.set_up(account)
    since = date(2021, 1, 1)
    office = Office.objects.create(
        code="G14.bcd", name="Bộ Thông tin và Truyền thông", body="G14", valid_from=since
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name="Vũ Hà",
        title="Thư ký Ban Chỉ đạo",
        roles=["steering.secretary"],
        valid_from=since,
    )
    client.force_login(account)
    return client

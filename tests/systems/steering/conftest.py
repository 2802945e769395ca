from __future__ import annotations

from collections.abc import Callable

import cast
import pytest
from systems.steering.stated import play_month

from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.models import ReportEdition
from lienthong.systems.steering.services import collecting

AUGUST = Period.month("2021-08")


@pytest.fixture(autouse=True)
def no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The double gives no promises, so nothing here may ask a gateway for a receipt."""

    def refuse(message_id: str) -> bytes:
        raise AssertionError(f"a receipt of {message_id} was asked for")

    monkeypatch.setattr("lienthong.exchange.gateway_admin.receipt", refuse)
    monkeypatch.setattr(collecting, "RECEIPT_PAUSE", 0.01)


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

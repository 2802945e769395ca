"""The two systems of the tests known to the registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.played import NOTARY, REGISTER
from lienthong.exchange import registry
from lienthong.exchange.testing import ExchangeDouble


@pytest.fixture(autouse=True)
def known_systems() -> Iterator[None]:
    with registry.playing(REGISTER, NOTARY):
        yield


@pytest.fixture
def register_answers(exchange: ExchangeDouble) -> ExchangeDouble:
    """A land register that gives 1, 2, 3 … and finds nothing."""
    numbers = iter(range(1, 1000))
    exchange.answers(
        "land_register",
        "number.give.v1",
        lambda request: {"plot": request.plot, "number": next(numbers)},
    )
    exchange.answers("land_register", "plot.find.v1", {"found": False})
    return exchange

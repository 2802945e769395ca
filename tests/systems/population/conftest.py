"""A population database with a secret of its own, and who acts on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cast
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.systems.population.services import numbers


@pytest.fixture(autouse=True)
def _ready(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LIENTHONG_PERSONAL_ID_KEY", "only for these tests")
    numbers.number_key.cache_clear()
    with clock.stopped(legal_day=cast.LEGAL_DAY):
        yield
    numbers.number_key.cache_clear()


@pytest.fixture
def civil_status() -> Actor:
    """The subsystem that asks for numbers."""
    return Actor("exchange:civil-status", "VN/GOV/G15/civil-status", "", cast.LEGAL_DAY)

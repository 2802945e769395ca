"""A directory that is away: nothing stops at first, then class by class, and it is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import pytest

from gateway.exchange_cast import FIND, ISSUE, UNITS, Country, asks, country
from lienthong.gateway.ageing import Warner, ageing
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.kernel import clock
from lienthong.protocol import headers as names
from lienthong.protocol.snapshot import AGES

BODY = b"{}"


@pytest.fixture(scope="module")
def here() -> Country:
    return country()


@pytest.fixture
def gateway(here: Country) -> Iterator[InProcessGateway]:
    made = here.gateway()
    yield made
    made.close()


def outcomes(gateway: InProcessGateway, at: datetime) -> dict[str, str]:
    """What each class of service answers at a moment: ``200``, or the fault's type."""
    calls = {
        "changing": (ISSUE, asks(Idempotency_Key=f"k-{at.timestamp()}")),
        "sensitive": (FIND, asks()),
        "public": (UNITS, asks()),
    }
    found = {}
    with clock.stopped(at=at):
        for effect, (service, headers) in calls.items():
            answer = gateway.call("POST", f"/r1/{service}", headers, BODY)
            fault = names.get(answer.headers, names.ERROR)
            found[effect] = fault.decode() if fault else str(answer.status)
    return found


WELL = {"changing": "200", "sensitive": "200", "public": "200"}
OLD = "Server.ClientProxy.OutdatedGlobalConf"


@pytest.mark.parametrize("hours", [1, 2, 12, 23.9])
def test_a_directory_that_is_away_stops_no_country_for_a_day(
    here: Country, gateway: InProcessGateway, hours: float
) -> None:
    assert outcomes(gateway, here.snapshot.made_at + timedelta(hours=hours)) == WELL


@pytest.mark.parametrize("hours", [24.1, 100, 167.9])
def test_after_a_day_only_public_reads_go_on(
    here: Country, gateway: InProcessGateway, hours: float
) -> None:
    found = outcomes(gateway, here.snapshot.made_at + timedelta(hours=hours))
    assert found == {"changing": OLD, "sensitive": OLD, "public": "200"}


def test_after_a_week_nothing_goes_on_until_a_newer_snapshot_comes(
    here: Country, gateway: InProcessGateway
) -> None:
    later = here.snapshot.made_at + timedelta(days=7, minutes=1)
    assert set(outcomes(gateway, later).values()) == {OLD}
    gateway.gateway.current = msgspec.structs.replace(
        here.snapshot, number=8, made_at=later - timedelta(minutes=1)
    )
    assert outcomes(gateway, later) == WELL


# -- what is told -----------------------------------------------------------------------------


def test_ten_minutes_of_silence_are_told_and_stop_nothing(here: Country) -> None:
    now = here.snapshot.made_at + timedelta(minutes=20)
    assert ageing(here.snapshot, now, now - timedelta(minutes=1)).level == 0
    silent = ageing(here.snapshot, now, now - timedelta(minutes=11))
    assert (silent.level, silent.stopped) == (logging.WARNING, ())
    assert silent.next_stop == here.snapshot.made_at + min(AGES.values())


def test_it_is_told_louder_the_nearer_the_first_stop_comes(here: Country) -> None:
    made = here.snapshot.made_at

    def level(**after: float) -> int:
        return ageing(here.snapshot, made + timedelta(**after), None).level

    assert level(minutes=30) == 0
    assert level(hours=2) == logging.WARNING
    assert level(hours=19) == logging.ERROR
    assert level(hours=25) == logging.CRITICAL
    assert ageing(None, made, None).level == logging.CRITICAL


def test_the_classes_that_stopped_are_named(here: Country) -> None:
    made = here.snapshot.made_at
    day = ageing(here.snapshot, made + timedelta(hours=25), None)
    assert day.stopped == ("changing", "sensitive")
    assert day.next_stop == made + timedelta(days=7)
    week = ageing(here.snapshot, made + timedelta(days=8), None)
    assert week.stopped == ("changing", "public", "sensitive")
    assert week.next_stop is None


def test_the_log_says_it_every_ten_minutes_and_once_when_it_is_over(
    here: Country, caplog: pytest.LogCaptureFixture
) -> None:
    warner, made = Warner(), here.snapshot.made_at
    with caplog.at_level(logging.DEBUG, "lienthong.gateway"):
        for minutes in range(0, 26 * 60):
            now = made + timedelta(minutes=minutes)
            warner.tell(ageing(here.snapshot, now, made), now)
        fresh = msgspec.structs.replace(here.snapshot, number=8, made_at=now)
        warner.tell(ageing(fresh, now, now), now)
        warner.tell(ageing(fresh, now, now), now)
    said = [(record.levelno, record.message) for record in caplog.records]
    assert said[-1] == (logging.WARNING, "directory back")
    away = [level for level, message in said if message == "directory away"]
    assert away == sorted(away)
    assert set(away) == {logging.WARNING, logging.ERROR, logging.CRITICAL}
    assert 26 * 6 - 4 <= len(away) <= 26 * 6 + 4

"""Machine time and the legal day never stand for each other (decision 1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lienthong.kernel import clock

EVENING = datetime(2021, 8, 20, 18, 30, tzinfo=UTC)  # 01:30 on the 21st in Viet Nam


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a setting nor the source that the web floor installs when Django starts."""
    monkeypatch.delenv("LIENTHONG_LEGAL_DAY", raising=False)
    monkeypatch.setattr(clock, "_source", None)


def test_the_instant_is_aware_and_in_utc() -> None:
    assert clock.instant().utcoffset() == timedelta(0)


def test_the_day_changes_at_midnight_in_viet_nam() -> None:
    with clock.stopped(at=EVENING):
        assert clock.today() == date(2021, 8, 21)


def test_an_installed_source_gives_the_legal_day() -> None:
    clock.use_legal_days(lambda: date(2021, 8, 20))
    assert clock.today() == date(2021, 8, 20)


def test_a_source_without_an_opinion_leaves_the_calendar_day() -> None:
    clock.use_legal_days(lambda: None)
    with clock.stopped(at=EVENING):
        assert clock.today() == date(2021, 8, 21)


def test_the_environment_wins_over_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.use_legal_days(lambda: date(2021, 8, 20))
    monkeypatch.setenv("LIENTHONG_LEGAL_DAY", "2025-07-01")
    assert clock.today() == date(2025, 7, 1)


def test_a_legal_day_does_not_move_machine_time() -> None:
    before = clock.instant()
    with clock.stopped(legal_day=date(1999, 1, 1)):
        assert clock.today() == date(1999, 1, 1)
        assert clock.instant() >= before


def test_stops_nest_and_end() -> None:
    with clock.stopped(at=EVENING, legal_day=date(2021, 8, 20)):
        with clock.stopped(legal_day=date(2021, 9, 2)):
            assert (clock.today(), clock.instant()) == (date(2021, 9, 2), EVENING)
        assert clock.today() == date(2021, 8, 20)
    assert clock.instant() != EVENING


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.local(EVENING.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"), clock.stopped(at=datetime(2021, 8, 20)):  # noqa: DTZ001
        pass

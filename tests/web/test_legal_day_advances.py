from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

import cast
from lienthong.kernel import clock
from lienthong.web import legal_day as days
from lienthong.web.accounts.models import Account

LOADED_AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def source_installed() -> Iterator[None]:
    days.forget()
    days.install()
    yield
    days.forget()


@pytest.mark.django_db
def test_the_demo_day_goes_on_with_real_days() -> None:
    with clock.stopped(at=LOADED_AT):
        days.begin(date(2021, 8, 20))
        assert clock.today() == date(2021, 8, 20)
    with clock.stopped(at=datetime(2026, 11, 26, 2, 0, tzinfo=UTC)):
        assert clock.today() == date(2021, 8, 22)


@pytest.mark.django_db
def test_the_day_changes_at_midnight_in_viet_nam() -> None:
    with clock.stopped(at=LOADED_AT):
        days.begin(date(2021, 8, 20))
    with clock.stopped(at=datetime(2026, 11, 24, 16, 59, tzinfo=UTC)):
        assert clock.today() == date(2021, 8, 20)
    with clock.stopped(at=datetime(2026, 11, 24, 17, 1, tzinfo=UTC)):
        assert clock.today() == date(2021, 8, 21)


@pytest.mark.django_db
def test_the_setting_wins_over_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    days.begin(date(2021, 8, 20))
    monkeypatch.setenv("LIENTHONG_LEGAL_DAY", "2025-07-01")
    assert clock.today() == date(2025, 7, 1)


@pytest.mark.django_db
def test_a_node_without_the_row_lives_on_the_calendar_day() -> None:
    with clock.stopped(at=datetime(2026, 11, 24, 18, 0, tzinfo=UTC)):
        assert clock.today() == date(2026, 11, 25)


@pytest.mark.django_db
def test_a_process_that_looked_before_the_country_was_loaded_looks_again(
    settings: Settings,
) -> None:
    settings.DEMO = True
    with clock.stopped(at=LOADED_AT):
        assert clock.today() == date(2026, 11, 24)
        # Another process loads the country: nothing here is told to forget.
        days.LegalDay.objects.create(starts_on=date(2021, 8, 20), loaded_on=date(2026, 11, 24))
        assert clock.today() == date(2021, 8, 20)


@pytest.mark.django_db
def test_loading_again_starts_the_day_again_in_the_same_row() -> None:
    with clock.stopped(at=LOADED_AT):
        days.begin(date(2021, 8, 20))
        days.begin(date(2021, 9, 1))
        assert days.LegalDay.objects.count() == 1
        assert clock.today() == date(2021, 9, 1)


def test_the_bar_shows_the_legal_day_when_it_is_not_today(
    signed_in: Client, registrar: Account
) -> None:
    page = signed_in.get("/canbo/").content.decode()
    assert "Ngày pháp lý của nút này" in page
    assert cast.LEGAL_DAY.strftime("%d/%m/%Y") in page


def test_the_bar_is_silent_when_the_legal_day_is_today(
    client: Client, registrar: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.stopped(legal_day=days.calendar_day()):
        client.force_login(registrar)
        assert "Ngày pháp lý của nút này" not in client.get("/canbo/").content.decode()


@pytest.mark.django_db
def test_a_database_that_is_away_for_a_moment_does_not_move_the_legal_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(days, "KEPT_SECONDS", -1.0)
    with clock.stopped(at=LOADED_AT):
        days.begin(date(2021, 8, 20))
        assert clock.today() == date(2021, 8, 20)

        def away() -> None:
            raise OperationalError

        monkeypatch.setattr(days.LegalDay.objects, "first", away)
        assert clock.today() == date(2021, 8, 20)


@pytest.mark.django_db
def test_a_new_process_without_its_database_answers_unavailable_and_guesses_no_day(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    days.forget()
    monkeypatch.setattr(days.LegalDay.objects, "first", away)
    with pytest.raises(OperationalError):
        clock.today()
    client.raise_request_exception = False
    answer = client.get("/canbo/")
    assert answer.status_code == 503
    assert "html" in answer.headers["Content-Type"]

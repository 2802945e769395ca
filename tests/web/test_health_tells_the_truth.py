from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from lienthong.exchange import gateway_admin
from lienthong.kernel.errors import Unavailable
from lienthong.web import health, problem_counts
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account

DAY = 24 * 3600


@pytest.fixture
def gateway_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_admin, "health", lambda: {"status": "ok"})


@pytest.fixture
def snapshot(settings: Settings, tmp_path: Path) -> Path:
    settings.NODE = dataclasses.replace(settings.NODE, home=tmp_path)
    path = tmp_path / "gateway" / "snapshot.json"
    path.parent.mkdir()
    path.write_text("{}")
    return path


def age(path: Path, seconds: float) -> None:
    moment = path.stat().st_mtime - seconds
    os.utime(path, (moment, moment))


@pytest.mark.django_db
@pytest.mark.usefixtures("gateway_answers")
def test_a_sound_node_says_ok(client: Client, snapshot: Path) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert set(answer.json()["checks"]) == {"database", "gateway", "snapshot"}


@pytest.mark.django_db
def test_a_gateway_that_is_away_makes_the_node_fail(
    client: Client, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> dict[str, object]:
        raise Unavailable()

    monkeypatch.setattr(gateway_admin, "health", away)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["gateway"]["ok"] is False


@pytest.mark.django_db
@pytest.mark.usefixtures("gateway_answers")
def test_an_old_snapshot_makes_the_node_fail(client: Client, snapshot: Path) -> None:
    age(snapshot, DAY + 60)
    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
@pytest.mark.usefixtures("gateway_answers")
def test_a_missing_snapshot_makes_the_node_fail(client: Client, snapshot: Path) -> None:
    snapshot.unlink()
    assert client.get("/healthz").status_code == 503


@pytest.mark.usefixtures("gateway_answers")
def test_a_database_that_is_away_is_reported_and_not_raised(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def away(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health.connection, "cursor", away)
    assert health.database() == (False, "OperationalError")


@pytest.mark.django_db
@pytest.mark.usefixtures("gateway_answers")
def test_metrics_are_prometheus_text(client: Client, snapshot: Path) -> None:
    text = client.get("/metrics").content.decode()
    assert 'lienthong_up{part="database"} 1' in text
    assert "lienthong_snapshot_age_seconds" in text
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2


def test_metrics_count_problems_over_all_processes(
    client: Client, snapshot: Path, gateway_answers: None, db: None
) -> None:
    """The numbers lie in the database, where each process of the pages adds to them."""
    for _ in range(3):
        problem_counts.count("web.no_seat", "civil_status.in_future", "civil_status.in_future")

    text = client.get("/metrics").content.decode()

    assert "# TYPE lienthong_problems_total counter" in text
    assert 'lienthong_problems_total{code="civil_status.in_future"} 3\n' in text
    assert 'lienthong_problems_total{code="web.no_seat"} 3\n' in text


def test_a_page_that_refuses_counts_its_code_once(
    client: Client, account: Account, legal_day: None
) -> None:
    second_factor.set_up(account)
    client.force_login(account)

    assert client.get("/canbo/civil-status/births/new").status_code == 403

    counted = dict(problem_counts.ProblemCount.objects.values_list("code", "count"))
    assert list(counted.values()) == [1]


def test_a_count_that_cannot_be_written_costs_no_answer(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(problem_counts, "ADD_ONE", "INSERT INTO web_nowhere VALUES (%s)")
    problem_counts.count("web.no_seat")
    assert "problem not counted" in caplog.text
    assert not problem_counts.ProblemCount.objects.exists()

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

import cast
from lienthong.cli import django_setup, main
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.node import Node
from lienthong.systems.steering import services
from lienthong.systems.steering.models import FigureEntry
from lienthong.web.accounts import demo
from systems.steering.figures_cast import AUGUST, HA
from systems.steering.stated import play_month

pytestmark = pytest.mark.django_db
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def month(
    exchange: ExchangeDouble,
    stopped_clock: object,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A demonstration node with its accounts and the collected month of August."""
    settings.DEMO = True
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    settings.NODE = Node.from_environment()
    monkeypatch.setattr(django_setup, "start", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    demo.create(cast.LEGAL_DAY)
    play_month(exchange)
    services.collect(AUGUST, by=HA)


def given(*more: str) -> int:
    return main.main(["figures", "submit", "F036", "797", "--month", "2021-08", *more])


def test_figures_are_listed_with_how_each_came(capsys: Said) -> None:
    assert main.main(["figures", "list", "2021-08"]) == 0
    said = capsys.readouterr().out
    assert "live: 27 (100.0 %)" in said
    assert "F036  no value" in said
    assert main.main(["figures", "list", "2021-08", "--system", "portal", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["code"] for row in rows} == {f"F{n:03}" for n in range(54, 64)}


def test_a_value_is_submitted_by_one_and_accepted_by_another(capsys: Said) -> None:
    assert given("--letter", "412/VPCP-TH", "--by", "phan.diem", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["way"], made["state"]) == ("reported", "waiting")
    assert main.main(["figures", "accept", str(made["id"]), "--by", "phan.diem"]) == 1
    assert "Next:" in capsys.readouterr().err
    assert main.main(["figures", "accept", str(made["id"]), "--by", "tran.nga"]) == 0
    capsys.readouterr()
    assert main.main(["figures", "show", "F036", "--month", "2021-08", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["value"], shown["way"]) == ("797", "reported")
    assert shown["relations"] == ["F032 ≤ F036"]


def test_a_value_is_returned_with_a_reason(capsys: Said) -> None:
    assert given("--letter", "412/VPCP-TH", "--by", "vu.ha") == 0
    pk = FigureEntry.objects.get().pk
    again = ["figures", "return", str(pk), "--reason", "Thiếu phiếu", "--by", "tran.nga"]
    assert main.main(again) == 0
    assert FigureEntry.objects.get().answer == "Thiếu phiếu"


def test_what_cannot_be_is_told_plainly(capsys: Said, tmp_path: Path) -> None:
    assert given("--by", "phan.diem") == 1
    assert "number of the letter" in capsys.readouterr().err
    assert given("--letter", "1/VPCP", "--by", "nobody") == 1
    assert "No account nobody" in capsys.readouterr().err
    wrong = ["figures", "submit", "F036", "8,110,019", "--month", "2021-08"]
    assert main.main([*wrong, "--letter", "1/VPCP-TH", "--by", "phan.diem"]) == 1
    assert "point between thousands" in capsys.readouterr().err
    large = tmp_path / "so.pdf"
    large.write_bytes(b"%PDF-" + b"0" * (10 * 1024 * 1024))
    assert given("--evidence", str(large), "--by", "phan.diem") == 1
    assert "too large" in capsys.readouterr().err
    assert not FigureEntry.objects.exists()

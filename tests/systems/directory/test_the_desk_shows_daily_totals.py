"""The operator's pages of daily totals: days, both sides, differences, a file, and the terminal."""

from __future__ import annotations

import argparse
import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.test import Client

from lienthong.cli import directory as command
from lienthong.cli import django_setup
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from systems.directory.days_cast import LGSP, STATUS, STEERING, VERIFY, row, signed, told
from systems.directory.installed_country import install
from systems.directory.test_the_console_shows_what_came import sign_in

pytestmark = pytest.mark.usefixtures("db", "legal_day")
PLACE = "/canbo/directory/totals/"
NATIONAL = "VN/GOV/G14/national"


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


@pytest.fixture
def day(directory: Node) -> date:
    """Tomorrow, with an equal pair, an unequal one, and one day's import."""
    at = clock.local(clock.instant()).date() + timedelta(days=1)
    told(
        signed(
            directory, NATIONAL, at,
            row(LGSP, VERIFY, "provider", 12), row(LGSP, VERIFY, "consumer", 12),
            row(STEERING, STATUS, "provider", 9), row(STEERING, STATUS, "consumer", 5),
            row(STEERING, STATUS, "consumer", 4, "failed"),
        ),
        signed(directory, NATIONAL, at, row(LGSP, VERIFY, "provider", 700), source="s-1"),
    )  # fmt: skip
    told(signed(directory, NATIONAL, at, row(LGSP, VERIFY, "provider", 99)))
    return at


@pytest.fixture
def operator(directory: Node) -> Client:
    return sign_in(["directory.operator"])


def words(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def test_a_month_without_reports_says_when_they_come(operator: Client) -> None:
    page = words(operator.get(PLACE))
    assert "Chưa có ngày nào của tháng này được báo cáo" in page
    assert "national" in page


def test_a_month_lists_its_days_with_both_sides(
    operator: Client, directory: Node, day: date
) -> None:
    page = words(operator.get(PLACE))
    assert f'href="{PLACE}{day.isoformat()}/"' in page
    assert "không khớp: 1 cặp" in page
    assert "Mâu thuẫn" in page
    assert "700" in page  # imported that day
    told(
        signed(
            directory, NATIONAL, date(2001, 1, 9), row(LGSP, VERIFY, "provider", 42), source="s-2"
        )
    )
    alone = words(operator.get(f"{PLACE}?month=2001-01"))
    assert "nhập từ trước, không có phía nào để đối soát" in alone
    other = words(operator.get(f"{PLACE}?month=2001-02"))
    assert day.isoformat() not in other


def test_a_day_shows_signatures_pairs_and_what_contradicts_them(
    operator: Client, day: date
) -> None:
    page = words(operator.get(f"{PLACE}{day.isoformat()}/"))
    assert page.count("đúng, vừa kiểm tra lại") == 2
    assert "nêu 99; không dùng" in page
    assert "nhập từ trước" in page
    assert "4 lần phía gọi không kết nối được hoặc gặp lỗi" in page
    only = words(operator.get(f"{PLACE}{day.isoformat()}/?kind=unequal"))
    assert STATUS in only
    assert VERIFY not in only
    none = words(operator.get(f"{PLACE}{day.isoformat()}/?client=nobody"))
    assert "Không có cặp nào" in none
    assert operator.get(f"{PLACE}yesterday/").status_code == 404


def test_the_file_holds_every_pair(operator: Client, day: date) -> None:
    answer = operator.get(f"/canbo/directory/totals.csv?day={day.isoformat()}")
    text = words(answer)
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line[:6] for line in lines[1:]] == [
        [day.isoformat(), STEERING, STATUS, "5", "9", "4"],
        [day.isoformat(), LGSP, VERIFY, "12", "12", "0"],
    ]
    month = operator.get(f"/canbo/directory/totals.csv?month={day:%Y-%m}&kind=none")
    assert len(words(month).splitlines()) == 2


def test_the_terminal_tells_the_same(
    directory: Node, day: date, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_setup, "start", lambda: None)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["totals", "--day", day.isoformat()])) == 0
    told = capsys.readouterr().out
    assert "unequal 1" in told
    assert f"{STEERING} → {STATUS}" in told
    assert command.run(parser.parse_args(["totals", "--day", day.isoformat(), "--json"])) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(r["provider"], r["consumer"], r["kind"]) for r in found["pairs"]] == [
        (9, 5, "unequal"), (12, 12, "none"),
    ]  # fmt: skip
    assert {r["answered"] for r in found["reports"]} == {21, 700}
    assert command.run(parser.parse_args(["totals", "--day", day.isoformat(), "--csv"])) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3

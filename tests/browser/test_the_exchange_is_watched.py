"""Traffic, failures and processes: the pages an operator keeps open, wide and on a phone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from browser.test_the_console_of_the_exchange import CIVIL_STATUS, ISSUE, log  # noqa: F401
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import (
    CountRow,
    Counts,
    FailureLine,
    LogNotReachable,
    ProcessLine,
    ProcessState,
    Split,
)
from lienthong.kernel import clock

FIND = "VN/GOV/G01/population/person.find.v1"


def counts(start: datetime, end: datetime, *, group: str = "total", **_: object) -> Counts:
    """A working day's curve on every day, and some pairs."""
    curve = [2, 1, 0, 0, 1, 3, 9, 40, 96, 120, 118, 70, 33, 80, 110, 101, 60, 22, 12, 8, 6, 4, 3, 2]
    days = max(1, round((end - start) / timedelta(days=1)))
    hours = [
        CountRow(hour=start + timedelta(days=day, hours=hour), imported=count * (130 + 9 * day))
        for day in range(days)
        for hour, count in enumerate(curve)
    ]
    pairs = [CountRow(client=CIVIL_STATUS, service=ISSUE, live=3)] + [
        CountRow(client=f"VN/GOV/TINH-{number:02}/lgsp", service=FIND, imported=number * 731)
        for number in range(1, 61)
    ]
    rows = {"hour": hours, "pair": pairs}
    return Counts(
        answered=Split(3, 1_316_119), refused=Split(41), unreachable=Split(7), failed=Split(2),
        rows=rows.get(group, []),
    )  # fmt: skip


def failures(start: datetime, end: datetime) -> list[FailureLine]:
    hour = end.replace(minute=0, second=0, microsecond=0)
    kinds = [
        ("Server.ServerProxy.AccessDenied", 500, 7),
        ("Server.ClientProxy.NetworkError", 500, 22),
        ("", 503, 3),
        ("", 422, 64),
    ]
    return [
        FailureLine(
            hour=hour - timedelta(hours=back), client=CIVIL_STATUS, service=FIND, fault=fault,
            status=status, count=1 + (count * (back + 1)) % (count + 3), last=end,
            message_id="" if back else "VN-7f1b7a53",
        )
        for back in range(0, 20, 3)
        for fault, status, count in kinds
    ]  # fmt: skip


def processes() -> list[ProcessLine]:
    now = time.time()
    gauges = {
        "log_up": 1.0, "sealer_active": 1.0, "exchanges_under_way": 4.0, "connections": 37.0,
        "log_waiting": 2.0, "memory_bytes": 91.4 * 2**20, "loop_delay": 0.0021,
    }  # fmt: skip
    first = ProcessState(index=0, pid=4120, started=now - 86_000, at=now, gauges=gauges)
    calm = gauges | {"sealer_active": 0.0}
    second = ProcessState(index=1, pid=4121, started=now - 86_000, at=now, gauges=calm)
    dead = ProcessState(index=2, pid=4122, started=now - 86_000, at=now - 60, gauges=gauges)
    return [ProcessLine(True, first), ProcessLine(True, second), ProcessLine(False, dead)]


def health() -> dict[str, object]:
    return {
        "status": "degraded", "wrong": ["processes", "sealing"], "tree_size": 5_264_112,
        "unsealed": 12, "missed_promises": 3, "snapshot": 118,
    }  # fmt: skip


@pytest.fixture
def watched(
    log: None,  # noqa: F811
    sign_in: Callable[[str], Page],
    monkeypatch: pytest.MonkeyPatch,
) -> Page:
    for played in (counts, failures, processes, health):
        monkeypatch.setattr(gateway_admin, played.__name__, played)
    return sign_in("quan.van")


def keep(page: Page, name: str) -> None:
    """Leave pictures where a person asked for them."""
    if place := os.environ.get("PICTURES_OF_PAGES"):
        for size in (axe.DESK, axe.PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            path = Path(place) / f"{name}-{size['width']}.png"
            page.screenshot(path=str(path), full_page=True)


@axe.visits("directory:traffic")
def test_hours_are_fields_and_pairs_are_found_and_followed(watched: Page) -> None:
    watched.goto("/canbo/directory/traffic/")
    expect(watched.locator(".cn-heat tbody tr")).to_have_count(clock.today().day)
    expect(watched.locator(".cn-heat .s5").first).to_be_visible()
    keep(watched, "traffic")
    axe.check(watched)
    watched.get_by_label("Bên gọi, bên cung cấp hoặc dịch vụ").fill("ho tich")
    watched.get_by_role("button", name="Xem", exact=True).click()
    rows = watched.locator(".ds-table tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    expect(watched.locator(".cn-note")).to_contain_text("personal-id.issue.v1")
    axe.check(watched)


def test_a_year_is_folded_to_days_of_the_week(watched: Page) -> None:
    watched.goto("/canbo/directory/traffic/?start=2021-01-01&end=2021-08-20")
    expect(watched.locator(".cn-heat tbody tr")).to_have_count(7)
    keep(watched, "traffic-year")
    axe.check(watched)


def test_the_pairs_come_as_a_file(watched: Page) -> None:
    watched.goto("/canbo/directory/traffic/")
    with watched.expect_download() as started:
        watched.get_by_role("link", name="Tải về dạng CSV").click()
    text = Path(started.value.path()).read_text(encoding="utf-8-sig")
    assert started.value.suggested_filename.startswith("luu-luong-")
    assert len(text.splitlines()) == 62
    assert "Bên gọi" in text.splitlines()[0]


@axe.visits("directory:failures")
def test_failures_are_told_by_kind_time_and_pair(watched: Page) -> None:
    watched.goto("/canbo/directory/failures/")
    expect(watched.locator(".cn-kinds tbody tr")).to_have_count(4)
    expect(watched.locator(".cn-kinds")).to_contain_text("Không kết nối được với bên kia.")
    keep(watched, "failures")
    axe.check(watched)
    watched.get_by_label("Loại", exact=True).select_option("HTTP 503")
    watched.get_by_label("Khoảng thời gian").select_option("Bảy ngày qua")
    watched.get_by_role("button", name="Xem", exact=True).click()
    expect(watched.locator(".ds-table tbody tr")).to_have_count(1)
    axe.check(watched)


@axe.visits("directory:processes")
def test_processes_say_how_they_are(watched: Page) -> None:
    watched.goto("/canbo/directory/processes/")
    tags = watched.locator("td .ds-tag")
    expect(tags).to_have_text(["Đang chạy", "Đang chạy", "Im lặng"])
    expect(watched.get_by_role("alert")).to_contain_text("Có một tiến trình im lặng.")
    keep(watched, "processes")
    axe.check(watched)


@pytest.mark.parametrize("name", ["traffic", "failures", "processes"])
def test_without_its_gateway_a_page_says_so(
    watched: Page, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise LogNotReachable("played")

    for asked in ("counts", "failures", "processes", "health"):
        monkeypatch.setattr(gateway_admin, asked, away)
    watched.goto(f"/canbo/directory/{name}/")
    expect(watched.get_by_role("status").first).to_contain_text("trả lời")
    axe.check(watched)


@pytest.mark.parametrize("name", ["traffic", "failures", "processes"])
def test_with_nothing_to_show_a_page_says_what_will_be_there(
    watched: Page, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(gateway_admin, "counts", lambda *_, **__: Counts())
    monkeypatch.setattr(gateway_admin, "failures", lambda *_: [])
    monkeypatch.setattr(gateway_admin, "processes", lambda: [])
    monkeypatch.setattr(gateway_admin, "health", lambda: health() | {"wrong": []})
    watched.goto(f"/canbo/directory/{name}/")
    expect(watched.locator(".lt-empty")).to_be_visible()
    axe.check(watched)

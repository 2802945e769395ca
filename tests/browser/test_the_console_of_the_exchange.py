"""The console with a country and a log behind it: every page, wide and on a phone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

import cast
from browser import axe
from lienthong.exchange import gateway_admin, outbox
from lienthong.exchange.asks import Ask
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest
from lienthong.exchange.gateway_admin import (
    CountRow,
    Counts,
    ExchangeDetail,
    ExchangeLine,
    LogNotReachable,
    RecordDetail,
)
from lienthong.exchange.models import State
from lienthong.exchange.registry import card
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.node import Node
from lienthong.systems.directory import demo, services
from lienthong.systems.directory.models import AccessGrant
from systems.directory.installed_country import install

AT = datetime(2021, 8, 20, 1, 15, 2, tzinfo=UTC)
CIVIL_STATUS = "VN/GOV/G15/civil-status"
ISSUE = "VN/GOV/G01/population/personal-id.issue.v1"
MESSAGE = "VN-7f1b7a53-5a5b-4f4a-8a0a-0e5b6a9f0c11"
AUGUST = FigureRequest(start=date(2021, 8, 1), end=date(2021, 8, 31))
HASHES = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(5)]


def record(kind: str, side: str, index: int, grant: str) -> RecordDetail:
    member = "VN/GOV/G15" if kind == "request" else "VN/GOV/G01"
    return RecordDetail(
        kind=kind, side=side, at=AT + timedelta(milliseconds=40 * index), outcome="answered",
        status=200, head=f"POST\n/r1/{ISSUE}\nX-Road-Client:{CIVIL_STATUS}\nx-road-id:{MESSAGE}",
        body_digest="5" * 64, body_size=482, signer="Zgx6OSEScluj3kcd", signed_by=member,
        signature_valid=True, grant=grant, subjects=1, leaf="a" * 64, leaf_index=13 + index,
        tree_size=31, proof=HASHES, proof_valid=True,
    )  # fmt: skip


@pytest.fixture
def log(country: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The country of the demonstration, and the gateway's log played with its own shapes."""
    monkeypatch.setattr(gateway_admin, "import_rollups", lambda **_: None)
    node = Node.from_environment()
    install(node)
    services.register_outside_test(node)
    demo.load(
        DemoPlan.make(Decimal("0.001"), 76, cast.LEGAL_DAY), lambda what, done, all_of_it: None
    )
    grant = AccessGrant.objects.get(offer__code="personal-id.issue.v1", client__code="civil-status")

    def exchanges(**query: object) -> list[ExchangeLine]:
        outcomes = ["answered", "refused", "unreachable", "failed", "unknown"]
        return [
            ExchangeLine(
                message_id=f"{MESSAGE}-{n}", request_id=f"r-{n}", client=CIVIL_STATUS,
                service=ISSUE, outcome=outcome, at=AT, took_ms=None if n else 214,
            )
            for n, outcome in enumerate(outcomes)
        ]  # fmt: skip

    def exchange(message_id: str) -> ExchangeDetail:
        sides = [("request", "consumer"), ("request", "provider")]
        sides += [("answer", "provider"), ("answer", "consumer")]
        return ExchangeDetail(
            message_id=message_id, request_id="r-1", client=CIVIL_STATUS, service=ISSUE,
            records=[record(kind, side, n, str(grant.pk)) for n, (kind, side) in enumerate(sides)],
        )  # fmt: skip

    def counts(start: datetime, end: datetime, *, group: str = "total", **_: object) -> Counts:
        rows = {
            "pair": [CountRow(client=CIVIL_STATUS, service=ISSUE, live=3)]
            + [
                CountRow(client=f"VN/GOV/TINH-{code}/lgsp", service=ISSUE, imported=size)
                for code, size in (("01", 900), ("91", 300), ("79", 700))
            ],
            "hour": [CountRow(hour=start + timedelta(hours=n), imported=n * 10) for n in range(24)],
        }
        return Counts(answered=gateway_admin.Split(3, 1900), rows=rows.get(group, []))

    monkeypatch.setattr(gateway_admin, "exchanges", exchanges)
    monkeypatch.setattr(gateway_admin, "exchange", exchange)
    monkeypatch.setattr(gateway_admin, "counts", counts)


@pytest.fixture
def console(log: None, sign_in: Callable[[str], Page]) -> Page:
    return sign_in("quan.van")


@axe.visits("directory:console")
def test_the_drum_names_the_databases_and_joins_those_that_took_part(console: Page) -> None:
    console.goto("/canbo/directory/")
    drum = console.locator(".cn-topo")
    expect(drum.locator(".db")).to_have_count(5)
    expect(drum.locator(".db.on text")).to_have_text(["Dân cư", "Hộ tịch"])
    expect(drum.locator(".hot")).to_have_count(2)
    expect(drum.locator(".bars path")).to_have_count(3)
    expect(console.locator("#newest-rows tbody tr")).to_have_count(5)
    axe.check(console)
    console.get_by_text("Xem dạng bảng").click()
    axe.check(console)


def test_a_console_without_its_log_says_so(console: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise LogNotReachable("played")

    for name in ("exchanges", "counts"):
        monkeypatch.setattr(gateway_admin, name, away)
    console.goto("/canbo/directory/")
    expect(console.locator(".cn-head .st")).to_contain_text("Nhật ký chưa trả lời")
    axe.check(console)


@axe.visits("directory:exchanges", "directory:exchange")
def test_one_exchange_shows_its_proof_and_where_it_stands(console: Page) -> None:
    console.goto("/canbo/directory/exchanges/")
    axe.check(console)
    console.locator("td a").first.click()
    expect(console.locator("h1")).to_have_text("Cấp số định danh cá nhân khi đăng ký khai sinh")
    expect(console.locator(".cn-proof ol li:not(.bad)")).to_have_count(3)
    expect(console.locator(".cn-proof")).to_contain_text("Bộ Tư pháp")
    expect(console.locator(".cn-merkle circle.s")).to_have_count(5)
    for summary in console.locator(".cn-record > summary").all():
        summary.press("Enter")
    rows = console.locator(".cn-record").last.locator("tbody tr")
    expect(rows).to_have_count(5)
    # The picture is drawn from the root down, the table counts from the leaf up.
    drawn = console.locator(".cn-merkle text.s").all_text_contents()
    assert rows.locator("td.lt-code").all_inner_texts() == [f"{one}…" for one in reversed(drawn)]
    axe.check(console)


@axe.visits("directory:members", "directory:grants", "directory:certificates")
def test_the_lists_of_the_directory(console: Page) -> None:
    for place in ("members/", "members/?q=ho+tich", "grants/", "certificates/"):
        console.goto(f"/canbo/directory/{place}")
        expect(console.locator("tbody tr").first).to_be_visible()
        axe.check(console)


@axe.visits("directory:outbox", "directory:discard")
def test_a_request_given_up_is_discarded_with_a_reason(sign_in: Callable[[str], Page]) -> None:
    steering = card("steering")
    with transaction.atomic():
        row = outbox.put(
            Ask(steering, steering.need("population", FIGURES_CODE), AUGUST),
            key="august",
            deadline=timedelta(seconds=-1),
        )
    assert outbox.deliver(row.pk) == State.DEAD
    page = sign_in("quan.van")
    page.goto("/canbo/directory/outbox/")
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)
    page.locator("a[href$='/discard']").press("Enter")
    axe.check(page)
    # Nothing but spaces is no reason, and the form says so.
    page.fill("[name=reason]", "   ")
    page.locator("form button[data-color=danger], form button").last.press("Enter")
    axe.check(page)
    page.goto("/canbo/directory/outbox/")
    expect(page.locator("tbody tr")).to_have_count(1)


@axe.visits("directory:grants", "directory:revoke")
def test_a_grant_is_revoked_only_after_a_second_look(
    console: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        gateway_admin, "revoke", lambda grant, *, reason: told.append((grant, reason))
    )
    console.goto("/canbo/directory/grants/")
    first = console.locator("a.cn-revoke").first
    first.press("Enter")
    axe.check(console)
    console.get_by_role("link", name="Giữ nguyên").press("Enter")
    assert told == []
    first.press("Enter")
    console.fill("[name=reason]", "Hết mục đích")
    console.get_by_role("button", name="Thu hồi quyền này").press("Enter")
    expect(console.locator(".lt-messages")).to_be_visible()
    assert [reason for _, reason in told] == ["Hết mục đích"]
    axe.check(console)

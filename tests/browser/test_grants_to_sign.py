"""The desk at which a body signs its grants, read with the eyes of axe at two widths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from browser import axe
from browser.test_daily_totals import picture
from lienthong.exchange import housekeeping
from lienthong.exchange.housekeeping import Told
from lienthong.kernel.node import Node
from lienthong.protocol.grants import Quota, Terms
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.signing_desk import Deed, Settled, Waiting

PLACE = "/canbo/ky-quyen/"
ID = "6f3c1e2a-0000-4000-8000-000000000001"


def document() -> Waiting:
    at = datetime(2026, 12, 1, 3, tzinfo=UTC)
    return Waiting(
        id=ID,
        deed=Deed.ASK,
        terms=Terms(
            instance="VN", id=ID, client="GOV/G15/civil-status", provider="GOV/G01/population",
            code="person.find.v1", methods=["POST"], paths=["**"],
            fields=["full_name", "born_on", "alive"], purpose="Đối chiếu khi đăng ký khai sinh",
            legal_basis="Luật Hộ tịch 60/2014/QH13", valid_from=at,
            quota=Quota(per_minute=600, per_day=20_000),
        ),
        client_name="Cơ sở dữ liệu hộ tịch điện tử",
        provider_name="Cơ sở dữ liệu quốc gia về dân cư",
        title="Tra cứu thông tin công dân",
        stated=False,
        since=at,
    )  # fmt: skip


@pytest.fixture
def justice(country: None, monkeypatch: pytest.MonkeyPatch) -> list[Waiting]:
    """The node of the ministry of justice; its directory is played."""
    node = Node.from_environment()
    node.gateway.mkdir(parents=True, exist_ok=True)
    (node.gateway / "gateway.json").write_bytes(msgspec.json.encode({"owner": "GOV/G15"}))
    (node.secrets / "passphrase").write_text("of the tests")
    path: Path = node.keys / "members" / "G15" / "sign.key"
    path.parent.mkdir(parents=True)
    SigningKey.generate().save(path, b"of the tests")
    waiting = [document()]

    def ask(node: Node, code: str, body, kind, *, key: str = ""):
        if key:
            waiting.clear()
            settled = [Settled(id=one.id, taken=True) for one in body.documents]
            return Told(kind(settled), "m-1")
        return Told(kind(list(waiting)), "m-1")

    monkeypatch.setattr(housekeeping, "ask", ask)
    return waiting


@axe.visits("web:signing", "web:signing_one")
def test_a_document_is_read_and_signed(
    justice: list[Waiting], sign_in: Callable[[str], Page]
) -> None:
    page = sign_in("ta.minh")
    page.goto(PLACE)
    axe.check(page)
    picture(page, "signing")
    page.locator(f"a[href='{PLACE}{ID}/']").press("Enter")
    page.wait_for_url(f"**{PLACE}{ID}/")
    axe.check(page)
    picture(page, "signing-one")
    page.locator("button[data-color=danger]").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)
    page.locator("button[data-primary]").press("Enter")
    page.wait_for_url(f"**{PLACE}")
    expect(page.locator("main")).to_contain_text("Không có gì chờ ký")
    axe.check(page)

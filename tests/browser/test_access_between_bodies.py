"""One body asks, another decides: every page of access, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from browser import axe
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import QuotaLine, RefusalLine
from lienthong.exchange.models import InboxRow
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.systems.directory.models import AccessGrant, GrantRequest, Offer
from systems.directory.installed_country import install

PLACE = "/canbo/directory/access/"
FIND = "person.find.v1"
AT = datetime(2021, 8, 20, 1, 15, 2, tzinfo=UTC)


@pytest.fixture
def bodies(country: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The country with its keys; what its gateway counts is played."""
    node = Node.from_environment()
    install(node)
    monkeypatch.setattr(gateway_admin, "quota_use", dict)


def ask(page: Page) -> GrantRequest:
    """Ask for people's names as the officer of the page."""
    offer = Offer.objects.get(subsystem__code="population", code=FIND)
    page.goto(f"{PLACE}new/{offer.pk}")
    page.locator("[name=client] option:not([value=''])").first.wait_for(state="attached")
    own = page.locator("[name=client] option:not([value=''])").first.get_attribute("value")
    page.select_option("[name=client]", own)
    page.fill("[name=purpose]", "Đối chiếu trích lục")
    page.fill("[name=legal_basis]", "Luật Hộ tịch 60/2014/QH13 Điều 14")
    page.check("[name=visible][value=full_name]")
    page.check("[name=visible][value=born_on]")
    page.fill("[name=per_day]", "1000")
    page.get_by_role("button", name="Ký và gửi").press("Enter")
    page.wait_for_url("**/access/*-*")
    return GrantRequest.objects.get(state=GrantRequest.State.WAITING)


@axe.visits(
    "directory:choose", "directory:ask_access", "directory:access_requests",
    "directory:access_request",
)  # fmt: skip
def test_a_service_is_found_and_asked_for(bodies: None, sign_in: Callable[[str], Page]) -> None:
    page = sign_in("ta.minh")
    page.goto(f"{PLACE}new?q=tra+cuu+thong+tin+cong+dan")
    axe.check(page)
    page.locator("tbody a").first.press("Enter")
    axe.check(page)
    page.get_by_role("button", name="Ký và gửi").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    axe.check(page)
    ask(page)
    axe.check(page)
    page.goto(PLACE)
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)


@axe.visits("directory:access_request", "directory:grant_access", "directory:grant")
def test_less_is_granted_than_was_asked(
    bodies: None, sign_in: Callable[[str], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(sign_in("ta.minh"))
    page = sign_in("bui.an")
    page.goto(PLACE)
    page.locator("tbody a").first.press("Enter")
    axe.check(page)
    for box in page.locator("[name=visible]").all():
        box.uncheck()
    give = page.get_by_role("button", name="Ký và cấp")
    give.press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)
    page.check("[name=visible][value=full_name]")
    used = QuotaLine(grant=str(asked.pk), day_used=7, day_refused=0)
    monkeypatch.setattr(gateway_admin, "quota_use", lambda: {str(asked.pk): used})
    give.press("Enter")
    page.wait_for_url("**/grants/*-*")
    assert AccessGrant.objects.get(pk=asked.pk).visible_fields == ["full_name"]
    axe.check(page)


@axe.visits("directory:refuse_access", "directory:access_request")
def test_a_refusal_takes_a_reason(bodies: None, sign_in: Callable[[str], Page]) -> None:
    asked = ask(sign_in("ta.minh"))
    page = sign_in("bui.an")
    page.goto(f"{PLACE}{asked.pk}")
    refuse = page.get_by_role("button", name="Ký và từ chối")
    refuse.press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)
    page.fill("[name=reason]", "Chưa nêu đúng căn cứ pháp lý")
    refuse.press("Enter")
    page.wait_for_url(f"**/access/{asked.pk}")
    expect(page.locator("#refuse")).to_have_count(0)
    axe.check(page)


@axe.visits("directory:refusals")
def test_the_operator_reads_why_calls_were_refused(
    bodies: None, sign_in: Callable[[str], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = RefusalLine(
        side="provider", client="VN/GOV/G15/civil-status",
        service=f"VN/GOV/G01/population/{FIND}", fault="Server.ServerProxy.QuotaExceeded",
        reason="quota_day", count=12, message_id="m-1", first=AT, last=AT,
    )  # fmt: skip
    monkeypatch.setattr(gateway_admin, "refusals", lambda start, end: [line])
    page = sign_in("quan.van")
    page.goto("/canbo/directory/refusals/")
    expect(page.locator("tbody tr")).to_have_count(1)
    axe.check(page)


@axe.visits("directory:outbox", "directory:discard_event")
def test_an_event_given_up_is_discarded_with_a_reason(
    bodies: None, sign_in: Callable[[str], Page]
) -> None:
    now = clock.instant()
    InboxRow.objects.create(
        system="civil_status", sender="VN/GOV/G01/population", code="personal-id.cancelled.v1",
        key="k-1", digest="d" * 64, body=b"{}", received_at=now, attempts=12,
        last_error="civil_status.no_such_birth", dead_at=now, trace="t-1",
    )  # fmt: skip
    page = sign_in("quan.van")
    page.goto("/canbo/directory/outbox/")
    axe.check(page)
    page.locator("a[href$='/discard']").press("Enter")
    axe.check(page)
    page.fill("[name=reason]", "   ")
    page.locator("form button[data-color=danger]").press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    axe.check(page)
    page.fill("[name=reason]", "Số này không có trong sổ của nút")
    page.locator("form button[data-color=danger]").press("Enter")
    page.wait_for_url("**/outbox/")
    assert not InboxRow.objects.filter(done_at=None).exists()

"""A Chromium, pages in it, and officers who are signed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

import cast
from lienthong.kernel.node import Node
from lienthong.web.accounts import demo
from lienthong.web.accounts.models import Account
from lienthong.web.desks import every_desk
from lienthong.web.offices import Position

# Playwright keeps an event loop in this thread; the tests' own queries run beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def executable() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


# For one module at a time: Playwright's event loop would refuse everybody else's asyncio.run().
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; without one the browser tests are skipped and say how to get it."""
    path = executable()
    if path is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@pytest.fixture
def country(
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    legal_day: None,
) -> None:
    """A demonstration node on its legal day, with its accounts; its gateway does not run."""
    settings.DEMO = True
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    settings.NODE = Node.from_environment()
    settings.NODE.secrets.mkdir(mode=0o700)
    (settings.NODE.secrets / "admin_token").write_text("of a gateway that does not run")
    demo.create(cast.LEGAL_DAY)


@pytest.fixture
def page(chromium: Browser, country: None, live_server: LiveServer) -> Iterator[Page]:
    """A page of the live node; an error on its console fails the test."""
    context = chromium.new_context(base_url=live_server.url, locale="vi-VN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # An answer of 4xx or 5xx is on the console by itself; that is no fault of the page.
    expected = ("Failed to load resource", "Response Status Error Code", "htmx:")
    faults = [line for line in complaints if not any(words in line for words in expected)]
    assert faults == []


@pytest.fixture
def sign_in(page: Page, live_server: LiveServer) -> Callable[[str], Page]:
    """``sign_in("le.cuong")`` gives the page a session of that officer."""

    def as_officer(username: str) -> Page:
        client = Client()
        client.force_login(Account.objects.get(username=username))
        cookie = client.cookies["sessionid"]
        page.context.add_cookies(
            [{"name": "sessionid", "value": cookie.value, "url": live_server.url}]
        )
        return page

    return as_officer


@pytest.fixture
def all_roles(country: None) -> str:
    """An officer whose position carries every role a desk of this node asks for."""
    roles = sorted({desk.role for desk in every_desk() if desk.role})
    Position.objects.filter(account__username="le.cuong").update(roles=roles)
    return "le.cuong"

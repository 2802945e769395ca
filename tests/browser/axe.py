"""
axe-core over a page in Chromium, and what it cannot see: sideways scrolling.

    from browser import axe
    axe.check(page)                      # raises with every violation named

A test says which views it brings before axe, and is held to it; a guard asks that every
page of every system is named somewhere (`test_no_page_is_left_out`).

    @axe.visits("civil_status:birth")
    def test_…

    @pytest.mark.parametrize(("view", "address"), axe.each({"web:home": "/"}))
    def test_…: assert axe.check(page) == view

The program is the locked npm package; no page loads it, it is handed to the
browser by the test.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

PROGRAM = (
    Path(__file__).resolve().parents[2]
    / "src/lienthong/web/assets/node_modules/axe-core/axe.min.js"
)
# What passed is neither described nor brought over: that costs more than the rules themselves.
RUN = """
    tags => axe.run(document, {
        runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
    }).then(found => found.violations.map(({id, help, nodes}) => ({
        id, help, targets: nodes.slice(0, 5).map(node => node.target),
    })))
"""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line a rule with its places."""
    if not PROGRAM.exists():
        pytest.skip("axe-core is not installed; run python tools/assets/build.py")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(PROGRAM.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN, STANDARDS)
    return [
        f"{one['id']}: {one['help']} at "
        + "; ".join(" ".join(map(str, target)) for target in one["targets"])
        for one in found
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return max(0, wider)


CLAIMED: set[str] = set()
"""Names of the views that some test says it checks."""
_checked: set[str] = set()


def visits(*views: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test brings each of these views before `check`, or fails."""
    CLAIMED.update(views)

    def held(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            _checked.clear()
            test(*args, **kwargs)
            assert set(views) <= _checked, f"not checked: {set(views) - _checked}"

        return run

    return held


def each(addresses: Mapping[str, str]) -> list[tuple[str, str]]:
    """Views and addresses for a test of one page each, which compares with what `check` gives."""
    CLAIMED.update(addresses)
    return list(addresses.items())


def view_of(page: Page) -> str:
    try:
        return resolve(urlsplit(page.url).path).view_name
    except Resolver404:
        return ""


def check(page: Page, sizes: tuple[dict[str, int], ...] = (DESK, PHONE)) -> str:
    """
    No violation and no sideways scrolling, on a wide window and on a phone.

    Gives the name of the view that the page stands at.
    """
    found = []
    for size in sizes:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{size['width']} px: {line}" for line in violations(page)]
        if wider := sideways(page):
            found.append(f"{size['width']} px: {wider} px wider than the window")
    assert found == [], f"{page.url}\n" + "\n".join(found)
    view = view_of(page)
    _checked.add(view)
    return view

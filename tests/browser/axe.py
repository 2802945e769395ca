"""
axe-core over a page in Chromium, and what it cannot see: sideways scrolling.

    from browser import axe
    axe.check(page)                      # raises with every violation named

The program is the locked npm package; no page loads it, it is handed to the
browser by the test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

PROGRAM = (
    Path(__file__).resolve().parents[2]
    / "src/lienthong/web/assets/node_modules/axe-core/axe.min.js"
)
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line a rule with its places."""
    if not PROGRAM.exists():
        pytest.skip("axe-core is not installed; run python tools/assets/build.py")
    page.evaluate(PROGRAM.read_text())
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", STANDARDS
    )
    return [
        f"{one['id']}: {one['help']} at "
        + "; ".join(" ".join(map(str, node["target"])) for node in one["nodes"][:5])
        for one in found["violations"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return max(0, wider)


def check(page: Page, sizes: tuple[dict[str, int], ...] = (DESK, PHONE)) -> None:
    """No violation and no sideways scrolling, on a wide window and on a phone."""
    found = []
    for size in sizes:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{size['width']} px: {line}" for line in violations(page)]
        if wider := sideways(page):
            found.append(f"{size['width']} px: {wider} px wider than the window")
    assert found == [], f"{page.url}\n" + "\n".join(found)

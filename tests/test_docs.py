"""The pages for people say what is there: links lead somewhere, named tests and pictures exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:tests|bench|tools|docs|src)/[A-Za-z0-9_./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    lost = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return
    lost = [
        name
        for name in NAMED.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert lost == []


def test_each_figure_of_the_seed_has_its_sentence() -> None:
    """F001 to F070 stand in the seed document, alone or inside a range."""
    text = (ROOT / "docs/explanation/the-seed-document.md").read_text(encoding="utf-8")
    said: set[int] = set()
    for first, last in re.findall(r"F(\d{3})(?:-F(\d{3}))?", text):
        said.update(range(int(first), int(last or first) + 1))
    rows = (ROOT / "src/lienthong/kernel/figures.csv").read_text(encoding="utf-8").splitlines()[1:]
    wanted = {int(row[1:4]) for row in rows if row.startswith("F")}
    assert wanted - said == set()

"""The page of the seed is written from data, and everything it names is there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

ROOT = Path(__file__).resolve().parents[1]
BUILT = {one.parent.name for one in (ROOT / "src/lienthong/systems").glob("*/__init__.py")}
PLANNED = {
    "cabinet",
    "command_centre",
    "cyber_watch",
    "data_protection",
    "documents",
    "eid",
    "health_book",
    "insurance",
    "portal",
    "relief",
    "reporting",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("seed_page", ROOT / "tools/seed_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["seed_page"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_its_data_say(tool: ModuleType) -> None:
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run `make docs`"


def test_every_test_and_figure_it_names_is_there(tool: ModuleType) -> None:
    assert list(tool.wrong()) == []


def test_every_page_it_names_opens(tool: ModuleType) -> None:
    _parts, sentences = tool.read()
    addresses = {address for one in sentences for address in one.pages}
    assert len(addresses) > 10
    for address in addresses:
        resolve(urlsplit(address).path)


def test_every_system_is_built_or_planned(tool: ModuleType) -> None:
    _parts, sentences = tool.read()
    assert {system for one in sentences for system in one.systems} <= BUILT | PLANNED


def test_report_summary_and_letter_are_there_whole(tool: ModuleType) -> None:
    parts, sentences = tool.read()
    assert list(parts) == ["report", "summary", "letter"]
    count = {part: sum(1 for one in sentences if one.part == part) for part in parts}
    assert count["report"] > 30
    assert count["summary"] >= 20
    assert count["letter"] >= 9


@pytest.mark.parametrize(
    "test",
    [
        "tests/test_docs.py::test_that_is_not_there",
        "tests/test_not_there.py",
        "tests/conftest.py",
    ],
)
def test_a_test_that_is_not_there_is_seen(tool: ModuleType, test: str) -> None:
    assert not tool.exists(test)
    assert tool.exists("tests/test_docs.py::test_every_link_of_a_page_leads_to_a_file")


def test_the_letter_opens_as_the_seed_does(tool: ModuleType) -> None:
    """The text of the letter is in the tree, so its first words are held to it."""
    folder = ROOT / "tests/unit/systems/steering/documents"
    text = " ".join((folder / "seed-6922-vp-kgvx.txt").read_text(encoding="utf-8").split())
    _parts, sentences = tool.read()
    for one in sentences:
        if one.part == "letter" and one.place not in ("head", "subject"):
            assert one.opens in text, one.key

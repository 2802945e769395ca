"""One node for the scenarios that leave it whole, and the officers who work at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from running_node import RunningNode
from scenarios.desk_browser import Browser, signed_in
from scenarios.evidence import Evidence


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.scenario)


@pytest.fixture(scope="session")
def registrar(demo_node: RunningNode) -> Browser:
    """Lê Cường, signed in once: a one-time code is good once."""
    return signed_in(demo_node, "le.cuong")


@pytest.fixture(scope="session")
def secretary(demo_node: RunningNode) -> Browser:
    """Vũ Hà, who writes the monthly report."""
    return signed_in(demo_node, "vu.ha")


@pytest.fixture
def log(demo_node: RunningNode) -> Evidence:
    """The message log of the shared node."""
    return Evidence(demo_node)

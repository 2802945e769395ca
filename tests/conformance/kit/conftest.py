"""
The kit's own fixtures: the gateway the command line names, else the suite's own.

Nothing here or beside it imports Liên Thông, so that `run.py` works with nothing
but pytest installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.kit import target as targets
from conformance.kit.target import Target

HERE = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    targets.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "scenario: opens sockets")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.scenario)


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """What is tested."""
    named = targets.from_options(request.config)
    return named if named is not None else request.getfixturevalue("own_target")

"""Tests that share what they start are handed to one worker, the longest groups first."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite_scheduling import LONGEST_FIRST, TOGETHER, GroupScheduling, group_of, rank_of

ROOT = Path(__file__).resolve().parent.parent
WHOLE_NODES = {"demo_node", "own_node"}


def test_a_file_stays_whole_and_so_does_a_folder_that_shares_a_node() -> None:
    assert group_of("tests/web/test_a.py::test_b[x::y]") == "tests/web/test_a.py"
    assert group_of("tests/web/test_a.py::TestC::test_b") == "tests/web/test_a.py"
    assert group_of("tests/scenarios/test_a.py::test_b") == "tests/scenarios"
    assert group_of("tests/conformance/kit/test_a.py::test_b") == "tests/conformance"


def test_the_folders_are_there() -> None:
    assert all((ROOT / folder).is_dir() for folder in (*TOGETHER, *LONGEST_FIRST))


def test_whole_nodes_are_started_in_their_folder_only(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        if not WHOLE_NODES.isdisjoint(getattr(item, "fixturenames", ())):
            assert group_of(item.nodeid) == "tests/scenarios", item.nodeid


def test_this_run_is_scheduled_so(request: pytest.FixtureRequest) -> None:
    asked = request.config.hook.pytest_xdist_make_scheduler.get_hookimpls()
    assert GroupScheduling in [impl.function.__globals__.get("GroupScheduling") for impl in asked]
    if hasattr(request.config, "workerinput"):
        ranks = [rank_of(item.nodeid) for item in request.session.items]
        assert ranks == sorted(ranks)

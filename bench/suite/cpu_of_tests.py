"""
A pytest plugin: what each test and each fixture's making costs, in CPU seconds and in waiting.

A line of JSON for each phase of each test goes to the file named by
``SUITE_COST``: ``test``, ``phase`` (setup, call or teardown), ``worker``,
``wall`` and ``cpu``, both in seconds. CPU is that of this process, of
everything that descends from it, dead or alive, and of the tests' PostgreSQL,
which descends from nobody. Two workers share that server: run with one worker
to see whose the queries were.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TICKS = os.sysconf("SC_CLK_TCK")
PHASES = ("setup", "call", "teardown")


def stat(pid: str) -> tuple[str, float] | None:
    """The parent of a process, and the CPU seconds of it and of its children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[1], sum(int(ticks) for ticks in fields[11:15]) / TICKS


def is_tests_postgres(pid: str) -> bool:
    try:
        return "lienthong-tests-" in os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False


def cpu_so_far() -> float:
    """CPU seconds of this process's tree and of the tests' PostgreSQL until now."""
    known = {
        place.name: found
        for place in Path("/proc").glob("[0-9]*")
        if (found := stat(place.name)) is not None
    }
    children = defaultdict(list)
    for pid, (parent, _) in known.items():
        children[parent].append(pid)
    spent, left = 0.0, [str(os.getpid()), *(p for p in children["1"] if is_tests_postgres(p))]
    while left:
        pid = left.pop()
        spent += known[pid][1]
        left.extend(children[pid])
    return spent


def note(item: pytest.Item, phase: str) -> Iterator[None]:
    wall, cpu = time.monotonic(), cpu_so_far()
    yield
    line = {
        "test": item.nodeid,
        "phase": phase,
        "worker": os.environ.get("PYTEST_XDIST_WORKER", "alone"),
        "wall": round(time.monotonic() - wall, 3),
        "cpu": round(max(0.0, cpu_so_far() - cpu), 3),
    }
    with Path(os.environ["SUITE_COST"]).open("a") as out:
        out.write(json.dumps(line) + "\n")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    yield from note(item, "setup")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield from note(item, "call")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    yield from note(item, "teardown")

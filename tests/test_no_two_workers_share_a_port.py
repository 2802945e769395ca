"""Workers of the suite, and two suites beside each other, choose from different ports."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import port_lanes
from lienthong.cli import topology
from port_lanes import STARTS, STEP, WIDTH, Lane, NoFreePorts, bound, ports_of

EPHEMERAL = 32_768
COUNTRY = len(topology.FEDERATED)


@pytest.fixture
def lane() -> Iterator[Lane]:
    taken = Lane.take()
    yield taken
    taken.close()


def reach(start: int) -> set[int]:
    """Every port a lane may give out, with those of the largest topology."""
    reached: set[int] = set()
    for places in (1, COUNTRY):
        last = start + WIDTH - 1 - max(ports_of(0, places))
        reached = reached.union(*(ports_of(base, places) for base in range(start, last, STEP)))
    return reached


def test_no_port_of_one_lane_is_a_port_of_another() -> None:
    lanes = [reach(start) | {start + WIDTH - 1} for start in STARTS]
    assert all(not a & b for a, b in itertools.combinations(lanes, 2))
    assert all(1024 < port < EPHEMERAL for lane in lanes for port in lane)


def test_a_lane_is_held_until_its_process_ends() -> None:
    said = "import port_lanes; print(port_lanes.own_lane().start, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", said],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        assert not port_lanes.is_free(theirs + WIDTH - 1)
        ours = Lane.take()
        assert ours.start != theirs
        ours.close()
        other.communicate("\n")
    # Another suite may take it at once; that too is somebody who holds it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(port_lanes, "STARTS", [theirs])
        try:
            Lane.take().close()
        except NoFreePorts:
            assert not port_lanes.is_free(theirs + WIDTH - 1)


def test_nodes_of_one_process_never_meet(lane: Lane) -> None:
    given = [ports_of(lane.base()) for _ in range(6)]
    assert all(not a & b for a, b in itertools.combinations(given, 2))
    assert set().union(*given) <= reach(lane.start)


def test_a_base_is_not_given_while_any_of_its_ports_is_taken(lane: Lane) -> None:
    first = lane.base()
    lane._lately.clear()
    lane._next = 0
    with bound(max(ports_of(first))):
        assert lane.base() != first


@pytest.mark.parametrize(("places", "count"), [(1, 400), (COUNTRY, 3)])
def test_a_lane_lasts_for_all_that_a_suite_starts(lane: Lane, places: int, count: int) -> None:
    for _ in range(count):
        lane.base(places)


def test_when_every_lane_is_held_it_is_said(monkeypatch: pytest.MonkeyPatch, lane: Lane) -> None:
    monkeypatch.setattr(port_lanes, "STARTS", [lane.start])
    with pytest.raises(NoFreePorts, match="hold all lanes"):
        Lane.take()

"""One command starts a country; whatever dies comes back; Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lienthong.cli import memory, probes, service_user
from running_node import RunningNode

pytestmark = pytest.mark.scenario

IDLE_MB = 900


def test_every_part_is_well_and_runs_as_nobody_important(demo_node: RunningNode) -> None:
    status = demo_node.json("status")
    names = {part["name"] for part in status["parts"]}
    assert {"postgres", "gateway-0", "offers", "pages", "worker"} <= names
    assert all(part["well"] for part in status["parts"]), status
    owners = {os.stat(f"/proc/{pid}").st_uid for pid in demo_node.processes()}
    assert owners == {service_user.ensure().uid}
    assert owners != {0}


def test_an_idle_node_fits_in_nine_hundred_megabytes(demo_node: RunningNode) -> None:
    total = sum(memory.pss(pid) for pid in demo_node.processes()) / 1024
    assert 50 < total < IDLE_MB


def test_the_doctor_finds_a_running_node_healthy(demo_node: RunningNode) -> None:
    findings = demo_node.run("doctor", "--json").stdout
    assert '"well": false' not in findings


def test_secrets_and_keys_are_read_by_their_owner_only(demo_node: RunningNode) -> None:
    modes = {
        str(path.relative_to(demo_node.node.home)): oct(path.stat().st_mode & 0o777)
        for place in (demo_node.node.secrets, demo_node.node.keys)
        for path in place.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o077
    }
    assert modes == {}


def test_a_second_up_is_told_where_the_first_one_is(demo_node: RunningNode) -> None:
    done = demo_node.run("up", check=False)
    assert done.returncode == 1
    assert f"http://127.0.0.1:{demo_node.node.ports.pages}/" in done.stdout


@pytest.mark.parametrize("part", ["pages", "offers", "worker", "gateway-0", "postgres"])
def test_a_killed_part_comes_back(demo_node: RunningNode, part: str) -> None:
    killed = demo_node.kill(part)
    limit = time.monotonic() + 20
    while demo_node.pid_of(part) == killed and time.monotonic() < limit:
        time.sleep(0.1)
    assert demo_node.pid_of(part) != killed
    demo_node.wait_until_well()


def test_ctrl_c_leaves_no_process_and_the_next_start_is_the_same_node(
    own_node: RunningNode,
) -> None:
    own_node.up()
    secret = own_node.node.secret("db_app")
    running = own_node.processes()
    assert len(running) >= 6
    own_node.down(signal.SIGINT)
    assert own_node.processes() == []
    own_node.up()
    assert own_node.node.secret("db_app") == secret
    own_node.run("down")
    assert own_node.processes() == []


def test_killing_the_supervisor_takes_its_children_along(own_node: RunningNode) -> None:
    own_node.up()
    state = probes.running_state(own_node.node)
    assert state is not None
    os.kill(state["supervisor"], signal.SIGKILL)
    limit = time.monotonic() + 60
    while own_node.processes() and time.monotonic() < limit:
        time.sleep(0.2)
    left = [Path(f"/proc/{pid}/cmdline").read_text() for pid in own_node.processes()]
    assert left == []
    own_node.down()
    own_node.up()
    own_node.wait_until_well()

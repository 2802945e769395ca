"""The numbers of a gateway are those of all its processes, also of those that died."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import msgspec
import pytest

from gateway.exchange_cast import FIND, UNITS, asks, country
from gateway.test_gateway_processes import Running, eventually
from lienthong.gateway import processes as reporting
from lienthong.gateway.core import MOST_ENDS, OTHER_END
from lienthong.gateway.exposition import exposition
from lienthong.gateway.operational import BOUNDS
from lienthong.gateway.processes import Processes, total
from lienthong.gateway.sealer import Sealer

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def make(here, tmp_path):
    """Makes the reporter of a process of this number, with a gateway of its own."""
    gateways = []

    def made(index=0, of=2):
        gateway = here.gateway()
        gateways.append(gateway)
        core = gateway.gateway
        sealer = Sealer("", origin="o", key=here.keys[core.identity.owner])
        processes = Processes(core, sealer, index=index, of=of, directory=tmp_path / "numbers")
        processes.take_over()
        return gateway, processes

    yield made
    for gateway in gateways:
        gateway.close()


def samples(text):
    """Value by name and labels; fails for a line Prometheus would not read."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) lienthong_gateway_\w+ .+", line), line
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        key = f"{name}{{{labels}}}" if labels else name
        assert key not in found, key
        found[key.removeprefix("lienthong_gateway_")] = float(value)
    return found


def told(processes, now=None):
    return samples(exposition(processes.gateway, processes.all(), None, now or time.time()))


ANSWERED = 'exchanges_total{side="consumer",outcome="answered"}'


def test_counters_are_those_of_all_processes_together(make):
    (one, first), (other, second) = make(0), make(1)
    one.call("POST", f"/r1/{FIND}", asks(), b"{}")
    for _ in range(2):
        other.call("GET", f"/r1/{UNITS}", asks())
    other.call("GET", f"/r1/{UNITS}", asks(secret="wrong"))
    second.save(second.state())
    numbers = told(first)
    assert numbers[ANSWERED] == 3
    assert (
        numbers[
            'exchanges_total{side="consumer",outcome="Server.ClientProxy.SslAuthenticationFailed"}'
        ]
        == 1
    )
    assert numbers['signed_messages_total{how="alone"}'] == 6
    assert numbers['process_up{process="0"}'] == numbers['process_up{process="1"}'] == 1


def test_bytes_that_are_no_request_are_counted_wherever_they_came_in(make):
    (_, first), (other, second) = make(0), make(1)
    from lienthong.gateway.front import ConsumerFront
    from lienthong.gateway.messages import NOBODY

    ConsumerFront(other.gateway).malformed("no request", NOBODY)
    second.save(second.state())
    assert told(first)['exchanges_total{side="consumer",outcome="Client.BadRequest"}'] == 1


def test_a_new_process_goes_on_from_what_the_dead_one_was_seen_to_have(make):
    gateway, dead = make(0)
    for _ in range(3):
        gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    seen = told(dead)  # nothing is saved after this, as when it is killed
    fresh_gateway, fresh = make(0)
    after = told(fresh)
    fresh_gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    later = told(fresh)
    for name, value in seen.items():
        if "_total" in name or "_bucket" in name or name.endswith(("_count", "_sum")):
            assert value <= after[name] <= later[name], name
    assert later[ANSWERED] == 4
    # And once more, so that nothing is counted twice.
    assert told(make(0)[1])[ANSWERED] == 4


def test_a_dead_process_leaves_its_counts_and_no_gauge(make):
    (_, first), (other, second) = make(0), make(1)
    other.call("POST", f"/r1/{FIND}", asks(), b"{}")
    state = second.state()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    state.pid = ended.pid
    second.save(state)
    numbers = told(first)
    assert numbers[ANSWERED] == 1
    assert numbers['process_up{process="1"}'] == 0
    assert [name for name in numbers if 'process="1"' in name] == ['process_up{process="1"}']


def test_a_process_that_hangs_is_told_as_dead(make):
    (_, first), (_, second) = make(0), make(1)
    state = second.state()
    state.at -= reporting.SILENT_AFTER + 1
    second.save(state)
    assert told(first)['process_up{process="1"}'] == 0


def test_a_process_that_ended_in_order_is_told_as_gone_at_once(make):
    (_, first), (_, second) = make(0), make(1)
    second.end()
    assert told(first)['process_up{process="1"}'] == 0


def test_a_process_a_smaller_setting_took_away_is_missed_by_nobody(make):
    (_, first), (other, second) = make(0, of=1), make(1)
    other.call("POST", f"/r1/{FIND}", asks(), b"{}")
    second.end()
    numbers = told(first)
    assert 'process_up{process="1"}' not in numbers
    assert numbers[ANSWERED] == 1


def test_a_file_that_cannot_be_read_is_left_aside(make, tmp_path):
    _, first = make(0)
    (tmp_path / "numbers" / "1.json").write_bytes(b'{"index": 1, "of"')
    assert told(first)['process_up{process="0"}'] == 1
    (tmp_path / "numbers" / "0.json").write_bytes(b"\xff")
    assert make(0)[1].before is None


def test_durations_are_a_histogram_that_prometheus_can_add_up(make):
    gateway, first = make(0)
    monitor = gateway.gateway.monitor
    for seconds in (0.001, 0.002, 0.3, 100.0):
        monitor.durations["consumer"].add(seconds)
    numbers = told(first)
    buckets = [numbers[f'exchange_duration_seconds_bucket{{side="consumer",le="{bound}"}}']
               for bound in (*BOUNDS, "+Inf")]  # fmt: skip
    assert buckets == sorted(buckets)
    assert (buckets[0], buckets[-2], buckets[-1]) == (2, 3, 4)
    assert numbers['exchange_duration_seconds_count{side="consumer"}'] == 4
    assert numbers['exchange_duration_seconds_sum{side="consumer"}'] == pytest.approx(100.303)


def test_ends_a_hostile_peer_invents_are_counted_together(here):
    core = here.gateway().gateway
    for number in range(MOST_ENDS * 2):
        core.count("consumer", f"Server.Invented{number}")
    assert len(core.counted) == MOST_ENDS + 1
    assert core.counted["consumer", OTHER_END] == MOST_ENDS


def test_last_ends_of_a_service_are_the_latest_of_all_processes(make):
    (_, first), (_, second) = make(0), make(1)
    one, other = first.state(), second.state()
    one.lasts, other.lasts = {FIND: (5, 9, "REST")}, {FIND: (7, 0, "REST")}
    summed = total([one, other], time.time())
    assert (summed.lasts[FIND].well, summed.lasts[FIND].ill) == (7, 9)


def test_the_state_survives_its_own_writing(make):
    gateway, first = make(0)
    gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
    state = first.state()
    assert msgspec.json.decode(msgspec.json.encode(state), type=type(state)) == state
    assert state.gauges["memory_bytes"] > 1 << 20
    assert state.pid == os.getpid()


@pytest.mark.scenario
def test_two_real_processes_are_told_together_and_one_killed_takes_nothing_back(
    tmp_path, gateway_db
):
    running = Running(tmp_path, gateway_db)
    try:
        running.write()
        running.start(2)

        def metrics():
            return samples(running.admin("/metrics")[1].decode())

        def malformed():
            """Each connection goes to whichever process the kernel chooses."""
            address = ("127.0.0.1", running.node.ports.consumer)
            with socket.create_connection(address, timeout=10) as link:
                link.sendall(b"NONSENSE\r\n\r\n")
                assert b"400" in link.recv(1000)

        bad = 'exchanges_total{side="consumer",outcome="Client.BadRequest"}'
        for _ in range(24):
            malformed()
        eventually(lambda: metrics().get(bad) == 24)
        numbers = metrics()
        assert numbers["sealer_active"] == 1
        assert [numbers[f'process_up{{process="{index}"}}'] for index in (0, 1)] == [1, 1]
        running.children[1].kill()
        running.children[1].wait(20)
        after = eventually(lambda: (got := metrics())['process_up{process="1"}'] == 0 and got)
        assert after[bad] == 24
        assert 'process_memory_bytes{process="1"}' not in after
        assert msgspec.json.decode(running.admin("/health")[1])["silent_processes"] == [1]
    finally:
        running.kill()
        running.edge.close()

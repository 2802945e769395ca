"""Lanes and breakers: one slow or broken system takes its own places only."""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.exchange_cast import FIND, asks, country
from lienthong.gateway.limits import CircuitOpen, Lane, LaneFull, LaneRules, Lanes
from lienthong.gateway.pool import OutOfTime, Received

RULES = LaneRules(at_once=2, failures=3, rest=5.0)


def fail(lane, now):
    lane.enter(now)
    lane.leave(now, reached=False)


def test_a_full_lane_refuses_and_a_free_place_is_used_again():
    lane = Lane(RULES)
    lane.enter(0.0)
    lane.enter(0.0)
    with pytest.raises(LaneFull):
        lane.enter(0.0)
    lane.leave(1.0, reached=True)
    lane.enter(1.0)
    assert lane.under_way == 2


def test_failures_in_a_row_open_the_circuit_for_a_while():
    lane = Lane(RULES)
    for _ in range(3):
        fail(lane, 10.0)
    with pytest.raises(CircuitOpen):
        lane.enter(14.9)
    lane.enter(15.1)
    with pytest.raises(CircuitOpen):
        lane.enter(15.1)
    lane.leave(15.2, reached=True)
    lane.enter(15.3)
    assert lane.failed == 0


def test_a_failed_look_leaves_the_circuit_open_for_another_rest():
    lane = Lane(RULES)
    for _ in range(3):
        fail(lane, 0.0)
    fail(lane, 6.0)
    with pytest.raises(CircuitOpen):
        lane.enter(10.9)
    lane.enter(11.1)


def test_a_success_in_between_starts_the_count_anew():
    lane = Lane(RULES)
    for _ in range(4):
        fail(lane, 0.0)
        lane.enter(0.0)
        lane.leave(0.0, reached=True)
    lane.enter(0.0)


def test_an_end_that_tells_nothing_lets_the_next_one_look():
    lane = Lane(RULES)
    for _ in range(3):
        fail(lane, 0.0)
    lane.enter(6.0)
    lane.leave(6.1, reached=None)
    lane.enter(6.2)


def test_a_system_with_all_places_taken_is_refused_without_waiting():
    here = country()
    gateway = here.gateway()
    gateway.gateway.providers = Lanes(LaneRules(at_once=1))

    class Slow:
        def __init__(self, inner):
            self.inner = inner
            self.release = None

        async def to_peer(self, entry, message, *, deadline, limit):
            return await self.inner.to_peer(entry, message, deadline=deadline, limit=limit)

        async def to_provider(self, provider, message, *, deadline, limit):
            await self.release.wait()
            return Received(200, b"OK", [(b"Content-Type", b"application/json")], message.body)

    slow = Slow(gateway.gateway.way_out)
    gateway.gateway.way_out = slow

    async def story():
        slow.release = asyncio.Event()
        first = asyncio.create_task(gateway.answer("POST", f"/r1/{FIND}", asks(), b"{}"))
        await asyncio.sleep(0.05)
        second = await gateway.answer("POST", f"/r1/{FIND}", asks(), b"{}")
        slow.release.set()
        return await first, second

    first, second = asyncio.run(story())
    assert first.status == 200
    assert dict(second.headers)[b"x-road-error"] == b"Server.ServerProxy.NetworkError"


@pytest.fixture
def slow_gateway():
    def too_slow(request):
        raise OutOfTime

    gateway = country().gateway(system=too_slow)
    yield gateway
    gateway.close()


def test_a_caller_in_a_hurry_closes_no_system_for_the_others(slow_gateway):
    """Five calls that leave it no time would else open the circuit for everybody."""
    for _ in range(LaneRules().failures + 1):
        answer = slow_gateway.call("POST", f"/r1/{FIND}", asks(Lienthong_Deadline="150"), b"{}")
        assert dict(answer.headers)[b"x-road-error"] == b"Server.ServerProxy.IOError"
    assert slow_gateway.gateway.providers.open_circuits(time.monotonic()) == 0


def test_a_system_that_uses_up_a_fair_time_is_left_alone(slow_gateway):
    for _ in range(LaneRules().failures):
        slow_gateway.call("POST", f"/r1/{FIND}", asks(Lienthong_Deadline="5000"), b"{}")
    assert slow_gateway.gateway.providers.open_circuits(time.monotonic()) == 1

"""Lanes: a limit and a breaker for each provider."""

from __future__ import annotations

import threading

import pytest

from lienthong.exchange.errors import Refused, Unavailable, UnknownOutcome
from lienthong.exchange.lanes import CircuitOpen, LaneFull, LaneRules, Lanes


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lanes(clock: Clock) -> Lanes:
    return Lanes(LaneRules(at_once=2, failures=3, rest=5.0, longest_rest=12.0), now=clock)


def fail(lanes: Lanes, provider: str = "a", error: Exception | None = None) -> None:
    error = error or Unavailable()
    with pytest.raises(type(error)), lanes.to(provider, 0):
        raise error


def succeed(lanes: Lanes, provider: str = "a") -> None:
    with lanes.to(provider, 0):
        pass


def test_after_failures_in_a_row_the_provider_is_left_alone(lanes: Lanes) -> None:
    for _ in range(3):
        fail(lanes)
    with pytest.raises(CircuitOpen), lanes.to("a", 0):
        raise AssertionError("not reached")
    succeed(lanes, "b")


def test_a_success_between_failures_begins_the_count_again(lanes: Lanes) -> None:
    for _ in range(2):
        fail(lanes)
    succeed(lanes)
    for _ in range(2):
        fail(lanes)
    succeed(lanes)


@pytest.mark.parametrize(
    "error",
    [
        Refused(),
        Unavailable(code="population.register_frozen"),
        ValueError(),
    ],
    ids=["refused", "a problem of its own", "an error of ours"],
)
def test_what_shows_that_the_provider_is_there_is_no_failure(
    lanes: Lanes, error: Exception
) -> None:
    for _ in range(10):
        fail(lanes, error=error)
    succeed(lanes)


def test_a_lost_answer_is_a_failure(lanes: Lanes) -> None:
    for _ in range(3):
        fail(lanes, error=UnknownOutcome())
    with pytest.raises(CircuitOpen), lanes.to("a", 0):
        pass


def test_after_a_rest_one_call_looks_again(lanes: Lanes, clock: Clock) -> None:
    for _ in range(3):
        fail(lanes)
    clock.now += 5.1
    with lanes.to("a", 0), pytest.raises(CircuitOpen), lanes.to("a", 0):
        raise AssertionError("a second probe")
    succeed(lanes)
    succeed(lanes)


def test_each_failed_look_makes_the_rest_longer(lanes: Lanes, clock: Clock) -> None:
    for _ in range(3):
        fail(lanes)
    clock.now += 5.1
    fail(lanes)
    clock.now += 5.1
    with pytest.raises(CircuitOpen), lanes.to("a", 0):
        pass
    clock.now += 5.0
    fail(lanes)
    clock.now += 12.1
    succeed(lanes)


def test_a_look_that_ends_in_our_own_error_gives_the_place_back(lanes: Lanes, clock: Clock) -> None:
    for _ in range(3):
        fail(lanes)
    clock.now += 5.1
    fail(lanes, error=ValueError())
    succeed(lanes)


def test_no_more_than_so_many_calls_are_under_way() -> None:
    lanes = Lanes(LaneRules(at_once=2))
    inside, leave = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with lanes.to("a", 0):
            inside.wait(5)
            leave.wait(5)

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    with pytest.raises(LaneFull), lanes.to("a", 0.01):
        pass
    succeed(lanes, "b")
    leave.set()
    for thread in threads:
        thread.join(5)
    succeed(lanes, "a")

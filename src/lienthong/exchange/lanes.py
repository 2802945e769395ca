"""
One lane for each provider: so many calls at a time, and a breaker (decision 7).

A provider that fails several times in a row is left alone for a while; then a
single call looks again. So one dead body cannot hold every thread of the pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lienthong.exchange.errors import ExchangeError, Unavailable, UnknownOutcome

SOON = 1.0
"""Seconds after which a lane that is busy now is worth another look."""


class CircuitOpen(Unavailable):
    """The other body has not answered for a while; it is asked again in a moment."""

    code = "exchange.circuit_open"


class LaneFull(Unavailable):
    """Too many requests to the other body are under way."""

    code = "exchange.lane_full"


@dataclass(frozen=True, slots=True)
class LaneRules:
    at_once: int = 8
    failures: int = 5
    rest: float = 5.0
    longest_rest: float = 60.0


@dataclass(slots=True)
class _Lane:
    places: threading.BoundedSemaphore
    failed: int = 0
    open_until: float = 0.0
    rest: float = 0.0
    probing: bool = False


@dataclass(slots=True)
class Lanes:
    """The lanes of one process, by provider."""

    rules: LaneRules = field(default_factory=LaneRules)
    now: Callable[[], float] = time.monotonic
    _lanes: dict[str, _Lane] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def to(self, provider: str, wait: float) -> Iterator[None]:
        """A place in the provider's lane; raises CircuitOpen at once or LaneFull after ``wait``."""
        lane = self._lane(provider)
        probing = self._enter(lane)
        if not lane.places.acquire(timeout=max(0.0, wait)):
            self._give_up_probe(lane, probing)
            raise LaneFull(provider=provider, retry_after=SOON)
        try:
            yield
        except (Unavailable, UnknownOutcome) as error:
            self._count(lane, reached=_tells_of_provider(error))
            raise
        except ExchangeError:
            self._count(lane, reached=True)
            raise
        except BaseException:
            self._give_up_probe(lane, probing)
            raise
        else:
            self._count(lane, reached=True)
        finally:
            lane.places.release()

    def _lane(self, provider: str) -> _Lane:
        with self._lock:
            if provider not in self._lanes:
                places = threading.BoundedSemaphore(self.rules.at_once)
                self._lanes[provider] = _Lane(places, rest=self.rules.rest)
            return self._lanes[provider]

    def _enter(self, lane: _Lane) -> bool:
        with self._lock:
            if lane.failed < self.rules.failures:
                return False
            left = lane.open_until - self.now()
            if lane.probing or left > 0:
                raise CircuitOpen(retry_after=max(left, SOON))
            lane.probing = True
            return True

    def _give_up_probe(self, lane: _Lane, probing: bool) -> None:
        if probing:
            with self._lock:
                lane.probing = False

    def _count(self, lane: _Lane, *, reached: bool) -> None:
        with self._lock:
            lane.probing = False
            if reached:
                lane.failed, lane.rest = 0, self.rules.rest
                return
            lane.failed += 1
            if lane.failed >= self.rules.failures:
                lane.open_until = self.now() + lane.rest
                lane.rest = min(lane.rest * 2, self.rules.longest_rest)


def _tells_of_provider(error: ExchangeError) -> bool:
    """A problem document of the provider's own shows that it is there, even when it says no."""
    return not error.fault and not error.code.startswith("exchange.")

"""
How much one provider may hold up, and when not to try (decision 7).

Each provider has a lane: so many requests at a time, and a breaker that opens
after failures in a row and lets a single request through to look again. Lanes
belong to one process; with several processes the limit holds for each.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from lienthong.kernel.errors import Unavailable


class LaneFull(Unavailable):
    """Too many requests to this provider are under way."""

    code = "gateway.lane_full"


class CircuitOpen(Unavailable):
    """This provider did not answer several times in a row and is left alone for a moment."""

    code = "gateway.circuit_open"


@dataclass(frozen=True, slots=True)
class LaneRules:
    """The numbers of a lane."""

    at_once: int = 128
    failures: int = 5
    rest: float = 5.0
    """Seconds without a try once the circuit is open."""


@dataclass(slots=True)
class Lane:
    """The state of one provider; all times are monotonic seconds."""

    rules: LaneRules
    under_way: int = 0
    failed: int = 0
    open_until: float = 0.0
    avoid_until: float = 0.0
    """Until then others are asked first, where there are others."""
    probing: bool = False

    def enter(self, now: float) -> None:
        """Take a place; raises LaneFull or CircuitOpen."""
        if self.failed >= self.rules.failures:
            if now < self.open_until or self.probing:
                raise CircuitOpen
            self.probing = True
        if self.under_way >= self.rules.at_once:
            self.probing = False
            raise LaneFull
        self.under_way += 1

    def avoid(self, now: float) -> None:
        """Let others be asked first for a moment; nothing is refused for it."""
        self.avoid_until = now + self.rules.rest

    def leave(self, now: float, *, reached: bool | None) -> None:
        """Give the place back; ``reached`` None says nothing about the provider's health."""
        self.under_way -= 1
        if reached is None:
            self.probing = False
            return
        if reached:
            self.failed, self.probing, self.avoid_until = 0, False, 0.0
            return
        self.failed += 1
        self.probing = False
        self.avoid(now)
        if self.failed >= self.rules.failures:
            self.open_until = now + self.rules.rest


@dataclass(slots=True)
class Lanes:
    """The lanes of all providers this process talks to."""

    rules: LaneRules = field(default_factory=LaneRules)
    _lanes: dict[Hashable, Lane] = field(default_factory=dict)

    def lane(self, provider: Hashable) -> Lane:
        lane = self._lanes.get(provider)
        if lane is None:
            lane = self._lanes[provider] = Lane(self.rules)
        return lane

    def open_circuits(self, now: float) -> int:
        return sum(lane.open_until > now for lane in self._lanes.values())

    def under_way(self) -> int:
        return sum(lane.under_way for lane in self._lanes.values())

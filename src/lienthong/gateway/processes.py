"""
What every process of a gateway counts, left where the first one can read it.

Each process writes its numbers into a file of its own every two seconds; the
administration API adds up those of all. Counters go on from the file of the
process that had the same place before, so a death takes them no step back;
gauges count only while their process is alive. Files and not the database,
because these numbers are needed most while the database is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from lienthong.gateway.core import Gateway
from lienthong.gateway.edge_http import Listener
from lienthong.gateway.operational import BOUNDS
from lienthong.gateway.operational_log import OperationalLog
from lienthong.gateway.operational_queries import LastEnds
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.sealer import Sealer

logger = logging.getLogger("lienthong.gateway")

EVERY = 2.0
SILENT_AFTER = 10.0
"""Seconds without a new file after which a process is taken for dead."""
PAGE = os.sysconf("SC_PAGE_SIZE")


class Durations(msgspec.Struct, kw_only=True):
    """A histogram over `operational.BOUNDS`; seconds."""

    counts: list[int]
    total: float = 0.0

    def add(self, other: Durations) -> None:
        if len(other.counts) != len(self.counts):
            return  # of a release with other buckets
        self.counts = [one + more for one, more in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


def no_durations() -> Durations:
    return Durations(counts=[0] * (len(BOUNDS) + 1))


class Exchanged(msgspec.Struct, frozen=True):
    """How often exchanges ended in one way."""

    side: str
    outcome: str
    count: int


class ProcessState(msgspec.Struct, kw_only=True):
    """The numbers of one process; Unix seconds."""

    index: int
    of: int
    pid: int
    started: float
    at: float
    """When this was written; 0 by a process that ended in order."""
    exchanges: list[Exchanged] = []
    counters: dict[str, float] = {}
    durations: dict[str, Durations] = {}
    gauges: dict[str, float] = {}
    lasts: dict[str, tuple[int, int, str]] = {}
    """By service when it last answered well and ill (Unix ms), and its kind."""

    def is_alive(self, now: float) -> bool:
        return now - self.at < SILENT_AFTER and lives(self.pid)


class Total(msgspec.Struct, kw_only=True):
    """All processes together."""

    exchanges: Counter[tuple[str, str]]
    counters: dict[str, float]
    durations: dict[str, Durations]
    lasts: dict[str, LastEnds]


@dataclass(slots=True)
class Processes:
    """Reports what this process counts, and reads what the others reported."""

    gateway: Gateway
    sealer: Sealer
    operational: OperationalLog | None = None
    listeners: list[Listener] = field(default_factory=list)
    index: int = 0
    of: int = 1
    directory: Path | None = None
    """Without one this process knows only of itself."""
    started: float = field(default_factory=time.time)
    before: ProcessState | None = None
    """What the process that had this place before left."""
    loop_delay: float = 0.0

    def take_over(self) -> None:
        """Go on from the counters of the process that was here before."""
        if self.directory is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.before = read(self._place(self.index))

    async def run(self) -> None:
        """Report until cancelled; a file that cannot be written is tried again."""
        loop = asyncio.get_running_loop()
        while True:
            self.save(self.state())
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            self.loop_delay = max(0.0, loop.time() - due)

    def end(self) -> None:
        """Leave the counters, and say that the gauges are nobody's any more."""
        state = self.state()
        state.at = 0.0
        self.save(state)

    def save(self, state: ProcessState) -> None:
        if self.directory is None:
            return
        place = self._place(self.index)
        fresh = place.with_suffix(".new")
        try:
            fresh.write_bytes(msgspec.json.encode(state))
            fresh.replace(place)
        except OSError as problem:
            logger.warning("numbers are not told", extra={"error": type(problem).__name__})

    def _place(self, index: int) -> Path:
        assert self.directory is not None
        return self.directory / f"{index}.json"

    # -- of all ------------------------------------------------------------------

    def all(self) -> list[ProcessState]:
        """
        Every process by its number, this one as it is now.

        What is told of this process is on disk first, so that its successor
        begins no lower than anybody has seen.
        """
        own = self.state()
        self.save(own)
        if self.directory is None:
            return [own]
        found = {own.index: own}
        for place in sorted(self.directory.glob("*.json")):
            state = read(place)
            if state is not None and state.index != own.index:
                found[state.index] = state
        return [found[index] for index in sorted(found)]

    # -- of this one -------------------------------------------------------------

    def state(self) -> ProcessState:
        """What this process counted, with what its predecessors had."""
        before = self.before
        exchanges = Counter(self.gateway.counted)
        counters, durations = self._counters(), self._durations()
        if before is not None:
            for one in before.exchanges:
                exchanges[one.side, one.outcome] += one.count
            for name, value in before.counters.items():
                counters[name] = counters.get(name, 0.0) + value
            for side, known in before.durations.items():
                durations.setdefault(side, no_durations()).add(known)
        lasts = self.operational.lasts if self.operational is not None else {}
        return ProcessState(
            index=self.index,
            of=self.of,
            pid=os.getpid(),
            started=self.started,
            at=time.time(),
            exchanges=[
                Exchanged(str(side), str(outcome), count)
                for (side, outcome), count in sorted(exchanges.items())
            ],
            counters=counters,
            durations=durations,
            gauges=self._gauges(),
            lasts={name: (last.well, last.ill, last.kind) for name, last in lasts.items()},
        )

    def _counters(self) -> dict[str, float]:
        signing, monitor, used = (
            self.gateway.signing, self.gateway.monitor, resource.getrusage(resource.RUSAGE_SELF)
        )  # fmt: skip
        found: dict[str, float] = {
            "signed_alone": signing.alone,
            "signed_together": signing.together,
            "signature_batches": signing.batches,
            "missed_promises": self.sealer.state.missed_promises,
            "operational_dropped": monitor.dropped,
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }
        if self.operational is not None:
            found |= {
                "operational_written": self.operational.written,
                "operational_refused": self.operational.refused,
            }
        if (tracer := self.gateway.tracer) is not None:
            found |= {
                "spans_exported": tracer.buffer.exported,
                "spans_dropped": tracer.buffer.dropped,
            }
        if isinstance(log := self.gateway.log, PostgresLog):
            found |= {
                "log_rows_written": log.written,
                "log_rows_failed": log.failed,
                "log_commits": log.batches,
            }
        return found

    def _durations(self) -> dict[str, Durations]:
        return {
            str(side): Durations(counts=list(one.counts), total=one.total)
            for side, one in self.gateway.monitor.durations.items()
        }

    def _gauges(self) -> dict[str, float]:
        gateway = self.gateway
        found: dict[str, float] = {
            "log_up": gateway.log.healthy,
            "sealer_active": self.sealer.state.active,
            "seal_longest_delay": self.sealer.state.longest_delay,
            "exchanges_under_way": gateway.signing.under_way,
            "operational_waiting": len(gateway.monitor.waiting),
            "connections": sum(len(listener.connections) for listener in self.listeners),
            "snapshot_number": gateway.current.number if gateway.current is not None else 0,
            "denied_number": gateway.denied.number if gateway.denied is not None else 0,
            "memory_bytes": resident(),
            "open_files": open_files(),
            "loop_delay": self.loop_delay,
        }
        if isinstance(gateway.log, PostgresLog):
            found["log_waiting"] = gateway.log.waiting
        # As JSON has them: a claim would not be read back as a number.
        return {name: float(value) for name, value in found.items()}


def total(states: Iterable[ProcessState], now: float) -> Total:
    """Counters of all processes there ever were; last ends of those that live."""
    exchanges: Counter[tuple[str, str]] = Counter()
    counters: dict[str, float] = {}
    durations: dict[str, Durations] = {}
    lasts: dict[str, LastEnds] = {}
    for state in states:
        for one in state.exchanges:
            exchanges[one.side, one.outcome] += one.count
        for name, value in state.counters.items():
            counters[name] = counters.get(name, 0.0) + value
        for side, known in state.durations.items():
            durations.setdefault(side, no_durations()).add(known)
        if state.is_alive(now):
            for service, (well, ill, kind) in state.lasts.items():
                so_far = lasts.get(service, LastEnds(0, 0, kind))
                lasts[service] = LastEnds(max(so_far.well, well), max(so_far.ill, ill), kind)
    return Total(exchanges=exchanges, counters=counters, durations=durations, lasts=lasts)


def read(place: Path) -> ProcessState | None:
    """What a process left; None for nothing, and for what cannot be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(place.read_bytes(), type=ProcessState)
    return None


def lives(pid: int) -> bool:
    """Whether a process of this number is there (a zombie is: its file is silent soon)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def resident() -> int:
    """Bytes of memory this process holds."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0

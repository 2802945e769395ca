"""
The machine a gateway runs on, in the words of X-Road's environmental monitoring.

Values that change are sampled every half minute and told as a histogram over
the last hour; the rest is read when it is asked for. Of other programs only
their names are told: a command line may hold a secret.
"""

from __future__ import annotations

import functools
import os
import platform
import resource
import shutil
import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

import msgspec

from lienthong import __version__
from lienthong.kernel import clock

EVERY = 30.0
KEPT = 120
PROC = Path("/proc")


class Metric(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    name: str


class Text(Metric, frozen=True, kw_only=True, tag="string"):
    value: str


class Numeric(Metric, frozen=True, kw_only=True, tag="numeric"):
    value: int


class Histogram(Metric, frozen=True, kw_only=True, tag="histogram"):
    updated: datetime
    min: float
    max: float
    mean: float
    median: float
    stddev: float


class MetricSet(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set"):
    name: str
    metrics: list[Text | Numeric | Histogram | MetricSet]


AnyMetric = Text | Numeric | Histogram | MetricSet


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate this gateway works with."""

    purpose: str
    owner: str
    sha256: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """One process of this gateway; bytes and Unix seconds."""

    index: int
    pid: int
    memory: int
    started: float


@dataclass(slots=True)
class Sampler:
    """Values of the last hour; bytes, counts and shares of one."""

    values: dict[str, deque[float]] = field(default_factory=dict)
    updated: datetime | None = None
    _ticks: tuple[int, int] = (0, 0)

    def sample(self) -> None:
        memory = read_memory()
        self._keep("FreePhysicalMemory", memory.get("MemAvailable", 0))
        self._keep("FreeSwapSpace", memory.get("SwapFree", 0))
        self._keep("CommittedVirtualMemory", committed())
        self._keep("OpenFileDescriptorCount", open_files())
        before, self._ticks = self._ticks, read_ticks()
        all_of_it = self._ticks[1] - before[1]
        if before[1] and all_of_it:
            self._keep("SystemCpuLoad", (self._ticks[0] - before[0]) / all_of_it)
        self.updated = clock.instant()

    def _keep(self, name: str, value: float) -> None:
        self.values.setdefault(name, deque(maxlen=KEPT)).append(value)

    def histograms(self) -> list[AnyMetric]:
        if self.updated is None:
            self.sample()
        assert self.updated is not None
        return [_histogram(name, values, self.updated) for name, values in self.values.items()]


def _histogram(name: str, values: Sequence[float], updated: datetime) -> Histogram:
    return Histogram(
        name=name,
        updated=updated,
        min=round(min(values), 4),
        max=round(max(values), 4),
        mean=round(statistics.fmean(values), 4),
        median=round(statistics.median(values), 4),
        stddev=round(statistics.pstdev(values), 4),
    )


def environment(
    server: str,
    sampler: Sampler,
    processes: Iterable[ProcessFacts],
    certificates: Iterable[CertificateFacts],
    home: Path,
    fields: Sequence[str] = (),
) -> MetricSet:
    """
    Everything under the server's name, or of it only what ``fields`` names.

    ``server`` is the gateway's identifier, ``home`` the directory whose disk counts.
    """
    system: list[AnyMetric] = [
        *sampler.histograms(),
        Text(name="OperatingSystem", value=operating_system()),
        *totals(),
        *disk(home),
        named("Processes", sorted(set(programs()))),
        of_this_gateway(processes),
        packages(),
        of_certificates(certificates),
    ]
    version = Text(name="proxyVersion", value=__version__)
    if fields:
        system = [metric for metric in system if metric.name in fields]
    metrics: list[AnyMetric] = [version] if not fields or "proxyVersion" in fields else []
    if system:
        metrics.append(MetricSet(name="systemMetrics", metrics=system))
    return MetricSet(name=f"SERVER:{server}", metrics=metrics)


def totals() -> list[AnyMetric]:
    memory = read_memory()
    return [
        Numeric(name="TotalPhysicalMemory", value=memory.get("MemTotal", 0)),
        Numeric(name="TotalSwapSpace", value=memory.get("SwapTotal", 0)),
        Numeric(
            name="MaxFileDescriptorCount",
            value=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        ),
    ]


def disk(home: Path) -> list[AnyMetric]:
    """Of the disk that holds the node's state, under its own path."""
    used = shutil.disk_usage(home)
    return [
        MetricSet(name="DiskSpaceTotal", metrics=[Numeric(name="/", value=used.total)]),
        MetricSet(name="DiskSpaceFree", metrics=[Numeric(name="/", value=used.free)]),
    ]


def named(name: str, values: Iterable[str]) -> MetricSet:
    return MetricSet(
        name=name,
        metrics=[Text(name=str(place), value=value) for place, value in enumerate(values, 1)],
    )


def of_this_gateway(processes: Iterable[ProcessFacts]) -> MetricSet:
    metrics: list[AnyMetric] = [
        MetricSet(
            name=f"gateway-{one.index}",
            metrics=[
                Numeric(name="processId", value=one.pid),
                Numeric(name="memUsed", value=one.memory),
                Numeric(name="startTime", value=int(one.started * 1000)),
            ],
        )
        for one in processes
    ]
    return MetricSet(name="Xroad Processes", metrics=metrics)


def of_certificates(certificates: Iterable[CertificateFacts]) -> MetricSet:
    metrics: list[AnyMetric] = [
        MetricSet(
            name=facts.sha256,
            metrics=[
                Text(name="sha256", value=facts.sha256),
                Text(name="purpose", value=facts.purpose),
                Text(name="owner", value=facts.owner),
                Text(name="notBefore", value=facts.not_before.isoformat()),
                Text(name="notAfter", value=facts.not_after.isoformat()),
            ],
        )
        for facts in certificates
    ]
    return MetricSet(name="Certificates", metrics=metrics)


@functools.cache
def packages() -> MetricSet:
    """The Python packages of this node; they do not change while it runs."""
    found = {one.name: one.version for one in metadata.distributions() if isinstance(one.name, str)}
    metrics: list[AnyMetric] = [Text(name=name, value=found[name]) for name in sorted(found)]
    return MetricSet(name="Packages", metrics=metrics)


@functools.cache
def operating_system() -> str:
    return f"{platform.system()} version {platform.release()}"


# -- the kernel's files ------------------------------------------------------------------


def read_memory() -> dict[str, int]:
    """``/proc/meminfo`` in bytes."""
    found = {}
    try:
        for line in (PROC / "meminfo").read_text().splitlines():
            name, _, value = line.partition(":")
            found[name] = int(value.split()[0]) * (1024 if value.endswith("kB") else 1)
    except (OSError, ValueError, IndexError):
        return {}
    return found


def read_ticks() -> tuple[int, int]:
    """Ticks of all processors that were busy, and all ticks, since the machine started."""
    try:
        ticks = [int(word) for word in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        return 0, 0
    idle = sum(ticks[3:5])
    return sum(ticks) - idle, sum(ticks)


def committed() -> int:
    """Bytes of address space this process has."""
    try:
        return int((PROC / "self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def open_files() -> int:
    try:
        return len(os.listdir(PROC / "self/fd"))
    except OSError:
        return 0


def programs() -> list[str]:
    """Names of the programs that run here."""
    found = []
    for place in PROC.glob("[0-9]*/comm"):
        try:
            found.append(place.read_text().strip())
        except OSError:
            continue
    return found

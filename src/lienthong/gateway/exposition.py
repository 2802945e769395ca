"""
The gateway's numbers as Prometheus reads them (text format 0.0.4).

Counters and histograms are of all processes together; what belongs to one
process carries its number as the label ``process``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lienthong.gateway.ageing import ageing
from lienthong.gateway.core import Gateway
from lienthong.gateway.measures import Measures
from lienthong.gateway.operational import BOUNDS
from lienthong.gateway.processes import Durations, ProcessState, total
from lienthong.kernel import clock

PREFIX = "lienthong_gateway"
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
# Name and label of a counter, and under which number a process leaves it.
COUNTERS: dict[str, tuple[str, dict[str, str]]] = {
    "signed_messages_total": (
        "Messages signed, each alone or in a batch.",
        {'{how="alone"}': "signed_alone", '{how="together"}': "signed_together"},
    ),
    "signature_batches_total": (
        "Signatures over several messages.",
        {"": "signature_batches"},
    ),
    "log_rows_total": (
        "Rows of the message log by what became of them.",
        {'{what="written"}': "log_rows_written", '{what="failed"}': "log_rows_failed"},
    ),
    "log_commits_total": ("Commits they were written in.", {"": "log_commits"}),
    "operational_records_total": (
        "Operational data by what became of them.",
        {
            '{what="written"}': "operational_written",
            '{what="dropped"}': "operational_dropped",
            '{what="refused"}': "operational_refused",
        },
    ),
    "trace_spans_total": (
        "Spans of traces by what became of them.",
        {'{what="exported"}': "spans_exported", '{what="dropped"}': "spans_dropped"},
    ),
    "sealer_missed_promises": (
        "Rows sealed after their promised time.",
        {"": "missed_promises"},
    ),
    "cpu_seconds_total": ("Processor time of all processes.", {"": "cpu_seconds"}),
}
OF_A_PROCESS = {
    "process_log_up": ("Whether its next row would be written.", "log_up"),
    "process_log_waiting": ("Its rows that are not durable yet.", "log_waiting"),
    "process_sealer_active": ("Whether it seals.", "sealer_active"),
    "process_seal_delay_seconds": ("Worst delay of its last seal.", "seal_longest_delay"),
    "process_connections": ("Connections to its ports.", "connections"),
    "process_exchanges_under_way": ("Exchanges it is carrying.", "exchanges_under_way"),
    "process_operational_waiting": ("Operational data it holds.", "operational_waiting"),
    "process_snapshot_number": ("Snapshot it works by.", "snapshot_number"),
    "process_memory_bytes": ("Memory it holds.", "memory_bytes"),
    "process_open_files": ("Files and sockets it has open.", "open_files"),
    "process_loop_delay_seconds": ("How late its last timer was.", "loop_delay"),
}


def exposition(
    gateway: Gateway, states: Sequence[ProcessState], measures: Measures | None, now: float
) -> str:
    """All of it; ``measures`` is None while the database is away."""
    summed = total(states, now)
    alive = [state for state in states if state.is_alive(now)]
    lines = head("exchanges_total", "counter", "Ends of exchanges, by side.")
    for (side, outcome), count in sorted(summed.exchanges.items()):
        labels = f'side="{escaped(side)}",outcome="{escaped(outcome)}"'
        lines.append(f"{PREFIX}_exchanges_total{{{labels}}} {count}")
    lines += histogram(summed.durations)
    for name, (text, places) in COUNTERS.items():
        lines += head(name, "counter", text)
        lines += [
            f"{PREFIX}_{name}{label} {number(summed.counters.get(place, 0))}"
            for label, place in places.items()
        ]
    lines += of_the_gateway(gateway, alive, measures)
    lines += of_processes(states, alive)
    return "\n".join(lines) + "\n"


def head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} {kind}"]


def histogram(durations: Mapping[str, Durations]) -> list[str]:
    name = "exchange_duration_seconds"
    lines = head(name, "histogram", "From a request's first byte to its answer, by side.")
    for side, one in sorted(durations.items()):
        so_far = 0
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], one.counts, strict=True):
            so_far += count
            lines.append(f'{PREFIX}_{name}_bucket{{side="{side}",le="{bound}"}} {so_far}')
        lines += [
            f'{PREFIX}_{name}_sum{{side="{side}"}} {one.total:.6f}',
            f'{PREFIX}_{name}_count{{side="{side}"}} {so_far}',
        ]
    return lines


def of_the_gateway(
    gateway: Gateway, alive: Sequence[ProcessState], measures: Measures | None
) -> list[str]:
    aged = ageing(gateway.current, clock.instant(), gateway.heard_at)
    current, denied = gateway.current, gateway.denied
    values: dict[str, tuple[str, float]] = {
        "log_up": (
            "Whether the next row of every process would be written.",
            all(state.gauges.get("log_up") for state in alive),
        ),
        "database_up": ("Whether the log's database answered now.", measures is not None),
        "sealer_active": (
            "How many processes seal; never more than one.",
            sum(state.gauges.get("sealer_active", 0) for state in alive),
        ),
        "snapshot_number": (
            "Number of the directory's snapshot.",
            current.number if current is not None else 0,
        ),
        "snapshot_age_seconds": (
            "Age of that snapshot.",
            aged.age.total_seconds() if aged.age is not None else 0,
        ),
        "snapshot_classes_stopped": (
            "Classes of services refused because it is too old.",
            len(aged.stopped),
        ),
        "directory_away": ("Whether the directory is not heard of.", aged.directory_away),
        "denied_number": ("Number of the deny list.", denied.number if denied is not None else 0),
    }
    if measures is not None:
        values |= {
            "log_leaves": ("Leaves under a signed head.", measures.tree_size),
            "log_unsealed": ("Rows of the last ten minutes without a leaf.", measures.unsealed),
            "log_oldest_unsealed_seconds": ("Age of the oldest of them.", measures.oldest_unsealed),
            "log_head_age_seconds": ("Time since the last head.", measures.head_age),
            "refused_days": ("Signed days the directory refuses.", measures.refused_days),
        }
    lines: list[str] = []
    for name, (text, value) in values.items():
        lines += head(name, "gauge", text)
        lines.append(f"{PREFIX}_{name} {number(value)}")
    return lines


def of_processes(states: Iterable[ProcessState], alive: Sequence[ProcessState]) -> list[str]:
    """Whether each is there; the gauges of those that are."""
    there = {state.index for state in alive}
    # A process that a smaller setting took away is missed by nobody.
    wanted = max((state.of for state in alive), default=0)
    known = {state.index for state in states if state.index < wanted}
    lines = head("process_up", "gauge", "Whether a process of this number is alive.")
    lines += [
        f'{PREFIX}_process_up{{process="{index}"}} {int(index in there)}' for index in sorted(known)
    ]
    lines += head("process_start_time_seconds", "gauge", "When it was started, Unix time.")
    lines += [
        f'{PREFIX}_process_start_time_seconds{{process="{state.index}"}} {state.started:.3f}'
        for state in alive
    ]
    for name, (text, place) in OF_A_PROCESS.items():
        told = [
            f'{PREFIX}_{name}{{process="{state.index}"}} {number(state.gauges[place])}'
            for state in alive
            if place in state.gauges
        ]
        if told:
            lines += head(name, "gauge", text) + told
    return lines


def number(value: float) -> str:
    """Whole numbers with all their digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}"


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

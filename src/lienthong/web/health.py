"""
``/healthz`` and ``/metrics``: what this node can say of itself to a machine.

Health asks the two things a page cannot do without, its database and its
gateway, and how old the directory's snapshot is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection

from lienthong.exchange import gateway_admin, span_export
from lienthong.kernel.errors import LienThongError
from lienthong.web import problem_counts

# Changing calls refuse a snapshot older than this (decision 19).
OLDEST_SNAPSHOT = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str
    seconds: float


def checks() -> list[Check]:
    return [
        timed("database", database),
        timed("gateway", gateway),
        timed("snapshot", snapshot),
    ]


def timed(name: str, ask: Callable[[], tuple[bool, str]]) -> Check:
    began = time.perf_counter()
    ok, detail = ask()
    return Check(name, ok, detail, round(time.perf_counter() - began, 4))


def database() -> tuple[bool, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return False, type(error).__name__
    return True, connection.vendor


def gateway() -> tuple[bool, str]:
    try:
        gateway_admin.health()
    except LienThongError as error:
        return False, error.code
    return True, "answers"


def snapshot() -> tuple[bool, str]:
    age = snapshot_age()
    if age is None:
        return False, "none on disk"
    return age <= OLDEST_SNAPSHOT, f"{age:.0f} s old"


def snapshot_age() -> float | None:
    """Seconds since the gateway's snapshot was last taken from the directory."""
    path = settings.NODE.gateway / "snapshot.json"
    return max(0.0, time.time() - path.stat().st_mtime) if path.exists() else None


def metrics() -> str:
    """Prometheus text: a gauge a check, its time, the snapshot's age, counts of bad input."""
    found = checks()
    lines = ["# HELP lienthong_up Whether a part of the node answers.", "# TYPE lienthong_up gauge"]
    lines += [f'lienthong_up{{part="{check.name}"}} {int(check.ok)}' for check in found]
    lines += [
        "# HELP lienthong_check_seconds Time the check took.",
        "# TYPE lienthong_check_seconds gauge",
    ]
    lines += [f'lienthong_check_seconds{{part="{check.name}"}} {check.seconds}' for check in found]
    age = snapshot_age()
    if age is not None:
        lines += [
            "# HELP lienthong_snapshot_age_seconds Age of the directory's snapshot on disk.",
            "# TYPE lienthong_snapshot_age_seconds gauge",
            f"lienthong_snapshot_age_seconds {age:.0f}",
        ]
    if (traced := span_export.counts()) is not None:
        lines += [
            "# HELP lienthong_trace_spans_total Spans of this process by what became of them.",
            "# TYPE lienthong_trace_spans_total counter",
            f'lienthong_trace_spans_total{{what="exported"}} {traced[0]}',
            f'lienthong_trace_spans_total{{what="dropped"}} {traced[1]}',
        ]
    lines += problem_counts.metrics()
    return "\n".join(lines) + "\n"

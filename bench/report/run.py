#!/usr/bin/env python3
"""
Measure how long the figures of a month take: asked of the systems, kept, judged, written.

    python bench/report/run.py                prints the result
    python bench/report/run.py --write        puts it beside this file

Run on the machine of a node that is up (`LIENTHONG_HOME` as for `lienthong`). *Cold* is
the first collection of this process: nothing is connected, imported or remembered here.
*Warm* is the median of the following ones. Every answer is counted anew and carries a
message and a receipt of its own; nothing is taken from memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
sys.path[:0] = [str(ROOT / "src")]
AIMS = {"cold": 10.0, "warm": 1.0, "files": 3.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("month", nargs="?", default="2021-08")
    parser.add_argument("--warm", type=int, default=5, help="collections after the first")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = measure(args.month, args.warm)
    page = written(found)
    print(page)
    if args.write:
        (HERE / "latest.json").write_text(json.dumps(found, indent=1) + "\n")
        (HERE / "latest.md").write_text(page, encoding="utf-8")
    return 0


def measure(month: str, warm: int) -> dict[str, Any]:
    """Seconds of each part; the process starts with nothing connected."""
    began = time.perf_counter()
    from lienthong.cli import django_setup

    django_setup.start()
    started = time.perf_counter() - began
    from lienthong.kernel import clock
    from lienthong.kernel.actor import system_actor
    from lienthong.systems.steering.domain.editions import window
    from lienthong.systems.steering.manifest import SOURCES
    from lienthong.systems.steering.queries import editions
    from lienthong.systems.steering.queries.document import Report
    from lienthong.systems.steering.services import collecting, files

    period = editions.month_of(month)
    by = system_actor("steering", clock.today())
    counted = window(period, clock.today()).counted

    def collected() -> float:
        return timed(lambda: collecting.collect(period, by=by, deadline=30.0))

    cold = collected()
    warmed = [collected() for _ in range(warm)]
    each = {
        system: statistics.median(
            timed(lambda system=system: collecting.ask(system, counted, 30.0))  # type: ignore[misc]
            for _ in range(warm)
        )
        for system in SOURCES
    }
    together = statistics.median(
        timed(lambda: list(collecting.ask_all(SOURCES, counted, 30.0))) for _ in range(warm)
    )
    report = Report.of(editions.latest_edition(period))
    kinds = {kind: timed(lambda kind=kind: files.write(report, kind)) for kind in files.TYPES}  # type: ignore[misc]
    demo = Path(os.environ.get("LIENTHONG_HOME", "")) / "demo.json"
    return {
        "month": month,
        "scale": json.loads(demo.read_text())["scale"] if demo.exists() else "a node of its own",
        "cores": os.cpu_count(),
        "exchanges": rows_of(report, "F010"),
        "records": sum(rows_of(report, code) for code in ("F019", "F021", "F022", "F023")),
        "figures": len(report.figures),
        "start": started,
        "cold": cold,
        "warm": statistics.median(warmed),
        "warm_worst": max(warmed),
        "each": each,
        "asked_together": together,
        "files": kinds,
    }


def timed(deed: Any) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def rows_of(report: Any, code: str) -> int:
    """Rows behind a figure; none for one that is not there."""
    figure = report.figures.get(code)
    return int(figure.rows) if figure else 0


def written(found: dict[str, Any]) -> str:
    """The page, with ratios that stay true on another machine."""
    each, together = found["each"], found["asked_together"]
    slowest = max(each, key=lambda system: float(each[system]))
    paper = sum(found["files"][kind] for kind in ("pdf", "docx", "html"))
    keeping = found["warm"] - together
    rows = [
        ("collected, cold", found["cold"], AIMS["cold"]),
        ("collected, warm (median)", found["warm"], AIMS["warm"]),
        ("collected, warm (worst)", found["warm_worst"], None),
        ("of that: asking all systems side by side", together, None),
        ("of that: keeping, relations, remarks", max(0.0, keeping), None),
        *((f"one after another: {system}", seconds, None) for system, seconds in each.items()),
        ("PDF, DOCX and HTML", paper, AIMS["files"]),
        *((f"of that: {kind}", found["files"][kind], None) for kind in ("pdf", "docx", "html")),
    ]
    lines = [
        "# The figures of a month: how long they take",
        "",
        f"Made by `python bench/report/run.py --write` on {found['cores']} cores, scale"
        f" {found['scale']}: {found['figures']} figures over {found['exchanges']:,} exchanges and"
        f" {found['records']:,} records of civil status.",
        "",
        "| what | seconds | aim at full scale | of the aim |",
        "|---|--:|--:|--:|",
    ]
    for what, seconds, aim in rows:
        share = f"{100 * seconds / aim:.0f} %" if aim else ""
        lines.append(f"| {what} | {seconds:.3f} | {aim or ''} | {share} |")
    lines += [
        "",
        f"Asking side by side takes {together / sum(each.values()):.2f} of asking one after"
        f" another, and {together / each[slowest]:.2f} of the slowest system (`{slowest}`).",
        "",
        "Answers are not kept in memory: no system says yet whether its rows have changed, and an",
        "answer from memory would carry an old message and an old receipt.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())

"""
How much memory an idle node holds: the sum of PSS over all its processes (decision 6).

    python bench/node/idle_memory.py [--seconds 30] [--write]

Asks a node that is running (LIENTHONG_HOME), or a country of several that
`lienthong up --topology federated` started; each node is then one line. PSS
counts a page shared by n processes as one n-th in each, so the sum is what the
machine really gives. The supervisor is counted too. Run it as the user the node
runs as, or as root.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC
from pathlib import Path

from lienthong.cli import memory, probes
from lienthong.kernel import clock
from lienthong.kernel.node import Node

LIMIT_MB = 900
COUNTRY_LIMIT_MB = 3500
HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="rest before measuring")
    parser.add_argument("--write", action="store_true", help="keep the result beside this file")
    options = parser.parse_args()
    node = Node.from_environment()
    country = (node.home / "nodes").is_dir()
    limit = COUNTRY_LIMIT_MB if country else LIMIT_MB
    state = probes.running_state(node)
    if state is None:
        print(f"No node runs from {node.home}. Next: `lienthong up`, then this again.")
        return 2
    time.sleep(options.seconds)
    parts = measure(state)
    total = sum(parts.values())
    for name, megabytes in parts.items():
        print(f"{name:<14} {megabytes:>7.1f} MB")
    print(f"{'sum of PSS':<14} {total:>7.1f} MB   (limit {limit} MB)")
    if options.write:
        found = result(parts, total, limit, country=country)
        name = "country" if country else "latest"
        (HERE / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        (HERE / f"{name}.md").write_text(page(found, country=country))
        print(f"Written: {name}.json, {name}.md")
    return 0 if total < limit else 1


def measure(state: dict[str, object]) -> dict[str, float]:
    """Megabytes by part; each with all processes it started."""
    children = state["children"]
    assert isinstance(children, list)
    supervisor = state["supervisor"]
    assert isinstance(supervisor, int)
    parts = {"supervisor": memory.pss(supervisor) / 1024}
    for child in children:
        parts[child["name"]] = memory.family_pss(child["pid"]) / 1024
    if not all(parts.values()):
        raise SystemExit("A process could not be read; run this as the node's user or as root.")
    return parts


def result(
    parts: dict[str, float], total: float, limit: int, *, country: bool
) -> dict[str, object]:
    what = "five idle nodes of a federated country" if country else "an idle node"
    return {
        "what": f"sum of PSS of {what} with the demo country, megabytes",
        "measured_at": clock.instant().astimezone(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "limit_mb": limit,
        "total_mb": round(total, 1),
        "parts_mb": {name: round(value, 1) for name, value in parts.items()},
    }


def page(found: dict[str, object], *, country: bool) -> str:
    """The same for a reader."""
    parts, where = found["parts_mb"], found["machine"]
    assert isinstance(parts, dict)
    assert isinstance(where, dict)
    rows = [f"| {name} | {value} |" for name, value in parts.items()]
    return "\n".join(
        [
            "# Memory of five idle nodes" if country else "# Memory of an idle node",
            "",
            f"Sum of PSS over all processes, with the demo country loaded: "
            f"**{found['total_mb']} MB** (limit {found['limit_mb']} MB).",
            "",
            "| part | MB |",
            "|---|---|",
            *rows,
            "",
            f"Measured {found['measured_at']} on {where['cpu']}, {where['cores']} cores, "
            f"{where['memory_gb']} GB, {where['system']}, Python {where['python']}, by "
            "`python bench/node/idle_memory.py --write`.",
            "",
        ]
    )


def machine() -> dict[str, object]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())

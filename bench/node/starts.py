"""
How long a node takes to start, to start again and to write the month's report.

    python bench/node/starts.py [--write]

Runs a demonstration country in a temporary home with ports of its own: the
first start (databases, keys, migrations, country), three reports, a stop, the
second start and another report. Limits are those of the first issue of the
project: a second start under 15 s, a report after the first under 3 s.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

from idle_memory import machine

from lienthong.kernel import clock

SECOND_START, REPORT = 15.0, 3.0
PATIENCE = 240.0
RESULT = Path(__file__).with_name("starts.json")
PAGE = Path(__file__).with_name("starts.md")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--write", action="store_true", help="keep the result beside this file")
    parser.add_argument("--port-base", type=int, default=28000)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="lt-bench-"))
    home.chmod(0o755)  # the service user of a root start must reach its own directory in it
    environ = os.environ | {
        "LIENTHONG_HOME": str(home / "node"),
        "LIENTHONG_PORT_BASE": str(options.port_base),
    }
    seconds: dict[str, float] = {}
    try:
        node, seconds["first start"] = start(environ, home / "first.log")
        for n in range(1, 4):
            seconds[f"report {n}"] = report(environ)
        stop(node)
        node, seconds["second start"] = start(environ, home / "second.log")
        seconds["report after the second start"] = report(environ)
        stop(node)
    finally:
        subprocess.run([*lienthong(), "down"], env=environ, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)
    for name, value in seconds.items():
        print(f"{name:<32} {value:>6.1f} s")
    if options.write:
        found = {
            "what": "seconds from the command to its end, as a person waits",
            "measured_at": clock.instant().astimezone(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "seconds": {name: round(value, 2) for name, value in seconds.items()},
            "limits": {"second start": SECOND_START, "report": REPORT},
        }
        RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(page(found, seconds))
    late = seconds["second start"] >= SECOND_START or seconds["report 3"] >= REPORT
    return 1 if late else 0


def lienthong() -> list[str]:
    return [sys.executable, "-m", "lienthong.cli"]


def start(environ: dict[str, str], log: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start the node and wait until it says that it is up."""
    began = time.monotonic()
    with log.open("wb") as out:
        node = subprocess.Popen([*lienthong(), "up", "--demo"], env=environ, stdout=out, stderr=out)
    while time.monotonic() - began < PATIENCE:
        if b"Ctrl-C stops everything" in log.read_bytes():
            return node, time.monotonic() - began
        if node.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"the node did not start:\n{log.read_text()[-2000:]}")


def stop(node: subprocess.Popen[bytes]) -> None:
    node.send_signal(signal.SIGINT)
    node.wait(60)


def report(environ: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(
        [*lienthong(), "report", "2021-08"], env=environ, check=True, capture_output=True
    )
    return time.monotonic() - began


def page(found: dict[str, object], seconds: dict[str, float]) -> str:
    where = found["machine"]
    assert isinstance(where, dict)
    once = seconds["first start"] / seconds["second start"]
    return "\n".join(
        [
            "# Starts and reports",
            "",
            "Seconds from the command to its end, in one run with the demo country at 1:1000.",
            f"The first start takes {once:.1f} times the second.",
            "",
            "| what | seconds |",
            "|---|---|",
            *(f"| {name} | {value:.1f} |" for name, value in seconds.items()),
            "",
            f"Limits: second start {SECOND_START:.0f} s, a report after the first "
            f"{REPORT:.0f} s. The first start is without the installation of packages.",
            "",
            f"Measured {found['measured_at']} on {where['cpu']}, {where['cores']} cores, "
            f"{where['memory_gb']} GB, {where['system']}, Python {where['python']}, by "
            "`python bench/node/starts.py --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

"""
Write the monthly steering report from live figures: PDF, DOCX, HTML and JSON.

The figures are asked of the systems through the exchange, now. A system that
does not answer leaves its figures missing, and the report says so.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path

from lienthong.cli import django_setup, probes
from lienthong.kernel.node import Node
from lienthong.kernel.periods import Period


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("month", help="for example 2021-08")
    parser.add_argument("--out", type=Path, help="directory (default: reports/ of the node)")
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def advice(asked: str) -> str:
    """What to ask for instead; of a stretch of days, the months it lies in."""
    days = re.findall(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?:-[0-9]{2})?", asked)
    months = list(dict.fromkeys(days))
    if not months:
        return f"'{asked}' is no month. Next: `lienthong report 2021-08`."
    ways = " or ".join(f"`lienthong report {month}`" for month in months)
    return (
        f"'{asked}' is no month: a report is of one calendar month, counted to its last day or to"
        f" today. Next: {ways}."
    )


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    try:
        Period.month(args.month)
    except ValueError:
        print(advice(args.month), file=sys.stderr)
        return 2
    if not probes.listens(node.ports.consumer):
        print("The gateway is not running, and figures come through it.", file=sys.stderr)
        print("Next: `lienthong up`, then the same in another terminal.", file=sys.stderr)
        return 1
    began = time.monotonic()
    django_setup.start()
    from lienthong.systems.steering.services import files

    paths = files.report_files(args.month, args.out or node.home / "reports" / args.month)
    seconds = time.monotonic() - began
    quiet = files.is_without_records(args.month)
    if args.json:
        print(json.dumps({"files": [str(path) for path in paths], "seconds": round(seconds, 2)}))
        return 0
    print(f"The report of {args.month}, in {seconds:.1f} s:")
    for path in paths:
        print(f"  {path}")
    if quiet:
        print(f"No system holds a record of {args.month}: its figures are nothing, or missing.")
    print("Next: open the HTML file; each figure opens to its definition, window and receipt.")
    return 0

"""The signed totals of this gateway's days at the terminal: what waits, telling, recounting."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

from lienthong.exchange import day_reports, gateway_admin
from lienthong.exchange.gateway_admin import RecountedDay
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import read_day


def add_arguments(things: Any) -> None:
    parser = things.add_parser("days", help="the signed totals of days, told to the directory")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--tell", action="store_true", help="tell those that wait now")
    what.add_argument(
        "--recount", type=date.fromisoformat, metavar="DAY", help="count 2026-12-31 again"
    )


def days(args: argparse.Namespace) -> int:
    """Days this gateway signed: what waits, telling it, and counting one again."""
    try:
        if args.recount:
            return tell_recount(gateway_admin.recount_day(args.recount))
        if args.tell:
            done = day_reports.tell(Node.from_environment())
            print(
                f"Told: {done.taken} taken, {done.contradicted} contradicted, "
                f"{done.refused} refused."
            )
            print("Next: `lienthong log days`.")
            return 1 if done.contradicted or done.refused else 0
        waiting = [read_day(day) for day in gateway_admin.untold_days()]
    except LienThongError as problem:
        print(f"{problem} ({problem.code})", file=sys.stderr)
        print("Next: `lienthong status`.", file=sys.stderr)
        return 1
    for totals in waiting:
        origin = f"  imported by {totals.source}" if totals.source else ""
        print(f"{totals.day}  {totals.answered()} answered here, tree {totals.tree_size}{origin}")
    print(f"{len(waiting)} days wait. Next: `lienthong log days --tell`.")
    return 0


def tell_recount(found: RecountedDay) -> int:
    if not found.signed_sha256:
        print(f"{found.day} is not closed. Rows in the log give {found.counted_sha256}.")
        return 1
    print(f"{found.day}\n  signed   {found.signed_sha256}\n  counted  {found.counted_sha256}")
    if found.holds:
        print("The rows give what was signed.")
        return 0
    print(
        "THE ROWS GIVE SOMETHING ELSE; or days of them were archived. Next: `lienthong log verify`."
    )
    return 1


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"days": days}

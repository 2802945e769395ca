"""The signed totals of this gateway's days at the terminal: what waits, telling, recounting."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import chain
from typing import Any

from lienthong.exchange import day_reports, gateway_admin
from lienthong.exchange.gateway_admin import RecountedDay, WaitingDay
from lienthong.kernel import clock
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
            return tell_now(Node.from_environment())
        return show(gateway_admin.untold_days())
    except LienThongError as problem:
        print(f"{problem} ({problem.code})", file=sys.stderr)
        print("Next: `lienthong status`.", file=sys.stderr)
        return 1


def tell_now(node: Node) -> int:
    done = day_reports.tell(node, again_after=timedelta(0))
    print(f"Told: {done.taken} taken, {done.contradicted} contradicted, {done.refused} refused.")
    print("Next: `lienthong log days`.")
    return 1 if done.contradicted or done.refused else 0


def show(pages: Iterable[list[WaitingDay]]) -> int:
    """What waits; what was refused, why, and what helps."""
    count = refused = 0
    for day in chain.from_iterable(pages):
        totals = read_day(day.document)
        origin = f"  imported by {totals.source}" if totals.source else ""
        print(f"{totals.day}  {totals.answered()} answered here, tree {totals.tree_size}{origin}")
        count += 1
        if day.refused_at is not None:
            refused += 1
            last = f"{clock.local(day.refused_at):%Y-%m-%d %H:%M}"
            print(f"    REFUSED {day.refused} times, last {last}: {words_for(day.why)}")
    print(f"{count} days wait, {refused} of them refused. Next: `lienthong log days --tell`.")
    return 1 if refused else 0


WORDS = {
    "exchange.day_not_over": "it was not over by the directory's clock; "
    "set the clock of this machine, it is told again by itself",
    "exchange.unknown_key": "the directory knows no key of this gateway's owner that was good "
    "when the day was closed; see `lienthong keys show`",
    "exchange.bad_signature": "it is not signed by this gateway's owner; see `lienthong keys show`",
    "exchange.bad_day_totals": "the document does not hold together; run `lienthong log verify`",
    day_reports.TOO_LONG: f"longer than {day_reports.LONGEST_DAY >> 20} MiB, so it cannot be sent; "
    "hand it to the directory's operator",
    day_reports.UNANSWERED: "the directory said nothing about it; it is told again by itself",
}


def words_for(code: str) -> str:
    """A code of the directory's in words, with what helps where that is known."""
    return f"{WORDS[code]} ({code})" if code in WORDS else code


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

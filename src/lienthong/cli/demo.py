"""
The made-up country of August 2021: load it at a scale, or show a sign-in code.

The same scale and seed give the same country. History enters by bulk load as
an import and never gets signatures or past timestamps (decision 2).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import shutil
import sys
import time
from datetime import date
from decimal import Decimal

from lienthong.cli import cards, django_setup, document_keys, settle
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.node import Node

LEGAL_DAY = date(2021, 8, 20)
SEED = 2021

# Measured at 0.001 and 0.01 and rounded up; `docs/how-to/load-the-demo.md` has the numbers.
BYTES_FIXED = 400 * 2**20
BYTES_AT_FULL_SCALE = 60 * 2**30
# A load writes its journal as fast as the tables, up to max_wal_size and a little over.
JOURNAL_AT_FULL_SCALE = 100 * 2**30
JOURNAL_AT_MOST = 5 * 2**29


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="thing", required=True)
    load = things.add_parser("load", help="make believable data")
    load.add_argument("--scale", type=Decimal, default=Decimal("0.001"))
    load.add_argument("--seed", type=int, default=SEED)
    load.add_argument("--quiet-end", action="store_true", help=argparse.SUPPRESS)
    code = things.add_parser("code", help="the code an account signs in with now")
    code.add_argument("account", help="for example le.cuong")


def run(args: argparse.Namespace) -> int:
    return show_code(args) if args.thing == "code" else load(args)


def show_code(args: argparse.Namespace) -> int:
    os.environ["LIENTHONG_DEMO"] = "1"
    django_setup.start()
    from lienthong.web.accounts import demo

    print(demo.current_code(args.account))
    print("Next: type it on the sign-in page within half a minute.", file=sys.stderr)
    return 0


def load(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    if (node.home / "demo.json").exists():
        kept = json.loads((node.home / "demo.json").read_text())
        print(f"The country is loaded already, at scale {kept['scale']}.")
        print("Next: `lienthong report 2021-08`.")
        return 0
    if not has_room(node, args.scale):
        return 1
    os.environ["LIENTHONG_DEMO"] = "1"
    django_setup.start()
    began = time.monotonic()
    load_everything(node, DemoPlan.make(args.scale, args.seed, LEGAL_DAY))
    (node.home / "demo.json").write_text(
        json.dumps({"scale": str(args.scale), "seed": args.seed, "legal_day": str(LEGAL_DAY)})
    )
    print(f"Loaded in {time.monotonic() - began:.0f} s.")
    if not args.quiet_end:
        print("Next: `lienthong report 2021-08`.")
    return 0


def has_room(node: Node, scale: Decimal) -> bool:
    """State the disk this scale needs, and whether it is there (decision 3)."""
    journal = min(JOURNAL_AT_MOST, int(JOURNAL_AT_FULL_SCALE * scale))
    needed = BYTES_FIXED + int(BYTES_AT_FULL_SCALE * scale) + journal
    free = shutil.disk_usage(node.home).free
    print(f"Scale {scale} needs about {gigabytes(needed)} of disk; {gigabytes(free)} are free.")
    if free >= needed:
        return True
    print("Next: choose a smaller --scale, or a LIENTHONG_HOME on a larger disk.", file=sys.stderr)
    return False


def gigabytes(amount: int) -> str:
    return f"{amount / 2**30:.1f} GB"


def load_everything(node: Node, plan: DemoPlan) -> None:
    """The legal day and the accounts first, then each system in the order it is needed."""
    from lienthong.web import legal_day
    from lienthong.web.accounts import demo as accounts

    legal_day.begin(plan.legal_day)
    settle.install(node)
    rooms = [f"lienthong.systems.{name}.demo" for name in cards.carried()]
    present = [room for room in rooms if importlib.util.find_spec(room)]
    tell = Progress()
    accounts.load(plan, tell)
    make_signers(node)
    for room in present:
        importlib.import_module(room).load(plan, tell)
    tell.done()


def make_signers(node: Node) -> None:
    """Keys of the officers who sign documents; none on a node without an authority of its own."""
    from lienthong.web.accounts import demo as accounts

    if not (node.keys / "authority" / "issuing.crt").exists():
        return
    for officer in accounts.OFFICERS:
        if accounts.SIGNER in officer.roles and officer.office is not None:
            holder = document_keys.holder_of(
                officer.office.body, officer.username, officer.name, officer.title
            )
            with contextlib.suppress(document_keys.KeyThere):
                document_keys.make_officer(node, holder)


class Progress:
    """Says how far each part has come: one line a part on a terminal, one at its end elsewhere."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.part = ""
        self.told = ""

    def __call__(self, part: str, at: int, of: int) -> None:
        if part != self.part:
            self.done()
            self.part = part
        self.told = f"  {part:<44} {100 * at // of:>3} %  {at:,}" if of else f"  {part:<44} nothing"
        if self.terminal:
            print(f"\r{self.told}", end="", flush=True)

    def done(self) -> None:
        """Finish the line of the present part."""
        if self.part:
            print("" if self.terminal else self.told, flush=True)
        self.part = ""

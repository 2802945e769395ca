"""Measure an exchange through both gateway sides; the result goes under bench/."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("gateway",))
    parser.add_argument("more", nargs=argparse.REMAINDER, help="passed on to the program")


def run(args: argparse.Namespace) -> int:
    program = Path("bench") / args.what / "run.py"
    if not program.exists():
        print("The load programs are not part of the installed program.", file=sys.stderr)
        print("Next: change to the top of a checkout and try again.", file=sys.stderr)
        return 1
    status = subprocess.run([sys.executable, str(program), *args.more], check=False).returncode
    if status == 0:
        print(f"Next: compare bench/{args.what}/ with the last commit, and commit it.")
    return status

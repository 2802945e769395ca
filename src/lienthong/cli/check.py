"""Run what the build server runs: lint, types, the import contract and the tests."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-tests", action="store_true", help="only what `make check` does")


def run(args: argparse.Namespace) -> int:
    if not Path("Makefile").exists() or shutil.which("make") is None:
        print("This verb works in a checkout, with make.")
        print("Next: change to the directory with the Makefile and try again.")
        return 1
    targets = ["check"] if args.no_tests else ["check", "test"]
    status = subprocess.run(["make", *targets], check=False).returncode
    print("Next: commit." if status == 0 else "Next: mend what is named above.")
    return status

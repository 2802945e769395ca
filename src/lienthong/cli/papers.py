"""
Papers: check a PDF or DOCX against the layout of Decree 30/2020/NĐ-CP (L01 to L18).

Says each rule that is not kept, where, and what was found. Warnings do not fail.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lienthong.web.papers.decree30.check import check
from lienthong.web.papers.decree30.faults import RULES, Fault, errors

LARGEST = 32 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    checked = deeds.add_parser("check", help="the layout of a PDF or DOCX")
    checked.add_argument("files", nargs="+", type=Path, metavar="FILE")
    checked.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    found = {file: check_file(file) for file in args.files}
    failed = any(errors(faults) for faults in found.values())
    if args.json:
        print(json.dumps({str(file): described(faults) for file, faults in found.items()},
                         ensure_ascii=False))  # fmt: skip
        return int(failed)
    for file, faults in found.items():
        print(f"{file}: {len(errors(faults))} errors, {len(faults) - len(errors(faults))} warnings")
        for fault in faults:
            page = f", page {fault.page}" if fault.page else ""
            print(f"  {fault.rule:<3} {fault.level:<7} {RULES[fault.rule]}")
            print(f"      found{page}: {fault.found}")
    print("Next: mend the document and check again." if failed else "The layout is kept.")
    return int(failed)


def check_file(file: Path) -> list[Fault]:
    with file.open("rb") as opened:
        return check(opened.read(LARGEST + 1))


def described(faults: list[Fault]) -> list[dict[str, object]]:
    return [
        {"rule": one.rule, "level": one.level, "page": one.page or None, "found": one.found}
        for one in faults
    ]

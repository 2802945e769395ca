"""`lienthong log bodies` and `log subjects`: looks into the log that leave a row of their own."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from lienthong.exchange import gateway_admin
from lienthong.protocol.pki import write_private


def add_arguments(things: Any) -> None:
    bodies = things.add_parser("bodies", help="read the kept bodies of an exchange")
    bodies.add_argument("message_id")
    bodies.add_argument("--request-id", default="", help="of several under one message id")
    bodies.add_argument("--out", type=Path, required=True, help="directory for the bodies")
    subjects = things.add_parser("subjects", help="which exchanges concerned a person")
    subjects.add_argument(
        "subject", help="- reads the number from standard input, where nobody else sees it"
    )
    for one in (bodies, subjects):
        one.add_argument("--by", required=True, help="the officer who asks; written into the log")
        one.add_argument("--reason", required=True, help="why; written into the log")
        one.add_argument("--json", action="store_true", help="for a machine to read")


def bodies(args: argparse.Namespace) -> int:
    """Write each body into a file of its own, readable by its owner only."""
    try:
        found = gateway_admin.bodies(
            args.message_id, by=args.by, reason=args.reason, request_id=args.request_id
        )
    except gateway_admin.NoSuchExchange:
        print("No body of this exchange is kept here; only `keep_body` offers have theirs.",
              file=sys.stderr)  # fmt: skip
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", args.message_id).lstrip(".") or "_"
    written = []
    for one in found:
        path = args.out / f"{stem}-{one.side}-{one.kind}"
        write_private(path, one.body)
        written.append({"side": one.side, "kind": one.kind, "size": len(one.body),
                        "file": str(path)})  # fmt: skip
    if args.json:
        print(json.dumps({"bodies": written}, ensure_ascii=False))
        return 0
    for line in written:
        print(f"{line['side']:<9} {line['kind']:<8} {line['size']:>9}  {line['file']}")
    print("This reading stands in the log. Next: remove the files when they have served.")
    return 0


def subjects(args: argparse.Namespace) -> int:
    subject = sys.stdin.readline().strip() if args.subject == "-" else args.subject
    if not subject:
        print("Name the person: the number as an argument, or - and the number on standard input.",
              file=sys.stderr)  # fmt: skip
        return 2
    found = gateway_admin.concerned(subject, by=args.by, reason=args.reason)
    if args.json:
        lines = [
            {name: str(getattr(one, name)) for name in
             ("message_id", "request_id", "client", "service", "side", "outcome", "at")}
            for one in found.exchanges
        ]  # fmt: skip
        print(json.dumps({"exchanges": lines, "whole": found.whole}, ensure_ascii=False))
        return 0
    for one in found.exchanges:
        print(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.client} -> {one.service}")
        where = "archived" if one.archived else "in the log"
        print(f"    {one.message_id}  {one.side}, {one.outcome or 'open'}, {where}")
    if not found.whole:
        print("These are the newest only; there are more.")
    print(f"{len(found.exchanges)} rows. This question stands in the log."
          " Next: `lienthong log verify`, or the receipt of one exchange.")  # fmt: skip
    return 0


ACTIONS = {"bodies": bodies, "subjects": subjects}

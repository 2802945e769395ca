"""The signed days of all gateways at the terminal: who reported, and where two sides differ."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from lienthong.kernel import clock
from lienthong.kernel.periods import Period


def add_actions(actions: Any) -> None:
    totals = actions.add_parser(
        "totals", help="what the country's gateways counted by day, both sides compared"
    )
    totals.add_argument("--period", default="", help="a month (2026-12) or two days (a..b)")
    totals.add_argument("--day", type=date.fromisoformat, help="one day, with every pair")
    totals.add_argument("--client", default="", help="a part of its identifier")
    totals.add_argument("--service", default="", help="a part of its identifier")
    form = totals.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a machine to read")
    form.add_argument("--csv", action="store_true", help="every pair, for a spreadsheet")


def show(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.queries import totals

    now = clock.instant()
    days = period_of(args, totals.newest_day() or clock.local(now).date())
    rows = totals.reconciled(days, client=args.client, service=args.service)
    if args.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(
            ["day", "client", "service", "consumer", "provider", "difference", "kind", "missing"]
        )
        for row in rows:
            writer.writerow(
                [
                    row.day, row.client, row.service, row.consumer, row.provider,
                    row.difference, row.kind.value, " ".join(row.missing),
                ]
            )  # fmt: skip
        return 0
    found = {
        "days": [
            asdict(row) | {"difference": row.difference} for row in totals.summed(days, rows, now)
        ],
        "pairs": [asdict(row) | {"difference": row.difference} for row in rows],
        "gateways": [
            {
                "gateway": row.gateway.code,
                "owner": str(row.gateway.owner),
                "until": row.until,
                "missing": list(row.missing),
                "contradictions": row.contradictions,
            }
            for row in totals.reporting(now)
        ],
        "reports": [
            {
                "gateway": report.gateway.code,
                "day": report.day,
                "source": report.source,
                "answered": report.answered,
                "kid": report.kid,
                "counts_sha256": report.counts_sha256,
                "tree_size": report.tree_size,
                "root": report.root,
                "message_id": report.message_id,
            }
            for report in totals.reports_of(days)
        ],
    }
    if args.json:
        print(json.dumps(found, ensure_ascii=False, default=str))
        return 0
    tell(found, pairs=bool(args.day))
    return 0


def period_of(args: argparse.Namespace, newest: date) -> Period:
    if args.day:
        return Period(args.day, args.day)
    return Period.parse(args.period) if args.period else Period.month(f"{newest:%Y-%m}")


def tell(found: dict[str, list[dict[str, Any]]], *, pairs: bool) -> None:
    for day in found["days"]:
        kinds = ", ".join(f"{kind.value} {n}" for kind, n in day["kinds"].items()) or "equal"
        print(
            f"{day['day']}  provider {day['provider']:>9}  client {day['consumer']:>9}  "
            f"difference {day['difference']:>+6}  imported {day['imported']:>9}  {kinds}  "
            f"gateways {day['told']}/{day['expected'] or '…'}"
        )
    if pairs:
        for row in found["pairs"]:
            missing = f" ({', '.join(row['missing'])})" if row["missing"] else ""
            print(f"  {row['client']} → {row['service']}")
            print(
                f"      provider {row['provider']}, client {row['consumer']}: "
                f"{row['kind'].value}{missing}"
            )
        for row in found["reports"]:
            print(f"  {row['gateway']}: tree {row['tree_size']}, counts {row['counts_sha256']}")
    for row in found["gateways"]:
        if row["missing"]:
            print(f"{row['gateway']} has not reported {len(row['missing'])} days, "
                  f"since {row['missing'][0]}")  # fmt: skip
        if row["contradictions"]:
            print(f"{row['gateway']} contradicted itself {row['contradictions']} times")
    print("Next: `lienthong directory totals --day DAY` shows every pair.")


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"totals": show}

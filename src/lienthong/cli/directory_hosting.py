"""Which information system stands behind which gateways, at the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from lienthong.cli import directory_officers
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node


def add_actions(actions: Any) -> None:
    listed = actions.add_parser("hosting", help="information systems and their gateways")
    listed.add_argument("--json", action="store_true", help="for a machine to read")
    end = actions.add_parser("end-hosting", help="take a system away from one of its gateways")
    end.add_argument("subsystem", help="for example GOV/G15/civil-status, or its code alone")
    end.add_argument("gateway", help="code of the gateway, for example justice")
    end.add_argument("--by", required=True, help="account of the officer who decides")
    end.add_argument("--reason", required=True)


def show(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.queries import register

    rows: list[dict[str, Any]] = [
        {
            "subsystem": str(subsystem),
            "name": subsystem.name,
            "gateways": [
                {"code": gateway.code, "in_maintenance": gateway.in_maintenance}
                for gateway in subsystem.gateways
            ],
        }
        for subsystem in register.behind_some_gateway()
    ]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        gateways = ", ".join(
            one["code"] + (" (in maintenance)" if one["in_maintenance"] else "")
            for one in row["gateways"]
        )
        print(f"{row['subsystem']}  behind {gateways}")
    print(f"{len(rows)} systems. Next: `lienthong directory ask` for a further gateway of one.")
    return 0


def end(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.models import Gateway
    from lienthong.systems.directory.queries import register

    subsystem = register.subsystem_named(args.subsystem.replace("_", "-"))
    gateway = Gateway.objects.filter(code=args.gateway).first()
    if subsystem is None or gateway is None:
        print("There is no such system or gateway.", file=sys.stderr)
        print("Next: `lienthong directory hosting`.", file=sys.stderr)
        return 1
    try:
        services.end_hosting(
            subsystem,
            gateway,
            reason=args.reason,
            by=directory_officers.officer(args.by),
            node=Node.from_environment(),
        )
    except LienThongError as problem:
        print(f"{problem} ({problem.code})", file=sys.stderr)
        print("Next: `lienthong directory hosting`.", file=sys.stderr)
        return 1
    print(f"Taken away: {subsystem} no longer stands behind {gateway.code}.")
    print("Next: `lienthong directory hosting`.")
    return 0


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"hosting": show, "end-hosting": end}

"""
Check the message log, read in it, or move its older days out of the database.

    lienthong log verify                  every row, tile, head, time-stamp and signed day, again
    lienthong log verify --archives DIR   with archived days kept elsewhere
    lienthong log archive --keep 90       days older than ninety go to Parquet files
    lienthong log bodies ID --by OFFICER --reason WHY --out DIR
                                          the kept bodies of an exchange, into files
    lienthong log subjects - --by OFFICER --reason WHY
                                          which exchanges concerned the person on standard input
    lienthong log days                    signed days that wait for the directory
    lienthong log days --tell             tell them now
    lienthong log days --recount DAY      count one again from the rows

Who reads bodies or asks about a person, and why, is itself written into the log
before anything is shown, and cannot be taken out again.

What does not fit is named, and the command then ends with status 1. Archiving needs
pyarrow (`pip install "lienthong[archive]"`); `keep_days` in the gateway's
settings lets the worker do it by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lienthong.cli import databases, log_days, log_reading
from lienthong.kernel import clock
from lienthong.kernel.node import Node

if TYPE_CHECKING:
    from lienthong.gateway.settings import Holdings
    from lienthong.gateway.verification import Report
    from lienthong.protocol.identifiers import GatewayId
    from lienthong.protocol.snapshot import Anchor, Snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="thing", required=True, metavar="THING")
    verify = things.add_parser("verify", help="check everything again; name what does not fit")
    verify.add_argument("--archives", type=Path, help="directory (default: archive/ of the node)")
    archive = things.add_parser("archive", help="move older days to Parquet files")
    archive.add_argument("--keep", type=int, required=True, help="days that stay, at least 2")
    log_reading.add_arguments(things)
    log_days.add_arguments(things)


def run(args: argparse.Namespace) -> int:
    actions = log_reading.ACTIONS | log_days.ACTIONS
    if args.thing in actions:
        return actions[args.thing](args)
    node = Node.from_environment()
    archiver = databases.databases_of(node).archiver
    if not archiver:
        print("The log's database is run by the site; its archiver's URL is not known here.",
              file=sys.stderr)  # fmt: skip
        return 1
    if args.thing == "archive":
        return run_archive(node, archiver, args.keep)
    report = asyncio.run(check(node, archiver, args.archives or node.archive))
    return tell(report)


async def check(node: Node, archiver: str, archives: Path) -> Report:
    """Check the whole log as the archiver's role, which may read everything."""
    from lienthong.gateway import postgres_log, timestamps, verification
    from lienthong.gateway.parquet import Archive
    from lienthong.gateway.settings import load_holdings, load_settings
    from lienthong.gateway.snapshots import SnapshotFile

    settings = load_settings(node)
    trust = Believed(
        identity=settings.gateway,
        anchor=settings.anchor,
        current=SnapshotFile(node.gateway / "snapshot.json", settings.anchor).look(),
        holdings=load_holdings(node, settings.anchor.instance),
    )
    roots = timestamps.roots_of(timestamps.authorities_of(settings))
    connection = await postgres_log.open_connection(archiver, "lienthong-verify")
    try:
        return await verification.verify(connection, trust, Archive(archives), roots)
    finally:
        await connection.close()


def tell(report: Report) -> int:
    """Print what was checked and what does not fit."""
    print(
        f"Checked {report.leaves} leaves, {report.rows} rows in the database and"
        f" {report.archived_rows} in archives, {report.tiles} tiles, {report.heads} heads,"
        f" {report.timestamps} time-stamps, {report.cosignatures} cosignatures,"
        f" {report.days} signed days."
    )
    if report.late:
        print(f"{report.late} answers were sealed after their day was signed, and are in none.")
    if report.holds:
        print("Everything fits together.")
        return 0
    for finding in report.findings:
        print(f"  {finding}")
    if report.cut:
        print("  … and more.")
    print(f"{len(report.findings)} things do not fit. Next: keep the database as it is, and")
    print("compare with the witnesses' heads and the last archive before anything is mended.")
    return 1


def run_archive(node: Node, archiver: str, keep: int) -> int:
    from lienthong.gateway import archive

    if keep < 2:
        print("Yesterday's last rows may still be on their way: keep at least 2 days.",
              file=sys.stderr)  # fmt: skip
        return 2
    try:
        done = archive.archive_before(archiver, first_kept(keep), node.archive)
    except archive.NotArchived as problem:
        print(f"{problem}. Next: `lienthong status` says whether the gateway seals.",
              file=sys.stderr)  # fmt: skip
        return 1
    for written in done:
        print(f"{written.file}: {written.rows} rows, {written.size} bytes")
    print(f"{len(done)} days archived in {node.archive}. Next: `lienthong log verify`.")
    return 0


def first_kept(keep: int) -> date:
    return clock.instant().astimezone(UTC).date() - timedelta(days=keep)


@dataclass(frozen=True, slots=True)
class Retired:
    """What one round of `retire` did, in days."""

    days: int
    bodies: int


def retire(node: Node, archiver: str) -> Retired:
    """Do what the gateway's settings say of older days and bodies."""
    from lienthong.gateway import archive
    from lienthong.gateway.settings import load_settings

    file = load_settings(node).file
    days = bodies = 0
    archive.drop_operational_days(archiver, first_kept(file.keep_operational_days))
    if file.keep_days:
        days = len(archive.archive_before(archiver, first_kept(max(file.keep_days, 2)),
                                          node.archive))  # fmt: skip
    if file.keep_bodies_days:
        bodies = archive.drop_bodies(archiver, first_kept(file.keep_bodies_days))
    return Retired(days, bodies)


@dataclass(frozen=True, slots=True)
class Believed:
    """What this node trusts, read from its files."""

    identity: GatewayId
    anchor: Anchor
    current: Snapshot | None
    holdings: Holdings

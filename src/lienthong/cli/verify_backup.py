"""
Put a backup into throw-away databases and compare every table with its manifest.

The databases in use are not touched. A backup that was not verified is a hope: run this
after each backup, on the copy that is to be kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import psycopg

from lienthong.cli import backups, database_session, roles
from lienthong.cli.backup import tell
from lienthong.cli.backups import GATEWAY, KINDS, SYSTEMS, BadBackup, Manifest
from lienthong.cli.databases import databases_of, superuser_of
from lienthong.cli.postgres import Binaries
from lienthong.kernel.node import Node


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", type=Path, help="the directory with the manifest")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    manifest = backups.read_manifest(args.backup)
    tell("Checking the digests of the files …")
    backups.check_files(args.backup, manifest)
    with database_session.running(node):
        superuser, chosen = superuser_of(node), databases_of(node)
        names = {
            SYSTEMS: backups.name_of(chosen.systems),
            GATEWAY: backups.name_of(chosen.gateway),
        }
        for kind in KINDS:
            name = f"{names[kind]}_verify"
            try:
                fill(superuser, name, kind, args.backup, manifest)
            finally:
                backups.drop(superuser, name)
    tables = sum(len(tables) for tables in manifest.tables.values())
    print(f"Backup {manifest.name} is good: {tables} tables restored, all as they were.")
    print("Next: keep it on another machine; `lienthong restore --help` says how it is used.")
    return 0


def fill(superuser: str, name: str, kind: str, place: Path, manifest: Manifest) -> None:
    """Make this database from the dump; raises BadBackup when it is not as it was measured."""
    tell(f"Restoring the database of the {kind} into {name} …")
    backups.drop(superuser, name)
    roles.make_database(superuser, name, kind=KINDS[kind])
    dsn = backups.on_database(superuser, name)
    backups.fill(Binaries.find(), dsn, place / f"{kind}.dump")
    with psycopg.connect(dsn, options="-c timezone=UTC -c datestyle=ISO") as connection:
        found = backups.measure_tables(connection, tell)
    wrong = backups.differences(manifest.tables[kind], found)
    if wrong:
        raise BadBackup("Not as they were: " + "; ".join(map(str, wrong[:10])))

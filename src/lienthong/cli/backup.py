"""
Copy both databases of this node while it runs, with a manifest of digests.

A directory with two dumps, the files of the home that are no secret, and a manifest is
made under the home's `backups`, or where `--out` says. The dumps hold personal data as
it is: keep them where the database may be kept. With `--secrets` the secrets and keys
are sealed into one file under a passphrase instead; keep that one elsewhere.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import shutil
import sys
import tarfile
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from lienthong.cli import backups, cards, database_session, django_setup, ledger, sealed
from lienthong.cli.backups import GATEWAY, SYSTEMS, Manifest, TablePart
from lienthong.cli.databases import Databases, databases_of
from lienthong.cli.postgres import Binaries
from lienthong.gateway import since
from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict
from lienthong.kernel.node import Node

HOME = "home.tar"
HOME_PARTS = ("gateway", "catalogues", "demo.json")
ROOM = 200 << 20


class NoRoom(Conflict):
    """There is too little room on that disk for a backup."""

    code = "cli.no_room_for_backup"


class NotEmpty(Conflict):
    """A backup is written into a directory of its own."""

    code = "cli.backup_place_not_empty"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, help="an empty directory for the backup")
    parser.add_argument("--secrets", action="store_true", help="seal secrets and keys instead")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    if args.secrets:
        return seal(node, args.out or node.home / "backups")
    taken_at = clock.instant()
    name = f"{taken_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    place = args.out or node.home / "backups" / name
    node.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (node.run / "backup.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with database_session.running(node):
            django_setup.start()
            manifest = make(node, place, name, tell)
    rows = sum(part.rows for tables in manifest.tables.values() for part in tables.values())
    size = sum(part.size for part in manifest.files.values())
    print(f"Backup {name} is whole: {rows:,} rows, {size / 2**20:,.1f} MB in {place}")
    print(f"Next: `lienthong verify-backup {place}`, then copy it to another machine.")
    print("      `lienthong backup --secrets` once, and after each `lienthong keys renew`.")
    return 0


def tell(line: str) -> None:
    """What is being done: each line on a terminal over the last, else only the steps."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{line}", end="" if line.startswith("  ") else "\n", flush=True)
    elif not line.startswith("  "):
        print(line, flush=True)


def make(node: Node, place: Path, name: str, say: backups.Tell) -> Manifest:
    """Write a whole backup; the manifest comes last, so a directory without one is none."""
    from lienthong.exchange import epoch

    chosen = databases_of(node)
    make_place(place)
    require_room(place, chosen)
    binaries = Binaries.find()
    # The log's position comes first: what it does not know the end of may lack in the dump.
    position = since.position(chosen.gateway_owner)
    taken_at = clock.instant()
    newest = epoch.current()
    tables: dict[str, dict[str, TablePart]] = {}
    used: dict[str, int] = {}
    for kind, dsn in ((SYSTEMS, chosen.systems_owner), (GATEWAY, chosen.gateway_owner)):
        say(f"Copying the database of the {kind} …")
        with backups.frozen_snapshot(dsn) as (connection, snapshot):
            backups.dump(binaries, dsn, snapshot, place / f"{kind}.dump")
            tables[kind] = backups.measure_tables(connection, say)
            if kind == SYSTEMS:
                used = places_used(connection)
    say("Copying the files of the home …")
    pack_home(node, place / HOME)
    events = max(ledger.events(node) or 0, epoch.events()) + 1
    manifest = Manifest(
        id=name,
        taken_at=taken_at,
        release=metadata.version("lienthong"),
        postgresql=binaries.version,
        events=events,
        epoch=newest.number if newest is not None else 0,
        systems=list(cards.carried()),
        log=position,
        files={path.name: backups.measure_file(path) for path in sorted(place.iterdir())},
        tables=tables,
    )
    write(place / backups.MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    ledger.note(node, events)
    # Only now: from here on numbers may be given that a restore of this backup steps over.
    epoch.note_backup(name, taken_at)
    if "population" in cards.carried():
        from lienthong.systems.population.services import after_restore

        after_restore.note_backup(used)
    return manifest


def make_place(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(place.iterdir()):
        raise NotEmpty(f"{place} is not empty. {NotEmpty.message()}")
    place.chmod(0o700)


def require_room(place: Path, chosen: Databases) -> None:
    """Raise NoRoom when the databases, even packed, would hardly fit."""
    size = 0
    for dsn in (chosen.systems_owner, chosen.gateway_owner):
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            size += int(row[0]) if row is not None else 0
    free = shutil.disk_usage(place).free
    if free < size // 2 + ROOM:
        raise NoRoom(
            f"{place} has {free >> 20} MB free and the databases take {size >> 20} MB; free some, "
            "or name another disk with --out"
        )


def places_used(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How far each range of personal IDs is used, in the dump's own snapshot."""
    there = connection.execute("SELECT to_regclass('population_rangecounter')").fetchone()
    if there is None or there[0] is None:
        return {}
    rows = connection.execute("SELECT digits, used FROM population_rangecounter")
    return {str(digits): int(used) for digits, used in rows}


def pack_home(node: Node, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for part in HOME_PARTS:
                if (node.home / part).exists():
                    archive.add(node.home / part, part)
        file.flush()
        os.fsync(file.fileno())


def write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def seal(node: Node, place: Path) -> int:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / f"secrets-{clock.instant():%Y%m%dT%H%M%SZ}.sealed"
    write(path, sealed.seal(node, sealed.passphrase()))
    print(f"Secrets and keys are sealed in {path}")
    print("Next: keep it apart from the backups of the databases, and the passphrase apart from")
    print("      it. `lienthong restore --secrets FILE` puts them into an empty home.")
    return 0

"""
Put a backup in use, with the node stopped.

The databases are made beside those in use, compared with the manifest and then put in
their place; what was there before is kept under another name. The gateway's log is put
back only where it was lost, or with `--log-too`: a log that is still there knows what
happened after the backup. Afterwards the outbox sends nothing and no number is given
until `lienthong epoch` has been asked.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import tarfile
from importlib import metadata
from pathlib import Path

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from lienthong.cli import (
    backups,
    cards,
    database_session,
    ledger,
    migrations,
    roles,
    sealed,
    up,
    vault,
    verify_backup,
)
from lienthong.cli.backup import HOME, tell
from lienthong.cli.backups import GATEWAY, KINDS, SYSTEMS, BadBackup, Manifest
from lienthong.cli.databases import Databases, databases_of, superuser_of
from lienthong.cli.keyring import GATEWAY_CODE, GATEWAY_OWNER, INSTANCE, MEMBER_CLASS
from lienthong.gateway import postgres_log, statements
from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict
from lienthong.kernel.node import Node


class UnknownEvents(Conflict):
    """Nothing here says how many backups and restores came after this backup."""

    code = "cli.unknown_events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", type=Path, nargs="?", help="the directory with the manifest")
    parser.add_argument(
        "--log-too", action="store_true", help="put the gateway's log back though there is one"
    )
    parser.add_argument(
        "--events", type=int, help="backups and restores after this backup, when the home was lost"
    )
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="put sealed secrets back")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    if args.secrets:
        vault.make_home(node)
        files = sealed.unseal(args.secrets.read_bytes(), sealed.passphrase())
        sealed.put_back(node, files)
        print(f"{len(files)} secrets and keys are back in {node.home}")
        print("Next: `lienthong restore DIRECTORY`, or `lienthong up`.")
        return 0
    if args.backup is None:
        raise BadBackup("Name the directory of a backup; they lie under the home's `backups`")
    vault.make_home(node)
    manifest = backups.read_manifest(args.backup)
    with up.only_one(node), database_session.running(node):
        log_lost = put_back(node, args.backup, manifest, log_too=args.log_too, events=args.events)
    print(f"Backup {manifest.name} is in use; what was there before is kept beside it.")
    print("The outbox is frozen and no number is given until you have looked:")
    print("Next: `lienthong epoch` shows what waits; `lienthong epoch review`, then")
    print("      `lienthong epoch release-outbox` and `lienthong epoch reconcile`.")
    if log_lost:
        print("The log of the gateway was lost too: its later heads are no longer true. Tell")
        print("those who watch it; docs/how-to/restore-a-backup.md says what follows.")
    return 0


def put_back(
    node: Node, place: Path, manifest: Manifest, *, log_too: bool, events: int | None
) -> bool:
    """Restore and raise the epoch; whether the gateway's log was put back too."""
    refuse_strangers(manifest)
    tell("Checking the digests of the files …")
    backups.check_files(place, manifest)
    missed = events_missed(node, place, manifest, events)
    chosen, superuser = databases_of(node), superuser_of(node)
    names = {SYSTEMS: backups.name_of(chosen.systems), GATEWAY: backups.name_of(chosen.gateway)}
    log_lost = log_too or not has_log(superuser, names[GATEWAY])
    kinds = (SYSTEMS, GATEWAY) if log_lost else (SYSTEMS,)
    drafts = {kind: f"{names[kind]}_draft" for kind in kinds}
    for kind, draft in drafts.items():
        verify_backup.fill(superuser, draft, kind, place, manifest)
    tell("Bringing the restored databases to this release …")
    bring_to_this_release(node, chosen, drafts)
    # In the draft, so that no restored row is ever in use outside its epoch.
    raise_epoch(
        backups.on_database(chosen.systems_owner, drafts[SYSTEMS]),
        manifest,
        missed=missed,
        log_lost=log_lost,
    )
    tell("Putting the restored databases in the place of the old ones …")
    for kind, draft in drafts.items():
        swap(superuser, draft, names[kind], kind)
    ledger.note(node, manifest.events + 1 + 2 * missed)
    if chosen.embedded:
        (node.pg / "migrated").write_text(migrations.digest(migrations.carried()))
    unpack_home(node, place / HOME)
    if log_lost:
        asyncio.run(say_in_the_log(chosen.gateway, manifest))
    return log_lost


def refuse_strangers(manifest: Manifest) -> None:
    """Raise BadBackup for a backup this program or these settings cannot hold."""
    if set(manifest.systems) != set(cards.carried()):
        raise BadBackup(
            f"This backup is of a node with the systems {', '.join(manifest.systems)}. "
            f"Set LIENTHONG_SYSTEMS={','.join(manifest.systems)} and try again."
        )
    ours = metadata.version("lienthong")
    if _numbers(manifest.release) > _numbers(ours):
        raise BadBackup(
            f"This backup was made by release {manifest.release}, which is newer than {ours}. "
            "Install that release first."
        )


def events_missed(node: Node, place: Path, manifest: Manifest, said: int | None) -> int:
    """How many backups and restores came after this backup; raises UnknownEvents."""
    beside = place.resolve().parent.glob(f"*/{backups.MANIFEST}")
    known = [backups.read_manifest(other.parent).events for other in beside]
    found = max(ledger.events(node) or 0, manifest.events, *known) - manifest.events
    if said is not None:
        return max(said, found)
    if ledger.events(node) is None:
        raise UnknownEvents(
            f"{UnknownEvents.message()} Say it with --events: 0 when this is the newest backup "
            "and the node was never restored from it; more is safe, less is not."
        )
    return found


def has_log(superuser: str, name: str) -> bool:
    """Whether the gateway's database is there and holds a log."""
    if not backups.exists(superuser, name):
        return False
    with psycopg.connect(backups.on_database(superuser, name)) as connection:
        row = connection.execute("SELECT to_regclass('message_record')").fetchone()
        return row is not None and row[0] is not None


def bring_to_this_release(node: Node, chosen: Databases, drafts: dict[str, str]) -> None:
    gateway = drafts.get(GATEWAY, backups.name_of(chosen.gateway))
    there = dataclasses.replace(
        chosen,
        embedded=False,
        systems_owner=backups.on_database(chosen.systems_owner, drafts[SYSTEMS]),
        gateway_owner=backups.on_database(chosen.gateway_owner, gateway),
    )
    if migrations.apply(node, there):
        raise BadBackup("The restored database could not be brought to this release; see above")


def raise_epoch(dsn: str, manifest: Manifest, *, missed: int, log_lost: bool) -> None:
    """Write the new epoch into the restored tables, and the backup they came from."""
    now = clock.instant()
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO exchange_backuptaken (backup, taken_at, finished_at)"
            " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [manifest.id, manifest.taken_at, now],
        )
        connection.execute(
            "INSERT INTO exchange_epoch (number, backup, taken_at, raised_at, events_missed,"
            " log_restored, log_position, outbox_released_by, numbers_released_by, grounds)"
            " SELECT greatest(coalesce(max(number), 0), %s) + 1 + %s, %s, %s, %s, %s, %s, %s,"
            " '', '', '{}' FROM exchange_epoch",
            [
                manifest.epoch, missed, manifest.id, manifest.taken_at, now, missed, log_lost,
                Jsonb(msgspec.to_builtins(manifest.log)),
            ],
        )  # fmt: skip


def swap(superuser: str, draft: str, name: str, kind: str) -> None:
    """Keep the database in use under another name and put the draft in its place."""
    if backups.exists(superuser, name):
        backups.end_connections(superuser, name)
        backups.rename(superuser, name, f"{name}_before_{clock.instant():%Y%m%dt%H%M%S}")
    backups.rename(superuser, draft, name)
    # Rights on the database itself are no part of its dump.
    roles.make_database(superuser, name, kind=KINDS[kind])


def unpack_home(node: Node, source: Path) -> None:
    """Files of the home that are missing; one that is there is newer and stays."""
    with tarfile.open(source) as archive:
        for member in archive.getmembers():
            target = node.home / member.name
            if member.isfile() and ".." not in Path(member.name).parts and not target.exists():
                held = archive.extractfile(member)
                assert held is not None
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                target.write_bytes(held.read())
                target.chmod(0o600)


async def say_in_the_log(dsn: str, manifest: Manifest) -> None:
    """Enter the restore into the restored log, where everybody who reads it finds it."""
    digest = hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
    said = {
        "source": f"restored from backup {manifest.id}; rows sealed after {manifest.log.size} "
        "leaves are lost",
        "records": max(manifest.log.size, 1),
        "digest": digest,
    }
    connection = await postgres_log.open_connection(dsn, "lienthong-restore")
    try:
        gateway = f"{INSTANCE}/{MEMBER_CLASS}/{GATEWAY_OWNER}/{GATEWAY_CODE}"
        await statements.enter(
            connection, statements.prepare(msgspec.json.encode(said)), gateway=gateway
        )
    finally:
        await connection.close()


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:3] if part.isdigit())

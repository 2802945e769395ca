"""
What a backup is made of, how it is measured, and how a database is made from it.

A directory with one ``pg_dump`` in custom format for each of the two databases, the files
of the home that are no secret, and ``manifest.json``: digests of the files, and for each
table how many rows it had and a digest over them, counted in the dump's own snapshot.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg import sql

from lienthong.cli.postgres import Binaries
from lienthong.gateway.since import Position
from lienthong.kernel.errors import Invalid, LienThongError

FORMAT = "lienthong-backup-1"
MANIFEST = "manifest.json"
SYSTEMS, GATEWAY = "systems", "gateway"
KINDS = {SYSTEMS: "lienthong", GATEWAY: "lt_gateway"}
CHUNK = 1 << 20

Tell = Callable[[str], None]


class BadBackup(Invalid):
    """This backup is damaged or not one of Liên Thông's."""

    code = "cli.bad_backup"


class DumpFailed(LienThongError):
    """PostgreSQL's own program failed."""

    code = "cli.dump_failed"


class FilePart(msgspec.Struct, frozen=True):
    sha256: str
    size: int


class TablePart(msgspec.Struct, frozen=True):
    rows: int
    digest: str
    """A sum over digests of the rows, which says nothing of their order."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a backup without opening its dumps."""

    format: str = FORMAT
    id: str
    taken_at: datetime
    release: str
    postgresql: int
    events: int
    """Backups and restores of the node so far, with this one (`cli.ledger`)."""
    epoch: int
    systems: list[str]
    """Packages the node carried."""
    log: Position
    files: dict[str, FilePart]
    tables: dict[str, dict[str, TablePart]]

    @property
    def name(self) -> str:
        return f"{self.id} of {self.taken_at:%Y-%m-%d %H:%M} UTC"


def read_manifest(place: Path) -> Manifest:
    """The manifest of a directory; raises BadBackup."""
    try:
        manifest = msgspec.json.decode((place / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BadBackup(f"{place} holds no {MANIFEST}, so it is no finished backup") from None
    except msgspec.DecodeError as problem:
        raise BadBackup(f"{place / MANIFEST} cannot be read: {problem}") from None
    if manifest.format != FORMAT:
        raise BadBackup(f"{place} is of the format {manifest.format}, not {FORMAT}")
    return manifest


def check_files(place: Path, manifest: Manifest) -> None:
    """Raise BadBackup unless every file is there with its digest, and no other."""
    for name, part in manifest.files.items():
        path = place / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BadBackup(f"the manifest names a file outside the backup: {name}")
        if not path.is_file():
            raise BadBackup(f"{name} is missing from {place}; take another copy of this backup")
        if measure_file(path) != part:
            raise BadBackup(f"{name} in {place} is damaged; take another copy of this backup")
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    if strange := found - set(manifest.files) - {MANIFEST}:
        raise BadBackup(f"{place} holds files its manifest does not name: {sorted(strange)}")


def measure_file(path: Path) -> FilePart:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            whole.update(chunk)
    return FilePart(whole.hexdigest(), path.stat().st_size)


# -- databases -----------------------------------------------------------------------------

TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2
"""
# SHA-256 rather than PostgreSQL's own hash, which may change with a release of it.
MEASURE = """
    SELECT count(*), coalesce(sum(
        ('x' || substr(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint
    ), 0)::text FROM ONLY {} t
"""


def measure_tables(connection: psycopg.Connection[Any], tell: Tell) -> dict[str, TablePart]:
    """Rows and digest of each table, in the connection's own snapshot."""
    found = {}
    names = connection.execute(TABLES).fetchall()
    for number, (schema, table) in enumerate(names, 1):
        tell(f"  measuring {number} of {len(names)}: {table}")
        row = connection.execute(sql.SQL(MEASURE).format(sql.Identifier(schema, table))).fetchone()
        assert row is not None
        found[f"{schema}.{table}"] = TablePart(row[0], row[1])
    return found


@contextlib.contextmanager
def frozen_snapshot(dsn: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A connection that sees one moment, and the name by which ``pg_dump`` sees the same."""
    with psycopg.connect(dsn, options="-c timezone=UTC -c datestyle=ISO") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]


def dump(binaries: Binaries, dsn: str, snapshot: str, target: Path) -> None:
    """The whole database in custom format, compressed; readable by the owner only."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        run(binaries, "pg_dump", dsn, "--format=custom", f"--snapshot={snapshot}", out=file)
        file.flush()
        os.fsync(file.fileno())


def fill(binaries: Binaries, dsn: str, source: Path) -> None:
    """Put a dump into an empty database, with owners and rights; the first error ends it."""
    run(binaries, "pg_restore", dsn, "--exit-on-error", "--single-transaction", str(source))


def run(binaries: Binaries, program: str, dsn: str, *arguments: str, out: Any = None) -> None:
    """One of PostgreSQL's programs; the password goes by the environment, unseen by others."""
    parts = urlsplit(dsn)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    if parts.username:
        bare = bare._replace(netloc=f"{parts.username}@{bare.netloc}")
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    try:
        done = subprocess.run(
            [binaries.program(program), *arguments, f"--dbname={urlunsplit(bare)}"],
            stdin=subprocess.DEVNULL,
            stdout=out if out is not None else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise DumpFailed(
            f"{binaries.directory} has no {program}; name a full PostgreSQL by LIENTHONG_PG_BIN"
        ) from None
    if done.returncode != 0:
        raise DumpFailed(f"{program} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A table that is not what the manifest says."""

    table: str
    said: TablePart | None
    found: TablePart | None

    def __str__(self) -> str:
        rows = [str(part.rows) if part else "no table" for part in (self.said, self.found)]
        if rows[0] == rows[1]:
            return f"{self.table}: other content"
        return f"{self.table}: {rows[0]} rows in the backup, {rows[1]} here"


def differences(said: Mapping[str, TablePart], found: Mapping[str, TablePart]) -> list[Difference]:
    return [
        Difference(name, said.get(name), found.get(name))
        for name in sorted({*said, *found})
        if said.get(name) != found.get(name)
    ]


# -- databases beside those in use ---------------------------------------------------------


def exists(superuser: str, name: str) -> bool:
    with psycopg.connect(superuser) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, [name]).fetchone() is not None


def drop(superuser: str, name: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def rename(superuser: str, name: str, to: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(name), sql.Identifier(to)
            )
        )


def on_database(dsn: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def end_connections(superuser: str, name: str) -> None:
    """Nobody works in a database that is about to change its name."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )


def name_of(dsn: str) -> str:
    """The name of the database a URL leads to."""
    return urlsplit(dsn).path.lstrip("/")

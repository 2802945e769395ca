"""
Applies the gateway's numbered SQL files, each once and in order, as the owner.

Run by ``lienthong migrate``; a running gateway never comes here, and its role
could not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources

import psycopg

from lienthong.gateway import conversion

# Any number will do; it only keeps two migrating processes apart.
LOCK = 7_623_401
LOCK_TIMEOUT = "30s"
CONVERSION = "conversion of older rows"


class SchemaChanged(RuntimeError):
    """An SQL file that was applied before has other bytes now."""


def files() -> Iterator[tuple[str, str]]:
    """Name and text of every SQL file, in order."""
    folder = resources.files("lienthong.gateway") / "sql"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            yield entry.name, entry.read_text(encoding="utf-8")


def migrate(dsn: str) -> list[str]:
    """Bring the gateway's database up to date; the names of the files applied now."""
    applied: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_file ("
            " name text PRIMARY KEY, digest text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.execute("GRANT SELECT ON schema_file TO lt_gateway")
        rows = connection.execute("SELECT name, digest FROM schema_file").fetchall()
        known: dict[str, str] = {name: digest for name, digest in rows}
        for name, text in files():
            digest = hashlib.sha256(text.encode()).hexdigest()
            if name in known:
                if known[name] != digest:
                    raise SchemaChanged(name)
                continue
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                connection.execute(text)
                connection.execute(
                    "INSERT INTO schema_file (name, digest) VALUES (%s, %s)", [name, digest]
                )
            applied.append(name)
        # Holds the lock until rows of an older form have moved, however often it was cut off.
        if conversion.convert(dsn):
            applied.append(CONVERSION)
    return applied


def pending(dsn: str) -> list[str]:
    """The files a database still lacks; for ``lienthong doctor``."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT to_regclass('schema_file')").fetchone()
        known: set[str] = set()
        if found is not None and found[0] is not None:
            known = {row[0] for row in connection.execute("SELECT name FROM schema_file")}
        row = connection.execute(conversion.UNFINISHED).fetchone()
        unfinished = [CONVERSION] if row is not None and row[0] else []
    return [name for name, _ in files() if name not in known] + unfinished

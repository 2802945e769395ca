"""
The country of the cards in a test's database and home, put there from a copy.

Installing it takes four hundred statements and a dozen signatures. A worker
does it once for each legal day, keeps the rows and the files, and rolls back;
``install`` puts both back as they were.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from psycopg import sql

from lienthong.cli import keyring, vault
from lienthong.exchange.registry import cards
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.systems.directory import services


@dataclass(frozen=True, slots=True)
class Kept:
    """What an installation left: the files of the home, and the rows by table."""

    home: Path
    rows: dict[str, bytes]


@functools.cache
def home_with_keys() -> Path:
    """A home with secrets and keys, as `lienthong up` makes them; to be copied."""
    place = Path(tempfile.mkdtemp(prefix="lt-keys-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    node, every = Node(place, Node.from_environment().ports), list(cards())
    vault.make_home(node)
    vault.make_secrets(node, every)
    keyring.make(node, every)
    return place


def install(node: Node) -> None:
    """As ``services.install_country`` would on a new node; its home and keys are the copy's."""
    kept = installed_on(clock.today())
    shutil.copytree(kept.home, node.home, dirs_exist_ok=True)
    # References are checked at the end of the transaction: the order of the tables is free.
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in kept.rows.items():
            with cursor.cursor.copy(into(table)) as copy:
                copy.write(rows)


def into(table: str) -> sql.Composed:
    return sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))


@functools.cache
def installed_on(day: date) -> Kept:
    place = Path(tempfile.mkdtemp(prefix="lt-installed-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    shutil.copytree(home_with_keys(), place, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setenv("LIENTHONG_HOME", str(place))
        before = rows_of_all()
        services.install_country(Node.from_environment(), cards())
        after = rows_of_all()
        transaction.set_rollback(True)
    assert all(after[table].startswith(rows) for table, rows in before.items())
    added = {table: rows[len(before.get(table, b"")) :] for table, rows in after.items()}
    return Kept(place, {table: rows for table, rows in added.items() if rows})


def rows_of_all() -> dict[str, bytes]:
    """The rows of every table that has any, as COPY writes them."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            said = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(table))
            with cursor.cursor.copy(said) as copy:
                found[table] = b"".join(bytes(part) for part in copy)
    return {table: rows for table, rows in found.items() if rows}

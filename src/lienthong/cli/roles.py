"""
The roles and databases of a node (decision 5).

Each role can do its own work only: migrations run as the owner, the systems
read and write rows, the gateway may add to its log and read it. Everything
here may be run again at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

OWNER, SYSTEMS, GATEWAY, ARCHIVER = "lt_owner", "lienthong", "lt_gateway", "lt_archiver"
SYSTEMS_DATABASE, GATEWAY_DATABASE = "lienthong", "lt_gateway"

ROLES = (OWNER, SYSTEMS, GATEWAY, ARCHIVER)
MAY_CONNECT = {
    SYSTEMS_DATABASE: (OWNER, SYSTEMS),
    GATEWAY_DATABASE: (OWNER, GATEWAY, ARCHIVER),
}


def make_roles(superuser: str, passwords: Mapping[str, str]) -> None:
    """Make the four roles with these passwords, or set the passwords of existing ones."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        for role in ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if known.fetchone() else "CREATE"
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.Literal(passwords.get(role))
                )
            )


def make_database(superuser: str, name: str, *, kind: str, template: str = "template0") -> None:
    """
    Make one database of a kind (``lienthong`` or ``lt_gateway``) and its privileges.

    ``superuser`` is the URL of any database of the server.
    """
    with psycopg.connect(superuser, autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
                )
            )
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        )
        for role in MAY_CONNECT[kind]:
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(role)
                )
            )
    if kind == SYSTEMS_DATABASE:
        with psycopg.connect(superuser, dbname=name, autocommit=True) as connection:
            let_systems_write(connection)


def let_systems_write(connection: psycopg.Connection[Any]) -> None:
    """Whatever the owner makes from now on, the systems' role may read and write, not change."""
    for privileges, kind in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
        ("USAGE, SELECT", "SEQUENCES"),
    ):
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON {} TO {}"
            ).format(
                sql.Identifier(OWNER),
                sql.SQL(privileges),
                sql.SQL(kind),
                sql.Identifier(SYSTEMS),
            )
        )

"""
The roles and databases of a node (decision 5).

Each role can do its own work only: migrations run as the owner, the systems
read and write rows, the gateway may add to its log and read it. Everything
here may be run again at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

OWNER, SYSTEMS, GATEWAY, ARCHIVER = "lt_owner", "lienthong", "lt_gateway", "lt_archiver"
SYSTEMS_DATABASE, GATEWAY_DATABASE = "lienthong", "lt_gateway"

ROLES = (OWNER, SYSTEMS, GATEWAY, ARCHIVER)


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


@dataclass(frozen=True, slots=True)
class Names:
    """The roles and databases of one node; several nodes of a machine share a server."""

    owner: str = OWNER
    systems: str = SYSTEMS
    gateway: str = GATEWAY
    archiver: str = ARCHIVER
    systems_database: str = SYSTEMS_DATABASE
    gateway_database: str = GATEWAY_DATABASE

    @classmethod
    def of_place(cls, place: str) -> Names:
        """The names of one node of several: those of a node alone, and the place behind them."""
        end = "_" + place.replace("-", "_")
        return cls(*(name + end for name in (*ROLES, SYSTEMS_DATABASE, GATEWAY_DATABASE)))

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """Each role with the one whose privileges it has."""
        own = (self.owner, self.systems, self.gateway, self.archiver)
        return tuple(zip(own, ROLES, strict=True))

    def who_connects(self, kind: str) -> tuple[str, ...]:
        if kind == SYSTEMS_DATABASE:
            return (self.owner, self.systems)
        return (self.owner, self.gateway, self.archiver)


ALONE = Names()


def make_place_roles(superuser: str, names: Names, passwords: Mapping[str, str]) -> None:
    """
    Roles of one node of several, each a member of the role the migrations speak of.

    The shared roles cannot sign in, and a database lets in its own node's roles
    only, so no node reads another's tables.
    """
    with psycopg.connect(superuser, autocommit=True) as connection:
        for role, group in names.roles:
            for name, login in ((group, False), (role, True)):
                if not connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", [name]
                ).fetchone():
                    connection.execute(
                        sql.SQL("CREATE ROLE {} {}").format(
                            sql.Identifier(name), sql.SQL("LOGIN" if login else "NOLOGIN")
                        )
                    )
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(passwords[group])
                )
            )
            if group != OWNER:
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role))
                )


def make_database(
    superuser: str, name: str, *, kind: str, template: str = "template0", names: Names = ALONE
) -> None:
    """
    Make one database of a kind (``lienthong`` or ``lt_gateway``) and its privileges.

    ``superuser`` is the URL of any database of the server.
    """
    with psycopg.connect(superuser, autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            # Hundreds of small tables are copied faster as files than page by page.
            strategy = "WAL_LOG" if template == "template0" else "FILE_COPY"
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                    sql.Identifier(name),
                    sql.Identifier(names.owner),
                    sql.Identifier(template),
                    sql.Identifier(strategy.lower()),
                )
            )
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        )
        for role in names.who_connects(kind):
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(role)
                )
            )
    if kind == SYSTEMS_DATABASE:
        with psycopg.connect(superuser, dbname=name, autocommit=True) as connection:
            let_systems_write(connection, names)


def let_systems_write(connection: psycopg.Connection[Any], names: Names = ALONE) -> None:
    """Whatever the owner makes from now on, the systems' role may read and write, not change."""
    for privileges, kind in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
        ("USAGE, SELECT", "SEQUENCES"),
    ):
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON {} TO {}"
            ).format(
                sql.Identifier(names.owner),
                sql.SQL(privileges),
                sql.SQL(kind),
                sql.Identifier(names.systems),
            )
        )

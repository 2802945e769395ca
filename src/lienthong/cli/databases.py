"""
Which databases a node uses: two of its embedded PostgreSQL, or two named by URL.

With ``LIENTHONG_DATABASE_URL`` and ``LIENTHONG_GATEWAY_DATABASE_URL`` set, no
PostgreSQL is started; the roles then are the site's business, and the owner's
URLs (``LIENTHONG_OWNER_DATABASE_URL``, ``LIENTHONG_GATEWAY_OWNER_DATABASE_URL``)
are used for migrations only, ``LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL`` for the
hourly sweep of the gateway's database.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lienthong.cli import postgres, roles, service_user
from lienthong.kernel.node import Node


@dataclass(frozen=True, slots=True)
class Databases:
    """The URLs of a node's two databases, by who connects."""

    embedded: bool
    systems: str
    systems_owner: str
    gateway: str
    gateway_owner: str
    archiver: str = ""
    """Who sweeps the gateway's database; empty when the site does that itself."""

    def as_owner(self, environ: Mapping[str, str]) -> dict[str, str]:
        """An environment for migrations, which run as the owning role."""
        return {
            **environ,
            "LIENTHONG_DATABASE_URL": self.systems_owner,
            "LIENTHONG_GATEWAY_DATABASE_URL": self.gateway_owner,
        }


def databases_of(node: Node, environ: Mapping[str, str] = os.environ) -> Databases:
    """
    The databases this node uses; both are embedded or both are named.

    Raises SystemExit when only one is named, since a half-embedded node would
    surprise whoever restores it.
    """
    systems = environ.get("LIENTHONG_DATABASE_URL", "")
    gateway = environ.get("LIENTHONG_GATEWAY_DATABASE_URL", "")
    if bool(systems) != bool(gateway):
        raise SystemExit(
            "Set both LIENTHONG_DATABASE_URL and LIENTHONG_GATEWAY_DATABASE_URL, or neither."
        )
    if systems:
        return Databases(
            embedded=False,
            systems=systems,
            systems_owner=environ.get("LIENTHONG_OWNER_DATABASE_URL") or systems,
            gateway=gateway,
            gateway_owner=environ.get("LIENTHONG_GATEWAY_OWNER_DATABASE_URL") or gateway,
            archiver=environ.get("LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL", ""),
        )

    def url(role: str, secret: str, database: str) -> str:
        password = quote(node.secret(secret), safe="")
        return f"postgresql://{role}:{password}@127.0.0.1:{node.ports.postgres}/{database}"

    return Databases(
        embedded=True,
        systems=url(roles.SYSTEMS, "db_app", roles.SYSTEMS_DATABASE),
        systems_owner=url(roles.OWNER, "db_owner", roles.SYSTEMS_DATABASE),
        gateway=url(roles.GATEWAY, "db_gateway", roles.GATEWAY_DATABASE),
        gateway_owner=url(roles.OWNER, "db_owner", roles.GATEWAY_DATABASE),
        archiver=url(roles.ARCHIVER, "db_archiver", roles.GATEWAY_DATABASE),
    )


def superuser_of(node: Node, environ: Mapping[str, str] = os.environ) -> str:
    """
    Who may make and rename databases: our own server's superuser, or the one a site names.

    Raises SystemExit when a site's own server is used and it names nobody.
    """
    if databases_of(node, environ).embedded:
        password = quote(node.secret("db_superuser"), safe="")
        return f"postgresql://postgres:{password}@127.0.0.1:{node.ports.postgres}/postgres"
    named = environ.get("LIENTHONG_SUPERUSER_DATABASE_URL", "")
    if not named:
        raise SystemExit(
            "This node uses a PostgreSQL of the site. Set LIENTHONG_SUPERUSER_DATABASE_URL to "
            "a role that may create databases, for this command only."
        )
    return named


def embedded_cluster(node: Node, settings: Mapping[str, str] | None = None) -> postgres.Cluster:
    """The node's own cluster, made when missing, not started; ``settings`` change its defaults."""
    user = service_user.current()
    cluster = postgres.Cluster(
        data=node.pg / "data",
        sockets=sockets_of(node),
        port=node.ports.postgres,
        binaries=postgres.Binaries.find().readable_by(user, node.pg / "binaries"),
        user=user,
        settings=dict(settings or {}),
    )
    cluster.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not cluster.exists:
        cluster.initialise(node.secret("db_superuser"))
    return cluster


def sockets_of(node: Node) -> Path:
    """
    The socket directory, under the node's home.

    A socket's path may have 107 bytes; a deeper home is refused in words
    instead of by a failing start.
    """
    place = node.run / "pg"
    if len(str(place / f".s.PGSQL.{node.ports.postgres}").encode()) > 107:
        raise postgres.PostgresFault(f"the path {node.home} is too long for a socket in it")
    return place


def provision(node: Node, cluster: postgres.Cluster) -> None:
    """Make roles and databases of a running cluster; repeated, it only sets the passwords."""
    superuser = cluster.url("postgres", "postgres", quote(node.secret("db_superuser"), safe=""))
    roles.make_roles(
        superuser,
        {
            roles.OWNER: node.secret("db_owner"),
            roles.SYSTEMS: node.secret("db_app"),
            roles.GATEWAY: node.secret("db_gateway"),
            roles.ARCHIVER: node.secret("db_archiver"),
        },
    )
    for name in (roles.SYSTEMS_DATABASE, roles.GATEWAY_DATABASE):
        roles.make_database(superuser, name, kind=name)

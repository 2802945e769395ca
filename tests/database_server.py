"""
The PostgreSQL of the tests: one small server a checkout, one migrated template a digest.

Test runs that happen at the same time share the server; the last one to leave
stops it. A template database is made once for each state of the migrations and
cloned for every worker, so a second run pays milliseconds, not seconds. It
keeps its files in the machine's temporary directory, trusts everybody there,
and writes without fsync: nothing in it is worth keeping.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg
from psycopg import sql

from lienthong.cli import postgres, roles, service_user

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "lienthong"
TEMPLATES_KEPT = 3

# Nothing here outlives a test run, so durability is traded for speed.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
}


def digest_of(*texts: bytes) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(len(text).to_bytes(8, "big") + text)
    return whole.hexdigest()[:16]


def files_digest(paths: list[Path], *more: str) -> str:
    parts = [str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() for path in paths]
    return digest_of(*parts, *(text.encode() for text in more))


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One database cloned for one worker or one test."""

    __test__ = False

    server: DatabaseServer
    name: str

    def url(self, role: str) -> str:
        return self.server.cluster.url(role, self.name)

    @property
    def owner_url(self) -> str:
        return self.url(roles.OWNER)

    @property
    def systems_url(self) -> str:
        return self.url(roles.SYSTEMS)

    @property
    def gateway_url(self) -> str:
        return self.url(roles.GATEWAY)

    @property
    def archiver_url(self) -> str:
        return self.url(roles.ARCHIVER)

    def drop(self) -> None:
        self.server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
        )


class DatabaseServer:
    """The shared server; entered by every run, stopped by the last to leave."""

    def __init__(self) -> None:
        user = service_user.ensure()
        binaries = postgres.Binaries.find()
        key = digest_of(str(ROOT).encode(), str(binaries.directory).encode())[:8]
        self.place = Path(tempfile.gettempdir()) / f"lienthong-tests-{user.uid}-{key}"
        self.place.mkdir(mode=0o711, exist_ok=True)
        user.own(self.place)
        self.cluster = postgres.Cluster(
            data=self.place / "data",
            sockets=self.place / "s",
            port=0,
            binaries=binaries.readable_by(user, self.place / "binaries"),
            user=user,
            auth="trust",
            settings=HASTY,
        )
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def running(self) -> Iterator[DatabaseServer]:
        """Start the server unless another run has, and stop it unless another run needs it."""
        with (self.place / "in-use.lock").open("a") as in_use:
            with self.lock("start"):
                fcntl.flock(in_use, fcntl.LOCK_SH)
                self._start()
            self._drop_orphans()
            try:
                yield self
            finally:
                with self.lock("start"):
                    try:
                        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        self.cluster.stop()

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        with (self.place / f"{name}.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        port = self.place / "port"
        if self.cluster.ready:
            self.cluster.port = int(port.read_text())
            return
        if not self.cluster.exists:
            self.cluster.initialise("unused: this server trusts")
        self.cluster.port = postgres.free_port()
        self.cluster.start()
        port.write_text(str(self.cluster.port))
        roles.make_roles(self.superuser, {})

    @property
    def superuser(self) -> str:
        return self.cluster.url("postgres", "postgres")

    def execute(self, statement: sql.Composable | str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def _drop_orphans(self) -> None:
        """Databases of runs that were killed carry the number of a process that is gone."""
        for (name,) in self.execute("SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'"):
            pid = str(name).split("_")[1]
            if not Path(f"/proc/{pid}").exists():
                TestDatabase(self, str(name)).drop()

    # -- templates ---------------------------------------------------------------

    def clone(self, template: str, kind: str) -> TestDatabase:
        name = f"t_{os.getpid()}_{next(self._numbers)}_{kind}"
        # Two clones of one template cannot be made at once; waiting here is kinder than an error.
        with self.lock("clone"):
            roles.make_database(self.superuser, name, kind=kind, template=template)
        return TestDatabase(self, name)

    def systems_template(self) -> str:
        """A database with every migration of the node applied, by the role that owns it."""
        migrations = sorted(PACKAGE.glob("**/migrations/*.py"))
        settings = PACKAGE / "conf" / "settings.py"
        others = [
            f"{name} {metadata.version(name)}"
            for name in ("django", "django-allauth", "procrastinate")
        ]
        systems = os.environ.get("LIENTHONG_SYSTEMS", "")
        digest = files_digest([*migrations, settings], *others, systems)
        return self._template(f"m_systems_{digest}", roles.SYSTEMS_DATABASE)

    def gateway_template(self) -> str:
        digest = files_digest(sorted((PACKAGE / "gateway" / "sql").glob("*.sql")))
        return self._template(f"m_gateway_{digest}", roles.GATEWAY_DATABASE)

    def _template(self, name: str, kind: str) -> str:
        with self.lock("template"):
            if self.execute(
                sql.SQL("SELECT 1 FROM pg_database WHERE datname = {}").format(sql.Literal(name))
            ):
                return name
            draft = TestDatabase(self, f"t_{os.getpid()}_draft_{kind}")
            draft.drop()
            roles.make_database(self.superuser, draft.name, kind=kind)
            if kind == roles.SYSTEMS_DATABASE:
                migrate_systems(draft)
            else:
                migrate_gateway(draft)
            self.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(draft.name), sql.Identifier(name)
                )
            )
            self._forget_old_templates(name)
        return name

    def _forget_old_templates(self, newest: str) -> None:
        prefix = newest.rsplit("_", 1)[0]
        known = self.execute(
            sql.SQL(
                "SELECT datname FROM pg_database WHERE starts_with(datname, {}) ORDER BY oid DESC"
            ).format(sql.Literal(prefix))
        )
        for (name,) in known[TEMPLATES_KEPT:]:
            TestDatabase(self, str(name)).drop()


def migrate_systems(database: TestDatabase) -> None:
    """Run Django's migrations in a process of its own, as a node does, as the owning role."""
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        env={**os.environ, "LIENTHONG_DATABASE_URL": database.owner_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the migrations do not apply to an empty database:\n{done.stdout}")
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        # Only here may the systems' role empty tables: Django's transactional tests need it.
        connection.execute(
            sql.SQL("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {}").format(
                sql.Identifier(roles.SYSTEMS)
            )
        )


def migrate_gateway(database: TestDatabase) -> None:
    from lienthong.gateway import schema

    schema.migrate(database.owner_url)

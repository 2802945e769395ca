"""
Bringing a node's databases to this release, skipped when nothing changed.

The digest covers every migration and SQL file of this release and the versions
of the libraries that bring their own; it is kept beside the data it describes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from lienthong.cli.databases import Databases
from lienthong.kernel.node import Node

PACKAGE = Path(__file__).resolve().parent.parent
WITH_MIGRATIONS = ("django", "django-allauth", "procrastinate")
LOCK_TIMEOUT = "-c lock_timeout=10s"


def digest(systems: str = "") -> str:
    """What the databases should have seen applied."""
    whole = hashlib.sha256(systems.encode())
    for pattern in ("**/migrations/*.py", "gateway/sql/*.sql"):
        for path in sorted(PACKAGE.glob(pattern)):
            whole.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    for name in WITH_MIGRATIONS:
        whole.update(f"{name} {metadata.version(name)}".encode())
    return whole.hexdigest()


def are_applied(node: Node, databases: Databases) -> bool:
    """Whether the embedded databases are known to be up to date; a named one is always asked."""
    mark = node.pg / "migrated"
    return databases.embedded and mark.exists() and mark.read_text() == digest(carried())


def apply(node: Node, databases: Databases, only: str = "") -> int:
    """
    Migrate as the owning role: Django's tables in a process of its own, then the gateway's SQL.

    ``only`` limits Django's part to one system. Returns the exit status.
    """
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "1", "--no-input"]
    environment = {
        **databases.as_owner(os.environ),
        "DJANGO_SETTINGS_MODULE": "lienthong.conf.settings",
        "PGOPTIONS": f"{os.environ.get('PGOPTIONS', '')} {LOCK_TIMEOUT}".strip(),
    }
    done = subprocess.run(
        [*command, *([only] if only else [])],
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(in_short(done.stdout) if done.returncode == 0 else done.stdout, flush=True)
    if done.returncode != 0 or only:
        return done.returncode
    from lienthong.gateway import schema

    schema.migrate(databases.gateway_owner)
    if databases.embedded:
        (node.pg / "migrated").write_text(digest(carried()))
    return 0


def in_short(told: str) -> str:
    """A line with the count of what was applied, for the eighty that Django writes."""
    applied = sum(line.rstrip().endswith("... OK") for line in told.splitlines())
    if not applied:
        return "The databases are at this release already."
    return f"{applied} migration{'s' if applied > 1 else ''} applied."


def carried() -> str:
    return os.environ.get("LIENTHONG_SYSTEMS", "")

"""
Check the machine, the ports, the database, the keys and what is installed.

Every line says what was found; a line that is not well says how to mend it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path

from lienthong.cli import cards, client_keys, databases, keyring, postgres, probes, vault
from lienthong.exchange import client_file
from lienthong.kernel import clock
from lienthong.kernel.node import Node

ROOM_NEEDED = 1024 * 2**20
WARN_DAYS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    well: bool
    found: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    findings = [finding for check in CHECKS for finding in check(node)]
    ill = [finding for finding in findings if not finding.well]
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
        return 1 if ill else 0
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'MEND'} {finding.subject:<22} {finding.found}")
        if not finding.well:
            print(f"     → {finding.mend}")
    if ill:
        print(f"{len(ill)} of {len(findings)} need mending. Next: what the arrows say.")
        return 1
    running = probes.running_state(node) is not None
    after = f"open http://127.0.0.1:{node.ports.pages}/" if running else "`lienthong up --demo`"
    print(f"All {len(findings)} checks are well. Next: {after}.")
    return 0


def machine(node: Node) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(
        "python", (3, 11) <= sys.version_info[:2] < (3, 13), version, "use Python 3.11 or 3.12"
    )
    place = node.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    yield Finding(
        "disk",
        free >= ROOM_NEEDED,
        f"{free / 2**30:.1f} GB free for {node.home}",
        "free a gigabyte, or name a LIENTHONG_HOME on a larger disk",
    )
    yield Finding("cores", True, f"{len(os.sched_getaffinity(0))}")


def packages(node: Node) -> Iterator[Finding]:
    needed = ("django", "psycopg", "asyncpg", "uvloop", "httptools", "granian", "procrastinate")
    lacking = [name for name in needed if importlib.util.find_spec(name) is None]
    yield Finding(
        "packages",
        not lacking,
        f"missing: {', '.join(lacking)}" if lacking else "all there",
        "install the locked set: make setup",
    )


def shipped(node: Node) -> Iterator[Finding]:
    """What the build puts into the program beside the code."""
    package = Path(str(resources.files("lienthong")))
    for subject, pattern, how in (
        ("front-end files", "web/static/web/dist/*.css", "make assets"),
        ("fonts", "web/fonts/*.ttf", "make assets"),
        ("translations", "web/locale/vi/LC_MESSAGES/*.mo", "make messages"),
        ("gateway's SQL", "gateway/sql/*.sql", "install the program again"),
        ("unit tables", "web/catalogues/data/*", "install the program again"),
    ):
        count = sum(1 for _ in package.glob(pattern))
        yield Finding(subject, count > 0, f"{count} files", f"run `{how}`")


def embedded_postgres(node: Node) -> Iterator[Finding]:
    if os.environ.get("LIENTHONG_DATABASE_URL"):
        yield Finding("postgres", True, "the site's own, by LIENTHONG_DATABASE_URL")
        return
    try:
        binaries = postgres.Binaries.find()
    except postgres.PostgresFault as fault:
        yield Finding("postgres", False, str(fault), "make setup, or set LIENTHONG_PG_BIN")
        return
    yield Finding("postgres", True, f"PostgreSQL {binaries.version} in {binaries.directory}")


def ports(node: Node) -> Iterator[Finding]:
    """A port is fine when nobody listens, or when this node does."""
    ours = probes.running_state(node) is not None
    numbers = node.ports
    named = {
        "pages": numbers.pages,
        "consumer": numbers.consumer,
        "public log": numbers.public_log,
        "administration": numbers.gateway_admin,
        "offers": numbers.offers,
        "database": numbers.postgres,
        "peer": numbers.peer,
    }
    taken = [f"{name} {port}" for name, port in named.items() if probes.listens(port)]
    if ours:
        yield Finding("ports", True, f"this node listens on {len(taken)} of {len(named)}")
        return
    yield Finding(
        "ports",
        not taken,
        f"taken by others: {', '.join(taken)}" if taken else f"free from {numbers.base}",
        "set LIENTHONG_PORT_BASE to another number",
    )


def secrets(node: Node) -> Iterator[Finding]:
    if not node.secrets.exists():
        yield Finding("secrets", True, "none yet; `lienthong up` makes them")
        return
    lacking = [
        name
        for name in (*vault.NAMES, *map(vault.client_secret, cards.cards()))
        if not (node.secrets / name).exists()
    ]
    yield Finding(
        "secrets",
        not lacking,
        f"missing: {', '.join(lacking)}" if lacking else "all there",
        "run `lienthong keys make`",
    )
    open_files = vault.too_open(node)
    yield Finding(
        "modes of secrets",
        not open_files,
        f"others can read: {', '.join(path.name for path in open_files)}"
        if open_files
        else "only the owner reads them",
        "chmod 600 these files, and renew what may have been seen: "
        "`lienthong keys renew --all --now`",
    )


def certificates(node: Node) -> Iterator[Finding]:
    from lienthong.protocol import pki

    soon = clock.instant() + timedelta(days=WARN_DAYS)
    for path, use, owner, _ in keyring.known_certificates(node):
        ends = pki.load_certificate(path.read_bytes()).not_valid_after_utc
        yield Finding(
            f"{use} {owner.rpartition('/')[2]}"[:22],
            ends > soon,
            f"ends {ends:%Y-%m-%d}",
            "run `lienthong keys renew`",
        )


def information_systems(node: Node) -> Iterator[Finding]:
    """Whether each system that connects by HTTPS has a certificate that is good for a while yet."""
    soon = clock.instant() + timedelta(days=WARN_DAYS)
    for name, rule in sorted(client_file.read(node.gateway).items()):
        if client_file.HTTPS not in rule["modes"]:
            continue
        known = rule.get("cert_sha256", [])
        ends = client_keys.ends_of(node, known)
        found = f"ends {max(ends):%Y-%m-%d}" if ends else "issued by the exchange"
        yield Finding(
            f"HTTPS {name.rpartition('/')[2]}"[:22],
            bool(known) and (not ends or max(ends) > soon),
            found if known else "has no certificate",
            f"run `lienthong keys client add {name} CERTIFICATE`",
        )


def database(node: Node) -> Iterator[Finding]:
    """Whether the gateway's tables are at this release; only asked while the database runs."""
    if not node.secrets.exists() or not (node.secrets / "db_owner").exists():
        return
    chosen = databases.databases_of(node)
    if chosen.embedded and not probes.listens(node.ports.postgres):
        yield Finding("database", True, "not running; `lienthong up` starts it")
        return
    import psycopg

    from lienthong.gateway import schema

    try:
        pending = schema.pending(chosen.gateway_owner)
    except psycopg.Error as error:
        yield Finding("database", False, type(error).__name__, "see log/postgres.log")
        return
    yield Finding(
        "database",
        not pending,
        f"not applied: {', '.join(pending)}" if pending else "at this release",
        "run `lienthong migrate`",
    )


def processes(node: Node) -> Iterator[Finding]:
    if probes.running_state(node) is None:
        return
    for subject, check, log in (
        ("gateway", probes.admin_is_well, "gateway-0"),
        ("pages", probes.pages_are_well, "pages"),
        ("offers", probes.offers_are_there, "offers"),
        ("worker", probes.worker_is_there, "worker"),
    ):
        well = check(node)
        found = "answers" if well else "does not answer well"
        yield Finding(subject, well, found, f"read {node.logs / log}.log")


CHECKS: tuple[Callable[[Node], Iterator[Finding]], ...] = (
    machine,
    packages,
    shipped,
    embedded_postgres,
    ports,
    secrets,
    certificates,
    information_systems,
    database,
    processes,
)

"""
Put another secret in the place of one, with everything that was closed under it (decision 11).

    lienthong keys rotate passphrase    seals the files of all private keys here anew
    lienthong keys rotate databases     passwords of the database's roles, and of its superuser
    lienthong keys rotate admission     what the gateway proves to this node's offers
    lienthong keys rotate admin         what the console and the commands show the gateway
    lienthong keys rotate sessions      ends all sessions; one-time codes go on unchanged
    lienthong keys rotate snapshot      the directory's signing key: announces the next one,
                                        and two weeks later retires the old

The node is stopped meanwhile. A rotation that was cut off is taken up by the
same command, and no start happens before. What is not rotated here: SIGN and
AUTH renew by themselves (`keys renew`), the issuing authority by
`keys renew-issuing`, a system's secret by `keys client rotate-secret`, the
yearly keys by the year. The order of personal IDs and the index of looks rest
on keys that must never change.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
from cryptography.hazmat.primitives import serialization
from psycopg import sql

from lienthong.cli import database_session, databases, django_setup, snapshot_key, up, vault
from lienthong.kernel.errors import Invalid
from lienthong.kernel.node import Node
from lienthong.protocol import pki

SNAPSHOT = "snapshot"
ROLE_SECRETS = ("db_owner", "db_app", "db_gateway", "db_archiver")
SUPERUSER = "db_superuser"
# Under a passphrase of its own, which goes with it when it is taken offline.
ROOT = ("authority", "root.key")


class ForeignServer(Invalid):
    """The databases are on a PostgreSQL of the site; change the passwords of its roles there."""

    code = "cli.foreign_server"


class SealedOtherwise(Invalid):
    """A key's file opens under neither the old nor the new passphrase."""

    code = "cli.sealed_otherwise"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = [*KINDS, SNAPSHOT]
    parser.add_argument("kind", choices=kinds, metavar="KIND", help=", ".join(kinds))
    parser.add_argument(
        "--now", action="store_true", help="snapshot: retire the old key at once; it was seen"
    )


def run(node: Node, args: argparse.Namespace) -> int:
    try:
        with up.only_one(node):
            if args.kind == SNAPSHOT:
                done = snapshot_key.rotate(node, now=args.now)
            else:
                done = KINDS[args.kind](node)
    except snapshot_key.TooEarly as problem:
        print(problem, file=sys.stderr)
        return 1
    print(done)
    print("Next: `lienthong up`, then `lienthong backup --secrets` for a new sealed copy.")
    return 0


def passphrase(node: Node) -> str:
    """Seal every private key's file under a new passphrase, one file after the other."""
    old, new = node.secret("passphrase").encode(), begun(node, "passphrase").encode()
    files = [path for path in sorted(node.keys.rglob("*.key")) if path.parts[-2:] != ROOT]
    for path in files:
        reseal(path, old, new)
    finish(node, "passphrase")
    return f"{len(files)} private keys lie under a new passphrase."


def reseal(path: Path, old: bytes, new: bytes) -> None:
    """Write a key's file anew under ``new``, or leave it where that was done already."""
    sealed = path.read_bytes()
    if opens(sealed, new):
        return
    if not opens(sealed, old):
        raise SealedOtherwise(f"{path} opens under neither the old nor the new passphrase")
    key = serialization.load_pem_private_key(sealed, old)
    pki.write_private(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(new),
        ),
    )


def opens(sealed: bytes, word: bytes) -> bool:
    try:
        serialization.load_pem_private_key(sealed, word)
    except ValueError:
        return False
    return True


def database_passwords(node: Node) -> str:
    """New passwords for the four roles and the superuser of the node's own server."""
    if not databases.databases_of(node).embedded:
        raise ForeignServer
    new = begun(node, SUPERUSER)
    with server(node):
        superuser = open_superuser(node, new)
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(new)))
        finish(node, SUPERUSER)
        # Every start sets these passwords from the files, so a cut here mends itself.
        for name in ROLE_SECRETS:
            vault.write_secret(node.secrets / name, vault.fresh())
        databases.provision(node, databases.embedded_cluster(node))
    return f"{len(ROLE_SECRETS)} roles and the superuser have new passwords."


@contextmanager
def server(node: Node) -> Iterator[None]:
    """The node's server, with nobody signed in yet: which password it knows is the question."""
    cluster = databases.embedded_cluster(node)
    cluster.start()
    try:
        yield
    finally:
        cluster.stop()


def open_superuser(node: Node, new: str) -> str:
    """The URL that the server lets in: under the old password, or the new after a cut."""
    for word in (node.secret(SUPERUSER), new):
        url = (
            f"postgresql://postgres:{quote(word, safe='')}@127.0.0.1:{node.ports.postgres}/postgres"
        )
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            continue
        return url
    raise Invalid("The server lets the superuser in under neither password")


def admission(node: Node) -> str:
    vault.write_secret(node.secrets / "admission_key", vault.fresh())
    return "The gateway and the offers of this node share a new key."


def admin(node: Node) -> str:
    vault.write_secret(node.secrets / "admin_token", vault.fresh())
    return "The gateway's administration asks for a new token."


def sessions(node: Node) -> str:
    """A new secret key for the pages; the secrets of one-time codes are closed under it too."""
    old, new = node.secret("secret_key"), begun(node, "secret_key")
    with database_session.running(node):
        django_setup.start()
        from lienthong.web.accounts import second_factor

        count = second_factor.close_anew(old, new)
    finish(node, "secret_key")
    return f"All sessions have ended; {count} secrets of one-time codes were closed anew."


KINDS: dict[str, Callable[[Node], str]] = {
    "passphrase": passphrase,
    "databases": database_passwords,
    "admission": admission,
    "admin": admin,
    "sessions": sessions,
}


PURPOSES = {
    "secret_key": ("sessions of the pages, secrets of one-time codes", "keys rotate sessions"),
    "db_superuser": ("superuser of the node's own PostgreSQL", "keys rotate databases"),
    "db_owner": ("role that migrates both databases", "keys rotate databases"),
    "db_app": ("role of the systems", "keys rotate databases"),
    "db_gateway": ("role of the gateway", "keys rotate databases"),
    "db_archiver": ("role that archives the log", "keys rotate databases"),
    "passphrase": ("seals the files of private keys", "keys rotate passphrase"),
    "root_passphrase": ("seals the root's key", "keys take-root-offline"),
    "admission_key": ("gateway to the offers of this node", "keys rotate admission"),
    "admin_token": ("administration of the gateway", "keys rotate admin"),
    "pkcs11_pin": ("opens the token with signing keys", "by the token's own tool"),
    "demo_accounts": ("accounts of the demonstration", "demo load"),
    "personal_id_key": ("order of personal IDs", "never: numbers would repeat"),
    "subject_index_key": ("index of the citizens' ledger", "never: looks would be lost"),
}
YEARLY = {
    "subject_index_key": ("whom exchanges concerned, in a year", "anew each year"),
    "body_key": ("closes kept bodies of a year", "anew each year"),
}
OF_A_SITE = ("of a site", "by the site")
CLIENT = ("proves to the gateway which system asks", "keys client rotate-secret")


def inventory(node: Node) -> list[dict[str, str]]:
    """Every secret of the node that is no key pair: what for, since when, how it changes."""
    lines = []
    for path in sorted(node.secrets.rglob("*")):
        name = str(path.relative_to(node.secrets))
        if not path.is_file() or path.name.startswith(".") or name.endswith(vault.TO_COME):
            continue
        if name.startswith("clients/"):
            owner, (purpose, changes) = name.removeprefix("clients/"), CLIENT
        else:
            kind, _, end = name.partition(".")
            owner = end if end.isdigit() else "node"
            purpose, changes = (PURPOSES if owner == "node" else YEARLY).get(kind, OF_A_SITE)
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        lines.append(
            {
                "use": "SECRET", "owner": owner, "purpose": purpose, "made": made,
                "file": str(path.relative_to(node.home)), "changes": changes,
            }
        )  # fmt: skip
    return lines


def begun(node: Node, name: str) -> str:
    """The secret to come: that of a rotation that was cut off, or one made now."""
    path = vault.to_come(node, name)
    if not path.exists():
        vault.write_secret(path, vault.fresh())
    return path.read_text().strip()


def finish(node: Node, name: str) -> None:
    vault.to_come(node, name).rename(node.secrets / name)

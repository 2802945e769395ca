"""
The secrets of a node: one a file, mode 0600, in a directory of mode 0700.

Made once and never shown. They are no part of a backup (decision 11).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from lienthong.exchange.cards import System
from lienthong.kernel.node import Node

NAMES = (
    "secret_key",
    "db_superuser",
    "db_owner",
    "db_app",
    "db_gateway",
    "db_archiver",
    "passphrase",
    "admission_key",
    "admin_token",
    "subject_index_key",
    "personal_id_key",
)
BYTES = 32


def make_home(node: Node) -> None:
    """The node's directories, closed to everybody else."""
    for directory in (node.home, node.secrets, node.keys, node.gateway, node.logs, node.run):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)


def make_secrets(node: Node, cards: Iterable[System]) -> list[str]:
    """Make the secrets that are missing; returns their names."""
    clients = [client_secret(card) for card in cards]
    return [name for name in (*NAMES, *clients) if make_secret(node.secrets / name)]


def client_secret(card: System) -> str:
    """The name of the secret with which a system proves to the gateway who it is (decision 8)."""
    return f"clients/{card.owner}.{card.subsystem}"


def make_secret(path: Path) -> bool:
    """Whether a secret was missing and has now been made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return False
    write_secret(path, secrets.token_urlsafe(BYTES))
    return True


def write_secret(path: Path, text: str) -> None:
    """Write a secret whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def too_open(node: Node) -> list[Path]:
    """Files under secrets and keys that others may read; there should be none."""
    found = [*node.secrets.rglob("*"), *node.keys.rglob("*.key")]
    return [path for path in found if path.is_file() and path.stat().st_mode & 0o077]

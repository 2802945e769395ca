"""
The secrets of a node: one a file, mode 0600, in a directory of mode 0700.

Made once and never shown. They are no part of a backup (decision 11).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
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
IRREPLACEABLE = ("secret_key", "passphrase", "subject_index_key", "personal_id_key")
"""Others in their place would lock every key and second factor, lose the ledger's index and
give numbers out of another order; so they are never made twice."""
# Keys that change with the year; the file's ending is the key's id.
YEARLY = ("subject_index_key", "body_key")
BYTES = 32


MADE = "secrets-made.json"
TO_COME = ".next"
"""Ends the name of a secret that a rotation is putting in the place of another."""


class SecretLost(LienThongError):
    """A secret that this node has used is gone; the message says what to do."""

    code = "cli.secret_lost"


class RotationCut(LienThongError):
    """A rotation of secrets was cut off; the message says which command takes it up."""

    code = "cli.rotation_cut"


def make_home(node: Node) -> None:
    """The node's directories, closed to everybody else."""
    for directory in (node.home, node.secrets, node.keys, node.gateway, node.logs, node.run):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)


def make_secrets(node: Node, cards: Iterable[System]) -> list[str]:
    """
    Make the secrets that are missing; returns their names.

    Raises SecretLost when one is missing that was made before and cannot be replaced.
    """
    refuse_lost(node)
    clients = [client_secret(card) for card in cards]
    names = (*NAMES, *clients, *yearly_names())
    made = [name for name in names if make_secret(node.secrets / name)]
    if made:
        note_made(node, made)
    return made


def refuse_lost(node: Node) -> None:
    """Stop before anything is made anew that only the old one can open."""
    if cut := sorted(path.name.removesuffix(TO_COME) for path in node.secrets.glob(f"*{TO_COME}")):
        raise RotationCut(
            f"Putting another secret in the place of {', '.join(cut)} was cut off. "
            "Next: the same `lienthong keys rotate` again; it goes on where it stopped."
        )
    lost = [name for name in known_made(node) if not (node.secrets / name).exists()]
    if lost := [name for name in lost if is_irreplaceable(name)]:
        raise SecretLost(
            f"{', '.join(lost)} was made for this node and is missing in {node.secrets}. "
            "Put it back from the sealed backup of the secrets; a new one would not open "
            "what the old one closed."
        )


def known_made(node: Node) -> list[str]:
    """The names of secrets ever made here; the list holds no secret."""
    try:
        names: list[str] = json.loads((node.home / MADE).read_text())
    except FileNotFoundError:
        return []
    return names


def note_made(node: Node, made: Iterable[str]) -> None:
    write_secret(node.home / MADE, json.dumps(sorted({*known_made(node), *made})))


def is_irreplaceable(name: str) -> bool:
    """Also a year's key: what stands under it is found and opened with no other."""
    return name in IRREPLACEABLE or name.rpartition(".")[0] in YEARLY


def yearly_names() -> list[str]:
    """The keys of this year, and in December those of the next."""
    now = clock.instant().astimezone(UTC)
    years = (now.year, now.year + 1) if now.month == 12 else (now.year,)
    return [f"{name}.{year}" for name in YEARLY for year in years]


def make_yearly(node: Node) -> list[str]:
    """The yearly keys that are missing are made; their names. Raises SecretLost."""
    refuse_lost(node)
    made = [name for name in yearly_names() if make_secret(node.secrets / name)]
    if made:
        note_made(node, made)
    return made


def client_secret(card: System) -> str:
    """The name of the secret with which a system proves to the gateway who it is (decision 8)."""
    return f"clients/{card.owner}.{card.subsystem}"


def to_come(node: Node, name: str) -> Path:
    """Where the next secret lies while a rotation is under way."""
    return node.secrets / f"{name}{TO_COME}"


def make_secret(path: Path) -> bool:
    """Whether a secret was missing and has now been made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return False
    write_secret(path, fresh())
    return True


def fresh() -> str:
    """A new secret, drawn at random."""
    return secrets.token_urlsafe(BYTES)


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

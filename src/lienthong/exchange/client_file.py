"""
``clients.json``: how each system behind a gateway proves to it who it is (decision 8).

Three writers share the file: the directory's node, a member's node, and
`lienthong keys client`. What an operator set for a system (its modes, its
certificates) outlives every registration; a digest of a secret follows the
secret's own file. Each writer holds the lock while it reads and writes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lienthong.kernel.node import Node

HTTP, HTTPS_NO_AUTH, HTTPS, SECRET = "none", "tls", "certificate", "secret"
"""X-Road's three connection types as the file names them, and this exchange's own."""

Clients = dict[str, dict[str, Any]]


@contextlib.contextmanager
def writing(gateway: Path) -> Iterator[None]:
    """One writer of a gateway's files at a time, who reads inside the lock."""
    gateway.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (gateway / ".writing").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read(gateway: Path) -> Clients:
    """Every system's rule by its local name; empty before the first was written."""
    try:
        said: Clients = json.loads((gateway / "clients.json").read_bytes())
    except FileNotFoundError:
        return {}
    return said


def write(gateway: Path, clients: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the file as a whole, unless it says the same already."""
    replace(gateway / "clients.json", json.dumps(clients, indent=1, ensure_ascii=False).encode())


def replace(path: Path, content: bytes) -> None:
    """A file of a gateway, readable by its owner only; no reader ever finds half of it."""
    if path.exists() and path.read_bytes() == content:
        return
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_bytes(content)
    beside.chmod(0o600)
    beside.replace(path)


def settled(
    known: Mapping[str, Mapping[str, Any]],
    names: Iterable[str],
    secret_of: Callable[[str], str],
    *,
    unchecked: Container[str] = (),
) -> Clients:
    """
    The rules of these systems: what was set for them before, or how they begin.

    A new system begins with a secret, one of ``unchecked`` without any proof.
    A member's rule, by which it asks gateways about themselves, stays as it is.
    Raises what ``secret_of`` does for a system that needs its secret.
    """
    rules = {name: dict(known.get(name) or _first(name in unchecked)) for name in names}
    for name, rule in rules.items():
        if SECRET in rule["modes"]:
            rule["secret_sha256"] = digest_of(secret_of(name))
    return rules | {name: dict(rule) for name, rule in known.items() if is_member(name)}


def is_member(name: str) -> bool:
    """Whether this is a member itself (``GOV/G14``) and no system of one."""
    return name.count("/") == 1


def _first(unchecked: bool) -> dict[str, Any]:
    return {"modes": [HTTP if unchecked else SECRET], "secret_sha256": "", "cert_sha256": []}


def secrets_of(node: Node) -> Callable[[str], str]:
    """Finds the secret of a system by its local name; it raises FileNotFoundError without one."""

    def find(name: str) -> str:
        return node.secret(secret_name(name))

    return find


def secret_name(name: str) -> str:
    """The secret's file among the node's: ``GOV/G15/civil-status`` has ``clients/G15.…``."""
    _, *parts = name.split("/")
    return f"clients/{'.'.join(parts)}"


def digest_of(secret: str) -> str:
    """As ``secret_sha256`` holds it: hex."""
    return hashlib.sha256(secret.encode()).hexdigest()

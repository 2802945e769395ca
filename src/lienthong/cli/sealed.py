"""
The sealed backup of a node's secrets and keys (decision 11), apart from the databases'.

One file: a header, a salt, a nonce and a tar of ``secrets/`` and ``keys/``, and of how
information systems prove who they are (``gateway/clients.json`` and their certificates), under
AES-256-GCM. The key comes from a passphrase by scrypt (RFC 7914) with the header's cost,
and the header is authenticated, so nothing of it can be changed unnoticed.
"""

from __future__ import annotations

import getpass
import io
import os
import secrets
import sys
import tarfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lienthong.kernel.errors import Invalid
from lienthong.kernel.node import Node

MAGIC = b"lienthong-secrets-1\n"
COST = 17
"""Two to this power rounds of scrypt: 128 MiB of memory for each guess."""
HIGHEST_COST = 22
SALT, NONCE = 16, 12
SHORTEST = 12
PARTS = ("secrets", "keys")
CLIENTS = ("gateway/clients.json", "gateway/client_certificates")


class BadSeal(Invalid):
    """The passphrase is wrong, or the sealed file is damaged."""

    code = "cli.bad_seal"


class WeakPassphrase(Invalid):
    """The passphrase of the sealed secrets has at least twelve letters."""

    code = "cli.weak_passphrase"


class SecretsInTheWay(Invalid):
    """This home holds secrets already; they are never written over."""

    code = "cli.secrets_in_the_way"


def passphrase() -> str:
    """From the environment, else asked for on the terminal."""
    given = os.environ.get("LIENTHONG_BACKUP_PASSPHRASE", "")
    if not given and sys.stdin.isatty():
        given = getpass.getpass("Passphrase of the sealed secrets: ")
    if len(given) < SHORTEST:
        raise WeakPassphrase
    return given


def seal(node: Node, phrase: str, *, cost: int = COST) -> bytes:
    """The secrets and keys of a node as one sealed file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in files_of(node):
            archive.add(path, str(path.relative_to(node.home)), recursive=False)
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    head = MAGIC + bytes([cost]) + salt + nonce
    return head + AESGCM(_key(phrase, salt, cost)).encrypt(nonce, packed.getvalue(), head)


def files_of(node: Node) -> list[Path]:
    """What belongs into the seal, in one order."""
    found = []
    for part in (*PARTS, *CLIENTS):
        place = node.home / part
        found += [place] if place.is_file() else sorted(place.rglob("*"))
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def belongs(name: str) -> bool:
    parts = Path(name).parts
    return ".." not in parts and (parts[0] in PARTS or "/".join(parts[:2]) in CLIENTS)


def unseal(sealed: bytes, phrase: str) -> dict[str, bytes]:
    """The files by their path under the home; raises BadSeal."""
    length = len(MAGIC) + 1 + SALT + NONCE
    head, body = sealed[:length], sealed[length:]
    if len(head) < length or not head.startswith(MAGIC):
        raise BadSeal("this file is no sealed backup of secrets")
    cost = head[len(MAGIC)]
    if not 1 <= cost <= HIGHEST_COST:
        raise BadSeal
    salt, nonce = head[len(MAGIC) + 1 : -NONCE], head[-NONCE:]
    try:
        packed = AESGCM(_key(phrase, salt, cost)).decrypt(nonce, body, head)
    except InvalidTag:
        raise BadSeal from None
    files = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive.getmembers():
            held = archive.extractfile(member)
            if held is None or not belongs(member.name):
                raise BadSeal
            files[member.name] = held.read()
    return files


def put_back(node: Node, files: dict[str, bytes]) -> None:
    """Write secrets into a home that has none; raises SecretsInTheWay before writing any."""
    known = [name for name in files if (node.home / name).exists()]
    # How systems prove themselves may have been set anew here; that is no secret to guard.
    files = {name: held for name, held in files.items()
             if not (name in known and name.startswith(CLIENTS))}  # fmt: skip
    known = [name for name in known if name in files]
    differing = [name for name in known if (node.home / name).read_bytes() != files[name]]
    if differing:
        raise SecretsInTheWay(
            f"{SecretsInTheWay.message()} Move {node.secrets} and {node.keys} away first. "
            f"Differing: {', '.join(sorted(differing)[:5])}"
        )
    for name, content in files.items():
        path = node.home / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _key(phrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(phrase.encode())

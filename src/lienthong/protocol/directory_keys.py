"""
Keys by which a directory signs, as they lie on its own node: the one in use, and the next.

The next is announced inside what the present one signs, and both sign for as long
as the announcement lasts; so a gateway that looks at the directory at least once
in that time knows the next before the present one goes (PR-DIRECTORY, section 3).
"""

from __future__ import annotations

from pathlib import Path

from lienthong.kernel.node import Node
from lienthong.protocol.pki import FileKey, SigningKey, VerifyingKey
from lienthong.protocol.snapshot import DirectoryKey

PRESENT, NEXT = "snapshot", "snapshot-next"


def place(node: Node, name: str) -> Path:
    """The private half; the public lies beside it as ``.pub``."""
    return node.keys / "directory" / f"{name}.key"


def published(node: Node) -> list[DirectoryKey]:
    """What the directory says of its keys: the one in use, and the next once there is one."""
    found = []
    for name in (PRESENT, NEXT):
        public = place(node, name).with_suffix(".pub")
        if public.exists():
            pem = public.read_text()
            found.append(DirectoryKey(VerifyingKey.from_pem(pem).kid, pem))
    return found


def signing(node: Node) -> list[FileKey]:
    """The keys that sign now, the one in use first."""
    word = node.secret("passphrase").encode()
    files = [place(node, name) for name in (PRESENT, NEXT)]
    return [SigningKey.load(path, word) for path in files if path.with_suffix(".pub").exists()]

"""
The key by which the directory signs its snapshots and deny lists, changed in two steps.

The first makes the next key and announces it inside the signed snapshot, signed by
both. The second, two weeks later or with ``--now``, retires the old one. A node that
heard nothing between the two is told to trust the new key by its name
(`lienthong keys trust-directory`), which its operator asks for by another way.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from lienthong.cli import keyring
from lienthong.gateway.directory_client import DirectoryClient
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.errors import Invalid, NotFound
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.directory_keys import NEXT, PRESENT, place
from lienthong.protocol.snapshot import Anchor

OVERLAP = timedelta(days=14)
"""So long the next key is announced: longer than any snapshot may be used."""


class TooEarly(Invalid):
    """The next key is not announced long enough; nodes that were away would lose the directory."""

    code = "cli.too_early"


class NoDirectoryHere(Invalid):
    """This node belongs to an exchange whose directory signs elsewhere."""

    code = "cli.no_directory_here"


class NoSuchDirectoryKey(NotFound):
    """The directory shows no key of this name."""

    code = "cli.no_such_directory_key"


def rotate(node: Node, *, now: bool = False) -> str:
    """
    Announce the next key, or retire the old one where that was done long enough ago.

    ``now`` retires it at once, for a key that was seen. A step that was cut off is
    taken up by the same command. Raises TooEarly or NoDirectoryHere.
    """
    if Membership.of(node) is not None or not place(node, PRESENT).with_suffix(".pub").exists():
        raise NoDirectoryHere
    if not place(node, NEXT).with_suffix(".pub").exists():
        kid = _announce(node)
        if not now:
            return (
                f"The next key {kid} is announced once this node runs. The same command "
                f"retires the old one from {clock.instant() + OVERLAP:%Y-%m-%d} on."
            )
    due = announced_at(node) + OVERLAP
    if not now and clock.instant() < due:
        raise TooEarly(
            f"The next key is announced until {due:%Y-%m-%d %H:%M} UTC; a node that was away "
            "so long would lose the directory. With --now the old key goes at once."
        )
    return _retire(node)


def _announce(node: Node) -> str:
    key = pki.SigningKey.generate()
    path = place(node, NEXT)
    key.save(path, node.secret("passphrase").encode())
    pki.write_private(path.with_suffix(".since"), clock.instant().isoformat().encode())
    # The public half last: with it the key counts as announced.
    pki.write_private(path.with_suffix(".pub"), key.verifying.pem().encode())
    keyring.write_anchor(node)
    return key.kid


def announced_at(node: Node) -> datetime:
    return datetime.fromisoformat(place(node, NEXT).with_suffix(".since").read_text())


def _retire(node: Node) -> str:
    old, new = place(node, PRESENT), place(node, NEXT)
    if new.exists():  # else a cut came after this, and only the public halves are to follow
        stamp = clock.instant().strftime("%Y%m%dT%H%M%S")
        public = old.with_suffix(".pub")
        pki.write_private(public.with_suffix(f".{stamp}.old"), public.read_bytes())
        new.replace(old)
    new.with_suffix(".pub").replace(old.with_suffix(".pub"))
    new.with_suffix(".since").unlink(missing_ok=True)
    keyring.write_anchor(node)
    kid = pki.VerifyingKey.from_pem(old.with_suffix(".pub").read_text()).kid
    return (
        f"The directory signs with {kid} alone once this node runs.\n"
        f"A node that missed it says so; there: `lienthong keys trust-directory {kid}`."
    )


def trust(node: Node, kid: str) -> str:
    """
    Trust the directory's key of this name, fetched from its door; raises NoSuchDirectoryKey.

    The door is known by the exchange's root. That alone does not change whom this node
    believes: the name comes from the directory's operator by another way.
    """
    membership = Membership.of(node)
    if membership is None:
        raise Invalid("This node has joined no exchange; it is its own directory.")
    path = node.gateway / "anchor.json"
    held = Anchor.load(path.read_bytes())
    client = DirectoryClient(membership.url, membership.directory, held.roots)
    shown = Anchor.load(client.get("/exchange/anchor").body)
    if shown.instance != held.instance or kid not in shown.keys:
        raise NoSuchDirectoryKey(kid=kid)
    keys = [
        entry for entry in shown.directory_keys if pki.VerifyingKey.from_pem(entry.pem).kid == kid
    ]
    pki.write_private(path, Anchor(held.instance, keys, held.roots).dump())
    return f"This node believes {kid}; its gateway takes the next snapshot up by itself."

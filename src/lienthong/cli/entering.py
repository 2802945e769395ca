"""The steps by which a node enters an exchange with its invitation; what `join` and `up` share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lienthong.cli import cards, registration, vault
from lienthong.gateway import membership as joining
from lienthong.gateway.directory_client import DirectoryClient, fetch_anchor
from lienthong.gateway.membership import Membership
from lienthong.kernel.node import Node
from lienthong.protocol.joining import Invitation


def enter(node: Node, token: str) -> str:
    """Join unless it is done; one sentence about it. Raises a LienThongError."""
    invitation = Invitation.read(text_of(token))
    held = Membership.of(node)
    if (node.keys / "authority" / "root.crt").exists():
        raise joining.JoinedAlready("this node is the directory of an exchange of its own")
    carried = cards.cards()
    vault.make_secrets(node, carried)
    anchor = fetch_anchor(invitation)
    client = DirectoryClient(invitation.url, invitation.directory, anchor.roots)
    stated = registration.registration(node, carried, os.environ.get("LIENTHONG_HOST", ""))
    joined = joining.join(node, invitation, anchor, client, stated)
    raw = client.get("/exchange/snapshot").body
    if held is None:
        joining.keep_snapshot(node, anchor, raw)
    membership = Membership(
        url=invitation.url,
        directory=invitation.directory,
        gateway=invitation.gateway,
        subsystems=joined.subsystems,
        systems=[card.code for card in carried],
    )
    registration.write_gateway_files(
        node, membership, carried, listen=os.environ.get("LIENTHONG_LISTEN", "")
    )
    registration.remember(node, stated)
    # Last, since it says that all before it is there.
    membership.write(node)
    return f"Joined as {invitation.gateway}: {', '.join(joined.subsystems)}."


def text_of(token: str) -> str:
    """
    The token itself, or what the file after ``@`` or standard input holds.

    Arguments are seen by everybody on the machine. Started by root, only
    standard input will do: the service user cannot read root's files.
    """
    if token == "-":
        return sys.stdin.read()
    return Path(token[1:]).read_text() if token.startswith("@") else token

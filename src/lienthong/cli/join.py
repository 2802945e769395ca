"""
Join an exchange with the invitation of its directory, and start.

Makes this node's keys, which never leave it, has them certified, fetches the
signed snapshot and starts the gateway. On the machine of a body that runs no
system of this release, name none: `--systems none` is a gateway alone, for
example of a province's platform (LGSP).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lienthong.cli import cards, node_file, registration, vault
from lienthong.gateway import membership as joining
from lienthong.gateway.directory_client import DirectoryClient, fetch_anchor
from lienthong.gateway.membership import Membership
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.joining import Invitation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("token", help="the invitation; @FILE holds it, - reads it")
    parser.add_argument("--systems", help="programs to run here, separated by commas; none")
    parser.add_argument("--host", help="under which other gateways reach this one (127.0.0.1)")
    parser.add_argument("--listen", help="address the gateway listens on for them (127.0.0.1)")
    parser.add_argument("--only", action="store_true", help="join, and start later with `up`")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    vault.make_home(node)
    if args.systems is not None:
        os.environ["LIENTHONG_SYSTEMS"] = args.systems.replace("-", "_")
    settings = {name: os.environ[name] for name in sorted(node_file.KNOWN) if os.environ.get(name)}
    for name, given in (("LIENTHONG_HOST", args.host), ("LIENTHONG_LISTEN", args.listen)):
        if given:
            settings[name] = os.environ[name] = given
    node_file.change(node, settings)
    try:
        said = join(node, args.token)
    except LienThongError as problem:
        print(f"This node did not join: {problem}", file=sys.stderr)
        print(
            "Next: check the address in the invitation is reachable from here, "
            "or ask the directory for a new one.",
            file=sys.stderr,
        )
        return 1
    print(said)
    if args.only:
        print("Next: `lienthong up`.")
        return 0
    from lienthong.cli import up

    return up.run(argparse.Namespace(demo=False, scale=None, systems=None, topology="", join=""))


def join(node: Node, token: str) -> str:
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

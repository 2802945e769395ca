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

from lienthong.cli import entering, node_file, up, vault
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node


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
        said = entering.enter(node, args.token)
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
    return up.run(argparse.Namespace(demo=False, scale=None, systems=None, topology="", join=""))

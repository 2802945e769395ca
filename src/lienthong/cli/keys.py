"""
Keys and certificates of this node's gateway and members: make, renew, show.

`take-root-offline --at DIR` moves the root's key and its passphrase to a medium
that is then taken away; `renew-issuing --at DIR` certifies the next issuing
authority with it, once a year.

`trust-directory` believes the directory's new key on a node that was away while it
was announced.

`rotate` puts another secret in the place of one that was seen, or of one a year
old: `lienthong keys rotate --help`. `client` sets how each information system
proves to this gateway who it is: `lienthong keys client --help`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lienthong.cli import (
    cards,
    client_keys,
    database_session,
    django_setup,
    document_keys,
    keyring,
    renewing,
    rotating,
    settle,
    snapshot_key,
    vault,
)  # fmt: skip
from lienthong.gateway.membership import Membership
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="what", required=True, metavar="THING")
    things.add_parser("make", help="make every key and certificate that is missing")
    renewed = things.add_parser("renew", help="renew what is due, and publish it")
    renewed.add_argument("--all", action="store_true", help="renew even what is not due yet")
    renewed.add_argument(
        "--now", action="store_true", help="take new keys into use at once; the old were seen"
    )
    shown = things.add_parser("show", help="every key: what for, whose, from when to when")
    shown.add_argument("--json", action="store_true", help="for a machine to read")
    for name, summary in (
        ("take-root-offline", "move the root's key and its passphrase to a medium"),
        ("renew-issuing", "certify the next issuing authority with the offline root"),
    ):
        one = things.add_parser(name, help=summary)
        one.add_argument("--at", type=Path, required=True, help="the medium, a directory")
    trusted = things.add_parser(
        "trust-directory", help="believe the directory's new key, where its announcement was missed"
    )
    trusted.add_argument("kid", help="its name, from the directory's operator; after -- for a -")
    rotated = things.add_parser(
        "rotate",
        help="another secret in the place of one, while the node is stopped",
        description=rotating.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    rotating.add_arguments(rotated)
    clients = things.add_parser(
        "client",
        help="how information systems prove who they are: modes, certificates, secrets",
        description=client_keys.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    client_keys.add_arguments(clients)
    officers = things.add_parser(
        "officer",
        help="keys with which officers sign documents: make, revoke",
        description=document_keys.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    document_keys.add_arguments(officers)


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    vault.make_home(node)
    actions = {
        "make": make, "renew": renew, "show": show, "take-root-offline": take_root_offline,
        "renew-issuing": renew_issuing, "trust-directory": trust_directory,
        "client": client_keys.run,
        "rotate": rotating.run, "officer": document_keys.run,
    }  # fmt: skip
    return actions[args.what](node, args)


def make(node: Node, args: argparse.Namespace) -> int:
    made = [*vault.make_secrets(node, cards.cards()), *keyring.make(node, cards.cards())]
    print(f"Made {len(made)}: {', '.join(made)}" if made else "Nothing was missing.")
    print("Next: `lienthong up`; or `lienthong keys show`.")
    return 0


def take_root_offline(node: Node, args: argparse.Namespace) -> int:
    moved = keyring.take_root_offline(node, args.at)
    print(f"Moved: {', '.join(str(path) for path in moved)}")
    print("Next: take the medium away, and keep a second copy in another safe.")
    return 0


def renew_issuing(node: Node, args: argparse.Namespace) -> int:
    keyring.renew_issuing(node, args.at)
    print(f"The issuing authority is good until {keyring.issuing_ends(node):%Y-%m-%d}.")
    print("Next: take the medium away again; `lienthong keys show`.")
    return 0


def trust_directory(node: Node, args: argparse.Namespace) -> int:
    try:
        print(snapshot_key.trust(node, args.kid))
    except (LienThongError, ProtocolError) as problem:
        print(f"{problem} ({problem.code})", file=sys.stderr)
        print("Next: ask the directory's operator for the name of its key.", file=sys.stderr)
        return 1
    print("Next: `lienthong status`.")
    return 0


def renew(node: Node, args: argparse.Namespace) -> int:
    if Membership.of(node) is not None:
        print("This gateway belongs to an exchange and renews its certificates by itself.")
        print("Next: `lienthong keys show` says when each ends.")
        return 0
    renewed = renewing.renew(node, cards.cards(), all_of_them=args.all, now=args.now)
    if not renewed:
        print("Nothing is due: certificates are renewed from their twentieth day, and a new key")
        print("that was announced is taken into use a day later.")
        print("Next: `lienthong keys show` says when each is.")
        return 0
    with database_session.running(node):
        django_setup.start()
        settle.install(node)
    print(f"Renewed and published: {', '.join(renewed)}")
    print("Next: `lienthong status`; the gateway takes the new keys up by itself.")
    return 0


def show(node: Node, args: argparse.Namespace) -> int:
    lines = keyring.as_dictionaries(keyring.inventory(node))
    others = rotating.inventory(node)
    if args.json:
        print(json.dumps([*lines, *others], ensure_ascii=False))
        return 0
    for line in lines:
        print(f"{line['use']:<9} {line['owner']:<34} {line['purpose']}")
        until = f"ends {line['ends']}" if line["ends"] else "has no end"
        due = f", renewed from {line['renew_from']}" if line["renew_from"] else ""
        print(f"          {line['kid']}\n          {until}{due}")
        print(f"          {line['algorithm']}, {line['kept']}")
    for other in others:
        print(f"{'SECRET':<9} {other['owner']:<34} {other['purpose']}")
        print(f"          {other['file']}\n          since {other['made']}; {other['changes']}")
    print("Next: `lienthong keys renew` where a day has come." if lines else "Next: `keys make`.")
    return 0

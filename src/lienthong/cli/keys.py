"""Keys and certificates of this node's gateway and members: make, renew, show."""

from __future__ import annotations

import argparse
import json

from lienthong.cli import cards, database_session, django_setup, keyring, settle, vault
from lienthong.kernel.node import Node


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("make", "renew", "show"))
    parser.add_argument("--all", action="store_true", help="renew even what is not due yet")
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    vault.make_home(node)
    actions = {"make": make, "renew": renew, "show": show}
    return actions[args.what](node, args)


def make(node: Node, args: argparse.Namespace) -> int:
    made = [*vault.make_secrets(node, cards.cards()), *keyring.make(node, cards.cards())]
    print(f"Made {len(made)}: {', '.join(made)}" if made else "Nothing was missing.")
    print("Next: `lienthong up`; or `lienthong keys show`.")
    return 0


def renew(node: Node, args: argparse.Namespace) -> int:
    renewed = keyring.renew(node, cards.cards(), all_of_them=args.all)
    if not renewed:
        print("Nothing is due: certificates are renewed from their twentieth day.")
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
    if args.json:
        print(json.dumps(lines, ensure_ascii=False))
        return 0
    for line in lines:
        print(f"{line['use']:<9} {line['owner']:<34} {line['purpose']}")
        until = f"ends {line['ends']}" if line["ends"] else "has no end"
        due = f", renewed from {line['renew_from']}" if line["renew_from"] else ""
        print(f"          {line['kid']}\n          {until}{due}")
        print(f"          {line['algorithm']}, {line['kept']}")
    print("Next: `lienthong keys renew` where a day has come." if lines else "Next: `keys make`.")
    return 0

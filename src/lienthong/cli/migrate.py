"""Bring both databases, or one system's tables, to this release."""

from __future__ import annotations

import argparse

from lienthong.cli import cards, database_session, migrations, vault
from lienthong.cli.databases import databases_of
from lienthong.kernel.node import Node


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("system", nargs="?", default="", help="only this system's tables")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    vault.make_home(node)
    vault.make_secrets(node, cards.cards())
    only = cards.card_of(args.system).code if args.system else ""
    with database_session.running(node):
        status = migrations.apply(node, databases_of(node), only)
    if status == 0:
        print("Both databases are at this release." if not only else f"{only} is at this release.")
        print("Next: `lienthong up`.")
    return status

"""Bring the databases to this release and the directory in line with the systems' cards."""

from __future__ import annotations

import argparse
import os

from lienthong.cli import cards, django_setup, keyring, migrations, registration, renewing, vault
from lienthong.cli.databases import databases_of
from lienthong.gateway import schema
from lienthong.gateway.membership import Membership
from lienthong.kernel.node import Node


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    carried = cards.cards()
    databases = databases_of(node)
    vault.make_secrets(node, carried)
    membership = Membership.of(node)
    if membership is None:
        renewing.finish(node, carried)
        keyring.make(node, carried)
    if not carried:
        schema.migrate(databases.gateway_owner)
        settle_member(node)
        return 0
    if not migrations.are_applied(node, databases):
        print("Bringing the databases to this release …", flush=True)
        if status := migrations.apply(node, databases):
            return status
    django_setup.start()
    install(node)
    return 0


def install(node: Node) -> None:
    """Install the country of the cards: members, subsystems, offers, grants, snapshot, files."""
    if Membership.of(node) is not None:
        settle_member(node)
        return
    from lienthong.systems.directory import services

    if any(card.code == "catalogues" for card in cards.cards()):
        from lienthong.systems.catalogues import services as catalogues

        catalogues.settle()
    if os.environ.get("LIENTHONG_DEMO") == "1":
        # The outside test subsystem is part of the demonstration and of nothing else.
        services.install_country(node, cards.cards())
        services.register_outside_test(node)
        services.refresh_snapshot(node)
    else:
        services.install_country(node, cards.cards())


def settle_member(node: Node) -> None:
    """On a node that joined an exchange: its gateway's files, and its word to the directory."""
    membership = Membership.of(node)
    if membership is None:
        raise SystemExit(
            "A gateway alone belongs to an exchange: `lienthong join <invitation>` first."
        )
    carried = cards.cards()
    listen, host = os.environ.get("LIENTHONG_LISTEN", ""), os.environ.get("LIENTHONG_HOST", "")
    registration.write_gateway_files(node, membership, carried, listen=listen)
    registration.update(node, membership, registration.registration(node, carried, host))

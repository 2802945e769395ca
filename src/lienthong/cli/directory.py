"""Who offers what to whom on the exchange: list it, give a grant, take one back."""

from __future__ import annotations

import argparse
import json
import sys
import uuid

from lienthong.cli import django_setup
from lienthong.kernel import clock
from lienthong.kernel.node import Node


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="every grant in force, by provider and offer")
    listed.add_argument("--json", action="store_true", help="for a machine to read")
    grant = actions.add_parser("grant", help="let a system call an offer")
    grant.add_argument("client", help="for example civil-status")
    grant.add_argument("provider", help="for example population")
    grant.add_argument("offer", help="for example person.find.v1")
    grant.add_argument("--purpose", required=True)
    grant.add_argument("--legal-basis", required=True)
    revoke = actions.add_parser("revoke", help="end a grant now")
    revoke.add_argument("grant", type=uuid.UUID)


def run(args: argparse.Namespace) -> int:
    django_setup.start()
    actions = {"list": show, "grant": give, "revoke": take}
    return actions[args.action](args)


def show(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.queries import register

    rows = [
        {
            "id": str(grant.id),
            "provider": str(grant.offer.subsystem),
            "offer": grant.offer.code,
            "client": str(grant.client),
            "fields": grant.visible_fields,
            "purpose": grant.purpose,
            "legal_basis": grant.legal_basis,
        }
        for grant in register.grants_at(clock.instant())
    ]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['provider']}/{row['offer']}  ←  {row['client']}")
        print(f"    {row['purpose']} ({row['legal_basis']})\n    {row['id']}")
    print(f"{len(rows)} grants. Next: `lienthong call <system> <service>` uses one.")
    return 0


def give(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.models import Subsystem
    from lienthong.systems.directory.queries import register

    client = Subsystem.objects.filter(code=args.client.replace("_", "-")).first()
    offer = (
        register.offers_in_force()
        .filter(subsystem__code=args.provider.replace("_", "-"), code=args.offer)
        .first()
    )
    if client is None or offer is None:
        missing = args.client if client is None else f"{args.provider} {args.offer}"
        print(f"The directory knows no {missing}.", file=sys.stderr)
        print("Next: `lienthong directory list`.", file=sys.stderr)
        return 1
    grant = services.give_grant(
        client=client,
        offer=offer,
        purpose=args.purpose,
        legal_basis=args.legal_basis,
        by=services.by_the_directory(clock.today()),
        node=Node.from_environment(),
    )
    print(f"Given: {grant.pk}")
    print(f"Next: `lienthong call {args.provider} {args.offer} --as {args.client}`.")
    return 0


def take(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services

    services.revoke_grant(
        args.grant, by=services.by_the_directory(clock.today()), node=Node.from_environment()
    )
    print("Revoked; the gateway refuses it from now on.")
    print("Next: `lienthong directory list`.")
    return 0

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
    offered = actions.add_parser("offer", help="register a service of an outside system")
    offered.add_argument("provider", help="its subsystem, for example outside-test")
    offered.add_argument("code", help="the service's code")
    offered.add_argument("url", help="where it answers; nothing is added to it but a path of REST")
    offered.add_argument("--kind", choices=["rest", "openapi", "soap"], required=True)
    offered.add_argument("--title", required=True)
    offered.add_argument("--description", default="", help="URL of its WSDL or OpenAPI document")
    offered.add_argument("--version", action="append", default=[], help="of SOAP; may be repeated")
    offered.add_argument("--method", action="append", help="of REST; may be repeated; POST if none")
    offered.add_argument(
        "--effect", choices=["public", "sensitive", "changing"], default="changing"
    )
    withdraw = actions.add_parser("withdraw", help="offer a service of an outside system no longer")
    withdraw.add_argument("provider")
    withdraw.add_argument("code")
    revoke = actions.add_parser("revoke", help="end a grant now")
    revoke.add_argument("grant", type=uuid.UUID)
    maintenance = actions.add_parser(
        "maintenance", help="announce that a gateway is not to be asked"
    )
    maintenance.add_argument("gateway", help="its code, for example national")
    maintenance.add_argument("state", choices=("on", "off"))


def run(args: argparse.Namespace) -> int:
    django_setup.start()
    actions = {
        "list": show, "grant": give, "revoke": take, "offer": register_service,
        "withdraw": withdraw_service, "maintenance": announce,
    }  # fmt: skip
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


def register_service(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.errors import NotAService
    from lienthong.systems.directory.models import Subsystem

    subsystem = Subsystem.objects.filter(code=args.provider.replace("_", "-")).first()
    if subsystem is None or subsystem.gateway_id is None:
        print(f"No subsystem {args.provider} stands behind this gateway.", file=sys.stderr)
        print("Next: `lienthong directory list`.", file=sys.stderr)
        return 1
    try:
        services.register_service(
            subsystem=subsystem,
            code=args.code,
            title=args.title,
            kind=args.kind,
            url=args.url,
            description_url=args.description,
            versions=args.version,
            methods=args.method or ["POST"],
            effect=args.effect,
            by=services.by_the_directory(clock.today()),
            node=Node.from_environment(),
        )
    except NotAService as problem:
        print(f"{problem} What is wrong: {problem.detail['reason']}.", file=sys.stderr)
        return 1
    print(f"Offered: {subsystem}/{args.code}")
    print(f"Next: `lienthong directory grant CLIENT {args.provider} {args.code} …`.")
    return 0


def withdraw_service(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.queries import register

    outside = (
        register.outside_services()
        .filter(offer__subsystem__code=args.provider.replace("_", "-"), offer__code=args.code)
        .first()
    )
    if outside is None:
        print(f"No outside service {args.provider} {args.code} is offered.", file=sys.stderr)
        return 1
    services.withdraw_service(
        outside.offer, by=services.by_the_directory(clock.today()), node=Node.from_environment()
    )
    print("Withdrawn; nobody can call it from now on.")
    return 0


def announce(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.errors import NoSuchGateway

    try:
        services.set_maintenance(
            args.gateway,
            args.state == "on",
            by=services.by_the_directory(clock.today()),
            node=Node.from_environment(),
        )
    except NoSuchGateway as problem:
        print(f"{problem.message()} ({args.gateway})", file=sys.stderr)
        print("Next: `lienthong status`.", file=sys.stderr)
        return 1
    others = "send elsewhere" if args.state == "on" else "send here again"
    print(f"Published: other gateways {others} once they have read it.")
    print("Next: `lienthong directory list`.")
    return 0

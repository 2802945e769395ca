"""
The directory at the terminal: grants, requests to join, invitations, keys to revoke.

Whoever decides on a request is named with ``--by``, an officer's account. That
is no proof of who sits at the terminal: a shell of this machine is as strong as
its directory, and the history says that the officer was named there.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lienthong.cli import directory_hosting, directory_totals, django_setup
from lienthong.cli.directory_officers import officer
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.grants import Quota

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


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
    revoke.add_argument("--reason", default="")
    maintenance = actions.add_parser(
        "maintenance", help="announce that a gateway is not to be asked"
    )
    maintenance.add_argument("gateway", help="its code, for example national")
    maintenance.add_argument("state", choices=("on", "off"))
    directory_hosting.add_actions(actions)
    directory_totals.add_actions(actions)
    add_joining(actions)
    add_access(actions)


def add_joining(actions: Any) -> None:
    requests = actions.add_parser("requests", help="requests to join, the newest first")
    requests.add_argument("--json", action="store_true", help="for a machine to read")
    ask = actions.add_parser("ask", help="enter a body's request to join")
    ask.add_argument("member", help="code of the body, for example TINH-91")
    ask.add_argument("gateway", help="code of the gateway, for example kien-giang")
    ask.add_argument("--name", required=True, help="name of the body")
    ask.add_argument("--kind", required=True, choices=("ministry", "province", "agency"))
    ask.add_argument(
        "--system",
        action="append",
        required=True,
        metavar="CODE:KIND:NAME",
        help="may be given several times; KIND is lgsp, database, national or other",
    )
    ask.add_argument("--legal-basis", required=True)
    for action, summary in (
        ("approve", "say yes to a request; the last approval gives the invitation"),
        ("refuse", "say no to a request"),
        ("invite", "a new invitation for an approved request; ends the one before"),
    ):
        one = actions.add_parser(action, help=summary)
        one.add_argument("request", type=uuid.UUID)
        one.add_argument("--by", required=True, help="account of the officer who decides")
        if action == "refuse":
            one.add_argument("--reason", required=True)
    ask.add_argument("--by", required=True, help="account of the officer who enters it")
    key = actions.add_parser("revoke-key", help="put a certificate's key on the deny list")
    key.add_argument("kid", help="as `directory keys` shows it; after -- if it begins with a -")
    key.add_argument("--by", required=True, help="account of the officer who decides")
    key.add_argument("--reason", required=True)
    keys = actions.add_parser("keys", help="certificates of all gateways and members")
    keys.add_argument("--json", action="store_true", help="for a machine to read")


def add_access(actions: Any) -> None:
    ask = actions.add_parser(
        "ask-access", help="ask a provider for access, signed by the asking body"
    )
    ask.add_argument("client", help="for example steering")
    ask.add_argument("provider", help="for example population")
    ask.add_argument("offer", help="for example person.find.v1")
    ask.add_argument("--purpose", required=True)
    ask.add_argument("--legal-basis", required=True)
    ask.add_argument("--fields", default="*", help="separated by commas; default all")
    ask.add_argument("--methods", default="POST", help="separated by commas")
    ask.add_argument("--paths", default="**", help="patterns separated by commas")
    add_limits(ask)
    waiting = actions.add_parser("access-requests", help="what was asked and waits for a decision")
    waiting.add_argument("--json", action="store_true", help="for a machine to read")
    decide = actions.add_parser(
        "decide-access", help="grant a request, or less of it, or refuse it"
    )
    decide.add_argument("request", type=uuid.UUID)
    decide.add_argument("--fields", help="fewer fields than were asked, separated by commas")
    decide.add_argument("--refuse", metavar="REASON", help="refuse it, for this reason")
    add_limits(decide)


def add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--until", type=last_day, help="last day, such as 2026-12-31")
    parser.add_argument("--per-minute", type=int, help="requests a minute at most")
    parser.add_argument("--per-day", type=int, help="requests a day at most")


def last_day(text: str) -> datetime:
    """The first instant after a day in Viet Nam."""
    return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), HANOI)


def run(args: argparse.Namespace) -> int:
    actions = {
        "list": show, "grant": give, "revoke": take, "requests": requests, "ask": ask,
        "approve": approve, "refuse": refuse, "invite": invite, "revoke-key": revoke_key,
        "keys": keys,
    }  # fmt: skip
    django_setup.start()
    actions |= {
        "offer": register_service, "withdraw": withdraw_service, "maintenance": announce,
        "ask-access": ask_access, "access-requests": access_requests,
        "decide-access": decide_access, **directory_hosting.ACTIONS,
        **directory_totals.ACTIONS,
    }  # fmt: skip
    return actions[args.action](args)


def print_json(rows: list[dict[str, Any]]) -> None:
    """A list for a machine to read, in one line."""
    print(json.dumps(rows, ensure_ascii=False))


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
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['provider']}/{row['offer']}  ←  {row['client']}")
        print(f"    {row['purpose']} ({row['legal_basis']})\n    {row['id']}")
    print(f"{len(rows)} grants. Next: `lienthong call <system> <service>` uses one.")
    return 0


def give(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.queries import register

    client = register.subsystem_named(args.client.replace("_", "-"))
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
        args.grant,
        by=services.by_the_directory(clock.today()),
        node=Node.from_environment(),
        reason=args.reason,
    )
    print("Revoked; the gateway refuses it from now on.")
    print("Next: `lienthong directory list`.")
    return 0


def register_service(args: argparse.Namespace) -> int:
    from lienthong.systems.directory import services
    from lienthong.systems.directory.errors import NotAService
    from lienthong.systems.directory.queries import register

    found = register.behind_some_gateway().filter(code=args.provider.replace("_", "-"))
    subsystem = found.first()
    if subsystem is None:
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


# -- joining ----------------------------------------------------------------------------------


def requests(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.queries import joining

    rows: list[dict[str, Any]] = [
        {
            "id": str(row.pk),
            "body": row.member,
            "name": row.member_name,
            "gateway": row.gateway_code,
            "systems": [system["code"] for system in row.subsystems],
            "state": row.state,
            "approvals": sum(decision.approves for decision in row.decisions.all()),
            "needed": row.needed,
        }
        for row in joining.requests()
    ]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['id']}  {row['state']:<9} {row['approvals']}/{row['needed']}  {row['name']}")
        print(f"    {row['body']}/{row['gateway']}: {', '.join(row['systems'])}")
    print(f"{len(rows)} requests. Next: `lienthong directory approve ID --by OFFICER`.")
    return 0


def ask(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.services import joining

    systems = []
    for text in args.system:
        code, kind, name = (*text.split(":", 2), "", "")[:3]
        systems.append((code, name or code, kind))
    request = joining.ask_to_join(
        joining.Wanted(
            member_code=args.member,
            member_name=args.name,
            member_kind=args.kind,
            gateway_code=args.gateway,
            subsystems=systems,
            legal_basis=args.legal_basis,
        ),
        by=officer(args.by),
    )
    print(request.pk)
    print(
        f"Next: {request.needed} other officers: `lienthong directory approve ID --by OFFICER`.",
        file=sys.stderr,
    )
    return 0


def approve(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.services import door_url, joining

    node = Node.from_environment()
    token = joining.approve(args.request, by=officer(args.by), url=door_url(node), node=node)
    if not token:
        print("Approved. Next: one more officer has to approve.", file=sys.stderr)
        return 0
    return tell_invitation(token)


def invite(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.services import door_url, joining

    node = Node.from_environment()
    return tell_invitation(
        joining.invite_again(args.request, by=officer(args.by), url=door_url(node), node=node)
    )


def tell_invitation(token: str) -> int:
    print(token)
    print(
        "This invitation is told once, is good once and ends after three days.\n"
        "Next, on the new machine: `lienthong join <invitation>`.",
        file=sys.stderr,
    )
    return 0


def refuse(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.services import joining

    joining.refuse(args.request, reason=args.reason, by=officer(args.by))
    print("Refused. Next: `lienthong directory requests`.")
    return 0


def keys(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.queries import register

    rows = [
        {
            "kid": row.kid,
            "use": row.use,
            "body": str(row.member),
            "gateway": row.gateway.code if row.gateway is not None else "",
            "status": row.status,
            "ends": row.not_after.isoformat(timespec="seconds"),
        }
        for row in register.all_certificates().select_related("gateway")
    ]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['kid']}  {row['use']:<4} {row['status']:<8} ends {row['ends']}")
        print(f"    {row['body']} {row['gateway']}")
    print(f"{len(rows)} keys. Next: `lienthong directory revoke-key KID …` for a stolen one.")
    return 0


def revoke_key(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.services import joining

    joining.revoke_certificate(
        args.kid, reason=args.reason, by=officer(args.by), node=Node.from_environment()
    )
    print("Revoked; every gateway refuses it as soon as it takes the deny list up.")
    print("Next: `lienthong directory keys`.")
    return 0


# -- access -----------------------------------------------------------------------------------


def ask_access(args: argparse.Namespace) -> int:
    """For the body that owns the client; its key must be on this node."""
    from lienthong.systems.directory.models import Subsystem
    from lienthong.systems.directory.queries import register
    from lienthong.systems.directory.services import granting

    client = (
        Subsystem.objects.select_related("member")
        .filter(code=args.client.replace("_", "-"))
        .first()
    )
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
    wish = granting.Wish(
        purpose=args.purpose,
        legal_basis=args.legal_basis,
        fields=args.fields.split(","),
        methods=args.methods.split(","),
        paths=args.paths.split(","),
        valid_to=args.until,
        quota=Quota(per_minute=args.per_minute, per_day=args.per_day),
    )
    body = client.member.code
    by = system_actor(body, clock.today())
    try:
        request = granting.ask(
            client=client, offer=offer, wish=wish, by=by, body=body, node=Node.from_environment()
        )
    except LienThongError as error:
        return refused(error)
    print(f"Asked and signed by {client.member}: {request.pk}")
    print(f"Next: `lienthong directory decide-access {request.pk}`, by {offer.subsystem.member}.")
    return 0


def access_requests(args: argparse.Namespace) -> int:
    from lienthong.systems.directory.models import GrantRequest
    from lienthong.systems.directory.queries import agreements

    rows = [
        {"id": str(row.pk), "by": row.asked_by, "at": row.asked_at.isoformat(), **row.asked}
        for row in agreements.requests_for(None).filter(state=GrantRequest.State.WAITING)
    ]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['provider']}/{row['code']}  ←  {row['client']}")
        print(f"    {row['purpose']} ({row['legal_basis']})\n    {row['id']}")
    print(f"{len(rows)} waiting. Next: `lienthong directory decide-access <id>`.")
    return 0


def decide_access(args: argparse.Namespace) -> int:
    """For the body that owns the offer; its key must be on this node."""
    from lienthong.systems.directory.queries import agreements
    from lienthong.systems.directory.services import granting

    request = agreements.requests_for(None).filter(pk=args.request).first()
    if request is None:
        print("There is no such request.", file=sys.stderr)
        print("Next: `lienthong directory access-requests`.", file=sys.stderr)
        return 1
    node, body = Node.from_environment(), request.offer.subsystem.member.code
    # The hand of the provider's body on this machine, another than the asker's.
    by = system_actor(f"{body}-decides", clock.today())
    asked = request.asked["quota"]
    quota = Quota(
        per_minute=args.per_minute or asked["per_minute"], per_day=args.per_day or asked["per_day"]
    )
    narrowed = granting.Narrowed(
        fields=args.fields.split(",") if args.fields else None, valid_to=args.until, quota=quota
    )
    try:
        if args.refuse:
            granting.refuse(request.pk, reason=args.refuse, by=by, body=body, node=node)
            print("Refused and signed.\nNext: `lienthong directory access-requests`.")
            return 0
        granting.grant(request.pk, narrowed=narrowed, by=by, body=body, node=node)
    except LienThongError as error:
        return refused(error)
    print("Granted and signed; gateways know it in seconds.\nNext: `lienthong directory list`.")
    return 0


def refused(error: LienThongError) -> int:
    print(f"{error} ({error.code})", file=sys.stderr)
    print("Next: `lienthong directory access-requests`.", file=sys.stderr)
    return 1

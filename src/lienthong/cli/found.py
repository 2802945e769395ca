"""
Invite the members of a plan: what `up --topology` has the demonstration's directory do.

Every step is the ordinary one: one officer enters the request, two others
approve it, and the invitation is the result. Only the officers are made up, so
it refuses to run on anything but a demonstration.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lienthong.cli import django_setup, vault
from lienthong.cli.directory_officers import officer
from lienthong.kernel.node import Node

ASKS, APPROVES = "quan.van", ("ha.lien", "bui.tam")
BASIS = "Nghị định 47/2020/NĐ-CP; Quyết định 1888/QĐ-BTTTT"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path)


def run(args: argparse.Namespace) -> int:
    django_setup.start()
    from django.conf import settings

    from lienthong.systems.directory.queries import joining as asked
    from lienthong.systems.directory.services import door_url, joining
    from lienthong.web.accounts.demo import NotADemonstration

    node = Node.from_environment()
    if not (settings.DEMO or (node.home / "demo.json").exists()):
        raise NotADemonstration
    officers = [officer(name) for name in (ASKS, *APPROVES)]
    for row in json.loads(args.plan.read_text()):
        request = asked.open_request(row["gateway_code"])
        if request is None:
            wanted = joining.Wanted(
                member_code=row["member_code"],
                member_name=row["member_name"],
                member_kind=row["member_kind"],
                gateway_code=row["gateway_code"],
                subsystems=[tuple(system) for system in row["subsystems"]],
                legal_basis=BASIS,
            )
            request = joining.ask_to_join(wanted, by=officers[0])
        token = ""
        if request.state == request.State.APPROVED:
            # A start that was cut off: the token is told once, so a new one is made.
            token = joining.invite_again(request.pk, by=officers[1], url=door_url(node), node=node)
        else:
            for one in officers[1 : 1 + request.needed]:
                token = joining.approve(request.pk, by=one, url=door_url(node), node=node)
        vault.write_secret(Path(row["invitation"]), token)
        print(f"Invited: {request.gateway}")
    return 0

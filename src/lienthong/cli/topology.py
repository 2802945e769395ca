"""
Several nodes on one machine, joined as they would be over the country.

Each place has its own home, databases, keys and gateway, and runs as an
ordinary `lienthong up`; they share one embedded PostgreSQL server, on which no
place can connect to another's databases. The first place is the directory. The
others are asked for, approved by two officers and invited, as any body is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lienthong.cli import node_file, probes, roles, up, vault
from lienthong.cli.postgres import Cluster, PostgresFault
from lienthong.cli.supervisor import Child, DidNotStart, Supervisor
from lienthong.gateway.membership import Membership
from lienthong.kernel.node import Node, Ports

STRIDE = 100
"""Between the port bases of two places; a place's own ports leave room for nine others."""
FIRST_START = 900.0
STOP_SECONDS = 120.0
DATABASE = {"max_connections": "250", "shared_buffers": "128MB"}


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the topology."""

    name: str
    title: str
    systems: str
    member: str = ""
    """Code of the body; empty for the directory, which nobody invites."""
    member_name: str = ""
    member_kind: str = ""
    subsystems: tuple[tuple[str, str, str], ...] = ()
    """Code, name and kind of each information system."""

    @property
    def is_directory(self) -> bool:
        return not self.member


FEDERATED = (
    Place("government-office", "Văn phòng Chính phủ", "catalogues,directory,steering"),
    Place(
        "public-security",
        "Bộ Công an",
        "population",
        "G01",
        "Bộ Công an",
        "ministry",
        (("population", "Cơ sở dữ liệu quốc gia về dân cư", "database"),),
    ),
    Place(
        "justice",
        "Bộ Tư pháp",
        "civil_status",
        "G15",
        "Bộ Tư pháp",
        "ministry",
        (("civil-status", "Cơ sở dữ liệu hộ tịch điện tử", "database"),),
    ),
    Place(
        "social-security",
        "Bảo hiểm xã hội Việt Nam",
        "none",
        "G24",
        "Bảo hiểm xã hội Việt Nam",
        "agency",
        (("csdl-bao-hiem", "CSDL quốc gia về Bảo hiểm", "database"),),
    ),
    Place(
        "kien-giang",
        "UBND tỉnh Kiên Giang (LGSP)",
        "none",
        "TINH-91",
        "UBND tỉnh Kiên Giang",
        "province",
        (("lgsp", "Nền tảng LGSP - tỉnh Kiên Giang", "lgsp"),),
    ),
)
GRANTS = (
    (
        "GOV/TINH-91/lgsp",
        "Xác thực công dân khi giải quyết thủ tục hành chính của tỉnh",
        "Nghị định 47/2020/NĐ-CP Điều 24",
    ),
    (
        "GOV/G24/csdl-bao-hiem",
        "Xác thực người tham gia bảo hiểm",
        "Luật Bảo hiểm xã hội 58/2014/QH13; Nghị định 43/2021/NĐ-CP",
    ),
)
"""Who may besides verify a person: client, purpose, legal basis."""
SIGNS = "demonstration"
"""Named as the officer under what the bodies of the demonstration sign at their nodes."""


def node_of(country: Node, place: Place) -> Node:
    """The home and ports of one place."""
    number = FEDERATED.index(place)
    return Node(
        home=country.home / "nodes" / place.name, ports=Ports(country.ports.base + STRIDE * number)
    )


def places(country: Node) -> list[tuple[Place, Node]]:
    return [(place, node_of(country, place)) for place in FEDERATED]


add_arguments = up.add_arguments


def run(args: argparse.Namespace) -> int:
    """Start all places, watch them, stop all of them; as `up` does for one."""
    country = Node.from_environment()
    started = time.monotonic()
    if args.systems or args.join:
        print("A topology says itself which node runs what and who joins whom.", file=sys.stderr)
        return 2
    vault.make_home(country)
    vault.make_secrets(country, [])
    with up.only_one(country):
        supervisor = Supervisor(country.logs, country.run / "state.json")
        try:
            refuse_taken_ports(country)
            start_everything(country, supervisor, str(args.scale or up.DEMO_SCALE))
            tell(country, time.monotonic() - started)
            supervisor.watch()
            print("\nStopping …", flush=True)
        except KeyboardInterrupt:
            print("\nStopping …", flush=True)
        except (DidNotStart, PostgresFault) as fault:
            print(f"\nThe country did not start: {fault}", file=sys.stderr)
            print(f"Next: read the logs under {country.home}/nodes.", file=sys.stderr)
            return 1
        finally:
            supervisor.stop()
    print("Stopped. Nothing is lost; the same command starts the same country again.")
    return 0


def refuse_taken_ports(country: Node) -> None:
    """Say which place's ports are taken, before anything is started."""
    taken = [
        f"{place.name} {port}"
        for place, node in places(country)
        for port in (node.ports.pages, node.ports.consumer, node.ports.peer, node.ports.door)
        if probes.listens(port)
    ]
    if taken:
        raise DidNotStart(
            f"somebody else listens on: {', '.join(taken)}. "
            "Set LIENTHONG_PORT_BASE (8000 by default) to move all ports of this country."
        )


def start_everything(country: Node, supervisor: Supervisor, scale: str) -> None:
    """The server, the directory, then the others at once: invited first, if they are new."""
    cluster = up.start_postgres(country, supervisor, dict(os.environ), DATABASE)
    for place, node in places(country):
        prepare(country, cluster, place, node)
    directory, *others = places(country)
    start(supervisor, *directory, "--demo", "--scale", scale)
    wait(supervisor, directory[0].name)
    invite(supervisor, directory[1], others)
    for place, node in others:
        arguments = ["--join", f"@{invitation(node)}"]
        if place.systems != "none":
            arguments += ["--demo", "--scale", scale]
        start(supervisor, place, node, *arguments)
    wait(supervisor, *(place.name for place, _ in others))
    for _, node in others:
        invitation(node).unlink(missing_ok=True)
    give_grants(supervisor, country, directory[1])
    sign_grants(supervisor, country, others)


def prepare(country: Node, cluster: Cluster, place: Place, node: Node) -> None:
    """Home, secrets, databases and the settings file of one place; repeated, it only mends."""
    (country.home / "nodes").mkdir(exist_ok=True, mode=0o700)
    vault.make_home(node)
    vault.make_secrets(node, [])
    names = roles.Names.of_place(place.name)
    superuser = cluster.url("postgres", "postgres", quote(country.secret("db_superuser"), safe=""))
    passwords = {
        roles.OWNER: node.secret("db_owner"),
        roles.SYSTEMS: node.secret("db_app"),
        roles.GATEWAY: node.secret("db_gateway"),
        roles.ARCHIVER: node.secret("db_archiver"),
    }
    roles.make_place_roles(superuser, names, passwords)
    for name, kind in (
        (names.systems_database, roles.SYSTEMS_DATABASE),
        (names.gateway_database, roles.GATEWAY_DATABASE),
    ):
        roles.make_database(superuser, name, kind=kind, names=names)

    def url(role: str, secret: str, database: str) -> str:
        return cluster.url(role, database, quote(node.secret(secret), safe=""))

    node_file.write(
        node,
        {
            "LIENTHONG_SYSTEMS": place.systems,
            "LIENTHONG_PORT_BASE": str(node.ports.base),
            "LIENTHONG_GATEWAY_PROCESSES": "1",
            "LIENTHONG_DATABASE_URL": url(names.systems, "db_app", names.systems_database),
            "LIENTHONG_OWNER_DATABASE_URL": url(names.owner, "db_owner", names.systems_database),
            "LIENTHONG_GATEWAY_DATABASE_URL": url(
                names.gateway, "db_gateway", names.gateway_database
            ),
            "LIENTHONG_GATEWAY_OWNER_DATABASE_URL": url(
                names.owner, "db_owner", names.gateway_database
            ),
            "LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL": url(
                names.archiver, "db_archiver", names.gateway_database
            ),
        },
    )


def environment_of(node: Node) -> dict[str, str]:
    """What a command in a place's home is started with: its own settings come from its file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    for name in ("LIENTHONG_LOG_LEVEL", "LIENTHONG_PG_BIN"):
        if value := os.environ.get(name):
            kept[name] = value
    return {**kept, "LIENTHONG_HOME": str(node.home)}


def start(supervisor: Supervisor, place: Place, node: Node, *arguments: str) -> None:
    supervisor.start(
        Child(
            name=place.name,
            command=up.python("-m", "lienthong.cli", "up", *arguments),
            environment=environment_of(node),
            healthy=lambda: is_well(place, node),
            stop_with=signal.SIGTERM,
            stop_seconds=STOP_SECONDS,
        )
    )


def is_well(place: Place, node: Node) -> bool:
    """Whether every part of a place answers, and its share of the country is loaded."""
    state = probes.running_state(node)
    if state is None or not any(child["name"] == "worker" for child in state["children"]):
        return False
    if not probes.admin_is_well(node) or not probes.worker_is_there(node):
        return False
    if place.systems == "none":
        return True
    return (
        (node.home / "demo.json").exists()
        and probes.pages_are_well(node)
        and probes.offers_are_there(node)
    )


def wait(supervisor: Supervisor, *names: str) -> None:
    for name in names:
        print(f"Starting {name} …", flush=True)
    supervisor.wait_until_healthy(*names, seconds=FIRST_START)


# -- joining ----------------------------------------------------------------------------------


def invitation(node: Node) -> Path:
    """Where a place's invitation lies until it has joined."""
    return node.run / "invitation"


def invite(supervisor: Supervisor, directory: Node, others: list[tuple[Place, Node]]) -> None:
    """Have the directory ask for, approve and invite the places that have not joined."""
    new = [(place, node) for place, node in others if Membership.of(node) is None]
    if not new:
        return
    plan = [
        {
            "member_code": place.member,
            "member_name": place.member_name,
            "member_kind": place.member_kind,
            "gateway_code": place.name,
            "subsystems": place.subsystems,
            "invitation": str(invitation(node)),
        }
        for place, node in new
    ]
    path = directory.run / "plan.json"
    path.write_text(json.dumps(plan))
    command = up.python("-m", "lienthong.cli", "found", str(path))
    if supervisor.run_once("found", command, environment_of(directory)):
        raise DidNotStart("the members could not be invited")


def give_grants(supervisor: Supervisor, country: Node, directory: Node) -> None:
    """Once: what the country's story needs beyond the grants the systems' cards state."""
    done = country.home / "grants-given"
    if done.exists():
        return
    for client, purpose, basis in GRANTS:
        command = up.python(
            "-m", "lienthong.cli", "directory", "grant", client, "population",
            "person.verify.v1", "--purpose", purpose, "--legal-basis", basis,
        )  # fmt: skip
        if supervisor.run_once("grant", command, environment_of(directory)):
            raise DidNotStart("a grant of the demonstration could not be given")
    done.touch()


def sign_grants(supervisor: Supervisor, country: Node, others: list[tuple[Place, Node]]) -> None:
    """
    Once: every body signs at its own node what waits for it, as its officers would.

    First all that ask, then all that give: what is given names what was asked.
    """
    done = country.home / "grants-signed"
    if done.exists():
        return
    command = up.python(
        "-m", "lienthong.cli", "grants", "sign", "--all", "--by", SIGNS, "--wait", "60"
    )
    for _ in range(2):
        for place, node in others:
            if supervisor.run_once("sign", command, environment_of(node)):
                raise DidNotStart(f"{place.title} could not sign its grants")
    done.touch()


def tell(country: Node, seconds: float) -> None:
    """Where everything is, and what to do next."""
    print(f"\nLiên Thông is up after {seconds:.0f} s: {len(FEDERATED)} nodes. ", end="")
    print(f"State: {country.home}\n")
    for place, node in places(country):
        pages = f"http://127.0.0.1:{node.ports.pages}/" if place.systems != "none" else ""
        consumer = f"http://127.0.0.1:{node.ports.consumer}/r1/"
        print(f"  {place.title:<30} {pages:<26} {consumer}")
    print("\nAccounts of each desk stand at its /demo/ page; homes of the nodes under nodes/.")
    print(f"Next: LIENTHONG_HOME={country.home}/nodes/justice lienthong status")
    print("      Ctrl-C stops everything.", flush=True)

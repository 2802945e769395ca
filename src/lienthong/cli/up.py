"""
Start the whole node: database, keys, gateway, pages, offers and worker.

Everything lies under LIENTHONG_HOME and every port follows from
LIENTHONG_PORT_BASE. Ctrl-C stops every process that was started here; nothing
is lost in between, and the second start is quick.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from lienthong.cli import cards, databases, entering, postgres, probes, vault
from lienthong.cli.postgres import PostgresFault
from lienthong.cli.supervisor import Child, DidNotStart, Supervisor
from lienthong.gateway.membership import Membership
from lienthong.kernel.node import Node

DEMO_SCALE = "0.001"
PAGE_THREADS = 8
OFFER_THREADS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="fill a small country of August 2021")
    parser.add_argument("--scale", type=Decimal, help=f"of the demo (default {DEMO_SCALE})")
    parser.add_argument(
        "--systems", help="only these, separated by commas; none is a gateway alone"
    )
    parser.add_argument("--join", default="", metavar="TOKEN", help="join an exchange first; @FILE")
    parser.add_argument(
        "--topology",
        choices=("federated",),
        default="",
        help="several nodes on this machine, each with its own databases and gateway",
    )


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    started = began()
    vault.make_home(node)
    if args.systems:
        os.environ["LIENTHONG_SYSTEMS"] = args.systems.replace("-", "_")
    demo = demo_of(node, args)
    if demo:
        os.environ["LIENTHONG_DEMO"] = "1"
    os.environ["LIENTHONG_HOME"] = str(node.home)
    os.environ["LIENTHONG_PORT_BASE"] = str(node.ports.base)
    if args.join and Membership.of(node) is None:
        print(entering.enter(node, args.join), flush=True)
    with only_one(node):
        vault.make_secrets(node, cards.cards())
        supervisor = Supervisor(node.logs, node.run / "state.json")
        try:
            start_everything(node, supervisor)
            if demo and not (node.home / "demo.json").exists():
                load_demo(supervisor, demo)
            supervisor.wait_until_healthy()
            tell(node, bool(demo), time.time() - started)
            supervisor.watch()
            print("\nStopping …", flush=True)
        except KeyboardInterrupt:
            print("\nStopping …", flush=True)
        except (DidNotStart, PostgresFault) as fault:
            print(f"\nThe node did not start: {fault}", file=sys.stderr)
            print("Next: `lienthong doctor` checks what may be wrong.", file=sys.stderr)
            return 1
        finally:
            supervisor.stop()
    print("Stopped. Nothing is lost; `lienthong up` starts the same node again.")
    return 0


def began() -> float:
    """
    When whoever waits for this node began to wait: `make` says when it was typed.

    Taken out of the environment, so that no process started later counts from there.
    """
    try:
        return float(os.environ.pop("LIENTHONG_BEGAN", "") or time.time())
    except ValueError:
        return time.time()


def demo_of(node: Node, args: argparse.Namespace) -> str:
    """The scale of the demo this node holds or shall hold; empty when it is none."""
    if not cards.carried():
        return ""
    kept = node.home / "demo.json"
    if kept.exists():
        scale = str(json.loads(kept.read_text())["scale"])
        if args.scale and Decimal(scale) != args.scale:
            raise SystemExit(
                f"This node holds the demo country at scale {scale}. "
                "Name another LIENTHONG_HOME for another scale."
            )
        return scale
    return str(args.scale or DEMO_SCALE) if args.demo or args.scale else ""


@contextmanager
def only_one(node: Node) -> Iterator[None]:
    """One `up` a home; a second one is told where the first is."""
    with (node.run / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"This node is running already: http://127.0.0.1:{node.ports.pages}/")
            print("Next: `lienthong status` shows its health, `lienthong down` stops it.")
            raise SystemExit(1) from None
        yield


def start_everything(node: Node, supervisor: Supervisor) -> None:
    """In the order in which the parts need each other."""
    refuse_taken_ports(node)
    chosen = databases.databases_of(node)
    environment = dict(os.environ)
    if chosen.embedded:
        databases.provision(node, start_postgres(node, supervisor, environment))
    # A process of its own, so that the supervisor stays small for as long as the node runs.
    if supervisor.run_once("settle", python("-m", "lienthong.cli", "settle"), environment):
        raise DidNotStart("the databases or the directory could not be brought to this release")
    count = gateway_processes(node)
    for index in range(count):
        supervisor.start(gateway(node, index, count, environment))
    if cards.carried():
        supervisor.start(offers(node, environment))
        supervisor.start(pages(node, environment))
    supervisor.start(worker(node, environment))
    supervisor.wait_until_healthy()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def refuse_taken_ports(node: Node) -> None:
    """Say which port is taken and how to choose others, before anything is started."""
    ports = node.ports
    wanted = {
        "pages": ports.pages,
        "consumer side": ports.consumer,
        "public log": ports.public_log,
        "gateway administration": ports.gateway_admin,
        "offers": ports.offers,
        "gateway to gateway": ports.peer,
        **({"directory's door": ports.door} if "directory" in cards.carried() else {}),
    }
    taken = [f"{what} {port}" for what, port in wanted.items() if probes.listens(port)]
    if taken:
        raise DidNotStart(
            f"somebody else listens on: {', '.join(taken)}. "
            "Set LIENTHONG_PORT_BASE (8000 by default) to move all ports of this node."
        )


def start_postgres(
    node: Node,
    supervisor: Supervisor,
    environment: dict[str, str],
    settings: Mapping[str, str] | None = None,
) -> postgres.Cluster:
    cluster = databases.embedded_cluster(node, settings)
    # One of this node that outlived a killed supervisor is ours to stop; no other ever is.
    cluster.stop()
    if probes.listens(cluster.port):
        raise DidNotStart(f"somebody else listens on the database port {cluster.port}")

    def prepare() -> None:
        cluster.clear_stale_pid()
        cluster.configure()

    child = Child(
        name="postgres",
        command=cluster.command(),
        environment={"PATH": environment.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
        healthy=lambda: cluster.ready,
        stop_with=signal.SIGINT,
        stop_seconds=60.0,
        before=prepare,
    )
    supervisor.start(child)
    supervisor.wait_until_healthy("postgres")
    return cluster


def gateway_processes(node: Node) -> int:
    """One per core (decision 6)."""
    cores = len(os.sched_getaffinity(0))
    return int(os.environ.get("LIENTHONG_GATEWAY_PROCESSES") or max(1, cores))


def gateway(node: Node, index: int, count: int, environment: dict[str, str]) -> Child:
    return Child(
        name=f"gateway-{index}",
        command=python("-m", "lienthong.gateway", "--index", str(index), "--of", str(count)),
        environment=environment,
        healthy=lambda: (
            probes.admin_is_well(node) if index == 0 else probes.listens(node.ports.consumer)
        ),
    )


def offers(node: Node, environment: dict[str, str]) -> Child:
    """The provider's edge: a pool and a loopback port of its own (decision 7)."""
    return Child(
        name="offers",
        command=granian("offers", node.ports.offers, OFFER_THREADS),
        environment=environment,
        healthy=lambda: probes.offers_are_there(node),
    )


def pages(node: Node, environment: dict[str, str]) -> Child:
    return Child(
        name="pages",
        command=granian("application", node.ports.pages, PAGE_THREADS),
        environment=environment,
        healthy=lambda: probes.pages_are_well(node),
    )


def granian(application: str, port: int, threads: int) -> list[str]:
    # fmt: off
    return python(
        "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", str(threads), "--runtime-mode", "st",
        "--http", "1", "--no-ws", "--log-level", "warning", "--backpressure", "128",
        "--respawn-failed-workers",
        "--respawn-interval", "0.5",
        "--workers-kill-timeout", "15",
        f"lienthong.conf.wsgi:{application}",
    )
    # fmt: on


def worker(node: Node, environment: dict[str, str]) -> Child:
    def forget_old() -> None:
        (node.run / "worker.pid").unlink(missing_ok=True)

    return Child(
        name="worker",
        command=python("-m", "lienthong.cli", "worker"),
        environment=environment,
        healthy=lambda: probes.worker_is_there(node),
        before=forget_old,
    )


def load_demo(supervisor: Supervisor, scale: str) -> None:
    print(f"Loading the demo country of August 2021 at scale {scale} …", flush=True)
    command = python("-m", "lienthong.cli", "demo", "load", "--scale", scale, "--quiet-end")
    if supervisor.run_once("demo", command, os.environ):
        raise DidNotStart("the demo country could not be loaded")


def tell(node: Node, demo: bool, seconds: float) -> None:
    """Where everything is, and what to do next."""
    ports = node.ports
    print(f"\nLiên Thông is up after {seconds:.0f} s. State: {node.home}\n")
    desks = (
        (f"http://127.0.0.1:{ports.pages}/", "public pages"),
        (f"http://127.0.0.1:{ports.pages}/canbo/", "officers' desks"),
    )
    for address, what in (
        *(desks if cards.carried() else ()),
        (f"http://127.0.0.1:{ports.consumer}/r1/", "consumer side of the gateway"),
        (f"http://127.0.0.1:{ports.public_log}/log/checkpoint", "public message log"),
    ):
        print(f"  {address:<44} {what}")
    accounts = node.secrets / "demo_accounts.json"
    if demo and accounts.exists():
        print(
            f"\nDemo accounts, with the codes of the moment at http://127.0.0.1:{ports.pages}/demo/"
        )
        print("(or `lienthong demo code NAME`):\n")
        for line in account_lines(accounts):
            print(line)
    print("\nNext: sign in as an officer, or in a second terminal")
    print("      `lienthong report 2021-08`, `lienthong call --help`, `lienthong status`.")
    print("      Ctrl-C stops everything.", flush=True)


def account_lines(accounts: Path) -> list[str]:
    """Login and password of each demo account, from the file the loader wrote."""
    known = json.loads(accounts.read_text())
    rows = known.items() if isinstance(known, dict) else ((row["login"], row) for row in known)
    return [
        f"  {login:<12} {row['password']:<24} {row.get('who', '')}".rstrip() for login, row in rows
    ]

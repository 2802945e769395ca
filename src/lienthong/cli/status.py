"""Show what runs from this home, and whether it is well."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass

from lienthong.cli import databases, memory, probes, topology
from lienthong.cli.postgres import PostgresFault
from lienthong.kernel.node import Node
from lienthong.protocol.errors import UnknownDirectoryKey

WHAT_HELPS = (
    "Ask the directory's operator for the new key's name, then "
    "`lienthong keys trust-directory NAME`."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the node."""

    name: str
    pid: int | None
    restarts: int
    well: bool
    memory_mb: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    state = probes.running_state(node)
    parts = parts_of(node, state) if state else []
    if args.json:
        print(json.dumps({"home": str(node.home), "parts": [asdict(part) for part in parts]}))
        return 0 if parts and all(part.well for part in parts) else 1
    if state is None:
        print(f"Nothing runs from {node.home}.")
        print("Next: `lienthong up` starts it.")
        return 1
    print(f"{'part':<12} {'process':>8} {'restarts':>8} {'memory':>8}  health")
    for part in parts:
        print(
            f"{part.name:<12} {part.pid or '-':>8} {part.restarts:>8} {part.memory_mb:>5} MB  "
            f"{'well' if part.well else 'NOT WELL'}"
        )
    tell_of_directory(node)
    tell_of_refused_days(node)
    ill = [part.name for part in parts if not part.well]
    if ill:
        print(f"Next: read {node.logs}/{ill[0]}.log, or run `lienthong doctor`.")
        return 1
    print(f"Next: open http://127.0.0.1:{node.ports.pages}/")
    return 0


def tell_of_directory(node: Node) -> None:
    """Say when the directory is not heard, and what that stops (decision 19)."""
    health = probes.admin_health(node)
    if health.get("snapshot_refused") == UnknownDirectoryKey.code:
        print(f"WARNING: {UnknownDirectoryKey.message()} {WHAT_HELPS}")
    if health.get("snapshot_stops"):
        print(
            f"WARNING: the snapshot is too old; refused now: {', '.join(health['snapshot_stops'])}"
        )
    elif "directory" in health.get("wrong", ()):
        stop = health.get("snapshot_next_stop")
        print(f"WARNING: nothing new from the directory; the first calls stop at {stop}")


def tell_of_refused_days(node: Node) -> None:
    """Say when the directory refuses days this gateway signed: the country's count lacks them."""
    refused = probes.admin_health(node).get("refused_days", 0)
    if refused:
        print(f"WARNING: the directory refused {refused} signed days; see `lienthong log days`")


def parts_of(node: Node, state: dict[str, object]) -> list[Part]:
    children = state["children"]
    assert isinstance(children, list)
    return [
        Part(
            name=child["name"],
            pid=child["pid"],
            restarts=child["restarts"],
            well=is_well(node, child["name"]),
            memory_mb=memory.family_pss(child["pid"]) // 1024 if child["pid"] else 0,
        )
        for child in children
    ]


def is_well(node: Node, name: str) -> bool:
    if name == "postgres":
        try:
            return databases.embedded_cluster(node).ready
        except PostgresFault:
            return False
    if name.startswith("gateway-"):
        return probes.admin_is_well(node) and probes.listens(node.ports.consumer)
    for place, own in topology.places(node):
        if place.name == name:
            return topology.is_well(place, own)
    checks = {
        "offers": probes.offers_are_there,
        "pages": probes.pages_are_well,
        "worker": probes.worker_is_there,
    }
    return checks[name](node)

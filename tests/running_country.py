"""A federated country for scenarios: five nodes of one machine, started by one command."""

from __future__ import annotations

import random
from pathlib import Path

from lienthong.cli import probes, topology
from lienthong.kernel.node import Ports
from running_node import RunningNode, shared_runtime


class Place(RunningNode):
    """One node of the country; commands in its home need to know no more than the home."""

    def __init__(self, country: RunningCountry, place: topology.Place) -> None:
        self.place = country.place
        self.node = topology.node_of(country.node, place)
        self.process = None
        kept = {k: v for k, v in country.environment.items() if not k.startswith("LIENTHONG_")}
        self.environment = {
            **kept,
            "LIENTHONG_HOME": str(self.node.home),
            "LIENTHONG_RUNTIME": str(shared_runtime()),
        }


class RunningCountry(RunningNode):
    """The country's home; its nodes by name."""

    patience = 1200.0

    @classmethod
    def anywhere(cls) -> RunningCountry:
        alone = super().anywhere()
        return cls(alone.place, free_bases())

    def at(self, name: str) -> Place:
        (place,) = [place for place in topology.FEDERATED if place.name == name]
        return Place(self, place)

    @property
    def home(self) -> Path:
        return self.node.home


def free_bases() -> int:
    """A base from which every place has all its ports free at this moment."""
    for _ in range(200):
        base = random.SystemRandom().randrange(12_000, 29_000, 1000)
        numbers = [
            number
            for n in range(len(topology.FEDERATED))
            for number in all_ports(Ports(base + topology.STRIDE * n))
        ]
        if not any(probes.listens(number) for number in numbers):
            return base
    raise AssertionError("no free ports on this machine")


def all_ports(ports: Ports) -> tuple[int, ...]:
    return (
        ports.pages,
        ports.consumer,
        ports.public_log,
        ports.gateway_admin,
        ports.offers,
        ports.postgres,
        ports.consumer_tls,
        ports.door,
        ports.peer,
    )

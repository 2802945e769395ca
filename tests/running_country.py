"""A federated country for scenarios: five nodes of one machine, started by one command."""

from __future__ import annotations

from pathlib import Path

from lienthong.cli import topology
from port_lanes import free_base
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
        return cls(alone.place, free_base(len(topology.FEDERATED)))

    def at(self, name: str) -> Place:
        (place,) = [place for place in topology.FEDERATED if place.name == name]
        return Place(self, place)

    @property
    def home(self) -> Path:
        return self.node.home

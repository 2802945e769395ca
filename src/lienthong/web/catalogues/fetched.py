"""
The catalogues of a node that does not carry their system, asked for through the exchange.

The answer is signed and logged like every other (decision 26); its message id is kept
beside the copy, so that the receipt can show who published what is in use here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from lienthong.exchange import client, scope
from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import System
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.pki import write_private
from lienthong.web.catalogues import published
from lienthong.web.catalogues.need import NEED, AskSnapshot


class WrongSnapshot(LienThongError):
    """The catalogues that came are not those their answer names."""

    code = "web.wrong_catalogue_snapshot"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is in use after asking."""

    number: int
    fresh: bool


def fetch(system: System) -> Fetched:
    """
    Ask in this system's name whether there is a newer snapshot, and put it in use.

    Raises one of the exchange's families; WrongSnapshot and BadTable leave what is in use.
    """
    kept = published.current().number
    ask = Ask(system, NEED, AskSnapshot(after=kept))
    answer = client.call(ask, deadline=scope.JOB_SECONDS)
    said = answer.body
    if said.number <= kept:
        return Fetched(kept, fresh=False)
    if hashlib.sha256(said.content).hexdigest() != said.digest:
        raise WrongSnapshot(number=said.number)
    if published.unseal(said.content).number != said.number:
        raise WrongSnapshot(number=said.number)
    published.keep(said.content)
    source = {"number": said.number, "digest": said.digest, "message_id": answer.message_id}
    place = Node.from_environment().home / "catalogues" / "source.json"
    write_private(place, json.dumps(source).encode())
    return Fetched(said.number, fresh=True)


def asker(systems: tuple[System, ...]) -> System | None:
    """The system in whose name this node asks; nobody where the catalogues are at home."""
    if any(system.code == NEED.system for system in systems):
        return None
    return next((system for system in systems if NEED in system.needs), None)

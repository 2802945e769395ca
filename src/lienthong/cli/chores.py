"""What a node does for the exchange every few minutes, with or without systems of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lienthong.cli import cards
from lienthong.exchange import day_reports, housekeeping, signing_desk
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError

ROUND_SECONDS = 300.0
FIRST_SECONDS = 15.0
EAGER_ROUNDS = 20
"""How often it is tried at short intervals after the start, while the others start too."""

log = logging.getLogger("lienthong.worker")


def run(node: Node, stop: threading.Event) -> None:
    """Until ``stop``: one round after the other; what fails is tried again with the next."""
    eager = EAGER_ROUNDS
    while not stop.is_set():
        well = one_round(node)
        eager = 0 if well else max(0, eager - 1)
        stop.wait(FIRST_SECONDS if eager else ROUND_SECONDS)


def one_round(node: Node) -> bool:
    """Whether everything was done; what was not is said in the log and tried again."""
    steps: tuple[tuple[str, Callable[[Node], None]], ...] = (
        ("sign what the cards state", sign),
        ("tell signed days", tell),
    )
    well = True
    for name, step in steps:
        try:
            step(node)
        except housekeeping.NobodyAsks:
            continue  # nothing of the owner's stands behind this gateway
        except (LienThongError, ProtocolError) as problem:
            log.info("waits for the directory: %s (%s)", name, problem.code)
            well = False
    return well


def sign(node: Node) -> None:
    """A body whose key lies only here signs here; elsewhere the directory has its key."""
    for settled in signing_desk.sign_stated(node, cards.cards()):
        if settled.taken:
            log.info("signed, as the card states: %s", settled.id)
        else:
            log.error("a signature was not taken: %s (%s)", settled.id, settled.why)


def tell(node: Node) -> None:
    reported = day_reports.tell(node)
    if reported.all:
        told = "days told: %d taken, %d contradicted, %d refused"
        log.info(told, reported.taken, reported.contradicted, reported.refused)

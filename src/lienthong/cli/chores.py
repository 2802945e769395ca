"""What a node does for the exchange every few minutes, with or without systems of its own."""

from __future__ import annotations

import logging
import threading

from lienthong.exchange import day_reports, housekeeping
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
    """Whether everything was done; what was not is said once in the log."""
    try:
        reported = day_reports.tell(node)
    except housekeeping.NobodyAsks:
        return True  # nothing of the owner's stands behind this gateway
    except (LienThongError, ProtocolError) as problem:
        log.info("signed days wait for the directory: %s", problem.code)
        return False
    if reported.all:
        told = "days told: %d taken, %d contradicted, %d refused"
        log.info(told, reported.taken, reported.contradicted, reported.refused)
    return True

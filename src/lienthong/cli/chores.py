"""What a node does for the exchange every few minutes, with or without systems of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from lienthong.cli import cards
from lienthong.exchange import day_reports, housekeeping, signing_desk
from lienthong.exchange.addresses import SnapshotAddresses
from lienthong.gateway.membership import Membership
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError

ROUND_SECONDS = 300.0
ASK_SECONDS = 3600.0
FIRST_SECONDS = 15.0
EAGER_ROUNDS = 20
"""How often it is tried at short intervals after the start, while the others start too."""

log = logging.getLogger("lienthong.worker")


@dataclass(slots=True)
class Chores:
    """One node's round, and when it last asked what waits for its signature."""

    node: Node
    asked_at: float = field(default=-ASK_SECONDS)

    def one_round(self) -> bool:
        """Whether everything was done; what was not is said in the log and tried again."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("sign what the cards state", self.sign),
            ("tell signed days", self.tell),
        )
        well = True
        for name, step in steps:
            try:
                step()
            except housekeeping.NobodyAsks:
                continue  # nothing of the owner's stands behind this gateway
            except (LienThongError, ProtocolError) as problem:
                log.info("waits for the directory: %s (%s)", name, problem.code)
                well = False
        return well

    def sign(self) -> None:
        """
        A body whose key lies only here signs here what its cards state.

        Asked for while the snapshot shows a grant of this body without signatures, and
        once an hour: terms that changed are published signed, as they were before.
        """
        if Membership.of(self.node) is None:
            return  # on the directory's own node it signs itself
        if monotonic() - self.asked_at < ASK_SECONDS and not self.is_owed():
            return
        for settled in signing_desk.sign_stated(self.node, cards.cards()):
            if settled.taken:
                log.info("signed, as the card states: %s", settled.id)
            else:
                log.error("a signature was not taken: %s (%s)", settled.id, settled.why)
        self.asked_at = monotonic()

    def is_owed(self) -> bool:
        """Whether the snapshot publishes a grant of this body that lacks its signatures."""
        own = f"{housekeeping.owner_of(self.node)}/"
        snapshot = SnapshotAddresses.of_node(self.node).snapshot()
        return any(
            grant.proof is None and (grant.client.startswith(own) or grant.provider.startswith(own))
            for grant in snapshot.grants
        )

    def tell(self) -> None:
        reported = day_reports.tell(self.node)
        if reported.all:
            told = "days told: %d taken, %d contradicted, %d refused"
            log.info(told, reported.taken, reported.contradicted, reported.refused)


def run(node: Node, stop: threading.Event) -> None:
    """Until ``stop``: one round after the other; what fails is tried again with the next."""
    chores, eager = Chores(node), EAGER_ROUNDS
    while not stop.is_set():
        eager = 0 if chores.one_round() else max(0, eager - 1)
        stop.wait(FIRST_SECONDS if eager else ROUND_SECONDS)

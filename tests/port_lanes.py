"""
Ports for the nodes that tests start: each process has a lane nobody else chooses from.

A worker of the suite, and a second suite beside it, take their ports from
different lanes; so do single nodes and topologies. A lane is held by binding
its last port, so that it needs no file, counts for every user of the machine,
and ends with the process. All lanes lie below the ports the system gives out
by itself (32768 on Linux).
"""

from __future__ import annotations

import contextlib
import functools
import socket
from collections import deque

from lienthong.cli import topology
from lienthong.kernel.node import Ports

# A node's port to its peers lies 2500 below its base: each band has its peers in the lower
# half and its bases in the upper one, so that no lane reaches into another.
BANDS = range(10_000, 30_000, 5000)
WIDTH = 1250
STARTS = [band + half for band in BANDS for half in (2500, 2500 + WIDTH)]
STEP = 5
REMEMBERED = 8
"""Bases given out lately are not given again: their nodes may be down for a moment only."""


class NoFreePorts(AssertionError):
    """Every lane, or every port of this process's lane, is in use."""


def ports_of(base: int, places: int = 1) -> frozenset[int]:
    """Every port of a node with this base, or of a topology with that many places."""
    names = [name for name, kind in vars(Ports).items() if isinstance(kind, property)]
    nodes = [Ports(base + topology.STRIDE * place) for place in range(places)]
    return frozenset(
        port for node in nodes for port in (node.base, *(getattr(node, n) for n in names))
    )


class Lane:
    """The ports of one process, from ``start`` on; ``take`` one."""

    def __init__(self, start: int, held: socket.socket) -> None:
        self.start = start
        self._held = held
        self._next = 0
        self._lately: deque[frozenset[int]] = deque(maxlen=REMEMBERED)

    @classmethod
    def take(cls) -> Lane:
        """The first lane nobody holds; NoFreePorts when there is none."""
        for start in STARTS:
            with contextlib.suppress(OSError):
                return cls(start, bound(start + WIDTH - 1))
        raise NoFreePorts(f"{len(STARTS)} processes of tests hold all lanes of ports")

    def close(self) -> None:
        self._held.close()

    def base(self, places: int = 1) -> int:
        """A base whose ports are free and were not given out lately."""
        reach = max(ports_of(0, places))
        for _ in range(0, WIDTH, STEP):
            base = self.start + self._next
            self._next = (self._next + STEP) % (WIDTH - 1 - reach)
            wanted = ports_of(base, places)
            if any(wanted & given for given in self._lately) or not all(map(is_free, wanted)):
                continue
            self._lately.append(wanted)
            return base
        raise NoFreePorts(f"no base from {self.start} to {self.start + WIDTH} has its ports free")


def bound(port: int) -> socket.socket:
    """This port of loopback, taken; OSError when somebody has it."""
    taken = socket.socket()
    try:
        # A connection that ended a moment ago does not stand in the way of a new listener.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen(1)
    except OSError:
        taken.close()
        raise
    return taken


def is_free(port: int) -> bool:
    try:
        bound(port).close()
    except OSError:
        return False
    return True


@functools.cache
def own_lane(places: int = 1) -> Lane:
    """This process's lane for topologies of this size, held until it ends."""
    return Lane.take()


def free_base(places: int = 1) -> int:
    """A base for a node to be started here, or for a topology of nodes."""
    # The ports of many nodes lie so close that those of others fit nowhere between them.
    return own_lane(places).base(places)

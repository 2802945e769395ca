"""The node's database for the length of one command, when no `up` is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lienthong.cli import databases
from lienthong.kernel.node import Node


@contextmanager
def running(node: Node) -> Iterator[None]:
    """Start the embedded database unless it runs already, and leave it as it was found."""
    if not databases.databases_of(node).embedded:
        yield
        return
    cluster = databases.embedded_cluster(node)
    if cluster.ready:
        yield
        return
    cluster.start()
    try:
        databases.provision(node, cluster)
        yield
    finally:
        cluster.stop()

"""
Who stamps time on documents: the authority a node names, or the demonstration's own.

``LIENTHONG_DOCUMENT_TSA`` is the address of an RFC 3161 authority; its roots lie in
``keys/timestamp/roots.pem``. A node that names none signs without time-stamps,
unless it is a demonstration: then its own clock is the authority and says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from lienthong.exchange import outside
from lienthong.kernel.node import Node
from lienthong.protocol.demonstration_authority import DemonstrationAuthority

Stamper = Callable[[bytes], bytes]
"""From the DER of a request to the DER of the authority's response; raises OSError."""
SETTING = "LIENTHONG_DOCUMENT_TSA"


def stamper_of(node: Node, *, demo: bool) -> Stamper | None:
    """The authority of this node, or nothing."""
    if address := os.environ.get(SETTING, ""):
        return partial(outside.timestamp, address)
    if not demo:
        return None
    here = DemonstrationAuthority.open(node.keys / "timestamp", node.secret("passphrase").encode())
    return here.answer

"""
What stands behind the ports: which of the two message protocols a request speaks.

SOAP is loaded with the first SOAP message; a gateway that only carries REST
never reads an XML parser into its memory, and a REST request costs one look at
its path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lienthong.gateway.consumer import Consumer
from lienthong.gateway.core import DEFAULT_BODY, Gateway
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.provider import PeerSide
from lienthong.gateway.witness import Witness
from lienthong.protocol import rest
from lienthong.protocol.snapshot import Snapshot

if TYPE_CHECKING:
    from lienthong.gateway.exports import Exports

SOAP_TYPES = (b"text/xml", b"application/xop+xml", b"multipart/related", b"application/soap+xml")
# Paths that other applications of the consumer's port have claimed.
CLAIMED = (b"/r1/", b"/listClients", b"/asic", b"/verificationconf", b"/dci/", b"/axis/", b"/fhir/")
EXPORTED = frozenset({b"/asic", b"/verificationconf"})
# A multipart SOAP message is longer than its parts.
AROUND_PARTS = 64 * 1024


@dataclass(slots=True)
class ConsumerFront:
    """The application behind the consumer's ports."""

    gateway: Gateway
    exports: Exports | None = None
    """The log, for clients who ask for their evidence."""
    rest: Consumer = field(init=False)

    def __post_init__(self) -> None:
        self.rest = Consumer(self.gateway)

    def body_limit(self, head: Head) -> int:
        if speaks_soap(head):
            return longest_soap(self.gateway.current)
        return self.rest.body_limit(head)

    async def answer(self, request: Incoming) -> Outgoing:
        if speaks_soap(request.head):
            from lienthong.gateway import soap_consumer

            return await soap_consumer.answer(self.gateway, request)
        path, _ = rest.split_target(request.head.target)
        if path == b"/wsdl":
            from lienthong.gateway import soap_descriptions

            return await soap_descriptions.answer(self.gateway, request)
        if path in EXPORTED:
            from lienthong.gateway import exports

            return await exports.answer(self.gateway, request, self.exports)
        return await self.rest.answer(request)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return self.rest.malformed(why, caller)


@dataclass(slots=True)
class PeerFront:
    """The application behind the peer port."""

    gateway: Gateway
    witness: Witness | None = None
    rest: PeerSide = field(init=False)

    def __post_init__(self) -> None:
        self.rest = PeerSide(self.gateway, self.witness)

    def body_limit(self, head: Head) -> int:
        return self.rest.body_limit(head)

    async def answer(self, request: Incoming) -> Outgoing:
        if request.head.target.startswith(b"/soap/"):
            from lienthong.gateway import soap_provider

            return await soap_provider.answer(self.gateway, request)
        return await self.rest.answer(request)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return self.rest.malformed(why, caller)


def speaks_soap(head: Head) -> bool:
    """
    Whether a request on the consumer's port is for SOAP.

    Everything sent to ``/``, and what is posted as XML to any path nobody
    claimed: clients that take the gateway for an HTTP proxy keep the path of
    the address in the WSDL.
    """
    target = head.target
    if target == b"/" or target.startswith(b"/?"):
        return True
    if head.method != b"POST" or target.startswith(CLAIMED):
        return False
    kind = (head.header(b"content-type") or b"").strip().lower()
    return kind.startswith(SOAP_TYPES)


def longest_soap(snapshot: Snapshot | None) -> int:
    """What a SOAP message may have before it is read for which service it is."""
    longest = DEFAULT_BODY if snapshot is None else max(DEFAULT_BODY, snapshot.longest_soap)
    return longest + AROUND_PARTS

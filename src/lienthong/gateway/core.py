"""
What both sides of the gateway share: its state, its ways out, and how rows and faults are made.

The state is replaced, never changed in place, so a request that started under
one snapshot ends under it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from lienthong.gateway.bodies import Body, Refusal
from lienthong.gateway.described import Described
from lienthong.gateway.environment import MetricSet
from lienthong.gateway.kept_bodies import keep
from lienthong.gateway.limits import Lanes
from lienthong.gateway.log import MessageLog
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.gateway.operational import Form, Monitor
from lienthong.gateway.operational_queries import Found, Health, Scope, Search
from lienthong.gateway.pool import Received
from lienthong.gateway.quotas import MemoryQuotas, Quotas
from lienthong.gateway.rows import OVERLAP, STRICT, Kind, LogRow, LogSide, Outcome, make_row
from lienthong.gateway.settings import Holdings, Provider, Secrets
from lienthong.gateway.signing import Signing
from lienthong.gateway.tracing import Spans, Tracer
from lienthong.gateway.year_keys import pseudonym
from lienthong.kernel import clock
from lienthong.protocol import conceal
from lienthong.protocol import headers as names
from lienthong.protocol.conceal import Part
from lienthong.protocol.errors import (
    LoggingFailed,
    OutdatedSnapshot,
    ProtocolError,
    Replayed,
    UnknownKey,
    UnknownMember,
)
from lienthong.protocol.faults import Side, Spelling, XRoadFault, fault_of
from lienthong.protocol.headers import Header
from lienthong.protocol.identifiers import GatewayId, MemberId, SubsystemId
from lienthong.protocol.joining import Denied
from lienthong.protocol.pki import SigningKey, VerifyingKey
from lienthong.protocol.signature import FindKey, Signed
from lienthong.protocol.snapshot import Anchor, GatewayEntry, OfferEntry, Snapshot

logger = logging.getLogger("lienthong.gateway")

DEFAULT_BODY = 10 << 20
MOST_ENDS = 500
"""Ways to end that are counted apart; a hostile peer could invent any number."""
OTHER_END = "other"
MESSAGES_WITHOUT_OFFER = 64 << 10
"""The longest body of a request whose service is not known."""
UNKNOWN = (
    ".IOError",
    ".InvalidResponse",
    ".InternalError",
    ".LoggingFailed",
    ".ServerProxy.HSMNonOperational",
)
REASONS = {200: b"OK", 400: b"Bad Request", 500: b"Internal Server Error"}


class Message(msgspec.Struct, frozen=True):
    """A request to send on, before it becomes bytes for a certain host."""

    method: bytes
    target: bytes
    headers: Sequence[Header]
    body: Body

    def head_for(self, host: bytes) -> bytes:
        lines = [self.method + b" " + self.target + b" HTTP/1.1", b"Host: " + host]
        lines += [name + b": " + value for name, value in self.headers]
        if self.body.size or self.method not in (b"GET", b"HEAD"):
            lines.append(b"Content-Length: %d" % self.body.size)
        lines.append(b"\r\n")
        return b"\r\n".join(lines)

    @property
    def may_repeat(self) -> bool:
        """Whether the receiver recognises or does not mind the same request again."""
        if self.method in (b"GET", b"HEAD", b"OPTIONS", b"TRACE"):
            return True
        return names.get(self.headers, names.IDEMPOTENCY_KEY) is not None


class WayOut(Protocol):
    """How requests leave: sockets in production, a function call in process."""

    async def to_peer(
        self, gateway: GatewayEntry, message: Message, *, deadline: float, limit: int
    ) -> Received:
        """Send to another gateway over mutual TLS; raises `pool.SendFailed`."""

    async def to_provider(
        self, provider: Provider, message: Message, *, deadline: float, limit: int
    ) -> Received:
        """Send to a system of this node; raises `pool.SendFailed`."""


class Observing(Protocol):
    """What a gateway tells of itself (`observing.Observatory`)."""

    def scope(self, client: SubsystemId | MemberId) -> Scope:
        """What of the operational data a client may see."""

    async def records(self, search: Search, scope: Scope) -> Found:
        """Raises `operational_queries.BadCriteria` or LoggingFailed."""

    async def health(self, scope: Scope, client: SubsystemId | MemberId | None = None) -> Health:
        """Raises LoggingFailed."""

    def environment(self, client: SubsystemId | MemberId, fields: Sequence[str] = ()) -> MetricSet:
        """Raises AccessDenied."""


@dataclass(slots=True)
class Gateway:
    """One gateway process: everything a request needs."""

    identity: GatewayId
    anchor: Anchor
    secrets: Secrets
    holdings: Holdings
    log: MessageLog
    way_out: WayOut
    current: Snapshot | None = None
    denied: Denied | None = None
    """Keys no longer believed, whatever the snapshot says."""
    snapshot_refused: str = ""
    """Why a newer snapshot of the directory was not taken."""
    heard_at: datetime | None = None
    """When the directory last answered; None where it is not asked."""
    peers: Lanes = field(default_factory=Lanes)
    providers: Lanes = field(default_factory=Lanes)
    signing: Signing = field(default_factory=Signing)
    quotas: Quotas = field(default_factory=MemoryQuotas)
    signed_grants: bool = False
    """Whether a grant without both members' signatures is refused."""
    concealed: frozenset[bytes] = frozenset(name.encode() for name in conceal.DEFAULT)
    """Headers, in lower case, whose values no log keeps."""
    spelling: Spelling = Spelling.PASCAL
    """Of fault codes towards clients; peers and the log have them as in 7.7."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By side and outcome or fault, for the metrics of this process."""
    monitor: Monitor = field(default_factory=Monitor)
    tracer: Tracer | None = None
    """Off unless a site names a collector."""
    observing: Observing | None = None
    """Answers what is asked about this gateway; without it nobody is told anything."""
    described: Described = field(default_factory=Described)

    @property
    def snapshot(self) -> Snapshot:
        if self.current is None:
            raise OutdatedSnapshot("this gateway has no snapshot of the directory yet")
        return self.current

    def kept(self, part: Part, readers: Iterable[GatewayEntry]) -> tuple[Part, bytes]:
        """The part as it is signed and kept, and how to tell its readers; see `conceal`."""
        if all(conceal.CAPABILITY in reader.capabilities for reader in readers):
            return conceal.conceal(part, self.concealed)
        return part, b""

    def signing_key(self, member: MemberId, side: Side) -> SigningKey:
        key = self.holdings.keys.get(member)
        if key is None:
            raise XRoadFault(
                f"{side}.KeyNotAvailable", f"This gateway holds no signing key of {member}"
            )
        return key

    def key_of(self, member: MemberId, snapshot: Snapshot, now: datetime) -> FindKey:
        """Finds signing keys, and only those of this member."""

        def find(kid: str) -> VerifyingKey:
            if self.denied is not None and kid in self.denied.kids:
                raise UnknownKey("the key is revoked")
            owner, key = snapshot.sign_key(kid, self.anchor, now)
            if owner != member:
                raise UnknownKey(f"The message is not signed by {member}")
            return key

        return find

    def refuse_denied(self, certificate: str) -> None:
        """Raise UnknownMember for a peer whose TLS certificate is on the deny list."""
        if self.denied is not None and certificate in self.denied.auth_sha256:
            raise UnknownMember("the certificate of this gateway is revoked")

    def pseudonyms(self, subjects: Sequence[bytes]) -> tuple[bytes, ...]:
        """Data subjects as the index keeps them, under this year's key (decision 20)."""
        if not subjects:
            return ()
        keys = self.secrets.subjects
        key_id = keys.at(clock.instant())
        if key_id is None:
            raise LoggingFailed("this gateway has no key for its subject index")
        return tuple(pseudonym(keys, key_id, subject) for subject in sorted(set(subjects)))

    def count(self, side: str, end: str) -> None:
        """One exchange ended like this; words of a peer's own making are counted together."""
        key = (side, end)
        if key not in self.counted and len(self.counted) >= MOST_ENDS:
            key = (side, OTHER_END)
        self.counted[key] += 1

    def answered(self, trail: Trail, signed: Signed, status: int, size: int) -> None:
        """Count an exchange whose answer is on its way; ``size`` is that of the answer's body."""
        self.count(trail.side, Outcome.ANSWERED)
        self.trace(trail, status)
        self.monitor.ended(trail, status, len(signed.head) + size)

    def trace(self, trail: Trail, status: int, fault: XRoadFault | None = None) -> None:
        """Keep the spans of an exchange that ended, when it is traced."""
        if self.tracer is None or trail.spans is None or trail.request is None:
            return
        self.tracer.ended(
            trail.spans, trail.side, service=trail.service, client=trail.client, peer=trail.peer,
            request_id=trail.request_id, times=(trail.request.at, trail.sent, trail.back),
            status=status, fault=fault,
        )  # fmt: skip

    def follow(self, trail: Trail, head: Head, *, peer: bool = False) -> None:
        """Begin the spans of a request, when traces are wanted."""
        if self.tracer is not None:
            trail.spans = self.tracer.follow(head, peer=peer)

    def with_body(self, offer: OfferEntry | None, row: LogRow, body: Body) -> LogRow:
        """The row, with its body sealed beside it where the offer asks for that."""
        if offer is None or not offer.keep_body or not body.size:
            return row
        return keep(row, body, self.secrets.bodies)


@dataclass(slots=True)
class Trail:
    """What is known so far of one exchange on one side; the rows are made from it."""

    side: LogSide
    gateway: str
    client: str = ""
    service: str = ""
    message_id: str = ""
    request_id: str = ""
    peer: str = ""
    effect: str = ""
    grant: str = ""
    reason: str = ""
    """Why it was refused, in a word of `lienthong.protocol.reasons`."""
    trace: str = ""
    """That of the fault, once there is one."""
    asked: asyncio.Future[None] | None = None
    """The request's row, once it is on its way to the log."""
    beyond: bool = False
    """Whether the other party may already have acted on the request."""
    request: Incoming | None = None
    """The request as it came, until the exchange ends."""
    form: Form | None = None
    spans: Spans | None = None
    asked_size: int = 0
    """Bytes of the request's part and body, once it is signed."""
    sent: float = 0.0
    """Monotonic seconds when it was sent on, and when the answer was back."""
    back: float = 0.0

    @property
    def mode(self) -> str:
        """Strict unless the offer is declared safe (decision 15)."""
        return OVERLAP if self.effect in ("public", "meta") else STRICT

    def row(
        self,
        kind: Kind,
        at: datetime,
        *,
        outcome: str = Outcome.OPEN,
        signed: Signed | None = None,
        body_size: int = 0,
        status: int = 0,
        fault: str = "",
        subjects: tuple[bytes, ...] = (),
    ) -> LogRow:
        return make_row(
            kind=kind,
            side=self.side,
            gateway=self.gateway,
            at=at,
            message_id=self.message_id,
            request_id=self.request_id,
            client=self.client,
            service=self.service,
            outcome=outcome,
            fault=fault,
            status=status,
            signed=signed,
            body_size=body_size,
            peer=self.peer,
            mode=self.mode,
            effect=self.effect,
            grant=self.grant,
            trace=self.trace,
            reason=self.reason,
            subjects=subjects,
        )


def as_fault(error: Exception, side: Side) -> XRoadFault:
    """What the client is told; anything unforeseen is an InternalError with a trace id."""
    if isinstance(error, XRoadFault):
        return error
    if isinstance(error, ProtocolError):
        return fault_of(error, side)
    fault = XRoadFault(f"{side}.InternalError", "The exchange failed")
    logger.error("unforeseen", exc_info=error, extra={"trace": fault.trace, "side": side})
    return fault


def outcome_of(fault: str) -> Outcome:
    """
    How an exchange that ended with this fault is counted.

    ``NetworkError`` and ``MaintenanceMode`` say that the provider has seen nothing;
    the codes of `UNKNOWN` that it may have acted, so the outcome is unknown.
    """
    if fault.endswith((".NetworkError", ".MaintenanceMode")):
        return Outcome.UNREACHABLE
    return Outcome.FAILED if fault.endswith(UNKNOWN) else Outcome.REFUSED


async def record_fault(gateway: Gateway, trail: Trail, fault: XRoadFault) -> None:
    """Log how the exchange ended; a fault is told even when it cannot be logged."""
    outcome = Outcome.FAILED if trail.beyond else outcome_of(fault.fault)
    gateway.count(trail.side, fault.fault)
    gateway.trace(trail, fault.status, fault)
    gateway.monitor.ended(trail, fault.status, fault=fault)
    trail.trace, trail.reason = fault.trace, fault.reason
    row = trail.row(
        Kind.ANSWER, clock.instant(), outcome=outcome, fault=fault.fault, status=fault.status
    )
    logger.info(
        "fault",
        extra={"fault": fault.fault, "trace": fault.trace, "side": trail.side,
               "client": trail.client, "service": trail.service, "outcome": outcome},
    )  # fmt: skip
    waiting = [gateway.log.append(row)]
    if trail.asked is not None:
        waiting.append(trail.asked)
    for end in await asyncio.gather(*waiting, return_exceptions=True):
        if isinstance(end, BaseException) and not isinstance(end, Replayed):
            logger.error("log", extra={"error": type(end).__name__, "trace": fault.trace})


def fault_answer(fault: XRoadFault, accept: bytes | None, trail: Trail | None = None) -> Outgoing:
    kind, body = fault.body(accept)
    headers = [(b"Content-Type", kind), (names.ERROR, fault.fault.encode())]
    if fault.retry_after is not None:
        headers.append((b"Retry-After", b"%d" % fault.retry_after))
    if trail is not None and trail.message_id:
        headers += [
            (names.ID, trail.message_id.encode()),
            (names.REQUEST_ID, trail.request_id.encode()),
        ]
    return Outgoing(fault.status, REASONS[fault.status], headers, Body.of(body))


def refuse_body(request: Incoming, side: Side) -> None:
    """Raise what the sender of a body that was not taken is told."""
    if request.refused is Refusal.TOO_LARGE:
        raise XRoadFault("Client.InvalidBody", "The body is longer than this service takes")
    if request.refused is Refusal.NO_ROOM:
        # Nothing of it went on, which is what this code says to whoever may try again.
        raise XRoadFault(
            f"{side}.NetworkError", "There is no room for this body now; try again later"
        )


def require_time(deadline: float, side: Side) -> None:
    """Raise NetworkError when nobody would wait for the answer; nothing has been sent then."""
    if time.monotonic() >= deadline:
        raise XRoadFault(f"{side}.NetworkError", "No time was left to send the request")


def milliseconds_left(deadline: float) -> bytes:
    """The value of ``Lienthong-Deadline`` for the next hop."""
    return b"%d" % max(int((deadline - time.monotonic()) * 1000), 0)

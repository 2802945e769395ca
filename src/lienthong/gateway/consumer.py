"""
The consumer's side: from a member's information system to the provider's gateway and back.

Identify the client, find the provider, sign, log, send; verify the answer,
log it, and hand it over with the promise that its row will be sealed.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import msgspec

from lienthong.gateway import authorise, facades, metaservices
from lienthong.gateway.authorise import age_class, effect_of, time_allowed
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import (
    DEFAULT_BODY,
    MESSAGES_WITHOUT_OFFER,
    Gateway,
    Message,
    Trail,
    as_fault,
    fault_answer,
    milliseconds_left,
    record_fault,
    refuse_body,
    require_time,
)
from lienthong.gateway.limits import CircuitOpen, LaneFull, Lanes
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.operational import SoapSeen
from lienthong.gateway.pool import AnswerTooLarge, NotReached, OutOfTime, Received, SendFailed
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.kernel import clock
from lienthong.protocol import conceal, rest, traces
from lienthong.protocol import headers as names
from lienthong.protocol.errors import ProtocolError, Replayed
from lienthong.protocol.faults import Side, XRoadFault, fault_of, read_fault, same_fault
from lienthong.protocol.headers import Header
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.promise import make_promise
from lienthong.protocol.rest import RequestPart, ResponsePart, Target
from lienthong.protocol.signature import Signed, draft_request, open_answer
from lienthong.protocol.snapshot import GatewayEntry, OfferEntry, Snapshot

SIDE = Side.CONSUMER
# Left to the provider's gateway to say that its service was too slow.
MARGIN = 0.05
REPLAYED = fault_of(Replayed(), Side.PROVIDER).fault
# Said by this gateway to its own clients, or meant for nobody beyond a gateway.
NOT_FROM_PEER = frozenset({names.PROMISE, names.SUBJECT, names.ADMISSION})
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(slots=True)
class Consumer:
    """The application behind the consumer's ports."""

    gateway: Gateway

    def body_limit(self, head: Head) -> int:
        """The offer's limit; the edge asks before it reads the body."""
        if self.gateway.current is None:
            return MESSAGES_WITHOUT_OFFER
        row = facades.of(self.gateway.holdings.facades, head.target)
        if row is not None:
            head = facades.head_through(head, row, self.gateway.identity.owner.instance)
        try:
            _, offer = effect_of(self.gateway.current, rest.parse_target(head.target))
        except ProtocolError:
            return MESSAGES_WITHOUT_OFFER
        return offer.longest_body if offer is not None else MESSAGES_WITHOUT_OFFER

    async def answer(self, request: Incoming) -> Outgoing:
        row = facades.of(self.gateway.holdings.facades, request.head.target)
        request = facades.through(
            request, self.gateway.holdings.facades, self.gateway.identity.owner.instance
        )
        path, _ = rest.split_target(request.head.target)
        if path == b"/listClients":
            return metaservices.list_clients(self.gateway, request.head)
        trail = Trail(LogSide.CONSUMER, str(self.gateway.identity))
        try:
            with self.gateway.signing.exchange():
                return await carry(self.gateway, request, trail)
        except Exception as error:
            fault = as_fault(error, SIDE)
            await record_fault(self.gateway, trail, fault)
            told = fault.spelled(self.gateway.spelling)
            if row is not None and fault.fault.endswith(facades.NOT_PROVED):
                return facades.unauthorised(told)
            return fault_answer(told, request.head.header(b"accept"), trail)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        self.gateway.count(LogSide.CONSUMER, "Client.BadRequest")
        fault = XRoadFault("Client.BadRequest", f"Bad request: {why}")
        return fault_answer(fault.spelled(self.gateway.spelling), None)


class Form(Protocol):
    """What differs between REST and SOAP on the consumer's side."""

    def target(self, raw: bytes) -> Target:
        """What the request names."""

    def client(self, gateway: Gateway, head: Head) -> SubsystemId | MemberId:
        """Who proved to be asking; raises what the client is told."""

    async def examine(self, received: Received) -> None:
        """Raise what the client is told unless the verified answer fits its request."""

    @property
    def seen(self) -> SoapSeen | None:
        """What was read of its two messages."""


class Rest:
    """A message of REST: its path names the service, and its answer is nobody's to read."""

    seen = None

    def target(self, raw: bytes) -> Target:
        return rest.parse_target(raw)

    def client(self, gateway: Gateway, head: Head) -> SubsystemId | MemberId:
        return authorise.identify_client(head, gateway.holdings.clients, gateway.snapshot)

    async def examine(self, received: Received) -> None:
        return


REST = Rest()


class Plan(msgspec.Struct, frozen=True):
    """All that is settled before anything is sent."""

    client: SubsystemId | MemberId
    target: Target
    snapshot: Snapshot
    offer: OfferEntry | None
    gateways: list[GatewayEntry]
    deadline: float
    """Monotonic seconds."""
    patient: bool
    """Whether a gateway that lets this time pass may be called ill."""


async def carry(gateway: Gateway, request: Incoming, trail: Trail, form: Form = REST) -> Outgoing:
    """One exchange as the consumer's side carries it; raises what the client is told."""
    trail.request, trail.form = request, form
    if trail.spans is None:
        gateway.follow(trail, request.head)
    plan = prepare(gateway, request, trail, form)
    now = clock.instant()
    part = sign_on(request.head, plan, trail)
    key = gateway.signing_key(plan.client.member, SIDE)
    kept, note = gateway.kept(part, plan.gateways)
    make = partial(draft_request, kept, request.body.sha256, key.kid, now=now.timestamp())
    signed = await gateway.signing.sign(make, key, plan.gateways)
    trail.asked_size = len(signed.head) + request.body.size
    row = trail.row(Kind.REQUEST, now, signed=signed, body_size=request.body.size)
    row = gateway.with_body(plan.offer, row, request.body)
    trail.asked = gateway.log.append(row)
    if trail.mode == "strict":
        await trail.asked
    told = [*signed.headers(), (names.CONCEALED, note)] if note else signed.headers()
    received = await forward(gateway, plan, part, told, request.body, trail)
    trail.beyond = True
    try:
        head = part.serialise() if note else signed.head
        return await take_answer(gateway, plan, head, signed, request.body, received, trail, form)
    except BaseException:
        received.body.close()
        raise


def prepare(gateway: Gateway, request: Incoming, trail: Trail, form: Form) -> Plan:
    """Read and check the request; raises ProtocolError or XRoadFault."""
    head = request.head
    target = form.target(head.target)
    trail.service = str(target.service)
    sent_id = authorise.message_id(head)
    instance = gateway.identity.owner.instance
    trail.message_id = sent_id.decode() if sent_id else f"{instance}-{uuid.uuid4()}"
    trail.request_id = str(uuid.uuid4())
    snapshot = gateway.snapshot
    client = form.client(gateway, head)
    trail.client = str(client)
    trail.effect, offer = effect_of(snapshot, target)
    snapshot.check_age(age_class(trail.effect), clock.instant())
    gateways = authorise.gateways_for(
        snapshot, target.service.subsystem, head.header(names.SECURITY_SERVER)
    )
    refuse_body(request, SIDE)
    if offer is not None and request.body.size > offer.longest_body:
        # SOAP names its service in the body, so the edge could not ask for this limit.
        raise XRoadFault("Client.InvalidBody", "The body is longer than this service takes")
    longest = offer.timeout if offer is not None else authorise.DEFAULT_TIME
    allowed = time_allowed(head.header(names.DEADLINE), longest)
    patient = authorise.is_fair(allowed, longest)
    return Plan(client, target, snapshot, offer, gateways, request.at + allowed, patient)


def sign_on(head: Head, plan: Plan, trail: Trail) -> RequestPart:
    """The request as it will be hashed, signed, logged and sent."""
    part = rest.request_part(
        head.method,
        head.target,
        head.headers,
        request_id=trail.request_id.encode(),
        message_id=trail.message_id.encode(),
    )
    for name, value in part.headers:
        if CONTROL.search(value) is not None:
            raise XRoadFault("Client.BadRequest", f"Header {name.decode()} has a control character")
    return part


async def forward(
    gateway: Gateway, plan: Plan, part: RequestPart, told: list[Header], body: Body, trail: Trail
) -> Received:
    """
    Send to the provider's gateways in turn until one answers; raises XRoadFault.

    Another is asked when one has seen nothing of the request, or when the
    request says of itself that it may arrive twice (`Message.may_repeat`). ``told`` is what
    its signature adds to its headers.
    """
    require_time(plan.deadline - MARGIN, SIDE)
    limit = plan.offer.longest_body if plan.offer is not None else DEFAULT_BODY
    failure: Exception = NotReached("Could not connect to any target host")
    lost: SendFailed | None = None
    for entry in in_order(plan.gateways, gateway.peers, time.monotonic()):
        if lost is not None and time.monotonic() >= plan.deadline - MARGIN:
            break
        lane = gateway.peers.lane(entry.code)
        try:
            lane.enter(time.monotonic())
        except (CircuitOpen, LaneFull) as error:
            failure = error
            continue
        reached: bool | None = None
        trail.peer = f"{plan.snapshot.instance}/{entry.owner}/{entry.code}"
        headers = names.escape_for_peer(part.headers) + told
        headers.append((names.DEADLINE, milliseconds_left(plan.deadline - MARGIN)))
        if trail.spans is not None and traces.CAPABILITY in entry.capabilities:
            headers.append((names.TRACEPARENT, trail.spans.onward))
        message = Message(part.method, part.target, headers, body)
        trail.sent = time.monotonic()
        try:
            received = await gateway.way_out.to_peer(
                entry, message, deadline=plan.deadline, limit=limit
            )
            reached, trail.back = True, time.monotonic()
        except NotReached as error:
            failure, reached = error, False
            continue
        except SendFailed as error:
            lost, trail.beyond = error, True
            if isinstance(error, AnswerTooLarge):
                break  # The next gateway has the same system behind it.
            lane.avoid(time.monotonic())
            # A peer keeps back time to say that its system was slow, so one that lets the
            # time pass is itself ill; a caller in a hurry learns nothing of its health.
            slow = isinstance(error, OutOfTime) and plan.patient
            reached = False if slow else None
            if message.may_repeat:
                continue
            break
        finally:
            lane.leave(time.monotonic(), reached=reached)
        return received
    if lost is not None:
        raise XRoadFault(f"{SIDE}.IOError", f"{lost} The outcome is unknown.")
    raise XRoadFault(f"{SIDE}.NetworkError", str(failure))


def in_order(gateways: Sequence[GatewayEntry], lanes: Lanes, now: float) -> list[GatewayEntry]:
    """Each provider's gateway at random, those that failed a moment ago after the others."""
    if len(gateways) == 1:
        return list(gateways)
    drawn = random.sample(gateways, len(gateways))
    return sorted(drawn, key=lambda entry: lanes.lane(entry.code).avoid_until > now)


async def take_answer(
    gateway: Gateway,
    plan: Plan,
    head: bytes,
    signed: Signed,
    body: Body,
    received: Received,
    trail: Trail,
    form: Form,
) -> Outgoing:
    """Verify the provider's answer to ``head``, log it and make the client's answer of it."""
    if names.get(received.headers, names.ERROR) is not None:
        fault = peer_fault(received)
        if same_fault(fault.fault, REPLAYED):
            # Request ids are made here, so what came before was our own first sending of
            # this very request over a connection that died; the system may have acted on it.
            raise XRoadFault(
                f"{SIDE}.IOError", "The answer was lost on its way. The outcome is unknown."
            )
        trail.beyond = False  # the fault itself says how far the request came
        raise fault
    now = clock.instant()
    answer = ResponsePart(
        received.status, received.reason, tuple(names.unescape_from_peer(received.headers))
    )
    find_key = gateway.key_of(plan.target.service.subsystem.member, plan.snapshot, now)
    answer_signed = open_answer(
        conceal.as_signed(answer, received.headers),
        received.body.sha256,
        signed,
        received.headers,
        find_key,
        now=now.timestamp(),
    )
    check_consistent(head, answer, body, trail)
    await form.examine(received)
    row = trail.row(
        Kind.ANSWER, now, outcome=Outcome.ANSWERED, signed=answer_signed,
        body_size=received.body.size, status=received.status,
    )  # fmt: skip
    row = gateway.with_body(plan.offer, row, received.body)
    answered = gateway.log.append(row)
    asked, trail.asked = trail.asked, None
    try:
        if asked is not None:
            await asked
    finally:
        await answered
    headers = names.surviving(answer.headers, NOT_FROM_PEER)
    headers.append((names.PROMISE, promise(gateway, row.leaf)))
    gateway.answered(trail, answer_signed, received.status, received.body.size)
    return Outgoing(received.status, received.reason, headers, received.body)


def peer_fault(received: Received) -> XRoadFault:
    """The fault the provider's gateway told; its type, text and trace are passed on."""
    after = names.get(received.headers, b"retry-after") or b""
    try:
        fault = read_fault(received.body.whole())
        if after.isdigit() and len(after) < 7:
            fault.retry_after = int(after)
        return fault
    except (msgspec.DecodeError, UnicodeDecodeError):
        code = names.get(received.headers, names.ERROR) or b""
        return XRoadFault(
            code.decode("ascii", "replace") or "Server.ServerProxy.InternalError",
            "The provider's gateway refused the request",
        )


def check_consistent(head: bytes, answer: ResponsePart, body: Body, trail: Trail) -> None:
    """Raise InconsistentResponse unless the answer echoes this very request."""
    expected = {
        names.REQUEST_HASH: rest.request_hash(head, body.hashed),
        names.REQUEST_ID: trail.request_id.encode(),
        names.ID: trail.message_id.encode(),
        names.CLIENT: trail.client.encode(),
        names.SERVICE: trail.service.encode(),
    }
    for name, value in expected.items():
        if answer.header(name) != value:
            raise XRoadFault(
                f"{SIDE}.InconsistentResponse",
                f"The answer's {name.decode()} is not that of the request",
            )


def promise(gateway: Gateway, leaf: bytes) -> bytes:
    """The promise of this gateway's owner that the leaf will be sealed."""
    owner: MemberId = gateway.identity.owner
    key = gateway.signing_key(owner, SIDE)
    return make_promise(str(gateway.identity), leaf, key, now=clock.instant().timestamp())

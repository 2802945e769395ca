"""
The provider's side: from a peer gateway to a system of this node and back.

Nothing of a request reaches the system before its grant, its signature and its
body are verified, and in strict mode before its row is durable (decision 15).
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import msgspec

from lienthong.gateway import authorise, descriptions, granting, metaservices, quotas
from lienthong.gateway.authorise import Admission
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import (
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
from lienthong.gateway.edge_http import http_date
from lienthong.gateway.limits import CircuitOpen, LaneFull
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.operational import SoapSeen
from lienthong.gateway.pool import NotReached, OutOfTime, Received, SendFailed
from lienthong.gateway.rows import STRICT, Kind, LogSide, Outcome, ReplayKey
from lienthong.gateway.settings import Provider
from lienthong.gateway.tracing import with_context
from lienthong.gateway.witness import Witness
from lienthong.kernel import clock
from lienthong.protocol import admission as admissions
from lienthong.protocol import conceal, reasons, rest
from lienthong.protocol import headers as names
from lienthong.protocol.errors import AccessDenied, ProtocolError, UnknownMember
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.headers import Header
from lienthong.protocol.rest import RequestPart, Target
from lienthong.protocol.signature import Signed, draft_answer, open_request

SIDE = Side.PROVIDER
# What is kept back for signing and logging the answer.
MARGIN = 0.02
# Only this gateway says these to a system, whatever a peer lets through.
NOT_TO_SYSTEM = frozenset({names.ADMISSION, names.SUBJECT, names.CLIENT_SECRET, names.PROMISE})


@dataclass(slots=True)
class PeerSide:
    """The application behind the peer port."""

    gateway: Gateway
    witness: Witness | None = None
    """Signs the heads of peers' logs; without it this gateway is nobody's witness."""

    def body_limit(self, head: Head) -> int:
        if self.gateway.current is None:
            return MESSAGES_WITHOUT_OFFER
        try:
            target = rest.parse_peer_target(head.target)
            return self.gateway.current.offer(target.service).longest_body
        except ProtocolError:
            return MESSAGES_WITHOUT_OFFER

    async def answer(self, request: Incoming) -> Outgoing:
        if self.witness is not None and self.witness.serves(request.head):
            return await self.witness.answer(request)
        trail = Trail(LogSide.PROVIDER, str(self.gateway.identity))
        try:
            with self.gateway.signing.exchange():
                return await provide(self.gateway, request, trail)
        except Exception as error:
            fault = as_fault(error, SIDE)
            await record_fault(self.gateway, trail, fault)
            return fault_answer(fault, None, trail)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        self.gateway.count(LogSide.PROVIDER, "Client.BadRequest")
        return fault_answer(XRoadFault("Client.BadRequest", f"Bad request: {why}"), None)


class Time(msgspec.Struct, frozen=True):
    """How long a system may take."""

    deadline: float
    """Monotonic seconds."""
    fair: bool
    """Whether that is enough to say of a system which used it up that it is ill."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was admitted and logged, as its system is about to get it."""

    admitted: Admission
    part: RequestPart
    target: Target
    body: Body
    time: Time
    trail: Trail


class Form(Protocol):
    """What differs between REST and SOAP on the provider's side."""

    def target(self, raw: bytes) -> Target:
        """What the request names."""

    async def examine(self, part: RequestPart, body: Body) -> None:
        """Raise what the caller is told unless part and body are one message."""

    async def ask(self, gateway: Gateway, asked: Asked) -> Received:
        """The system's answer as it will be signed."""

    @property
    def seen(self) -> SoapSeen | None:
        """What was read of its two messages."""


class Rest:
    """A message of REST: the part says everything, the body is the system's business."""

    seen = None

    def target(self, raw: bytes) -> Target:
        return rest.parse_target(raw)

    async def examine(self, part: RequestPart, body: Body) -> None:
        return

    async def ask(self, gateway: Gateway, asked: Asked) -> Received:
        return await ask(gateway, asked)


REST = Rest()


async def provide(gateway: Gateway, request: Incoming, trail: Trail, form: Form = REST) -> Outgoing:
    """One exchange as the provider's side carries it; raises what the client is told."""
    trail.request, trail.form = request, form
    gateway.follow(trail, request.head, peer=True)
    head = request.head
    part = RequestPart(head.method, head.target, tuple(names.unescape_from_peer(head.headers)))
    target = form.target(part.target)
    note_identifiers(part, target, trail)
    now = clock.instant()
    snapshot = gateway.snapshot
    gateway.refuse_denied(head.caller.certificate)
    admitted = authorise.admit(
        part, target, head.caller.certificate, snapshot, gateway.identity,
        now=now, revoked=gateway.log.revoked,
    )  # fmt: skip
    trail.peer = f"{snapshot.instance}/{admitted.peer.owner}/{admitted.peer.code}"
    trail.effect = admitted.offer.effect
    trail.grant = admitted.grant.id if admitted.grant is not None else ""
    if admitted.grant is not None:
        granting.check_signed(
            admitted.grant.id, snapshot, gateway.anchor, required=gateway.signed_grants
        )
    refuse_body(request, SIDE)
    kept = conceal.as_signed(part, head.headers)
    signed = open_request(
        kept, request.body.sha256, list(head.headers),
        gateway.key_of(admitted.client.member, snapshot, now), now=now.timestamp(),
    )  # fmt: skip
    await form.examine(part, request.body)
    if admitted.grant is not None:
        await quotas.claim(gateway.quotas, admitted.grant, now)
    allowed = authorise.time_allowed(head.header(names.DEADLINE), admitted.offer.timeout)
    time_for = Time(
        request.at + allowed - MARGIN, fair=authorise.is_fair(allowed, admitted.offer.timeout)
    )
    trail.asked_size = len(signed.head) + request.body.size
    row = trail.row(Kind.REQUEST, now, signed=signed, body_size=request.body.size)
    row = gateway.with_body(admitted.offer, row, request.body)
    trail.asked = gateway.log.append(row, replay=ReplayKey(trail.peer, trail.request_id))
    if trail.mode == STRICT:
        await trail.asked
        if trail.grant in gateway.log.revoked:
            # Withdrawn meanwhile, or learned by the log only when it connected anew.
            raise AccessDenied(f"Request is not allowed: {target.service}", reason=reasons.REVOKED)
    received = await form.ask(gateway, Asked(admitted, part, target, request.body, time_for, trail))
    trail.beyond = True
    try:
        return await hand_back(
            gateway,
            admitted,
            target,
            signed.head if kept is part else part.serialise(),
            signed,
            request.body,
            received,
            trail,
        )
    except BaseException:
        received.body.close()
        raise


def note_identifiers(part: RequestPart, target: Target, trail: Trail) -> None:
    """Keep for the rows what the request says of itself; raises XRoadFault when it does not."""
    trail.service = str(target.service)
    trail.client = str(authorise.claimed(part.header(names.CLIENT)))
    for name in (names.ID, names.REQUEST_ID):
        value = part.header(name)
        if not value or len(value) > authorise.LONGEST_IDENTIFIER or not value.isascii():
            raise XRoadFault("Client.MissingHeader", f"The request has no usable {name.decode()}")
    trail.message_id = (part.header(names.ID) or b"").decode("ascii")
    trail.request_id = (part.header(names.REQUEST_ID) or b"").decode("ascii")


async def ask(gateway: Gateway, asked: Asked) -> Received:
    """The system's answer, within its lane and its time; raises XRoadFault."""
    admitted, target, deadline = asked.admitted, asked.target, asked.time.deadline
    if admitted.is_metaservice:
        if target.service.code == "getOpenAPI":
            return await descriptions.open_api(gateway, target, deadline=deadline)
        return metaservices.methods(
            gateway.snapshot, admitted, target, now=clock.instant(), revoked=gateway.log.revoked
        )
    provider = provider_of(gateway, target)
    require_time(deadline, SIDE)
    return await send_on(gateway, provider, for_system(gateway, provider, asked), asked)


def provider_of(gateway: Gateway, target: Target) -> Provider:
    """Where the service answers; raises UnknownMember when it is not behind this gateway."""
    provider = gateway.holdings.provider(target.service, target.version)
    if provider is None:
        raise UnknownMember(f"{target.service.subsystem} is not behind this gateway")
    return provider


async def send_on(gateway: Gateway, provider: Provider, message: Message, asked: Asked) -> Received:
    """Send a request to its system in the system's lane; raises XRoadFault."""
    target, trail = asked.target, asked.trail
    lane = gateway.providers.lane(target.service.subsystem.local)
    try:
        lane.enter(time.monotonic())
    except (CircuitOpen, LaneFull) as error:
        raise XRoadFault(f"{SIDE}.NetworkError", str(error)) from None
    reached: bool | None = None
    trail.sent = time.monotonic()
    try:
        received = await gateway.way_out.to_provider(
            provider,
            message,
            deadline=asked.time.deadline,
            limit=asked.admitted.offer.longest_body,
        )
        reached, trail.back = True, time.monotonic()
    except NotReached:
        reached = False
        raise XRoadFault(
            f"{SIDE}.NetworkError", f"The system behind {target.service} cannot be reached"
        ) from None
    except SendFailed as error:
        # A caller in a hurry says nothing of the system: else a few of them would close it.
        slow = isinstance(error, OutOfTime) and asked.time.fair
        reached = False if slow else None
        trail.beyond = True
        raise XRoadFault(f"{SIDE}.IOError", f"{error} The outcome is unknown.") from None
    finally:
        lane.leave(time.monotonic(), reached=reached)
    return received


def for_system(gateway: Gateway, provider: Provider, asked: Asked) -> Message:
    """
    The request as the system gets it: filtered headers and who was admitted by which grant.

    An outside service gets what it would behind X-Road, and no seal of this node.
    """
    admitted, part, target, trail = asked.admitted, asked.part, asked.target, asked.trail
    body, deadline = asked.body, asked.time.deadline
    assert admitted.grant is not None
    if provider.is_service:
        plain = names.surviving(part.headers, NOT_TO_SYSTEM)
        return Message(part.method, system_target(provider, target), plain, body)
    left = deadline - time.monotonic()
    now = clock.instant().timestamp()
    admission = admissions.Admission(
        client=trail.client,
        service=trail.service,
        message_id=trail.message_id,
        request_id=trail.request_id,
        grant=admitted.grant.id,
        purpose=admitted.grant.purpose,
        fields=admitted.grant.fields,
        effect=admitted.offer.effect,
        names_subjects=admitted.offer.names_subjects,
        deadline=now + left,
        digest=base64.b64encode(body.sha256).decode(),
        at=now,
    )
    sealed = admissions.seal_admission(admission, gateway.secrets.admission)
    headers = names.surviving(part.headers, NOT_TO_SYSTEM)
    headers += [(names.ADMISSION, sealed), (names.DEADLINE, milliseconds_left(deadline))]
    headers = with_context(headers, trail.spans)
    return Message(part.method, system_target(provider, target), headers, body)


def system_target(provider: Provider, target: Target) -> bytes:
    """The registered URL, the service's code, its path and its query, byte for byte."""
    if provider.is_service:
        # One slash where both have one, as in the reference server.
        path = provider.path.removesuffix(b"/") + target.service_path or b"/"
    else:
        code = authorise.encoded_code(target.service)
        path = provider.path + b"/" + code + target.service_path
    return path if target.query is None else path + b"?" + target.query


async def hand_back(
    gateway: Gateway,
    admitted: Admission,
    target: Target,
    asked: bytes,
    signed: Signed,
    body: Body,
    received: Received,
    trail: Trail,
) -> Outgoing:
    """Sign the system's answer to the head ``asked``, log it and send it to the peer."""
    subjects = gateway.pseudonyms(named_subjects(admitted, received))
    answer = rest.response_part(
        received.status,
        received.reason,
        dated(received.headers),
        message_id=trail.message_id.encode(),
        client=trail.client.encode(),
        service=trail.service.encode(),
        request_id=trail.request_id.encode(),
        request_hash=rest.request_hash(asked, body.hashed),
    )
    now = clock.instant()
    key = gateway.signing_key(target.service.subsystem.member, SIDE)
    kept, note = gateway.kept(answer, (admitted.peer,))
    make = partial(draft_answer, kept, received.body.sha256, signed, key.kid, now=now.timestamp())
    answer_signed = await gateway.signing.sign(make, key, (admitted.peer,))
    row = trail.row(
        Kind.ANSWER, now, outcome=Outcome.ANSWERED, signed=answer_signed,
        body_size=received.body.size, status=received.status, subjects=subjects,
    )  # fmt: skip
    answered = gateway.log.append(gateway.with_body(admitted.offer, row, received.body))
    waiting, trail.asked = trail.asked, None
    try:
        if waiting is not None:
            await waiting
    finally:
        await answered
    headers = names.escape_for_peer(answer.headers) + answer_signed.headers()
    if note:
        headers.append((names.CONCEALED, note))
    gateway.answered(trail, answer_signed, received.status, received.body.size)
    return Outgoing(received.status, received.reason, headers, received.body)


def named_subjects(admitted: Admission, received: Received) -> list[bytes]:
    """
    The data subjects the system named; raises XRoadFault when it had to and did not.

    An empty ``Lienthong-Subject`` is a statement too: nobody was found. A
    refusal of the system concerns nobody and needs none.
    """
    values = [value for name, value in received.headers if name.lower() == names.SUBJECT]
    if not values and admitted.offer.names_subjects and received.status < 400:
        raise XRoadFault(
            f"{SIDE}.InvalidResponse", "The service did not name whose data it answered with"
        )
    return [subject.strip() for value in values for subject in value.split(b",") if subject.strip()]


def dated(headers: list[Header]) -> list[Header]:
    """With a ``Date``, which would otherwise be added after signing."""
    if names.get(headers, b"date") is not None:
        return headers
    return [*headers, (b"Date", http_date())]

"""
The provider's edge: what stands between the gateway and a system's offers.

The gateway saw headers, sizes and digests. Here the body is read and checked
against the offer's shape, the handler runs in one transaction with the kept
answer of its idempotency key, the data subjects are named, and the grant's
field list is applied to the answer (decisions 16, 18).

A system's ``offers.py`` registers its handlers::

    @edge.offer("person.find.v1")
    def find(request: FindPerson, caller: Caller) -> FoundPerson: ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from lienthong.exchange import registry, scope
from lienthong.exchange.asks import KEY
from lienthong.exchange.cards import Effect, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureBook, FigureRequest, FigureSet
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Invalid, LienThongError, NotFound, Refused, Unavailable
from lienthong.protocol.admission import Admission
from lienthong.protocol.identifiers import ServiceId, SubsystemId, from_wire

SUBJECT = re.compile(r"[A-Za-z0-9:_-]{1,80}")

Handler = Callable[[Any, "Caller"], msgspec.Struct]
H = TypeVar("H", bound=Callable[..., Any])


class NoSuchOffer(NotFound):
    """This system has no such service."""

    code = "exchange.no_such_offer"


class NotAdmitted(Refused):
    """The request was not admitted by this node's gateway."""

    code = "exchange.not_admitted"


class BadBody(Invalid):
    """The request is not in the shape this service reads."""

    code = "exchange.bad_body"


class IdempotencyKeyMissing(Invalid):
    """This service changes something and needs an Idempotency-Key."""

    code = "exchange.idempotency_key_missing"


class BadIdempotencyKey(Invalid):
    """An Idempotency-Key has 1 to 200 printable letters."""

    code = "exchange.bad_idempotency_key"


class IdempotencyKeyReused(LienThongError):
    """This Idempotency-Key was used before with another request."""

    code = "exchange.idempotency_key_reused"
    status = 409


class OutOfTime(Unavailable):
    """The time for this request ran out before anything was done."""

    code = "exchange.out_of_time"


class SubjectsNotNamed(LienThongError):
    """The service did not name whose data it answered with."""

    code = "exchange.subjects_not_named"


class BadHandler(LienThongError):
    """The service answered in another shape than it offers."""

    code = "exchange.bad_handler"


@dataclass(frozen=True, slots=True)
class Caller:
    """The subsystem that asks, and by which grant; admitted by this node's gateway."""

    client: SubsystemId
    service: ServiceId
    message_id: str
    request_id: str
    grant: str
    purpose: str
    fields: tuple[str, ...]
    deadline: float
    """Unix seconds after which nobody waits for the answer."""
    key: str = ""
    """The idempotency key; empty for offers that only read."""

    @classmethod
    def of(cls, admission: Admission, *, key: str = "") -> Caller:
        return cls(
            client=SubsystemId.parse(admission.client),
            service=ServiceId.parse(admission.service),
            message_id=admission.message_id,
            request_id=admission.request_id,
            grant=admission.grant,
            purpose=admission.purpose,
            fields=tuple(admission.fields),
            deadline=admission.deadline,
            key=key,
        )

    @property
    def system(self) -> str:
        """Package name of the calling system (``civil_status``)."""
        return from_wire(self.client.code)

    @property
    def actor(self) -> Actor:
        """The calling subsystem as the one on whose behalf something is done."""
        name = str(self.client)
        return Actor(account=f"exchange:{name}", office=name, unit="", legal_day=clock.today())

    @property
    def left(self) -> float:
        """Seconds until nobody waits any more."""
        return self.deadline - clock.instant().timestamp()


@dataclass(frozen=True, slots=True)
class Registered:
    """An offer with the function that answers it."""

    card: System
    offer: Offer
    handler: Handler

    @property
    def name(self) -> str:
        return f"{self.card.code}/{self.offer.code}"


_offers: dict[tuple[str, str], Registered] = {}


def offer(code: str, *, card: System | None = None) -> Callable[[H], H]:
    """
    Answer an offer of this system's card with the decorated function.

    The system is the package the function stands in, unless its card is given.
    KeyError when the card has no such offer; ValueError when it has a handler.
    """

    def register(handler: H) -> H:
        own = card or registry.card(system_of(handler.__module__))
        add(Registered(own, own.offer(code), handler))
        return handler

    return register


def add(registered: Registered) -> None:
    known = _offers.get((registered.card.code, registered.offer.code))
    if known is not None and _place(known.handler) != _place(registered.handler):
        raise ValueError(f"{registered.name} is answered twice")
    _offers[registered.card.code, registered.offer.code] = registered


def remove(system: str, code: str) -> None:
    """Forget a handler; for tests that register their own."""
    _offers.pop((system, code), None)


def find(system: str, code: str) -> Registered:
    """The offer with its handler; raises NoSuchOffer."""
    try:
        return _offers[system, code]
    except KeyError:
        raise NoSuchOffer(system=system, offer=code) from None


def load_offers(systems: Iterable[str]) -> tuple[Registered, ...]:
    """
    Import the offers of these systems and check them against their cards.

    LookupError names an offer of a card that nobody answers: a node does not
    start with one.
    """
    found = []
    for system in systems:
        registry.load_room(system, "offers")
        card = registry.card(system)
        for stated in (*card.offers, *card.receiving):
            if (system, stated.code) not in _offers:
                raise LookupError(f"{system} offers {stated.code} and nothing answers it")
            found.append(_offers[system, stated.code])
    return tuple(found)


def figures_offer(card: System, book: FigureBook) -> Handler:
    """Answer ``figures.v1`` of a system from its book of figures."""

    def figures(request: FigureRequest, caller: Caller) -> FigureSet:
        return book.answer(request)

    figures.__module__ = f"lienthong.systems.{card.code}.offers"
    offer(FIGURES_CODE, card=card)(figures)
    return figures


def system_of(module: str) -> str:
    """The system a module stands in; ValueError for one that stands in none."""
    parts = module.split(".")
    if parts[:2] != ["lienthong", "systems"] or len(parts) < 3:
        raise ValueError(f"{module} stands in no system; pass its card")
    return parts[2]


def _place(handler: Handler) -> tuple[str, str]:
    return handler.__module__, handler.__qualname__


# -- data subjects -----------------------------------------------------------------------


@dataclass(slots=True)
class Named:
    """The subjects an answer named; ``spoken`` also when it said that there are none."""

    subjects: dict[str, None] = field(default_factory=dict)
    spoken: bool = False


_named: ContextVar[Named | None] = ContextVar("lienthong_subjects", default=None)


def name_subjects(subjects: Iterable[object]) -> None:
    """
    Say whose data is asked about or answered with: personal IDs, one by one.

    The gateway makes pseudonyms of them for its log and passes none on. An
    empty collection states that the answer concerns nobody. May be called
    several times; ValueError for what is no identifier.
    """
    if isinstance(subjects, str):
        raise TypeError("name_subjects takes a collection of identifiers")
    named = _named.get()
    if named is None:
        raise RuntimeError("subjects are named while an offer is answered")
    named.spoken = True
    for subject in subjects:
        text = str(subject)
        if not SUBJECT.fullmatch(text):
            raise ValueError("not an identifier of a data subject")
        named.subjects[text] = None


# -- running a handler -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Produced:
    """A whole answer, before the grant's field list."""

    body: bytes
    subjects: tuple[str, ...]
    spoken: bool


def run(registered: Registered, body: bytes, caller: Caller) -> Produced:
    """Read the request, let the handler answer, check what it says. Raises LienThongError."""
    request = read_request(registered.offer, body)
    named = Named()
    token = _named.set(named)
    try:
        with scope.answering(registered.name), scope.within(max(0.0, caller.left)):
            answer = registered.handler(request, caller)
    finally:
        _named.reset(token)
    if not isinstance(answer, registered.offer.answers):
        raise BadHandler(offer=registered.name)
    if registered.offer.names_subjects and not named.spoken:
        raise SubjectsNotNamed(offer=registered.name)
    return Produced(msgspec.json.encode(answer), tuple(named.subjects), named.spoken)


_PATH = re.compile(r"`(\$[^`]*)`")


def read_request(stated: Offer, body: bytes) -> msgspec.Struct:
    """The request in the offer's shape; BadBody names the place, never the value."""
    return read_as(stated.request, body)


def read_as(shape: type[msgspec.Struct], body: bytes, *, under: str = "$") -> msgspec.Struct:
    """JSON in a shape; BadBody names the place, seen from ``under``, never the value."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _PATH.search(str(error))
        raise BadBody(at=under + (found.group(1)[1:] if found else "")) from None


def only_granted(body: bytes, fields: Iterable[str]) -> bytes:
    """The answer with the top-level fields the grant allows; ``*`` allows all."""
    allowed = set(fields)
    if "*" in allowed:
        return body
    whole = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: raw for name, raw in whole.items() if name in allowed})


def check_key(stated: Offer, key: str) -> bool:
    """Whether the answer is kept under a key; raises when a changing offer has no good one."""
    if stated.effect is not Effect.CHANGING:
        return False
    if not key:
        raise IdempotencyKeyMissing
    if not KEY.fullmatch(key):
        raise BadIdempotencyKey
    return True


def check_time(caller: Caller) -> Caller:
    """The caller, while it still waits; raises OutOfTime."""
    if caller.left <= 0:
        raise OutOfTime
    return caller

"""
Publish and subscribe between systems, over outbox and inbox (decision 17).

A publisher states an ``Event`` on its card and publishes in the transaction of
the change. One outbox row is written for each subscriber whose grant is in
force, with the fields this grant allows; from there delivery is an ordinary
exchange: signed, logged, in order for each ordering key, tried until it is
taken. A subscriber states a ``Subscription`` and registers a function; the
event is committed to its inbox before it is answered, and the function runs in
the transaction that marks it done. At least once, effects once::

    @events.on("population", "personal-id.cancelled.v1")
    def cancelled(event: shapes.CancelledNumber, told: events.Told) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec

from lienthong.exchange import edge, inbox, outbox, registry
from lienthong.exchange.addresses import MEMBER_CLASS, SnapshotAddresses
from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import Event, Subscription, System
from lienthong.exchange.edge import Caller, Registered
from lienthong.exchange.errors import Unavailable
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.notices import Notice, Taken
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError, Refused
from lienthong.kernel.node import Node
from lienthong.protocol.identifiers import from_wire

INSTANCE = "VN"


class NotTheEvent(LienThongError):
    """What was published is not in the shape the event carries."""

    code = "exchange.not_the_event"


class NotSubscribed(Refused):
    """This system has not subscribed to that event of that publisher."""

    code = "exchange.not_subscribed"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who gets an event, and which fields of it."""

    local: str
    """``GOV/G15/civil-status``."""
    fields: tuple[str, ...]

    @property
    def system(self) -> str:
        return from_wire(self.local.rpartition("/")[2])


class Subscribers(Protocol):
    """Finds who has subscribed; a test may put its own in the place."""

    def __call__(self, publisher: System, event: Event, now: datetime) -> list[Subscriber]: ...


def subscribers_of(publisher: System, event: Event, now: datetime) -> list[Subscriber]:
    """By the grants in force of the directory's snapshot; before the first one, by the cards."""
    addresses = SnapshotAddresses.of_node(Node.from_environment())
    try:
        snapshot = addresses.snapshot()
    except Unavailable:
        return stated_by_cards(event)
    held = snapshot.subscriptions(addresses.client(publisher), event.code, now)
    return [Subscriber(grant.client, tuple(grant.fields)) for grant in held]


def stated_by_cards(event: Event) -> list[Subscriber]:
    """The subscribers that the publisher's card names and this release knows."""
    found = []
    for grant in event.grants:
        try:
            card = registry.card(grant.to)
        except ModuleNotFoundError:
            continue
        found.append(
            Subscriber(f"{MEMBER_CLASS}/{card.owner}/{card.subsystem}", tuple(grant.fields))
        )
    return found


# -- publishing ------------------------------------------------------------------------------


def publish(
    publisher: System,
    code: str,
    data: msgspec.Struct,
    *,
    key: object,
    at: datetime,
    ordering_key: str = "",
    deadline: timedelta = outbox.PATIENCE,
    subscribers: Subscribers = subscribers_of,
) -> list[OutboxRow]:
    """
    Tell every subscriber, in the caller's transaction; the rows that will be sent.

    ``key`` names the cause and ``at`` its instant: the same cause published again
    says the same and is sent to nobody twice. Neither may be personal data. Events
    with one ``ordering_key`` reach each subscriber in the order of their commits.
    """
    event = publisher.event(code)
    if not isinstance(data, event.carries):
        raise NotTheEvent(event=code)
    body = msgspec.json.encode(data)
    source = f"{INSTANCE}/{MEMBER_CLASS}/{publisher.owner}/{publisher.subsystem}"
    rows = []
    for subscriber in subscribers(publisher, event, clock.instant()):
        notice = Notice(
            id=str(key),
            source=source,
            type=code,
            time=at,
            partitionkey=ordering_key,
            data=msgspec.Raw(edge.only_granted(body, subscriber.fields)),
        )
        told = Ask(publisher, event.told_to(subscriber.system), notice, subscriber.local)
        rows.append(
            outbox.put(
                told,
                # An inbox knows a sender's keys whatever they are for.
                key=f"{code}/{key}@{subscriber.local}",
                ordering_key=ordering_key,
                correlation=f"event:{code}",
                deadline=deadline,
            )
        )
    return rows


# -- subscribing -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber learns about an event besides its data."""

    id: str
    source: str
    at: datetime
    ordering_key: str
    attempts: int


Taker = Callable[[Any, Told], None]
T = TypeVar("T", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Taking:
    """A subscription with the function that takes its events."""

    card: System
    subscription: Subscription
    taker: Taker


_takings: dict[tuple[str, str], Taking] = {}


def on(publisher: str, code: str, *, card: System | None = None) -> Callable[[T], T]:
    """
    Take the events of a subscription of this system's card with the decorated function.

    The system is the package the function stands in, unless its card is given.
    KeyError when the card has no such subscription.
    """

    def register(taker: T) -> T:
        own = card or registry.card(edge.system_of(taker.__module__))
        subscription = own.subscription(publisher, code)

        def accept(notice: Notice, caller: Caller) -> Taken:
            return _accept(own, subscription, notice, caller)

        accept.__module__, accept.__qualname__ = taker.__module__, taker.__qualname__
        edge.add(Registered(own, subscription.receiving, accept))
        _takings[own.code, code] = Taking(own, subscription, taker)
        return taker

    return register


def forget(system: str, code: str) -> None:
    """Remove what was registered; for tests that register their own."""
    _takings.pop((system, code), None)
    edge.remove(system, code)


def taking(system: str, code: str) -> Taking | None:
    """The function of a system for an event, once its room is loaded."""
    for room in ("offers", "tasks"):
        registry.load_room(system, room)
    return _takings.get((system, code))


def takings() -> tuple[Taking, ...]:
    return tuple(_takings.values())


def _accept(own: System, subscription: Subscription, notice: Notice, caller: Caller) -> Taken:
    """Check who tells and what, keep it in the inbox, name its subjects."""
    if caller.system != subscription.system or notice.source != str(caller.client):
        raise NotSubscribed(event=subscription.code)
    if notice.type != subscription.code or notice.specversion != "1.0":
        raise edge.BadBody(at="$.type")
    data = read(subscription, notice)
    if subscription.subjects:
        edge.name_subjects(
            value for name in subscription.subjects if (value := getattr(data, name, None))
        )
    _, fresh = inbox.accept(
        own.code, subscription.code, notice, caller, ordering_key=notice.partitionkey
    )
    return Taken(id=notice.id, before=not fresh)


def read(subscription: Subscription, notice: Notice) -> msgspec.Struct:
    """The event in the subscriber's shape; BadBody names the place, never the value."""
    return edge.read_as(subscription.reads, bytes(notice.data), under="$.data")


def told_of(notice: Notice, attempts: int) -> Told:
    return Told(notice.id, notice.source, notice.time, notice.partitionkey, attempts)


__all__ = (
    "NotSubscribed",
    "NotTheEvent",
    "Subscriber",
    "Taking",
    "Told",
    "forget",
    "on",
    "publish",
    "stated_by_cards",
    "subscribers_of",
    "taking",
    "takings",
)

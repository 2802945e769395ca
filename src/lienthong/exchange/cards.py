"""
The card of a system: what it is, what it offers, what it needs. Data, no logic.

From the cards come the directory's rows, the reference pages, the topology
picture and the contract tests. Nothing about a connection is written twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from lienthong.exchange.notices import Notice, Taken

LONGEST_BODY = 1 << 30
SERVICE_CODE = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*\.v[1-9][0-9]*")


class Effect(StrEnum):
    """What an offer does: sets log mode, permitted age of a snapshot, idempotency."""

    CHANGING = "changing"  # strict log, idempotency key required
    SENSITIVE = "sensitive"  # strict log, reads personal data
    PUBLIC = "public"  # overlap log, harmless reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Which system may call an offer, why, by which law, and which fields it then sees."""

    to: str
    """Package name of the consuming system (``civil_status``)."""
    purpose: str
    legal_basis: str
    fields: tuple[str, ...] = ("*",)
    """Top-level fields of the answer the consumer may read; ``*`` is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service this system provides, reached only through a gateway."""

    code: str
    """``noun.verb.vN``, with ``-`` inside words."""
    title: str
    request: type[msgspec.Struct]
    answers: type[msgspec.Struct]
    effect: Effect
    names_subjects: bool = False
    """Whether every answer must name its data subjects (``subjects=required`` of decision 18)."""
    needs_consent: bool = False
    """Whether each data subject must have agreed that this caller learns this (decision 18)."""
    grants: tuple[Grant, ...] = ()
    max_body: int = 10 * 1024 * 1024
    timeout: float = 30.0
    keep_body: bool = False
    """Whether both gateways keep the bodies, encrypted; for offers whose disputes need them."""

    def __post_init__(self) -> None:
        if not SERVICE_CODE.fullmatch(self.code):
            raise ValueError(f"not a service code: {self.code}")
        if self.max_body > LONGEST_BODY:
            raise ValueError(f"{self.code} takes more than a gateway does: 1 GiB")
        if self.needs_consent and not self.names_subjects:
            raise ValueError(f"{self.code} needs consent and names nobody who could give it")


@dataclass(frozen=True, slots=True)
class Need:
    """An offer of another system that this one calls, with the shape it reads of the answer."""

    system: str
    """Package name of the provider (``population``)."""
    code: str
    request: type[msgspec.Struct]
    reads: type[msgspec.Struct]
    """The consumer's own shape, with only the fields it reads."""
    effect: Effect = Effect.SENSITIVE
    purpose: str = ""
    """What it is called for, by which law, and which fields are asked for, as the body signs it
    when it asks for access. Without a purpose its node signs nothing by itself."""
    legal_basis: str = ""
    fields: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens here and that others may be told of; a grant is a subscription."""

    code: str
    """``noun.happened.vN``."""
    title: str
    carries: type[msgspec.Struct]
    names_subjects: bool = True
    """Whether it is about people, whom every subscriber must then name to its gateway."""
    grants: tuple[Grant, ...] = ()

    def __post_init__(self) -> None:
        if not SERVICE_CODE.fullmatch(self.code):
            raise ValueError(f"not a service code: {self.code}")

    @property
    def offered(self) -> Offer:
        """As an offer that is not asked for: what it carries stands as its answer."""
        return Offer(
            code=self.code,
            title=self.title,
            request=Notice,
            answers=self.carries,
            effect=Effect.CHANGING,
            names_subjects=self.names_subjects,
            grants=self.grants,
        )

    def told_to(self, system: str) -> Need:
        """The publisher's call to a subscriber: the same code, at the subscriber."""
        return Need(system, self.code, Notice, Taken, Effect.CHANGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An event of another system that this one takes, in the shape it reads of it."""

    system: str
    """Package name of the publisher (``population``)."""
    code: str
    reads: type[msgspec.Struct]
    """The subscriber's own shape, with only the fields it reads."""
    subjects: tuple[str, ...] = ()
    """Fields of ``reads`` that hold identifiers of data subjects."""
    purpose: str = ""
    """What it is taken for, by which law, and which fields: as in `Need`."""
    legal_basis: str = ""
    fields: tuple[str, ...] = ("*",)

    @property
    def receiving(self) -> Offer:
        """The offer under which this system's edge takes the event."""
        return Offer(
            code=self.code,
            title=self.code,
            request=Notice,
            answers=Taken,
            effect=Effect.CHANGING,
            names_subjects=bool(self.subjects),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One government system."""

    code: str
    """The package name; on the wire ``_`` becomes ``-``."""
    title: str
    title_en: str
    owner: str
    """Member code of the body that owns it (``G15``), class GOV."""
    offers: tuple[Offer, ...] = ()
    needs: tuple[Need, ...] = ()
    events: tuple[Event, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    retention: str = ""
    laws: tuple[str, ...] = field(default=())

    @property
    def subsystem(self) -> str:
        """The subsystem code on the wire."""
        return self.code.replace("_", "-")

    @property
    def shared(self) -> tuple[Offer | Event, ...]:
        """All that others may be granted: what they call, and what they are told."""
        return (*self.offers, *self.events)

    @property
    def receiving(self) -> tuple[Offer, ...]:
        """The offers under which this system takes what it subscribed to."""
        return tuple(one.receiving for one in self.subscriptions)

    def event(self, code: str) -> Event:
        """The event with this code; KeyError when the card has none."""
        for event in self.events:
            if event.code == code:
                return event
        raise KeyError(f"{self.code} publishes no {code}")

    def subscription(self, system: str, code: str) -> Subscription:
        """The subscription to this event; KeyError when the card has none."""
        for one in self.subscriptions:
            if (one.system, one.code) == (system, code):
                return one
        raise KeyError(f"{self.code} has not subscribed to {system} {code}")

    def calls(self, need: Need) -> bool:
        """Whether this system may call like this: a need of its card, or one of its events."""
        return need in self.needs or any(
            need == event.told_to(need.system) for event in self.events
        )

    def offer(self, code: str) -> Offer:
        """The offer with this code; KeyError when the card has none."""
        for offer in (*self.offers, *self.receiving):
            if offer.code == code:
                return offer
        raise KeyError(f"{self.code} offers no {code}")

    def need(self, system: str, code: str) -> Need:
        """The need with this provider and code; KeyError when the card has none."""
        for need in self.needs:
            if (need.system, need.code) == (system, code):
                return need
        for event in self.events:
            if event.code == code:
                return event.told_to(system)
        raise KeyError(f"{self.code} does not need {system} {code}")

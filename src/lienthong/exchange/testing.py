"""
The exchange as tests see it: other systems played in memory, offers asked directly.

`ExchangeDouble` takes the gateway's place for a consumer under test; it checks
each request and answer against the cards, keeps answers by their keys, and can
be down, refuse, or lose an answer. `ask_offer` sends a request to an offer of
the system under test through the real edge, admission and all.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec

from lienthong.exchange import client, contracts, errors, registry, taking
from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import Need, System
from lienthong.exchange.client import Answer
from lienthong.exchange.edge_wsgi import EdgeRequest, serve
from lienthong.exchange.notices import Notice, Taken
from lienthong.kernel import clock
from lienthong.protocol.admission import Admission, seal_admission
from lienthong.protocol.digest import sha256

Play = msgspec.Struct | dict[str, Any] | Callable[[Any], Any]


class NotPlayed(AssertionError):
    """The system under test asked something the test gave no answer to."""


class ShapesDiffer(AssertionError):
    """A request or an answer is not in the shape the cards agree on."""


@dataclass(slots=True)
class _Part:
    """What one offer of a played system does."""

    play: Play
    requests: list[msgspec.Struct] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    kept: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    lost: int = 0


class ExchangeDouble:
    """An exchange in memory; a context manager that takes the gateway's place."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], _Part] = {}
        self._down: set[str] = set()
        self._numbers = itertools.count(1)
        self._stack = contextlib.ExitStack()
        self._checked: set[tuple[str, str, str]] = set()

    def __enter__(self) -> Self:
        self._stack.enter_context(client.using(self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    # -- staging -------------------------------------------------------------------------

    def answers(self, system: str, code: str, play: Play) -> None:
        """
        Play an offer: an answer, or a function of the request that returns or raises one.

        The answer is written in the consumer's own shape or as a dict, so a
        test never imports another system's code.
        """
        known = self._parts.get((system, code))
        if known is None:
            self._parts[system, code] = _Part(play)
        else:
            known.play = play

    def refuses(
        self,
        system: str,
        code: str,
        problem: str = "exchange.refused",
        family: type[errors.ExchangeError] = errors.Refused,
    ) -> None:
        """Answer an offer with an error of this family and code."""

        def refuse(request: Any) -> Any:
            raise family(code=problem)

        self.answers(system, code, refuse)

    def is_down(self, system: str) -> None:
        """Let every call to a system find nobody, until `is_up`."""
        self._down.add(system)

    def is_up(self, system: str) -> None:
        self._down.discard(system)

    def loses_answers(self, system: str, code: str, times: int = 1) -> None:
        """Let the offer act, and its answer not arrive, this many times."""
        self._part(system, code).lost += times

    def told(self, system: str, code: str) -> list[Any]:
        """The data of the events a subscriber was told, oldest first, repetitions included."""
        return [msgspec.json.decode(one.data) for one in self.asked(system, code)]

    def asked(self, system: str, code: str) -> list[Any]:
        """The requests an offer received, oldest first, repetitions included."""
        part = self._parts.get((system, code))
        return list(part.requests) if part else []

    def keys(self, system: str, code: str) -> list[str]:
        """The idempotency keys they came with."""
        part = self._parts.get((system, code))
        return list(part.keys) if part else []

    # -- lienthong.exchange.client.Exchange ----------------------------------------------

    def call(self, ask: Ask, *, deadline: float, key: str | None) -> Answer:
        """Answer an ask as the provider would; raises one of the four families."""
        self._check(ask)
        if ask.need.system in self._down:
            raise errors.Unavailable(service=ask.need.code)
        if isinstance(ask.request, Notice):
            # A subscriber of a test takes what it is told, unless the test plays it otherwise.
            self._parts.setdefault((ask.need.system, ask.need.code), _Part(_taken))
        part = self._part(ask.need.system, ask.need.code)
        part.requests.append(ask.request)
        part.keys.append(key or "")
        body = self._once(part, ask, key)
        if part.lost:
            part.lost -= 1
            family = errors.UnknownOutcome if ask.changes else errors.Unavailable
            raise family(service=ask.need.code)
        number = next(self._numbers)
        return Answer(
            body=ask.read(body),
            message_id=f"VN-double-{number}",
            request_id=f"double-{number}",
            promise=None,
            raw=body,
        )

    def _part(self, system: str, code: str) -> _Part:
        try:
            return self._parts[system, code]
        except KeyError:
            raise NotPlayed(f"nobody plays {system} {code}") from None

    def _once(self, part: _Part, ask: Ask, key: str | None) -> bytes:
        if not ask.changes:
            return self._played(part, ask)
        kept = (ask.system.code, key or "")
        if kept not in part.kept:
            part.kept[kept] = (ask.body, self._played(part, ask))
        request, answer = part.kept[kept]
        if request != ask.body:
            raise errors.Invalid(code="exchange.idempotency_key_reused")
        return answer

    def _played(self, part: _Part, ask: Ask) -> bytes:
        answer = part.play(ask.request) if callable(part.play) else part.play
        body = msgspec.json.encode(answer)
        try:
            ask.read(body)
        except msgspec.DecodeError as error:
            raise ShapesDiffer(f"the played answer of {ask.need.code}: {error}") from None
        return body

    def _check(self, ask: Ask) -> None:
        """The request against the provider's card, and once for each need the two shapes."""
        try:
            provider = registry.card(ask.need.system)
        except ModuleNotFoundError:
            return  # A system of a later release: only the consumer's card is there to check.
        if isinstance(ask.request, Notice):
            self._check_event(ask, ask.request, provider)
            return
        self._compare(ask.system, ask.need, provider)
        try:
            msgspec.json.decode(ask.body, type=provider.offer(ask.need.code).request)
        except msgspec.DecodeError as error:
            raise ShapesDiffer(f"the request of {ask.need.code}: {error}") from None

    def _check_event(self, ask: Ask, notice: Notice, subscriber: System) -> None:
        subscription = subscriber.subscription(ask.system.code, ask.need.code)
        if found := contracts.event_disagreements(subscriber, subscription, [ask.system]):
            raise ShapesDiffer(f"{ask.system.code} {ask.need.code}: " + "; ".join(found))
        try:
            msgspec.json.decode(notice.data, type=subscription.reads)
        except msgspec.DecodeError as error:
            raise ShapesDiffer(f"the event {ask.need.code}: {error}") from None

    def _compare(self, consumer: System, need: Need, provider: System) -> None:
        pair = (consumer.code, need.system, need.code)
        if pair in self._checked:
            return
        if found := contracts.disagreements(consumer, need, [provider]):
            raise ShapesDiffer(f"{need.system} {need.code}: " + "; ".join(found))
        self._checked.add(pair)


def _taken(notice: Notice) -> Taken:
    return Taken(id=notice.id)


# -- a subscriber under test -----------------------------------------------------------------


def tell(
    system: str,
    code: str,
    data: msgspec.Struct | dict[str, Any],
    *,
    key: str,
    publisher: System,
    ordering_key: str = "",
    work: bool = True,
) -> OfferAnswer:
    """
    Tell a system under test of an event, through its real edge and inbox.

    With ``work`` what stands in its inbox is worked on at once, as the worker would.
    """
    source = f"VN/GOV/{publisher.owner}/{publisher.subsystem}"
    notice = Notice(
        id=key,
        source=source,
        type=code,
        time=clock.instant().replace(microsecond=0),
        partitionkey=ordering_key,
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
    answer = ask_offer(system, code, notice, client_id=source, key=key)
    if work:
        taking.take_all_due()
    return answer


# -- the provider's edge -----------------------------------------------------------------

ADMISSION_KEY = b"admission key of tests"


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """What an offer answered at the edge."""

    status: int
    body: Any
    """Decoded JSON: the answer, or the problem document."""
    headers: dict[str, str]
    raw: bytes

    @property
    def subjects(self) -> list[str]:
        """The data subjects the answer named to the gateway."""
        return [one for one in self.headers.get("lienthong-subject", "").split(",") if one]

    @property
    def code(self) -> str:
        """The stable code of a problem document; empty for an answer."""
        return "" if self.status < 300 else str(self.body.get("code", ""))


def ask_offer(
    system: str,
    code: str,
    request: msgspec.Struct | dict[str, Any] | bytes,
    *,
    client_id: str = "VN/GOV/G15/civil-status",
    key: str = "",
    fields: Sequence[str] = ("*",),
    language: str = "vi",
    purpose: str = "kiểm thử",
    seconds: float = 30.0,
    headers: dict[str, str] | None = None,
) -> OfferAnswer:
    """Ask an offer of a system through the provider's edge, as this node's gateway would."""
    registry.load_room(system, "offers")
    card = registry.card(system)
    body = request if isinstance(request, bytes) else msgspec.json.encode(request)
    sent = {
        "content-type": "application/json",
        "accept-language": language,
        "lienthong-admission": admission(
            card, code, body, client_id=client_id, fields=fields, purpose=purpose, seconds=seconds
        ),
        **({"idempotency-key": key} if key else {}),
        **(headers or {}),
    }
    answer = serve(
        EdgeRequest("POST", f"/offers/{card.subsystem}/{code}", sent, body), key=ADMISSION_KEY
    )
    told = {name.lower(): value for name, value in answer.headers}
    return OfferAnswer(answer.status, msgspec.json.decode(answer.body), told, answer.body)


def admission(
    card: System,
    code: str,
    body: bytes,
    *,
    client_id: str,
    fields: Sequence[str] = ("*",),
    purpose: str = "",
    seconds: float = 30.0,
) -> str:
    """The sealed header with which the gateway would hand such a request over."""
    now = clock.instant().timestamp()
    offer = card.offer(code)
    held = Admission(
        client=client_id,
        service=f"VN/GOV/{card.owner}/{card.subsystem}/{code}",
        message_id="VN-test",
        request_id="test",
        grant="test",
        purpose=purpose,
        fields=list(fields),
        effect=offer.effect.value,
        names_subjects=offer.names_subjects,
        deadline=now + seconds,
        digest=base64.b64encode(sha256(body)).decode(),
        at=now,
    )
    return seal_admission(held, ADMISSION_KEY).decode()

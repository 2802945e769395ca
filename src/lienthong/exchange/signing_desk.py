"""
Signing a body's grants where its key lives: on its own node.

The node fetches from the directory what waits, an officer reads it and decides,
the local key signs, and the signature returns through the exchange. What the
own cards state needs no officer: whoever installed the card has stated it, and
the node signs just that. Needs no Django, since a gateway may stand alone.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from lienthong.exchange import housekeeping
from lienthong.exchange.cards import Grant, Need, Subscription, System
from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict, LienThongError, NotFound
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.grants import NO_QUOTA, Quota, Terms
from lienthong.protocol.held_keys import held_key
from lienthong.protocol.housekeeping import RETURN, WAITING
from lienthong.protocol.identifiers import to_wire
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.signing_desk import (
    AskWaiting,
    Deed,
    Returned,
    ReturnedDocuments,
    Settled,
    SettledDocuments,
    Waiting,
    WaitingDocuments,
)

log = logging.getLogger("lienthong.exchange.signing")
_Stated: TypeAlias = Need | Subscription | Grant
BY_THE_CARD = "card"
"""Named as the officer where the node signs what its own card states."""


class NoKey(LienThongError):
    """The signing key of this body is not on this node."""

    code = "exchange.no_signing_key"


class NothingWaits(NotFound):
    """Nothing of this name waits for this body's signature."""

    code = "exchange.nothing_waits_to_be_signed"


class NotTaken(Conflict):
    """The directory did not take the document."""

    code = "exchange.signature_not_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Access this body asks for at its own node."""

    client: str
    """``GOV/TINH-91/lgsp``, a subsystem of this body."""
    provider: str
    code: str
    purpose: str
    legal_basis: str
    fields: Sequence[str] = ("*",)
    valid_to: datetime | None = None
    quota: Quota = NO_QUOTA


def waiting(node: Node) -> list[Waiting]:
    """
    What waits for this body's signature, the oldest first.

    Raises `housekeeping.NobodyAsks` or one of the exchange's families.
    """
    return housekeeping.ask(node, WAITING, AskWaiting(), WaitingDocuments).body.documents


def one_waiting(node: Node, document_id: str) -> Waiting:
    """Raises NothingWaits, and as `waiting`."""
    for document in waiting(node):
        if document.id == document_id:
            return document
    raise NothingWaits(document=document_id)


def key_here(node: Node) -> SigningKey:
    """The key of the member that owns this node's gateway; raises NoKey or TokenUnavailable."""
    member = housekeeping.owner_of(node).rpartition("/")[2]
    key = held_key(node, member)
    if key is None:
        raise NoKey(member=member)
    return key


def now() -> datetime:
    return clock.instant().astimezone(UTC).replace(microsecond=0)


def signed(
    document: Waiting, key: SigningKey, *, officer: str, given: Terms | None = None
) -> Returned:
    """
    The document under this body's signature; ``given`` narrows what was asked.

    Raises BadGrant when more would be given than was asked.
    """
    at = now()
    if document.deed is Deed.ASK:
        terms = grants.check_terms(document.terms)
        mark = grants.sign_asked(terms, key, at)
    else:
        terms = given or document.terms
        mark = grants.sign_given(terms, document.terms, key, at)
    return Returned(id=document.id, deed=document.deed, terms=terms, mark=mark, officer=officer)


def refused(document: Waiting, key: SigningKey, *, reason: str, officer: str) -> Returned:
    """A refusal with its reason; that of a provider is signed."""
    mark = None
    if document.deed is Deed.GRANT:
        mark = grants.sign_refused(document.terms, reason, key, now())
    return Returned(id=document.id, deed=Deed.REFUSE, mark=mark, reason=reason, officer=officer)


def asked(wish: Wish, instance: str, key: SigningKey, *, officer: str) -> Returned:
    """A request for access, signed; raises BadGrant for what cannot be asked."""
    at = now()
    terms = grants.check_terms(
        Terms(
            instance=instance,
            id=str(uuid.uuid4()),
            client=wish.client,
            provider=wish.provider,
            code=wish.code,
            methods=["POST"],
            paths=["**"],
            fields=sorted(set(wish.fields)),
            purpose=wish.purpose,
            legal_basis=wish.legal_basis,
            valid_from=at,
            valid_to=wish.valid_to.astimezone(UTC).replace(microsecond=0)
            if wish.valid_to
            else None,
            quota=wish.quota,
        )
    )
    mark = grants.sign_asked(terms, key, at)
    return Returned(id=terms.id, deed=Deed.ASK, terms=terms, mark=mark, officer=officer)


def give_back(node: Node, documents: Sequence[Returned]) -> list[Settled]:
    """Return signatures to the directory; what became of each. Raises as `waiting`."""
    question = ReturnedDocuments(list(documents))
    digest = hashlib.sha256(msgspec.json.encode(question)).hexdigest()
    told = housekeeping.ask(node, RETURN, question, SettledDocuments, key=f"grants-{digest[:40]}")
    return told.body.documents


def settle(node: Node, document: Returned) -> None:
    """Return one document; raises NotTaken with the directory's word, and as `waiting`."""
    (settled,) = give_back(node, [document])
    if not settled.taken:
        raise NotTaken(why=settled.why)


# -- what the cards of this node state ------------------------------------------------------------


def sign_stated(node: Node, cards: Iterable[System]) -> list[Settled]:
    """
    Sign what waits and the own cards state: needs, subscriptions, and grants given with offers.

    Everything else waits for an officer; where a card states the same access in other
    terms, the log says what differs. Raises as `waiting`, NoKey or TokenUnavailable.
    """
    own = {card.subsystem: card for card in cards}
    documents = []
    for document in waiting(node):
        if is_stated(document, own):
            documents.append(document)
        elif found := differences(document, own):
            log.error(
                "not signed by itself, the card differs: %s %s", document.id, "; ".join(found)
            )
    if not documents:
        return []
    key = key_here(node)
    return give_back(node, [signed(one, key, officer=BY_THE_CARD) for one in documents])


def is_stated(document: Waiting, own: dict[str, System]) -> bool:
    """Whether a card of this node says just this; never for what an officer asked for."""
    return document.stated and any(
        not _differing(stated, document.terms) for stated in _stated(document, own)
    )


def differences(document: Waiting, own: dict[str, System]) -> list[str]:
    """
    Where a document differs from the access a card of this node states, in words.

    Empty for one that is just as stated, and for access no card speaks of.
    """
    if not document.stated:
        return []
    found = [_differing(stated, document.terms) for stated in _stated(document, own)]
    return min(found, key=len, default=[])


def _stated(document: Waiting, own: dict[str, System]) -> list[_Stated]:
    """What this node's cards state of an access between these two systems."""
    terms = document.terms
    client, provider = (to.rpartition("/")[2] for to in (terms.client, terms.provider))
    if document.deed is Deed.ASK:
        card = own.get(client)
        wanted: tuple[Need | Subscription, ...] = ()
        if card is not None:
            wanted = (*card.needs, *card.subscriptions)
        return [one for one in wanted if (to_wire(one.system), one.code) == (provider, terms.code)]
    card = own.get(provider)
    shared = card.shared if card is not None else ()
    return [
        given
        for one in shared
        if one.code == terms.code
        for given in one.grants
        if to_wire(given.to) == client
    ]


def _differing(stated: _Stated, terms: Terms) -> list[str]:
    """A card states purpose, law and fields, and never other methods, paths, ends or quotas."""
    pairs: tuple[tuple[str, object, object], ...] = (
        ("purpose", stated.purpose, terms.purpose),
        ("legal basis", stated.legal_basis, terms.legal_basis),
        ("fields", sorted(stated.fields), sorted(terms.fields)),
        ("methods", ["POST"], terms.methods),
        ("paths", ["**"], terms.paths),
        ("valid to", None, terms.valid_to),
        ("quota", NO_QUOTA, terms.quota),
    )
    return [
        f"{part} is {said!r}, the card says {card!r}" for part, card, said in pairs if card != said
    ]

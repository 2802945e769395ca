"""
Signing a body's grants where its key lives: on its own node.

The node fetches from the directory what waits, an officer reads it and decides,
the local key signs, and the signature returns through the exchange. What the
own cards state needs no officer: whoever installed the card has stated it, and
the node signs just that. Needs no Django, since a gateway may stand alone.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from lienthong.exchange import housekeeping
from lienthong.exchange.cards import Grant, System
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

    Everything else waits for an officer. Raises as `waiting`, NoKey or TokenUnavailable.
    """
    own = {card.subsystem: card for card in cards}
    documents = [document for document in waiting(node) if is_stated(document, own)]
    if not documents:
        return []
    key = key_here(node)
    return give_back(node, [signed(one, key, officer=BY_THE_CARD) for one in documents])


def is_stated(document: Waiting, own: dict[str, System]) -> bool:
    """Whether a card of this node says just this; never for what an officer asked for."""
    if not document.stated:
        return False
    terms = document.terms
    if document.deed is Deed.ASK:
        card = own.get(terms.client.rpartition("/")[2])
        return card is not None and _wants(card, terms)
    card = own.get(terms.provider.rpartition("/")[2])
    return card is not None and any(
        _says(given, terms) for stated in card.shared if stated.code == terms.code
        for given in stated.grants
    )  # fmt: skip


def _wants(card: System, terms: Terms) -> bool:
    provider = terms.provider.rpartition("/")[2]
    wanted = [(to_wire(need.system), need.code) for need in card.needs]
    wanted += [(to_wire(one.system), one.code) for one in card.subscriptions]
    return (provider, terms.code) in wanted


def _says(given: Grant, terms: Terms) -> bool:
    return (
        to_wire(given.to) == terms.client.rpartition("/")[2]
        and given.purpose == terms.purpose
        and given.legal_basis == terms.legal_basis
        and sorted(given.fields) == sorted(terms.fields)
        and terms.methods == ["POST"]
        and terms.paths == ["**"]
        and terms.valid_to is None
        and terms.quota == NO_QUOTA
    )

"""
Asking for access, giving it and refusing it: two bodies, two officers, two signatures.

The consumer's officer asks, the provider's officer decides, and may give less
than was asked, never more. The terms are signed by the members' keys, so that
what the directory publishes can be checked by whoever reads it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.errors import BadGrant, BadPattern
from lienthong.protocol.grants import GrantProof, Mark, Quota, Terms

from ..errors import (
    AlreadyAsked,
    AlreadyDecided,
    BadTerms,
    NoSuchAccessRequest,
    NotTheirs,
    SameHand,
)
from ..models import AccessGrant, GrantRequest, Member, Offer, Subsystem
from ..queries import agreements
from ..queries.register import INSTANCE
from . import signing
from .gateway_files import write_gateway_files
from .publishing import publish

State = GrantRequest.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a body wants to be allowed."""

    purpose: str
    legal_basis: str
    fields: Sequence[str] = ("*",)
    methods: Sequence[str] = ("POST",)
    paths: Sequence[str] = ("**",)
    valid_to: datetime | None = None
    quota: Quota = Quota()


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """How much of a wish is given; what is not said stays as asked."""

    fields: Sequence[str] | None = None
    methods: Sequence[str] | None = None
    paths: Sequence[str] | None = None
    valid_to: datetime | None = None
    quota: Quota | None = None


def ask(
    *, client: Subsystem, offer: Offer, wish: Wish, by: Actor, body: str, node: Node
) -> GrantRequest:
    """
    Ask the provider of an offer to let a subsystem of ``body`` call it.

    Raises NotTheirs when the subsystem is another body's, AlreadyAsked while the same
    access waits, BadTerms naming what cannot be asked.
    """
    _belongs(client.member, body)
    now = signing.whole_seconds(clock.instant())
    request = GrantRequest(client=client, offer=offer, asked_by=str(by), asked_at=now)
    terms = _checked(
        Terms(
            instance=INSTANCE,
            id=str(request.pk),
            client=str(client),
            provider=str(offer.subsystem),
            code=offer.code,
            methods=sorted(set(wish.methods)),
            paths=list(dict.fromkeys(wish.paths)),
            fields=known_fields(offer, wish.fields),
            purpose=names.clean(wish.purpose),
            legal_basis=names.clean(wish.legal_basis),
            valid_from=now,
            valid_to=signing.whole_seconds(wish.valid_to) if wish.valid_to else None,
            quota=wish.quota,
        )
    )
    mark = grants.sign_asked(terms, signing.key_of(node, client.member), now)
    request.asked, request.asked_mark = signing.plain(terms), signing.plain(mark)
    with transaction.atomic():
        # Two officers of one body who ask at the same moment queue at the offer.
        Offer.objects.select_for_update().get(pk=offer.pk)
        if agreements.waiting(client, offer).exists():
            raise AlreadyAsked
        request.save(force_insert=True)
        record.done("directory.access_asked", request, by=by, detail={"offer": offer.code})
    return request


def grant(
    request_id: uuid.UUID, *, narrowed: Narrowed, by: Actor, body: str, node: Node
) -> AccessGrant:
    """
    Give what was asked, or less; publishes it.

    Raises NoSuchAccessRequest, AlreadyDecided, NotTheirs, SameHand, or BadTerms when more
    would be given than was asked.
    """
    with transaction.atomic():
        request = _open_request(request_id)
        _decides(request, by, body)
        asked = msgspec.convert(request.asked, Terms)
        now = signing.whole_seconds(clock.instant())
        quota = asked.quota if narrowed.quota is None else narrowed.quota
        given = msgspec.structs.replace(
            asked,
            fields=_or(asked.fields, narrowed.fields),
            methods=_or(asked.methods, narrowed.methods),
            paths=_or(asked.paths, narrowed.paths),
            valid_from=now,
            valid_to=_earlier(asked.valid_to, narrowed.valid_to),
            quota=quota,
        )
        known_fields(request.offer, given.fields)
        key = signing.key_of(node, request.offer.subsystem.member)
        try:
            mark = grants.sign_given(given, asked, key, now)
        except (BadGrant, BadPattern) as error:
            raise BadTerms(str(error), **error.detail) from None
        proof = GrantProof(
            asked=asked, asked_mark=msgspec.convert(request.asked_mark, Mark), given_mark=mark
        )
        row = signing.give(request.client, request.offer, given, proof, by=str(by))
        _decide(request, State.GRANTED, by, now)
        record.done(
            "directory.access_granted", request, by=by, detail={"offer": request.offer.code}
        )
        publish(node)
    write_gateway_files(node)
    return row


def refuse(request_id: uuid.UUID, *, reason: str, by: Actor, body: str, node: Node) -> GrantRequest:
    """Refuse with a reason that the asker reads; signed like a grant."""
    reason = names.clean(reason)
    with transaction.atomic():
        request = _open_request(request_id)
        _decides(request, by, body)
        now = signing.whole_seconds(clock.instant())
        asked = msgspec.convert(request.asked, Terms)
        key = signing.key_of(node, request.offer.subsystem.member)
        request.refusal_mark = signing.plain(grants.sign_refused(asked, reason, key, now))
        _decide(request, State.REFUSED, by, now, reason)
        record.done("directory.access_refused", request, by=by, detail={"reason": reason})
    return request


def withdraw(request_id: uuid.UUID, *, by: Actor, body: str) -> GrantRequest:
    """Take back a request that was not decided yet; the asking body only."""
    with transaction.atomic():
        request = _open_request(request_id)
        _belongs(request.client.member, body)
        _decide(request, State.WITHDRAWN, by, signing.whole_seconds(clock.instant()))
        record.done("directory.access_withdrawn", request, by=by)
    return request


def known_fields(offer: Offer, wanted: Sequence[str]) -> list[str]:
    """Fields of the offer's answer, in alphabetical order; BadTerms for one it does not have."""
    if "*" in wanted:
        return ["*"]
    known = agreements.fields_of(offer)
    if unknown := sorted(set(wanted) - set(known)):
        raise BadTerms(f"the answer has no field {', '.join(unknown)}", part="fields")
    if not wanted:
        raise BadTerms("a grant names the fields it allows", part="fields")
    return [name for name in known if name in wanted]


def _checked(terms: Terms) -> Terms:
    try:
        return grants.check_terms(terms)
    except (BadGrant, BadPattern) as error:
        raise BadTerms(str(error)) from None


def _or(asked: list[str], narrowed: Sequence[str] | None) -> list[str]:
    return asked if narrowed is None else list(narrowed)


def _earlier(asked: datetime | None, narrowed: datetime | None) -> datetime | None:
    return asked if narrowed is None else signing.whole_seconds(narrowed)


def _open_request(request_id: uuid.UUID) -> GrantRequest:
    request = (
        GrantRequest.objects.select_for_update(of=("self",))
        .select_related("client__member", "offer__subsystem__member")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise NoSuchAccessRequest
    if request.state != State.WAITING:
        raise AlreadyDecided
    return request


def _belongs(member: Member, body: str) -> None:
    if member.code != body:
        raise NotTheirs


def _decides(request: GrantRequest, by: Actor, body: str) -> None:
    """The provider's body decides, by another hand than the one that asked."""
    _belongs(request.offer.subsystem.member, body)
    person = not by.account.startswith("system:")
    if request.asked_by == str(by) or (person and by.did(request.asked_by)):
        raise SameHand


def _decide(request: GrantRequest, state: str, by: Actor, at: datetime, reason: str = "") -> None:
    request.state, request.decided_by, request.decided_at = state, str(by), at
    request.reason = reason
    request.save(update_fields=["state", "decided_by", "decided_at", "reason", "refusal_mark"])

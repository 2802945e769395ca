"""
What waits for the signatures of members whose keys lie on their own nodes, and what comes back.

The directory believes no signature for having come through the exchange: each is
checked against the member's certificate and against what waits now.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.grants import GrantProof, Mark, Terms
from lienthong.protocol.signing_desk import Deed, Returned, Settled, Waiting

from ..errors import (
    AlreadyAsked,
    AlreadyDecided,
    BadTerms,
    DocumentChanged,
    IdTaken,
    NothingWaits,
    NotKept,
    NotTheirs,
    SignatureTooOld,
)
from ..models import AccessGrant, GrantRequest, Member, Offer, Subsystem
from ..queries import agreements, register
from . import signing
from .gateway_files import write_gateway_files
from .granting import known_fields
from .publishing import one_at_a_time, publish

logger = logging.getLogger("lienthong.directory")
State = GrantRequest.State
LONGEST_WAY = timedelta(hours=1)
"""From the signature to the directory; an older one is made again."""
CLOCKS = timedelta(minutes=5)


# -- what waits -------------------------------------------------------------------------------


def waiting_for(member: Member) -> list[Waiting]:
    """Documents this member would sign, the oldest first."""
    found = []
    for grant in register.grants_at(clock.instant()):
        terms = signing.terms_of(grant)
        if grant.given == signing.plain(terms):
            continue
        asked = signing.is_asked(grant, terms)
        if not asked and grant.client.member_id == member.pk:
            found.append(_waiting(grant, grant.pk, Deed.ASK, terms, None, grant.valid_from))
        elif asked and grant.offer.subsystem.member_id == member.pk:
            mark = msgspec.convert(grant.asked_mark, Mark)
            found.append(_waiting(grant, grant.pk, Deed.GRANT, terms, mark, grant.valid_from))
    for request in agreements.requests_for(member.code).filter(
        state=State.WAITING, offer__subsystem__member=member
    ):
        terms = msgspec.convert(request.asked, Terms)
        mark = msgspec.convert(request.asked_mark, Mark)
        found.append(_waiting(request, request.pk, Deed.GRANT, terms, mark, request.asked_at))
    return sorted(found, key=lambda one: (one.since, one.id))


def _waiting(
    row: AccessGrant | GrantRequest,
    pk: uuid.UUID,
    deed: Deed,
    terms: Terms,
    mark: Mark | None,
    since: datetime,
) -> Waiting:
    return Waiting(
        id=str(pk),
        deed=deed,
        terms=terms,
        asked_mark=mark,
        client_name=row.client.name,
        provider_name=row.offer.subsystem.name,
        title=row.offer.title,
        stated=isinstance(row, AccessGrant) and row.from_card,
        since=since,
    )


# -- what comes back --------------------------------------------------------------------------


def take_back(
    documents: Sequence[Returned], *, member: Member, by: Actor, node: Node
) -> list[Settled]:
    """
    Check and keep what a member's node returned; one bad document keeps no other out.

    Each is answered apart, also one the database cannot keep. Publishes when anything
    changed.
    """
    settled = []
    for document in documents:
        try:
            with transaction.atomic():
                one_at_a_time()
                _take(document, member, by, node)
        except LienThongError as problem:
            settled.append(Settled(id=document.id, taken=False, why=problem.code))
        except (IntegrityError, DataError):
            logger.exception("a returned document cannot be kept", extra={"document": document.id})
            settled.append(Settled(id=document.id, taken=False, why=NotKept.code))
        else:
            settled.append(Settled(id=document.id, taken=True))
    if any(one.taken for one in settled):
        publish(node)
        write_gateway_files(node)
    return settled


def _take(document: Returned, member: Member, by: Actor, node: Node) -> None:
    try:
        row_id = uuid.UUID(document.id)
    except ValueError:
        raise NothingWaits from None
    now = clock.instant()
    in_force = register.all_grants().filter(Q(valid_to=None) | Q(valid_to__gt=now))
    grant = in_force.select_for_update(of=("self",)).filter(pk=row_id).first()
    request = (
        agreements.requests_for(None).select_for_update(of=("self",)).filter(pk=row_id).first()
    )
    who = f"{member}:{names.clean(document.officer)}"[:160]
    if document.deed is not Deed.REFUSE and (document.terms is None or document.mark is None):
        raise DocumentChanged
    if document.mark is not None:
        _require_fresh(document.mark)
    if grant is not None and (request is None or request.state == State.GRANTED):
        _take_for_grant(document, grant, member, who, node)
    elif request is not None:
        _take_for_request(document, request, member, who)
    elif document.deed is Deed.ASK:
        _take_request(document, member, who)
    else:
        raise NothingWaits
    record.done(f"directory.signed_elsewhere_{document.deed.value}", document.id, by=by)


def _require_fresh(mark: Mark) -> None:
    now = clock.instant()
    if not now - LONGEST_WAY <= mark.at <= now + CLOCKS:
        raise SignatureTooOld


def _take_for_grant(
    document: Returned, grant: AccessGrant, member: Member, who: str, node: Node
) -> None:
    """For a grant that cards or the operator state: just its terms, or a refusal."""
    terms = signing.terms_of(grant)
    asks, gives = grant.client.member_id, grant.offer.subsystem.member_id
    if member.pk not in (asks, gives):
        raise NotTheirs
    if grant.given == signing.plain(terms):
        raise NothingWaits  # signed already; a signature ends by revoking
    if document.deed is Deed.REFUSE:
        _end(document, grant, terms, member, who)
        return
    if document.terms != terms:
        raise DocumentChanged
    assert document.mark is not None
    if document.deed is Deed.ASK:
        if member.pk != asks:
            raise NotTheirs
        grants.check_asked(terms, document.mark, agreements.find_key)
        signing.keep_ask(grant, terms, document.mark)
        signing.sign_grant_here(node, grant, terms)
        return
    if member.pk != gives:
        raise NotTheirs
    if not signing.is_asked(grant, terms):
        raise NothingWaits
    proof = GrantProof(
        asked=terms,
        asked_mark=msgspec.convert(grant.asked_mark, Mark),
        given_mark=document.mark,
    )
    grants.check_given(terms, proof, agreements.find_key)
    signing.keep_grant(grant, terms, document.mark)


def _end(document: Returned, grant: AccessGrant, terms: Terms, member: Member, who: str) -> None:
    """A member does not want this grant; the provider signs that, and no card gives it again."""
    reason = names.clean(document.reason)
    if not reason:
        raise BadTerms("a refusal says why")
    mark = None
    if member.pk == grant.offer.subsystem.member_id:
        if document.mark is None:
            raise DocumentChanged
        grants.check_refused(terms, reason, document.mark, agreements.find_key)
        mark = signing.plain(document.mark)
    AccessGrant.objects.filter(pk=grant.pk).update(
        valid_to=clock.instant(),
        revoked=True,
        ended_by=who,
        end_reason=reason,
        refusal_mark=mark,
    )


def _take_for_request(document: Returned, request: GrantRequest, member: Member, who: str) -> None:
    """The provider decides on a request at its own node, or the asker takes it back."""
    if request.state != State.WAITING:
        raise AlreadyDecided
    asked = msgspec.convert(request.asked, Terms)
    if document.deed is Deed.REFUSE and member.pk == request.client.member_id:
        _decide(request, State.WITHDRAWN, who, names.clean(document.reason))
        return
    if member.pk != request.offer.subsystem.member_id or document.deed is Deed.ASK:
        raise NotTheirs
    assert document.mark is not None or document.deed is Deed.REFUSE
    if document.deed is Deed.REFUSE:
        reason = names.clean(document.reason)
        if document.mark is None or not reason:
            raise DocumentChanged
        grants.check_refused(asked, reason, document.mark, agreements.find_key)
        request.refusal_mark = signing.plain(document.mark)
        _decide(request, State.REFUSED, who, reason)
        return
    assert document.terms is not None
    assert document.mark is not None
    given = document.terms
    proof = GrantProof(
        asked=asked,
        asked_mark=msgspec.convert(request.asked_mark, Mark),
        given_mark=document.mark,
    )
    grants.check_given(given, proof, agreements.find_key)
    known_fields(request.offer, given.fields)
    signing.give(request.client, request.offer, given, proof, by=who)
    _decide(request, State.GRANTED, who)


def _decide(request: GrantRequest, state: str, who: str, reason: str = "") -> None:
    request.state, request.decided_by, request.reason = state, who, reason
    request.decided_at = signing.whole_seconds(clock.instant())
    request.save(update_fields=["state", "decided_by", "decided_at", "reason", "refusal_mark"])


def _take_request(document: Returned, member: Member, who: str) -> None:
    """A request for access that was made and signed at the asking body's own node."""
    terms, mark = document.terms, document.mark
    assert terms is not None
    assert mark is not None
    client = _named(terms.client)
    provider = _named(terms.provider)
    if client.member_id != member.pk:
        raise NotTheirs
    offer = Offer.objects.filter(subsystem=provider, code=terms.code, withdrawn_at=None).first()
    if offer is None or terms.id != document.id or terms.instance != register.INSTANCE:
        raise BadTerms("there is no such service", part="code")
    if AccessGrant.objects.filter(pk=document.id).exists():
        raise IdTaken  # of a grant that has ended: ids are never used again
    grants.check_terms(terms)
    grants.check_asked(terms, mark, agreements.find_key)
    known_fields(offer, terms.fields)
    if agreements.waiting(client, offer).exists():
        raise AlreadyAsked
    GrantRequest.objects.create(
        id=uuid.UUID(terms.id),
        client=client,
        offer=offer,
        asked=signing.plain(terms),
        asked_mark=signing.plain(mark),
        asked_by=who,
        asked_at=mark.at,
    )


def _named(local: str) -> Subsystem:
    found = register.subsystem_named(local)
    if found is None:
        raise BadTerms("there is no such system", part="client")
    return found

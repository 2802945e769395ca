"""
The DCI registry API v1.0.0 over this register: search, subscribe, notify, transaction status.

A message is believed by two proofs: the gateway's, which subsystem sent it, and the
message's own signature by a key of this subsystem's partner row. Answers to asynchronous
requests go out through the outbox, to the partner's own service in the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.exchange import outbox
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.systems.population import needs, queries, shapes
from lienthong.systems.population.domain import dci, dci_signature
from lienthong.systems.population.models import (
    DciPartner,
    DciSubscription,
    DciTransaction,
    PersonEvent,
)
from lienthong.web.accounts.uuids import uuid7

OWN_ID = "vn-population"
UNSIGNED = frozenset({"", "unsigned", "unsigned-stub"})
MOST_ITEMS = 20
LONGEST = 99


class Refusal(Exception):
    """A whole message that is not taken, with the error code of the specification."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was believed."""

    partner: DciPartner
    header: Mapping[str, Any]
    message: Mapping[str, Any]
    purpose: str
    by: Actor


@dataclass(frozen=True, slots=True)
class Done:
    """The message of an answer, the numbers it is about, and how each item ended."""

    message: dict[str, Any]
    subjects: tuple[str, ...]
    outcome: dict[str, str]


def opened(
    envelope: shapes.DciEnvelope, *, action: str, subsystem: str, purpose: str, by: Actor
) -> Opened:
    """Check a message's form, sender and signature; raises Refusal."""
    header, message = envelope.header, envelope.message
    if not header or not message or not isinstance(header.get("total_count"), int):
        raise Refusal("err.request.bad")
    if str(header.get("version", "1.0.0")).partition(".")[0] != "1":
        raise Refusal("err.version.not_supported")
    if header.get("is_msg_encrypted"):
        raise Refusal("err.encryption.invalid")
    if header.get("action") != action or not _text(header.get("message_id")):
        raise Refusal("err.request.bad")
    _check_time(header.get("message_ts"))
    if not _text(message.get("transaction_id")):
        raise Refusal("err.request.bad")
    partner = DciPartner.objects.filter(pk=subsystem).first()
    if partner is None or partner.sender_id != header.get("sender_id"):
        raise Refusal("err.sender_id.invalid")
    _check_signature(envelope, partner)
    return Opened(partner, header, message, purpose, by)


def _check_signature(envelope: shapes.DciEnvelope, partner: DciPartner) -> None:
    if envelope.signature in UNSIGNED:
        if partner.unsigned:
            return
        raise Refusal("err.signature.missing")
    try:
        dci_signature.check(envelope.signature, envelope.header, envelope.message, partner.keys)
    except dci_signature.BadSignature:
        raise Refusal("err.signature.invalid") from None


def _check_time(text: Any) -> None:
    try:
        if datetime.fromisoformat(str(text)).tzinfo is None:
            raise ValueError
    except ValueError:
        raise Refusal("err.request.bad") from None


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


# -- search --------------------------------------------------------------------------------


def search(held: Opened, correlation: UUID) -> Done:
    """Answer every item of a search; each person shown is a look of the partner."""
    items = _items(held.message, "search_request")
    responses, subjects, outcome = [], [], {}
    for item in items:
        reference = str(item.get("reference_id", ""))[:LONGEST]
        response: dict[str, Any] = {"reference_id": reference, "timestamp": _now()}
        try:
            found, extra = _searched(held, item)
            subjects += found
            response |= {"status": "succ", **extra}
        except dci.Rejected as rejected:
            response |= {"status": "rjct", "status_reason_code": rejected.reason}
        response["locale"] = str(item.get("locale", "vie"))[:3]
        outcome[reference] = response["status"]
        responses.append(response)
    return Done(_message(held, correlation, search_response=responses), tuple(subjects), outcome)


def _searched(held: Opened, item: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    criteria = item.get("search_criteria")
    if not isinstance(criteria, Mapping):
        raise dci.Rejected(dci.REJECT_CRITERIA)
    query = dci.read_query(criteria)
    shown = frozenset(held.partner.shown)
    dci.check_asked(query, shown)
    with personal.opened(
        None, purpose=held.purpose, fields=sorted(shown), actor=held.partner.subsystem
    ) as opening:
        people, total = queries.dci_found(query)
        opening.at(*(one.person.pk for one in people))
        if total > dci.MOST_FOUND:
            raise dci.Rejected(dci.TOO_MANY)
        records = [_record(one, shown) for one in people]
    data = {
        "version": "1.0.0",
        "reg_type": str(criteria.get("reg_type", "ns:org:RegistryType:Civil")),
        "reg_record_type": str(criteria.get("reg_record_type", "Person")),
        "reg_records": records,
    }
    page = {"page_size": query.page_size, "page_number": query.page_number, "total_count": total}
    return [one.number for one in people if one.number], {"data": data, "pagination": page}


def _record(one: queries.Found, shown: frozenset[str]) -> dict[str, Any]:
    """A person in the specification's shape, with the attributes the partner may see."""
    person, parts = one.person, names.parts(one.person.full_name)
    whole: dict[str, Any] = {
        "identifier": [{"identifier_type": "UIN", "identifier_value": one.number}],
        "name": {
            "surname": parts.family,
            "given_name": parts.given,
            "second_name": parts.middle,
        },
        "sex": person.sex,
        "birth_date": person.born_on.isoformat(),
        "birth_place": person.birth_place,
        "death_date": person.died_on.isoformat() if person.died_on else None,
        "address": person.residence,
        "nationality": person.nationality,
        "marital_status": person.marital,
        "parent1_identifier": _identifier(person.mother),
        "parent2_identifier": _identifier(person.father),
    }
    return {
        name: value
        for name, value in whole.items()
        if value and ("*" in shown or name in shown or name == "identifier")
    }


def _identifier(number: str) -> dict[str, str] | None:
    return {"identifier_type": "UIN", "identifier_value": number} if number else None


# -- subscribing ---------------------------------------------------------------------------


def subscribe(held: Opened, correlation: UUID) -> Done:
    """Subscribe to the events of persons; each item names one by an identifier."""
    responses, subjects, outcome = [], [], {}
    for item in _items(held.message, "subscribe_request"):
        reference = str(item.get("reference_id", ""))[:LONGEST]
        response: dict[str, Any] = {"reference_id": reference, "timestamp": _now()}
        try:
            row = _subscribed(held, item.get("subscribe_criteria"))
            subjects.append(row.known_as)
            said = {"code": str(row.code), "status": "subscribe", "timestamp": _now()}
            response |= {"status": "succ", "subscriptions": [said]}
        except dci.Rejected as rejected:
            response |= {"status": "rjct", "status_reason_code": rejected.reason}
        outcome[reference] = response["status"]
        responses.append(response)
    message = _message(held, correlation, subscribe_response=responses)
    return Done(message, tuple(subjects), outcome)


def _subscribed(held: Opened, criteria: Any) -> DciSubscription:
    if not isinstance(criteria, Mapping):
        raise dci.Rejected("rjct.notify_details.invalid")
    event_type = str(criteria.get("reg_event_type", ""))
    if event_type not in dci.EVENTS:
        raise dci.Rejected("rjct.notify_types.invalid")
    identifier = _filter(criteria.get("filter"))
    with personal.writing("population.dci_subscribe", by=held.by):
        found, _total = queries.dci_found(dci.Query(identifier, None))
        if not found:
            raise dci.Rejected("rjct.person_id.invalid")
        person, number = found[0].person, found[0].number
        rows = DciSubscription.objects.filter(ended_at=None, partner=held.partner)
        if rows.filter(person=person, event_type=event_type).exists():
            raise dci.Rejected("rjct.event.already_subscribed")
        row = DciSubscription.objects.create(
            partner=held.partner,
            person=person,
            event_type=event_type,
            known_as=number,
            at=clock.instant(),
        )
        record.done("population.dci_subscribed", row, by=held.by)
        return row


def _filter(said: Any) -> tuple[str, str]:
    """The identifier of a filter; some senders wrap it in an idtype-value query."""
    inner = said.get("query", said) if isinstance(said, Mapping) else {}
    if not isinstance(inner, Mapping):
        raise dci.Rejected(dci.REJECT_FILTER)
    return dci.read_identifier(inner)


def unsubscribe(held: Opened, correlation: UUID) -> Done:
    """End subscriptions of this partner by their codes; a code of nobody's is rejected."""
    codes = held.message.get("subscription_codes")
    if not isinstance(codes, list) or not 0 < len(codes) <= LONGEST:
        raise Refusal("err.request.bad")
    statuses, outcome = [], {}
    for code in map(str, codes):
        ended = 0
        if (key := _key(code)) is not None:
            rows = DciSubscription.objects.filter(pk=key, partner=held.partner, ended_at=None)
            ended = rows.update(ended_at=clock.instant())
        outcome[code[:LONGEST]] = "succ" if ended else "rjct"
        statuses.append({"code": code, "status": "unsubscribe" if ended else "subscribe"})
    record.done("population.dci_unsubscribed", f"partner:{held.partner.pk}", by=held.by,
                detail={"codes": len(codes)})  # fmt: skip
    status = "succ" if "succ" in outcome.values() else "rjct"
    message = _message(
        held, correlation, timestamp=_now(), status=status, subscription_status=statuses
    )
    return Done(message, (), outcome)


def _key(code: str) -> UUID | None:
    try:
        return UUID(code)
    except ValueError:
        return None


# -- transaction status --------------------------------------------------------------------

ANSWERED = {"search": "search_response", "subscribe": "subscribe_response"}


def status(held: Opened, correlation: UUID) -> Done:
    """How earlier requests of this partner ended, item by item, without their records."""
    asked = held.message.get("txnstatus_request")
    if not isinstance(asked, Mapping):
        raise Refusal("err.request.bad")
    kind, by, value = (
        str(asked.get(name, "")) for name in ("txn_type", "attribute_type", "attribute_value")
    )
    rows = DciTransaction.objects.filter(subsystem=held.partner.pk, action=kind)
    if by == "transaction_id":
        rows = rows.filter(transaction_id=value)
    elif by == "correlation_id" and (key := _key(value)) is not None:
        rows = rows.filter(pk=key)
    elif by == "reference_id_list":
        wanted = asked.get("attribute_value")
        rows = rows.filter(outcome__has_any_keys=[str(one) for one in wanted or []][:MOST_ITEMS])
    else:
        rows = rows.none()
    row = rows.order_by("-at").first()
    items = [
        {"reference_id": reference, "timestamp": _now(), "status": ended}
        for reference, ended in (row.outcome if row else {}).items()
    ]
    found: dict[str, Any] = {
        "transaction_id": row.transaction_id if row else str(held.message["transaction_id"]),
        "correlation_id": str(row.correlation_id if row else correlation),
    }
    if kind in ANSWERED:
        found[ANSWERED[kind]] = items
    response = {"txn_type": kind, "txn_status": found}
    message = _message(held, correlation, txnstatus_response=response)
    return Done(message, (), {str(asked.get("reference_id", ""))[:LONGEST]: "succ"})


# -- acknowledging and calling back --------------------------------------------------------

Act = Callable[[Opened, UUID], Done]
CALLBACK = {
    "search": ("dci.on-search.v1", "on-search"),
    "subscribe": ("dci.on-subscribe.v1", "on-subscribe"),
    "unsubscribe": ("dci.on-unsubscribe.v1", "on-unsubscribe"),
    "txn-status": ("dci.on-txn-status.v1", "txn-on-status"),
}


def submit(held: Opened, act: Act) -> tuple[UUID, tuple[str, ...]]:
    """
    Do an asynchronous request and put its callback into the outbox, in one transaction.

    A message id of a partner is taken once; raises Refusal with the code of a duplicate.
    """
    correlation, action = uuid7(), str(held.header["action"])
    done = act(held, correlation)
    _note(held, correlation, action, done.outcome)
    code, called = CALLBACK[action]
    envelope = shapes.DciEnvelope(
        header=header(held.partner, called, len(done.outcome)), message=done.message
    )
    outbox.put(
        needs.dci_callback(code, envelope, held.partner.pk),
        key=f"dci/{correlation}",
        ordering_key=f"dci/{held.partner.pk}",
        correlation=correlation,
    )
    return correlation, done.subjects


def take(held: Opened) -> UUID:
    """Note a callback that came to this register; the same message is taken once."""
    correlation, action = uuid7(), str(held.header["action"])
    _note(held, correlation, action, {})
    record.done("population.dci_taken", f"partner:{held.partner.pk}", by=held.by,
                detail={"action": action})  # fmt: skip
    return correlation


def _note(held: Opened, correlation: UUID, action: str, outcome: dict[str, str]) -> None:
    try:
        with transaction.atomic():
            DciTransaction.objects.create(
                correlation_id=correlation,
                subsystem=held.partner.pk,
                transaction_id=str(held.message["transaction_id"]),
                message_id=str(held.header["message_id"]),
                action=action,
                outcome=outcome,
                at=clock.instant(),
            )
    except IntegrityError:
        raise Refusal("rjct.message_id.duplicate") from None


def header(partner: DciPartner, action: str, count: int) -> dict[str, Any]:
    """The header of an answer or a callback."""
    return {
        "version": "1.0.0",
        "message_id": str(uuid7()),
        "message_ts": _now(),
        "action": action,
        "status": "succ",
        "total_count": count,
        "completed_count": count,
        "sender_id": OWN_ID,
        "receiver_id": partner.sender_id,
        "is_msg_encrypted": False,
    }


def acknowledged(correlation: UUID | str) -> dict[str, Any]:
    return {"ack_status": "ACK", "timestamp": _now(), "correlation_id": str(correlation)}


def refused(code: str) -> dict[str, Any]:
    """The message of a refusal; its words are the code's, never the sender's."""
    return {
        "ack_status": "ERR",
        "timestamp": _now(),
        "correlation_id": str(uuid7()),
        "error": {"code": code, "message": code},
    }


def notify(event: PersonEvent) -> None:
    """Tell partners who subscribed to an event of a person; inside the act's transaction."""
    types = dci.event_types(event.old, event.new)
    rows = DciSubscription.objects.filter(
        person=event.person_id, ended_at=None, event_type__in=types
    ).select_related("partner", "person")
    for row in rows:
        person = queries.Found(row.person, queries.number_in_force(row.person))
        data = {
            "reg_type": "ns:org:RegistryType:Civil",
            "reg_event_type": row.event_type,
            "reg_record_type": "Person",
            "reg_records": _record(person, frozenset(row.partner.shown)),
        }
        told = {"reference_id": str(row.code), "timestamp": _now(), "data": data}
        message = {"transaction_id": str(event.key), "notify_event": [told]}
        envelope = shapes.DciEnvelope(header=header(row.partner, "notify", 1), message=message)
        outbox.put(
            needs.dci_callback("dci.notify.v1", envelope, row.partner_id),
            key=f"dci/{event.key}/{row.code}",
            ordering_key=f"dci/{row.partner_id}",
            correlation=row.code,
        )


def _items(message: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    items = message.get(name)
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        raise Refusal("err.request.bad")
    if any(not isinstance(item, Mapping) for item in items):
        raise Refusal("err.request.bad")
    return items


def _message(held: Opened, correlation: UUID, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": str(held.message["transaction_id"]),
        "correlation_id": str(correlation),
        **more,
    }


def _now() -> str:
    return clock.instant().isoformat(timespec="milliseconds")

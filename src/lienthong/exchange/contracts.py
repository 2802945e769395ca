"""
Whether what one system reads is what another answers, from the two cards.

A consumer writes its own shapes with only the fields it reads; this is the
price of the wall and also its proof. Within a version only optional fields are
added, and readers ignore what they do not know (decision 22).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect as types

from lienthong.exchange.cards import Grant, Need, Offer, Subscription, System


def disagreements(consumer: System, need: Need, providers: Iterable[System]) -> list[str]:
    """What keeps a need from being answered, in words; empty when nothing does."""
    provider = {system.code: system for system in providers}.get(need.system)
    if provider is None:
        return [f"no system {need.system} has a card"]
    try:
        offer = provider.offer(need.code)
    except KeyError:
        return [f"{need.system} offers no {need.code}"]
    return [
        *_terms(consumer, need, offer),
        *(f"request: {line}" for line in unreadable(need.request, offer.request)),
        *(f"answer: {line}" for line in unreadable(offer.answers, need.reads)),
        *_granted(consumer, need, offer),
        *_asked(consumer, need, offer.grants),
    ]


def event_disagreements(
    subscriber: System, subscription: Subscription, publishers: Iterable[System]
) -> list[str]:
    """What keeps an event from being taken, in words; empty when nothing does."""
    publisher = {system.code: system for system in publishers}.get(subscription.system)
    if publisher is None:
        return [f"no system {subscription.system} has a card"]
    try:
        event = publisher.event(subscription.code)
    except KeyError:
        return [f"{publisher.code} publishes no {subscription.code}"]
    found = [f"event: {line}" for line in unreadable(event.carries, subscription.reads)]
    own = {field.encode_name for field in _fields(subscription.reads)}
    found += [f"subject {name} is not read" for name in subscription.subjects if name not in own]
    if event.names_subjects and not subscription.subjects:
        found.append("the event is about people, and the subscription names none")
    granted = [grant for grant in event.grants if grant.to == subscriber.code]
    if not granted:
        found.append(f"{publisher.code} grants {event.code} to {subscriber.code} nowhere")
    for grant in granted:
        found += [
            f"event.{field.encode_name} is required and not granted"
            for field in _fields(subscription.reads)
            if field.required and "*" not in grant.fields and field.encode_name not in grant.fields
        ]
    found += _asked(subscriber, subscription, event.grants)
    return found


def _terms(consumer: System, need: Need, offer: Offer) -> Iterator[str]:
    if need.effect is not offer.effect:
        yield f"the offer is {offer.effect}, the need says {need.effect}"
    if not any(grant.to == consumer.code for grant in offer.grants):
        yield f"{need.system} grants {need.code} to {consumer.code} nowhere on its card"


def _granted(consumer: System, need: Need, offer: Offer) -> Iterator[str]:
    for grant in offer.grants:
        if grant.to != consumer.code or "*" in grant.fields:
            continue
        known = {field.encode_name for field in _fields(offer.answers)}
        for name in sorted(set(grant.fields) - known):
            yield f"the grant names {name}, which the answer does not have"
        for field in _fields(need.reads):
            if field.required and field.encode_name not in grant.fields:
                yield f"answer.{field.encode_name} is required and not granted"


def _asked(consumer: System, wanted: Need | Subscription, grants: Iterable[Grant]) -> Iterator[str]:
    """Where the two cards state the same access in other words: then neither node signs it."""
    for grant in grants:
        if grant.to != consumer.code:
            continue
        for part in ("purpose", "legal_basis"):
            stated, asked = getattr(grant, part), getattr(wanted, part)
            if stated != asked:
                yield f"{part} granted is {stated!r}, asked for is {asked!r}"
        if sorted(grant.fields) != sorted(wanted.fields):
            yield f"fields granted are {sorted(grant.fields)}, asked for {sorted(wanted.fields)}"


def unreadable(written: type[msgspec.Struct], read: type[msgspec.Struct]) -> list[str]:
    """Where a message written in one shape cannot be read in the other."""
    return list(_compare(types.type_info(written), types.type_info(read), "$", ()))


def _fields(shape: type[msgspec.Struct]) -> tuple[types.Field, ...]:
    info = types.type_info(shape)
    assert isinstance(info, types.StructType)
    return info.fields


def _compare(
    written: types.Type, read: types.Type, at: str, above: tuple[Any, ...]
) -> Iterator[str]:
    if isinstance(read, types.AnyType):
        return
    pair = (repr(written)[:200], repr(read)[:200])
    if isinstance(written, types.UnionType):
        for one in written.types:
            yield from _compare(one, read, at, above)
    elif isinstance(read, types.UnionType):
        if all(any(_compare(written, one, at, above)) for one in read.types):
            yield f"{at}: {_name(written)} is none of {_name(read)}"
    elif isinstance(written, types.StructType) and isinstance(read, types.StructType):
        if pair not in above:
            yield from _structs(written, read, at, (*above, pair))
    elif (item := _item(written)) is not None and (wanted := _item(read)) is not None:
        yield from _compare(item, wanted, f"{at}[]", above)
    elif isinstance(written, types.DictType) and isinstance(read, types.DictType):
        yield from _compare(written.value_type, read.value_type, f"{at}{{}}", above)
    elif not _plain(written, read):
        yield f"{at}: {_name(written)} cannot be read as {_name(read)}"


def _structs(
    written: types.StructType, read: types.StructType, at: str, above: tuple[Any, ...]
) -> Iterator[str]:
    there = {field.encode_name: field for field in written.fields}
    if (written.tag_field, written.tag) != (read.tag_field, read.tag) and read.tag is not None:
        yield f"{at}: tagged {written.tag!r}, read as {read.tag!r}"
    if read.forbid_unknown_fields:
        yield f"{at}: {read.cls.__name__} forbids fields it does not know"
    for wanted in read.fields:
        field = there.get(wanted.encode_name)
        place = f"{at}.{wanted.encode_name}"
        if field is None:
            if wanted.required:
                yield f"{place}: required, and never written"
            continue
        if wanted.required and written.cls.__struct_config__.omit_defaults and not field.required:
            yield f"{place}: required, and left out when it has its default"
        yield from _compare(field.type, wanted.type, place, above)


def _item(kind: types.Type) -> types.Type | None:
    """What a sequence holds; a tuple of fixed length counts when all its items are alike."""
    if isinstance(kind, types.CollectionType):
        return kind.item_type
    if isinstance(kind, types.TupleType):
        alike = all(_name(item) == _name(kind.item_types[0]) for item in kind.item_types)
        return kind.item_types[0] if kind.item_types and alike else types.AnyType()
    return None


# What JSON text of one type may be read as; dates and numbers travel as text.
_READABLE: dict[type[types.Type], tuple[type[types.Type], ...]] = {
    types.IntType: (types.IntType, types.FloatType, types.DecimalType),
    types.FloatType: (types.FloatType, types.DecimalType),
    types.DecimalType: (types.DecimalType, types.StrType),
    types.DateType: (types.DateType, types.StrType),
    types.DateTimeType: (types.DateTimeType, types.StrType),
    types.TimeType: (types.TimeType, types.StrType),
    types.UUIDType: (types.UUIDType, types.StrType),
    types.BytesType: (types.BytesType, types.StrType),
}


def _plain(written: types.Type, read: types.Type) -> bool:
    values, wanted = _values(written), _values(read)
    if wanted is not None:
        return values is not None and values <= wanted
    if values is not None:
        kind: type[types.Type] = types.StrType if _all_text(values) else types.IntType
    else:
        kind = type(written)
    return type(read) in _READABLE.get(kind, (kind,))


def _values(kind: types.Type) -> set[Any] | None:
    """The closed list of an enumeration or of literals."""
    if isinstance(kind, types.EnumType):
        return {member.value for member in kind.cls}
    if isinstance(kind, types.LiteralType):
        return set(kind.values)
    return None


def _all_text(values: set[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _name(kind: types.Type) -> str:
    if isinstance(kind, types.StructType):
        return kind.cls.__name__
    if isinstance(kind, types.UnionType):
        return " | ".join(map(_name, kind.types))
    if (values := _values(kind)) is not None:
        return "one of " + ", ".join(sorted(map(str, values)))
    return type(kind).__name__.removesuffix("Type").lower()

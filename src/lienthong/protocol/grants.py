"""
A grant as two members sign it: what one asked for, and what the other gave of it.

The consumer's member signs the terms it asks for. The provider's member signs
the terms it gives, which may only be narrower, together with the digest of what
was asked. Both signatures travel in the directory's snapshot, so the directory
can publish a grant but cannot invent or widen one (decision 19).

What is signed is a line that names format and deed, and the terms as canonical
JSON: keys sorted, no blanks, UTF-8, moments in UTC to the second (what is beyond is
cut off) with ``Z``. The
values are texts, whole numbers, lists and null, for which this is RFC 8785.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from lienthong.protocol.errors import BadGrant, BadSignature
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.paths import check_pattern, covers
from lienthong.protocol.pki import SigningKey, VerifyingKey

FORMAT = "lienthong-grant-1"
ASKED = "ask"
GIVEN = "grant"
REFUSED = "refuse"
METHODS = frozenset({"*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOST_CALLS = 1_000_000_000

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=1, le=MOST_CALLS)]
FindKeyAt = Callable[[str, datetime], tuple[MemberId, VerifyingKey]]


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """How often a grant may be used; nothing stated is no limit."""

    per_minute: Count | None = None
    per_day: Count | None = None

    @property
    def is_limited(self) -> bool:
        return self.per_minute is not None or self.per_day is not None


NO_QUOTA = Quota()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call what, how, why, by which law, seeing which fields, until when, how often."""

    format: str = FORMAT
    instance: str
    id: str
    client: str
    """``GOV/G15/civil-status``."""
    provider: str
    code: str
    methods: list[str]
    paths: list[str]
    fields: list[str]
    purpose: str
    legal_basis: str
    valid_from: Aware
    valid_to: Aware | None = None
    quota: Quota = NO_QUOTA


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A member's signature under terms."""

    kid: str
    at: Aware
    value: str
    """Base64 of the signature in the key's algorithm, 64 bytes."""


class GrantProof(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a grant: the terms that were asked for, and both signatures."""

    asked: Terms
    asked_mark: Mark
    given_mark: Mark


def canonical(value: object) -> bytes:
    """The bytes that are signed; the same for everyone who read the same values."""
    return msgspec.json.encode(msgspec.to_builtins(_in_utc(value)), order="sorted")


def _in_utc(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, msgspec.Struct):
        return {name: _in_utc(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {name: _in_utc(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_in_utc(held) for held in value]
    return value


def digest_of(terms: Terms) -> str:
    """Hex SHA-256 by which a decision names the request it decides."""
    return hashlib.sha256(canonical(terms)).hexdigest()


def sign_asked(terms: Terms, key: SigningKey, at: datetime) -> Mark:
    """The consumer's signature under what it asks for."""
    return _mark(ASKED, {"terms": terms, "at": at}, key, at)


def sign_given(terms: Terms, asked: Terms, key: SigningKey, at: datetime) -> Mark:
    """The provider's signature under what it gives; raises BadGrant when it is more than asked."""
    check_narrower(asked, terms)
    return _mark(GIVEN, {"terms": terms, "asked": digest_of(asked), "at": at}, key, at)


def sign_refused(asked: Terms, reason: str, key: SigningKey, at: datetime) -> Mark:
    """The provider's signature under its refusal."""
    return _mark(REFUSED, {"asked": digest_of(asked), "reason": reason, "at": at}, key, at)


def check_asked(asked: Terms, mark: Mark, find: FindKeyAt) -> None:
    """Raise BadSignature unless the consumer's member signed these terms."""
    _check(ASKED, {"terms": asked, "at": mark.at}, mark, _member(asked, asked.client), find)


def check_given(terms: Terms, proof: GrantProof, find: FindKeyAt) -> None:
    """
    Raise unless both members signed, and what is given lies within what was asked.

    BadSignature, or BadGrant when the terms are wider; ``find`` raises for keys
    that are unknown, revoked, or were not good at the moment of signing.
    """
    check_asked(proof.asked, proof.asked_mark, find)
    check_narrower(proof.asked, terms)
    said = {"terms": terms, "asked": digest_of(proof.asked), "at": proof.given_mark.at}
    _check(GIVEN, said, proof.given_mark, _member(terms, terms.provider), find)


def check_refused(asked: Terms, reason: str, mark: Mark, find: FindKeyAt) -> None:
    """Raise BadSignature unless the provider's member signed this refusal."""
    said = {"asked": digest_of(asked), "reason": reason, "at": mark.at}
    _check(REFUSED, said, mark, _member(asked, asked.provider), find)


def _member(terms: Terms, local: str) -> MemberId:
    return SubsystemId.from_local(terms.instance, local).member


def _mark(deed: str, said: dict[str, object], key: SigningKey, at: datetime) -> Mark:
    value = base64.b64encode(key.sign(_signed(deed, said))).decode()
    return Mark(kid=key.kid, at=at.astimezone(UTC).replace(microsecond=0), value=value)


def _check(
    deed: str, said: dict[str, object], mark: Mark, member: MemberId, find: FindKeyAt
) -> None:
    owner, key = find(mark.kid, mark.at)
    if owner != member:
        raise BadSignature(f"the grant is not signed by {member}")
    try:
        value = base64.b64decode(mark.value, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("a signature under the grant is not base64") from None
    key.verify(value, _signed(deed, said))


def _signed(deed: str, said: dict[str, object]) -> bytes:
    return f"{FORMAT}\n{deed}\n".encode() + canonical(said)


def check_terms(terms: Terms) -> Terms:
    """Terms fit to be asked for; raises BadGrant or BadPattern."""
    if terms.format != FORMAT:
        raise BadGrant("the grant is of another format")
    if not terms.methods or not set(terms.methods) <= METHODS:
        raise BadGrant("a grant names the methods it allows")
    if not terms.paths or not terms.fields:
        raise BadGrant("a grant names the paths and fields it allows")
    for pattern in terms.paths:
        check_pattern(pattern)
    if not terms.purpose.strip() or not terms.legal_basis.strip():
        raise BadGrant("a grant names its purpose and its legal basis")
    if terms.valid_to is not None and terms.valid_to <= terms.valid_from:
        raise BadGrant("a grant ends after it starts")
    return terms


def check_narrower(asked: Terms, given: Terms) -> None:
    """Raise BadGrant, naming the first part in which more is given than was asked."""
    check_terms(given)
    for name in ("instance", "id", "client", "provider", "code", "purpose", "legal_basis"):
        if getattr(asked, name) != getattr(given, name):
            raise BadGrant(f"the {name} is not the one that was asked for", part=name)
    wider = {
        "methods": "*" not in asked.methods and not set(given.methods) <= set(asked.methods),
        "fields": "*" not in asked.fields and not set(given.fields) <= set(asked.fields),
        "paths": not all(any(covers(wide, one) for wide in asked.paths) for one in given.paths),
        "valid_from": given.valid_from < asked.valid_from,
        "valid_to": asked.valid_to is not None
        and (given.valid_to is None or given.valid_to > asked.valid_to),
        "quota": _more(asked.quota.per_minute, given.quota.per_minute)
        or _more(asked.quota.per_day, given.quota.per_day),
    }
    for name, more in wider.items():
        if more:
            raise BadGrant(f"more is given than was asked: {name}", part=name)


def _more(asked: int | None, given: int | None) -> bool:
    return asked is not None and (given is None or given > asked)

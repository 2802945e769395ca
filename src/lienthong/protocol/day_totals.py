"""
What a gateway counted on one day, signed by the member that owns it (decision 4).

A day is one of Viet Nam's: it begins at 17:00 UTC of the day before, so whole
days add up to the months of reports and whole hours to days. Both sides are
stated, each by the gateway that stood on it, so that the directory can compare
what a consumer's gateway saw answered with what the provider's gateway
answered. The head names how long the log was when the day was closed: every row
of that day is among those leaves, and whoever holds the rows can count again.

``docs/reference/protocol/PR-DAY.md`` is written from this module.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from lienthong.kernel.clock import VIET_NAM
from lienthong.protocol.errors import BadIdentifier, BadSignature, ProtocolError
from lienthong.protocol.grants import Aware, FindKeyAt, canonical
from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.pki import SigningKey

FORMAT = "lienthong-day-1"
DOMAIN = f"{FORMAT}\n".encode()
SETTLED_AFTER = timedelta(minutes=20)
"""So long after its end a day is open still, for answers under way at midnight."""
CLOCKS = timedelta(minutes=5)
"""Clocks of two bodies may differ by so much."""
Count = Annotated[int, msgspec.Meta(ge=1)]
Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class BadTotals(ProtocolError):
    """A gateway's day does not hold together."""

    code = "exchange.bad_day_totals"
    status = 400
    fault = "BadRequest"


class DayNotOver(BadTotals):
    """The day is not over by the clock of whoever is told it."""

    code = "exchange.day_not_over"


class DayRow(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """How many exchanges of one pair ended in one way on one side."""

    client: str
    """``VN/GOV/G15/civil-status``."""
    service: str
    """``VN/GOV/G01/population/person.find.v1``."""
    side: Literal["consumer", "provider"]
    outcome: Literal["answered", "refused", "unreachable", "failed"]
    count: Count


class DayTotals(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one gateway; of what was imported one document for each statement and day."""

    format: str = FORMAT
    gateway: str
    """``VN/GOV/G15/justice``."""
    day: date
    source: str = ""
    """Empty for what passed the gateway; else the id of the import statement (decision 2)."""
    closed_at: Aware
    tree_size: Annotated[int, msgspec.Meta(ge=0)]
    """Leaves of the log when the day was closed."""
    root: Hex
    """Root of the tree over them, SHA-256 in hex."""
    unknown: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Requests the provider's side forwarded that day and of which it knows no end."""
    counts_sha256: Hex
    """Over ``rows``, see `counts_digest`."""
    rows: list[DayRow]
    """In ascending order of client, service, side and outcome, each combination once."""

    @property
    def identity(self) -> GatewayId:
        return GatewayId.parse(self.gateway)

    def answered(self) -> int:
        """What counts for the country: answered exchanges of the provider's side."""
        return sum(r.count for r in self.rows if (r.side, r.outcome) == ("provider", "answered"))


class SignedDay(msgspec.Struct, frozen=True, kw_only=True):
    """The document as it travels: the very bytes that were signed."""

    payload: str
    """Base64 of the canonical JSON of `DayTotals`."""
    kid: str
    value: str
    """Base64 of the signature in the key's algorithm over ``lienthong-day-1``, LF and the bytes."""

    @property
    def content(self) -> bytes:
        """The bytes that were signed; raises BadTotals."""
        try:
            return base64.b64decode(self.payload, validate=True)
        except (binascii.Error, ValueError):
            raise BadTotals("the document is not base64") from None


class ReportedDays(msgspec.Struct, frozen=True):
    """What a gateway sends to ``totals.report.v1``."""

    days: Annotated[list[SignedDay], msgspec.Meta(min_length=1, max_length=400)]


class Verdict(StrEnum):
    """What became of one document."""

    TAKEN = "taken"
    REPEATED = "repeated"
    """It was there already, the same."""
    CONTRADICTION = "contradiction"
    """The directory holds another document of this gateway and day; that one stays."""
    REFUSED = "refused"
    """It is not signed by the gateway's owner, or does not hold together."""


class TakenDay(msgspec.Struct, frozen=True, kw_only=True):
    """The directory's word about one document; ``sha256`` is over its signed bytes."""

    sha256: str
    verdict: Verdict
    why: str = ""


class TakenDays(msgspec.Struct, frozen=True):
    """The answer of ``totals.report.v1``, in the order of the question."""

    days: list[TakenDay]


def bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of a day in Viet Nam and first after it, in UTC."""
    begin = datetime.combine(day, time(), VIET_NAM).astimezone(UTC)
    return begin, begin + timedelta(days=1)


def counts_digest(rows: Iterable[DayRow]) -> str:
    """
    Hex SHA-256 over one line for each row.

    A line is client, service, side, outcome and count in decimal, with tabs
    between them and LF at the end; lines stand in the order of the rows.
    """
    digest = hashlib.sha256()
    for row in rows:
        fields = (row.client, row.service, row.side, row.outcome, str(row.count))
        digest.update(("\t".join(fields) + "\n").encode())
    return digest.hexdigest()


def sign_day(totals: DayTotals, key: SigningKey) -> SignedDay:
    """The document under the owner's signature; raises BadTotals for what cannot be one."""
    check_day(totals)
    content = canonical(totals)
    return SignedDay(
        payload=base64.b64encode(content).decode(),
        kid=key.kid,
        value=base64.b64encode(key.sign(DOMAIN + content)).decode(),
    )


def read_day(signed: SignedDay) -> DayTotals:
    """What a document says, its signature not verified yet; raises BadTotals."""
    try:
        totals = msgspec.json.decode(signed.content, type=DayTotals)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadTotals(str(problem)) from None
    return check_day(totals)


def open_day(signed: SignedDay, find: FindKeyAt) -> DayTotals:
    """
    The totals, once the gateway's owner signed them with a key good when the day was closed.

    Raises BadTotals or BadSignature, and what ``find`` raises for a key that is
    unknown or revoked.
    """
    totals = read_day(signed)
    owner, key = find(signed.kid, totals.closed_at)
    if owner != totals.identity.owner:
        raise BadSignature(f"the day is not signed by {totals.identity.owner}")
    try:
        value = base64.b64decode(signed.value, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the signature is not base64") from None
    key.verify(value, DOMAIN + signed.content)
    return totals


def check_day(totals: DayTotals) -> DayTotals:
    """The same, once it holds together; raises BadTotals."""
    if totals.format != FORMAT:
        raise BadTotals("the document is of another format")
    try:
        _ = totals.identity
    except BadIdentifier:
        raise BadTotals("the document names no gateway") from None
    places = [(row.client, row.service, row.side, row.outcome) for row in totals.rows]
    if places != sorted(set(places)):
        raise BadTotals("rows stand in ascending order, each combination once")
    if any("\t" in text or "\n" in text for place in places for text in place):
        raise BadTotals("an identifier holds a tab or a line end")
    if counts_digest(totals.rows) != totals.counts_sha256:
        raise BadTotals("the digest is not that of the rows")
    if totals.closed_at < bounds(totals.day)[1] + SETTLED_AFTER and not totals.source:
        raise BadTotals("the day was not over when it was closed")
    return totals


def check_over(totals: DayTotals, now: datetime) -> DayTotals:
    """
    The same, once its day is over and it was closed by the clock of whoever is told it.

    Raises DayNotOver: a gateway whose clock is ahead would state a day that others
    still live, and never state it again.
    """
    if max(totals.closed_at, bounds(totals.day)[1]) > now + CLOCKS:
        raise DayNotOver("the day is not over by the clock of the directory")
    return totals

"""
Bodies of messages, kept where an offer asks for it and nowhere else (``keep_body``).

A body is encrypted with AES-256-GCM before it leaves the process, under a key
made for this one record from the gateway's key of the year. It is bound to its
record and its digest: moved to another row it does not open. Nothing of the
tree or a receipt rests on it, so it may go earlier than its row.
"""

from __future__ import annotations

import dataclasses
import hmac
import os
from datetime import timedelta
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.gateway import readings
from lienthong.gateway.bodies import Body
from lienthong.gateway.postgres_log import EPOCH, Connection
from lienthong.gateway.rows import KeptBody, LogRow
from lienthong.gateway.year_keys import YearKeys
from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError, NotFound
from lienthong.protocol.errors import LoggingFailed

NONCE = 12
DOMAIN = b"lienthong-body-1"


class NoSuchBody(NotFound):
    """No body of this exchange is kept here."""

    code = "gateway.no_such_body"


class BodyLost(LienThongError):
    """A kept body does not open: its key is missing, or it was changed."""

    code = "gateway.body_lost"


def keep(row: LogRow, body: Body, keys: YearKeys) -> LogRow:
    """The row with its body sealed beside it; raises LoggingFailed without a key."""
    key_id = keys.at(clock.instant())
    if key_id is None:
        raise LoggingFailed("this gateway has no key for the bodies it must keep")
    nonce = os.urandom(NONCE)
    sealed = _cipher(keys.keys[key_id], row).encrypt(nonce, body.whole(), _bound(row))
    return dataclasses.replace(row, kept=KeptBody(str(key_id), nonce, sealed))


def unseal(row: LogRow, kept: KeptBody, keys: YearKeys) -> bytes:
    """The body of a row; raises BodyLost."""
    key = keys.keys.get(int(kept.key_id)) if kept.key_id.isdigit() else None
    if key is None:
        raise BodyLost(f"the key {kept.key_id} of a kept body is not here")
    try:
        return _cipher(key, row).decrypt(kept.nonce, kept.sealed, _bound(row))
    except InvalidTag:
        raise BodyLost from None


def _cipher(key: bytes, row: LogRow) -> AESGCM:
    # A key for each record: random nonces of one key could meet after some billions.
    return AESGCM(hmac.digest(key, DOMAIN + row.id.bytes, "sha256"))


def _bound(row: LogRow) -> bytes:
    return row.id.bytes + row.evidence.body_digest


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to read the bodies of an exchange, and why."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    request_id: str = ""


class ReadBody(msgspec.Struct, frozen=True, kw_only=True):
    """One body, in base64 when written as JSON."""

    kind: str
    side: str
    body: bytes


OF_RECORD = (
    "SELECT key_id, nonce, sealed FROM message_body WHERE record_time = $1 AND record_id = $2"
)


async def sealed_of(connection: Connection, rows: list[LogRow]) -> list[tuple[LogRow, KeptBody]]:
    """The rows whose bodies are kept, with them."""
    found = []
    for row in rows:
        time = EPOCH + timedelta(microseconds=row.evidence.time)
        record = await connection.fetchrow(OF_RECORD, time, row.id)
        if record is not None:
            kept = KeptBody(record["key_id"], bytes(record["nonce"]), bytes(record["sealed"]))
            found.append((row, kept))
    return found


def read(row: LogRow, kept: KeptBody, keys: YearKeys) -> ReadBody:
    """A body as it is shown; raises BodyLost."""
    return ReadBody(kind=row.evidence.kind, side=row.evidence.side, body=unseal(row, kept, keys))


async def write_reading(
    connection: Connection, reading: Reading, message_id: str, request_id: str, gateway: str
) -> LogRow:
    """Write into the log itself that somebody reads, before anything is shown."""
    told = {
        "message_id": message_id,
        "request_id": request_id,
        "by": reading.by,
        "reason": reading.reason,
    }
    return await readings.write(connection, told, gateway)

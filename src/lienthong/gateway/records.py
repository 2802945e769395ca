"""Rows read back from the database, with their place in the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from lienthong.gateway import packing, rounds
from lienthong.gateway.dictionary import Connection, Entries
from lienthong.gateway.packing import Parts, Unreadable
from lienthong.gateway.rounds import Sealed
from lienthong.gateway.rows import Evidence, LogRow, microseconds

COLUMNS = (
    "id", "time", "kind", "side", "gateway", "message_id", "request_id", "client", "service",
    "outcome", "fault", "status", "head", "body_digest", "body_size", "signature_input",
    "signature", "signer", "subjects_digest", "blind", "record_digest", "leaf", "peer", "mode",
    "effect", "grant_id", "trace", "subjects", "reason",
)  # fmt: skip
"""A row written out, as in an archive."""
PACKED = "r.n, r.time, r.exchange, r.way, r.packed"
"""What `load` needs of ``message_record r``."""
WHOLE = f"{PACKED}, r.subject, r.leaf, r.subjects"
"""All of ``message_record r``."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and its leaf's number, which is None until it is sealed."""

    row: LogRow
    seq: int | None
    sealed: bytes | None = None
    """The leaf hash that stands in the tree for it."""


def take_apart(record: asyncpg.Record | Mapping[str, Any]) -> Parts:
    """A record of `PACKED` without its names; raises `Unreadable`."""
    return packing.take_apart(
        microseconds(record["time"]), record["exchange"], record["way"], bytes(record["packed"])
    )


async def load(
    connection: Connection,
    records: Sequence[asyncpg.Record | Mapping[str, Any]],
    entries: Entries | None = None,
) -> list[LogRow]:
    """The rows of records of `PACKED`; raises `Unreadable` at the first that cannot be read."""
    entries = entries if entries is not None else Entries()
    parts = [take_apart(record) for record in records]
    await entries.look_up(connection, parts)
    return [entries.row(one) for one in parts]


async def load_each(
    connection: Connection,
    records: Sequence[asyncpg.Record | Mapping[str, Any]],
    entries: Entries,
) -> list[LogRow | Unreadable]:
    """
    The rows of records of `WHOLE`, with what is wrong in the place of those that cannot be read.

    A row is read only when every byte of it is as it would be written.
    """
    apart: list[Parts | Unreadable] = []
    for record in records:
        try:
            apart.append(take_apart(record))
        except Unreadable as problem:
            apart.append(problem)
    await entries.look_up(connection, [one for one in apart if isinstance(one, Parts)])
    rows: list[LogRow | Unreadable] = []
    for record, one in zip(records, apart, strict=True):
        try:
            rows.append(_strict(record, one, entries) if isinstance(one, Parts) else one)
        except Unreadable as problem:
            rows.append(problem)
    return rows


def _strict(
    record: asyncpg.Record | Mapping[str, Any], parts: Parts, entries: Entries
) -> LogRow | Unreadable:
    row = entries.row(parts)
    again = packing.pack_again(parts, row)
    found = tuple(record["subjects"] or ())
    if record["subject"] is not None:
        found = (record["subject"],)
    written = (again.packed, again.exchange, again.leaf, again.subjects)
    if written != (bytes(record["packed"]), record["exchange"], record["leaf"], found):
        return Unreadable("it is not packed as it would be written")
    return row


async def placed(
    connection: Connection, records: Sequence[asyncpg.Record | Mapping[str, Any]]
) -> list[Placed]:
    """The rows of records of `PACKED` with their leaves; raises `Unreadable`."""
    rows = await load(connection, records)
    found: list[Placed] = []
    for record, row in zip(records, rows, strict=True):
        at: Sealed | None = await rounds.sealed(connection, record["n"])
        found.append(Placed(row, at.seq, at.leaf) if at is not None else Placed(row, None))
    return found


def values(row: LogRow) -> tuple[object, ...]:
    """The row in the order of `COLUMNS`; its time in microseconds since 1970."""
    evidence = row.evidence
    return (
        row.id, evidence.time, evidence.kind, evidence.side, evidence.gateway,
        evidence.message_id, evidence.request_id, evidence.client, evidence.service,
        evidence.outcome, evidence.fault, evidence.status, evidence.head, evidence.body_digest,
        evidence.body_size, evidence.signature_input, evidence.signature, evidence.signer,
        evidence.subjects_digest, row.blind, row.record_digest, row.leaf, row.peer, row.mode,
        row.effect, row.grant, row.trace, list(row.subjects), row.reason,
    )  # fmt: skip


def read_row(record: asyncpg.Record | Mapping[str, Any]) -> LogRow:
    """
    A row written out (`COLUMNS`) as it was when it was made.

    Its digest can be computed again and compared.
    """
    evidence = Evidence(
        kind=record["kind"],
        side=record["side"],
        gateway=record["gateway"],
        time=microseconds(record["time"]),
        message_id=record["message_id"],
        request_id=record["request_id"],
        client=record["client"],
        service=record["service"],
        outcome=record["outcome"],
        fault=record["fault"],
        status=record["status"],
        head=bytes(record["head"]),
        body_digest=bytes(record["body_digest"]),
        body_size=record["body_size"],
        signature_input=bytes(record["signature_input"]),
        signature=bytes(record["signature"]),
        signer=record["signer"],
        subjects_digest=bytes(record["subjects_digest"]),
    )
    return LogRow(
        evidence=evidence,
        blind=bytes(record["blind"]),
        record_digest=bytes(record["record_digest"]),
        leaf=bytes(record["leaf"]),
        own_id=record["id"],
        peer=record["peer"],
        mode=record["mode"],
        effect=record["effect"],
        grant=record["grant_id"],
        trace=record["trace"],
        reason=record["reason"],
        subjects=tuple(bytes(subject) for subject in record["subjects"]),
    )

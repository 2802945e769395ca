"""Rows read back from the database, with their place in the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from lienthong.gateway.rows import Evidence, LogRow, microseconds


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and its leaf's number, which is None until it is sealed."""

    row: LogRow
    seq: int | None


def read_row(record: asyncpg.Record | Mapping[str, Any]) -> LogRow:
    """The row as it was when it was made; its digest can be computed again and compared."""
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
        id=record["id"],
        evidence=evidence,
        blind=bytes(record["blind"]),
        record_digest=bytes(record["record_digest"]),
        leaf=bytes(record["leaf"]),
        peer=record["peer"],
        mode=record["mode"],
        effect=record["effect"],
        grant=record["grant_id"],
        trace=record["trace"],
        subjects=tuple(bytes(subject) for subject in record["subjects"]),
    )

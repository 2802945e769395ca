"""
Looks into what is kept, written into the log before anything is shown.

A reading is a row like any other: durable when it is written, and a leaf of the
tree, so nobody who could read can later say that he did not.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import msgspec

from lienthong.gateway.postgres_log import Connection, write_rows
from lienthong.gateway.rows import Kind, LogRow, LogSide, make_row
from lienthong.kernel import clock


async def write(connection: Connection, told: Mapping[str, str], gateway: str) -> LogRow:
    """Write who reads what and why; the row is durable when this returns."""
    row = make_row(
        kind=Kind.READING,
        side=LogSide.PROVIDER,
        gateway=gateway,
        at=clock.instant(),
        message_id=f"reading-{uuid.uuid4()}",
        request_id="",
        client="",
        service="",
        head=msgspec.json.encode(told),
    )
    await write_rows(connection, [row])
    return row

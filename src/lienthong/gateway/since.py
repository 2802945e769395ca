"""
What the log says of the time after a certain moment: for a node that was put back.

A backup reads the log's position first and its other databases after that. Whatever
changed in them after the backup was caused by a request whose row the log already held
(strict mode, decision 15), and whose answer it did not hold yet at that position. So
those requests, and no others, may have had an effect that the backup lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from lienthong.gateway.packing import take_apart
from lienthong.gateway.rows import Kind, LogSide, Outcome, microseconds
from lienthong.kernel.errors import Conflict


class Position(msgspec.Struct, frozen=True):
    """Where a log stands: what is visible in it, and its last signed head."""

    snapshot: str
    """PostgreSQL's ``pg_current_snapshot()``: which transactions had ended."""
    at: str
    """The database's own time."""
    size: int
    root: str
    """Hex; empty while nothing is sealed."""
    database: str
    """Which database this is: one made anew from a dump is another, even under the same name."""


class OtherLog(Conflict):
    """This log does not continue the one the backup was taken beside."""

    code = "gateway.other_log"


@dataclass(frozen=True, slots=True)
class Since:
    """The exchanges of some services that a position does not know the end of."""

    requests: int
    unanswered: int
    named: dict[bytes, str]
    """Pseudonyms of data subjects with the message id of one exchange about them."""
    imports: list[str]
    """Sources of the loads that entered the log since."""


POSITION = """
    SELECT pg_current_snapshot()::text, now()::text, coalesce(max(size), 0),
           coalesce((array_agg(encode(root, 'hex') ORDER BY size DESC))[1], ''),
           (SELECT c.system_identifier || '/' || d.oid
            FROM pg_control_system() c, pg_database d WHERE d.datname = current_database())
    FROM log_checkpoint
"""
# A request cannot still be running a day after it came: its deadline is half a minute.
ASKED = """
    WITH running AS (
        SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
    ), asked AS (
        SELECT r.*, w.side, w.gateway FROM message_record r JOIN log_way w ON w.id = r.way
        WHERE w.kind = %(request)s AND w.side = %(side)s AND w.service = ANY(%(services)s)
          AND r.time > %(at)s::timestamptz - interval '1 day'
    )
    SELECT asked.time, asked.exchange, asked.way, asked.packed, asked.gateway, answer.outcome,
           answer.status, answer.time, answer.way, answer.packed
    FROM asked CROSS JOIN running
    LEFT JOIN LATERAL (
        SELECT w.outcome, w.status, a.time, a.way, a.packed,
               -- The inserting transaction in full: a row has its lower half only.
               (running.next - ((running.next - a.xmin::text::bigint) & 4294967295))::text::xid8
                   AS tx
        FROM message_record a JOIN log_way w ON w.id = a.way
        WHERE a.exchange = asked.exchange AND w.side = asked.side AND w.kind = %(answer)s
          AND substr(a.packed, 1, 24) = substr(asked.packed, 1, 24)
        ORDER BY a.time DESC LIMIT 1
    ) answer ON true
    WHERE answer.tx IS NULL OR NOT pg_visible_in_snapshot(answer.tx, %(snapshot)s::pg_snapshot)
"""
SYSTEM_FAILED = 500
LOADED = """
    SELECT s.source FROM import_statement s
    CROSS JOIN (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) running
    WHERE NOT pg_visible_in_snapshot(
        (running.next - ((running.next - s.xmin::text::bigint) & 4294967295))::text::xid8,
        %s::pg_snapshot)
    ORDER BY s.imported_at
"""


def position(dsn: str) -> Position:
    """Where the log stands now; read it before the dump whose end it is to know."""
    with psycopg.connect(dsn) as connection:
        return Position(*_one(connection, POSITION))


def read(dsn: str, start: Position, services: Sequence[str]) -> Since:
    """
    What came to these services and whose end ``start`` did not know.

    Raises OtherLog when the log was itself put back or belongs to somebody else: then it
    says nothing of the time between.
    """
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        require_continuation(connection, start)
        asked = connection.execute(
            ASKED,
            {
                "request": Kind.REQUEST.value,
                "answer": Kind.ANSWER.value,
                "side": LogSide.PROVIDER.value,
                "services": list(services),
                "at": start.at,
                "snapshot": start.snapshot,
            },
        ).fetchall()
        exchanges = [_exchange(row) for row in asked]
        imports = [str(source) for (source,) in connection.execute(LOADED, [start.snapshot])]
    named: dict[bytes, str] = {}
    for message_id, _, _, subjects in exchanges:
        named.update(dict.fromkeys(subjects, message_id))
    # After these the system was never asked. Anything else may have acted, and a system that
    # answered with an error of its own may have acted without naming anybody.
    reached = [row for row in exchanges if row[1] not in (Outcome.REFUSED, Outcome.UNREACHABLE)]
    silent = [row for row in reached if row[1] != Outcome.ANSWERED or row[2] >= SYSTEM_FAILED]
    return Since(len(reached), len(silent), named, imports)


def _exchange(row: tuple[Any, ...]) -> tuple[str, str | None, int, tuple[bytes, ...]]:
    """Message id, the answer's outcome and status, and whom it named."""
    time, exchange, way, packed, gateway, outcome, status, answered_at, answer_way, answer = row
    asked = take_apart(microseconds(time), exchange, way, bytes(packed))
    if outcome is None:
        return asked.named(gateway), None, 0, ()
    ended = take_apart(microseconds(answered_at), exchange, answer_way, bytes(answer))
    status = ended.names[3] if ended.names is not None else status
    return asked.named(gateway), outcome, int(status), ended.subjects


def require_continuation(connection: psycopg.Connection[Any], start: Position) -> None:
    """Raise OtherLog unless this log holds the head that was signed before the backup."""
    if _one(connection, POSITION)[-1] != start.database:
        raise OtherLog
    if start.size == 0:
        return
    found = connection.execute(
        "SELECT encode(root, 'hex') FROM log_checkpoint WHERE size = %s", [start.size]
    ).fetchone()
    if found is None or found[0] != start.root:
        raise OtherLog


def _one(
    connection: psycopg.Connection[Any], query: str, given: Sequence[object] = ()
) -> tuple[Any, ...]:
    row = connection.execute(query, list(given)).fetchone()
    assert row is not None
    return tuple(row)

"""
What the archiver's role does for a gateway's database, now and then.

The gateway itself may only add and read. Months ahead are made, requests that
left the replay window are forgotten, and months that are over and sealed can
be detached for keeping elsewhere.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, date

import psycopg

from lienthong.kernel import clock

logger = logging.getLogger("lienthong.gateway.archive")

MONTHS_AHEAD = 3
MONTH = re.compile(r"message_record_([0-9]{4})([0-9]{2})")
ATTACHED = """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = 'message_record' ORDER BY child.relname
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    forgotten: int
    made: int


def sweep(dsn: str) -> Swept:
    """Forget old replays and make the next months; run it about once an hour."""
    today = clock.instant().astimezone(UTC).date()
    with psycopg.connect(dsn, autocommit=True) as connection:
        forgotten = _number(connection, "SELECT forget_replays()")
        made = _number(connection, "SELECT make_message_partitions(%s, %s)", [today, MONTHS_AHEAD])
    return Swept(forgotten=forgotten, made=made)


def months(dsn: str) -> list[date]:
    """The months whose rows are still in the log, oldest first."""
    with psycopg.connect(dsn) as connection:
        names = [str(row[0]) for row in connection.execute(ATTACHED)]
    found = (MONTH.fullmatch(name) for name in names)
    return [date(int(one[1]), int(one[2]), 1) for one in found if one is not None]


def detach(dsn: str, month: date) -> int:
    """
    Take a month out of the log; how many rows it had.

    Its table stays in the database under its name. Raises `psycopg.Error`
    unless the month is over and every row of it is under a head.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = _number(
            connection, "SELECT detach_sealed_partition(%s)", [f"message_record_{month:%Y%m}"]
        )
    logger.info("month detached", extra={"rows": rows})
    return rows


def _number(
    connection: psycopg.Connection[tuple[object, ...]], sql: str, given: list[object] | None = None
) -> int:
    row = connection.execute(sql, given).fetchone()
    return int(str(row[0])) if row is not None else 0

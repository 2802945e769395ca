"""
What the archiver's role does for a gateway's database, now and then.

The gateway itself may only add and read. Days ahead are made, requests that
left the replay window are forgotten, kept bodies go when their time is over,
and days that are over and sealed move to Parquet files. The leaves stay in the
database, so receipts are made from an archived day as from any other.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg

from lienthong.gateway import parquet
from lienthong.kernel import clock

logger = logging.getLogger("lienthong.gateway.archive")

DAYS_AHEAD = 14
DAY = re.compile(r"message_record_([0-9]{4})([0-9]{2})([0-9]{2})")
ATTACHED = """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = 'message_record' ORDER BY child.relname
"""
UNSEALED = """
    WITH day AS (
        SELECT n FROM message_record WHERE time >= %s AND time < %s
    ), span AS (
        SELECT min(n) AS least, max(n) AS greatest FROM day
    ), sealed AS (
        SELECT coalesce(range_agg(d.ns), '{}') AS ns FROM log_round d, span
        WHERE upper(d.ns) > span.least AND lower(d.ns) <= span.greatest
    )
    SELECT count(*) FROM day, sealed WHERE NOT day.n <@ sealed.ns
"""
ENTER = "INSERT INTO log_archive (day, file, rows, sha256, archived_at) VALUES (%s, %s, %s, %s, %s)"


class NotArchived(Exception):
    """A day cannot leave the log: it is not over, or not wholly under a head."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    forgotten: int
    """Requests that left the replay window, and counts of quotas whose span is over."""
    made: int


def sweep(dsn: str) -> Swept:
    """Forget old replays and make the next days; run it about once an hour."""
    today = clock.instant().astimezone(UTC).date()
    with psycopg.connect(dsn, autocommit=True) as connection:
        forgotten = _number(connection, "SELECT forget_replays()")
        forgotten += _number(connection, "SELECT forget_quota_use()")
        made = _number(connection, "SELECT make_message_days(%s, %s)", [today, DAYS_AHEAD])
        _number(connection, "SELECT make_operational_days(%s, %s)", [today, DAYS_AHEAD])
    return Swept(forgotten=forgotten, made=made)


def days(dsn: str) -> list[date]:
    """The days whose rows are still in the log, oldest first."""
    with psycopg.connect(dsn) as connection:
        names = [str(row[0]) for row in connection.execute(ATTACHED)]
    found = (DAY.fullmatch(name) for name in names)
    return [date(int(one[1]), int(one[2]), int(one[3])) for one in found if one is not None]


def archive_day(dsn: str, day: date, directory: Path) -> parquet.Written:
    """
    Move one day out of the log into a Parquet file; what was written.

    The file is whole and on disk before the day is entered as archived, and the
    database compares the counts before it lets the rows go: a failure in
    between leaves the day in the log, and the next run writes the file anew.
    Raises NotArchived, or `psycopg.Error`.
    """
    if day >= clock.instant().astimezone(UTC).date():
        raise NotArchived(f"{day} is not over")
    with psycopg.connect(dsn, autocommit=True) as connection:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        unsealed = _number(connection, UNSEALED, [start, start + timedelta(days=1)])
        if unsealed:
            raise NotArchived(f"{unsealed} rows of {day} are not under a head")
        known = connection.execute("SELECT 1 FROM log_archive WHERE day = %s", [day]).fetchone()
        if known is not None:
            # Entered before, and then interrupted: only the last step is missing.
            _number(connection, "SELECT drop_archived_day(%s)", [day])
            return parquet.read_written(directory, day)
        written = parquet.write_day(connection, day, directory)
        connection.execute(
            ENTER, [day, written.file, written.rows, written.sha256, clock.instant()]
        )
        _number(connection, "SELECT drop_archived_day(%s)", [day])
    logger.info("day archived", extra={"rows": written.rows})
    return written


def archive_before(dsn: str, first_kept: date, directory: Path) -> list[parquet.Written]:
    """Archive every day before this one, oldest first; empty days just go."""
    return [archive_day(dsn, day, directory) for day in days(dsn) if day < first_kept]


def drop_bodies(dsn: str, before: date) -> int:
    """Let the kept bodies of the days before this one go; how many days had some."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return _number(connection, "SELECT drop_bodies(%s)", [before])


def drop_operational_days(dsn: str, before: date) -> int:
    """Let the operational data of the days before this one go; how many days had some."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return _number(connection, "SELECT drop_operational_days(%s)", [before])


def _number(
    connection: psycopg.Connection[tuple[object, ...]], sql: str, given: list[object] | None = None
) -> int:
    row = connection.execute(sql, given).fetchone()
    return int(str(row[0])) if row is not None else 0

"""
Archived days of the message log as Parquet files, one a day, sorted by the exchange's key.

pyarrow is an extra (``lienthong[archive]``) and is imported when a day is
written or read, never at the start of a gateway. Any tool that reads Parquet
reads these files; the columns are those of a row written out, ``seq`` is the leaf, and
``exchange`` the key that the file is sorted by. Files of the first form have no such
column and are sorted by message id.
"""

from __future__ import annotations

import asyncio
import bisect
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from lienthong.gateway import packing, rounds
from lienthong.gateway.dictionary import Connection, Entries
from lienthong.gateway.packing import Parts
from lienthong.gateway.postgres_log import moment_of
from lienthong.gateway.records import COLUMNS, PACKED, take_apart, values
from lienthong.kernel.errors import LienThongError

FORMAT = b"lienthong-archive-2"
ROW_GROUP = 16_384
BATCH = 16_384
DAY = """
    SELECT {columns} FROM message_record r
    WHERE r.time >= %s AND r.time < %s
    ORDER BY r.exchange, r.time, r.n
"""
ROUNDS = """
    WITH span AS (
        SELECT min(n) AS least, max(n) AS greatest FROM message_record
        WHERE time >= %s AND time < %s
    )
    SELECT d.first, d.ns FROM log_round d, span
    WHERE upper(d.ns) > span.least AND lower(d.ns) <= span.greatest ORDER BY d.first
"""


class NoParquet(LienThongError):
    """Archived days need pyarrow: install ``lienthong[archive]``."""

    code = "gateway.no_parquet"
    status = 503


class ArchiveLost(LienThongError):
    """The file of an archived day is missing or is not the one that was written."""

    code = "gateway.archive_lost"


@dataclass(frozen=True, slots=True)
class Written:
    """One file of an archive."""

    day: date
    file: str
    rows: int
    sha256: bytes
    size: int


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise NoParquet from None
    return pyarrow, pyarrow.parquet


def name_of(day: date) -> str:
    return f"message_record-{day:%Y%m%d}.parquet"


def _schema(arrow: Any) -> Any:
    text = arrow.dictionary(arrow.int32(), arrow.string())
    kinds = {
        "id": arrow.binary(16),
        "time": arrow.timestamp("us", tz="UTC"),
        "message_id": arrow.string(),
        "request_id": arrow.string(),
        "trace": arrow.string(),
        "status": arrow.int16(),
        "body_size": arrow.int64(),
        "subjects": arrow.list_(arrow.binary()),
        "seq": arrow.int64(),
        "exchange": arrow.int64(),
        **{name: arrow.binary() for name in (
            "head", "body_digest", "signature_input", "signature", "subjects_digest", "blind",
            "record_digest", "leaf")},
    }  # fmt: skip
    return arrow.schema(
        [(name, kinds.get(name, text)) for name in (*COLUMNS, "seq", "exchange")],
        metadata={b"lienthong": FORMAT},
    )


def write_day(
    connection: psycopg.Connection[tuple[object, ...]], day: date, directory: Path
) -> Written:
    """Write one day's sealed rows; the file is durable when this returns."""
    arrow, parquet = _pyarrow()
    schema = _schema(arrow)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, path = directory / f".{name_of(day)}.{os.getpid()}", directory / name_of(day)
    rows = 0
    try:
        with (
            parquet.ParquetWriter(part, schema, compression="zstd", compression_level=6) as writer,
            connection.transaction(),
            connection.cursor("archive", row_factory=dict_row) as cursor,
        ):
            cursor.itersize = BATCH
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            span = [start, start + timedelta(days=1)]
            places = _Places.read(connection, span)
            entries = Entries()
            cursor.execute(DAY.format(columns=PACKED), span)
            while batch := cursor.fetchmany(BATCH):
                plain = _written_out(connection, batch, entries, places)
                table = arrow.Table.from_pylist(plain, schema=schema)
                writer.write_table(table, row_group_size=ROW_GROUP)
                rows += len(batch)
        digest = _digest(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Written(day, path.name, rows, digest, path.stat().st_size)


@dataclass(frozen=True, slots=True)
class _Places:
    """Which leaf a row of a day has, by its number."""

    starts: list[int]
    spans: list[tuple[int, int]]
    """The end of the range that begins there, and the leaf of its first number."""

    @classmethod
    def read(
        cls, connection: psycopg.Connection[tuple[object, ...]], span: list[datetime]
    ) -> _Places:
        ranges = []
        found: Iterable[Any] = connection.execute(ROUNDS, span)
        for seq, numbers in found:
            for start, end in rounds.read_ranges(numbers):
                ranges.append((start, end, seq))
                seq += end - start
        ranges.sort()
        return cls([one[0] for one in ranges], [one[1:] for one in ranges])

    def seq(self, n: int) -> int | None:
        place = bisect.bisect_right(self.starts, n) - 1
        if place < 0 or n >= self.spans[place][0]:
            return None
        return self.spans[place][1] + n - self.starts[place]


def _written_out(
    connection: psycopg.Connection[tuple[object, ...]],
    batch: list[dict[str, Any]],
    entries: Entries,
    places: _Places,
) -> list[dict[str, Any]]:
    """The sealed rows of a batch in the columns of an archive."""
    parts: list[Parts] = [take_apart(one) for one in batch]
    for table, (sql, numbers) in entries.lacking(parts).items():
        found = connection.cursor(row_factory=dict_row).execute(sql.replace("$1", "%s"), [numbers])
        entries.add(table, found)
    plain = []
    for record, one in zip(batch, parts, strict=True):
        seq = places.seq(record["n"])
        if seq is None:
            continue
        row = entries.row(one)
        told = dict(zip(COLUMNS, values(row), strict=True))
        plain.append(
            {**told, "id": row.id.bytes, "time": moment_of(row.evidence.time), "seq": seq,
             "exchange": record["exchange"]}
        )  # fmt: skip
    return plain


def read_written(directory: Path, day: date) -> Written:
    """What stands on disk of an archived day; raises ArchiveLost."""
    _, parquet = _pyarrow()
    path = directory / name_of(day)
    if not path.exists():
        raise ArchiveLost(f"{path.name} is missing")
    try:
        rows = parquet.read_metadata(path).num_rows
    except (OSError, ValueError):
        raise ArchiveLost(f"{path.name} cannot be read") from None
    return Written(day, path.name, rows, _digest(path), path.stat().st_size)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Every row of one file, a few at a time; raises ArchiveLost."""
    _, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
        for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
            for row in batch.to_pylist():
                yield _as_record(row)
    except (OSError, ValueError) as problem:
        raise ArchiveLost(f"{path.name} cannot be read: {type(problem).__name__}") from None


def _as_record(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": uuid.UUID(bytes=row["id"])}


def find_message(path: Path, message_id: str) -> list[dict[str, Any]]:
    """The rows of one message id; the file is sorted, so only one row group is read."""
    _, parquet = _pyarrow()
    wanted: list[tuple[str, str, object]] = [("message_id", "=", message_id)]
    try:
        if "exchange" in parquet.read_schema(path).names:
            least, greatest = packing.span_of_message(message_id)
            wanted += [("exchange", ">=", least), ("exchange", "<=", greatest)]
        table = parquet.read_table(path, filters=wanted, use_threads=False)
    except (OSError, ValueError) as problem:
        raise ArchiveLost(f"{path.name} cannot be read: {type(problem).__name__}") from None
    return [_as_record(row) for row in table.to_pylist()]


def find_subjects(path: Path, pseudonyms: Iterable[bytes]) -> list[dict[str, Any]]:
    """The rows that name one of these pseudonyms."""
    wanted = set(pseudonyms)
    columns = ["message_id", "request_id", "client", "service", "time", "side", "kind", "outcome",
               "subjects"]  # fmt: skip
    _, parquet = _pyarrow()
    found = []
    try:
        for batch in parquet.ParquetFile(path).iter_batches(
            batch_size=BATCH, columns=columns, use_threads=False
        ):
            found += [row for row in batch.to_pylist() if not wanted.isdisjoint(row["subjects"])]
    except (OSError, ValueError) as problem:
        raise ArchiveLost(f"{path.name} cannot be read: {type(problem).__name__}") from None
    return found


@dataclass(frozen=True, slots=True)
class Archive:
    """Where archived days of one gateway lie; the database says which there are."""

    directory: Path

    async def files(self, connection: Connection) -> list[Path]:
        """The newest day first."""
        records = await connection.fetch("SELECT file FROM log_archive ORDER BY day DESC")
        return [self.directory / Path(record["file"]).name for record in records]

    async def of_message(self, connection: Connection, message_id: str) -> list[dict[str, Any]]:
        """The rows of a message id that left the log; raises NoParquet or ArchiveLost."""
        found: list[dict[str, Any]] = []
        for path in await self.files(connection):
            found += await asyncio.to_thread(find_message, path, message_id)
        return sorted(found, key=lambda row: (row["time"], row["kind"] != "request", row["side"]))

    async def of_subjects(
        self, connection: Connection, pseudonyms: Iterable[bytes]
    ) -> list[dict[str, Any]]:
        """The rows that left the log and name one of these pseudonyms."""
        wanted = list(pseudonyms)
        found: list[dict[str, Any]] = []
        for path in await self.files(connection):
            found += await asyncio.to_thread(find_subjects, path, wanted)
        return found

"""
What an administrator may add to the log's database: import statements and withdrawn grants.

History is imported, not forged (decision 2): a load enters as one statement
with the digest of its rows, which is itself a leaf of the log; its counts
stand beside live ones under ``origin=import`` and have no receipts.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
import msgspec

from lienthong.gateway import rollups
from lienthong.gateway.postgres_log import CHANNEL, Connection, pack_rows, write_packed
from lienthong.gateway.rows import Kind, LogSide, Outcome, make_row
from lienthong.kernel import clock
from lienthong.kernel.errors import Invalid

COUNTED = (Outcome.ANSWERED, Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.FAILED)
DOMAIN = b"lienthong-import-1\n"


class BadStatement(Invalid):
    """An import states either hourly counts, or how many records of which digest came in."""

    code = "gateway.bad_statement"


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one hour that were counted elsewhere."""

    hour: Annotated[datetime, msgspec.Meta(tz=True)]
    client: str
    service: str
    outcome: str = Outcome.ANSWERED.value
    side: str = LogSide.PROVIDER.value
    count: Annotated[int, msgspec.Meta(ge=1)]


class ImportStatement(msgspec.Struct, frozen=True):
    """
    What is imported and where it comes from.

    Traffic comes as hourly counts (``rows``). A register's bulk load stays in the
    register: it states only how many ``records`` came and their ``digest``, and
    adds nothing to any count of exchanges.
    """

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    rows: list[ImportRow] = []
    records: Annotated[int, msgspec.Meta(ge=0)] = 0
    digest: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""


class ImportDone(msgspec.Struct, frozen=True, kw_only=True):
    statement: str
    digest: str
    rows: int
    exchanges: int
    repeated: bool


class Prepared(msgspec.Struct, frozen=True):
    """A checked statement with its digest; rows in one order, hours in UTC."""

    source: str
    rows: list[tuple[datetime, str, str, str, str, int]]
    digest: bytes
    records: int
    """Hourly counts listed, or records of a register's load."""

    @property
    def exchanges(self) -> int:
        return sum(row[-1] for row in self.rows)


def prepare(raw: bytes) -> Prepared:
    """Read and check a statement; pure work that may take a while. Raises BadStatement."""
    try:
        statement = msgspec.json.decode(raw, type=ImportStatement)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadStatement(f"{BadStatement.message()} {problem}") from None
    of_a_register = bool(statement.records and statement.digest)
    if bool(statement.rows) == of_a_register:
        raise BadStatement
    rows = sorted(_checked(row) for row in statement.rows)
    listed = msgspec.json.encode(
        [statement.source, statement.records, statement.digest]
        if of_a_register
        else [statement.source, rows]
    )
    return Prepared(
        statement.source,
        rows,
        hashlib.sha256(DOMAIN + listed).digest(),
        len(rows) or statement.records,
    )


def _checked(row: ImportRow) -> tuple[datetime, str, str, str, str, int]:
    hour = row.hour.astimezone(UTC)
    if hour.minute or hour.second or hour.microsecond:
        raise BadStatement("an hour begins at its start")
    if row.outcome not in COUNTED or row.side not in tuple(LogSide):
        raise BadStatement("an outcome or a side is not of this exchange")
    return hour, row.side, row.client, row.service, row.outcome, row.count


async def enter(connection: Connection, prepared: Prepared, *, gateway: str) -> ImportDone:
    """Write the statement, its leaf-to-be and its counts in one transaction; once per digest."""
    again = await _known(connection, prepared)
    if again is not None:
        return again
    now, statement = clock.instant(), uuid.uuid4()
    summary = {
        "source": prepared.source,
        "rows": prepared.records,
        "exchanges": prepared.exchanges,
    }
    if prepared.rows:
        summary |= {"first": prepared.rows[0][0], "last": prepared.rows[-1][0]}
    row = make_row(
        kind=Kind.IMPORT,
        side=LogSide.PROVIDER,
        gateway=gateway,
        at=now,
        message_id=f"import-{statement}",
        request_id=str(statement),
        client="",
        service="",
        head=msgspec.json.encode(summary),
        body_digest=prepared.digest,
    )
    packed = await pack_rows(connection, [row])
    try:
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO import_statement"
                " (id, source, digest, rows, exchanges, imported_at, record_id)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                statement, prepared.source, prepared.digest, prepared.records,
                prepared.exchanges, now, row.id,
            )  # fmt: skip
            await write_packed(connection, [row], packed)
            await connection.copy_records_to_table(
                "rollup",
                records=[(*counted, "import", statement) for counted in prepared.rows],
                columns=(
                    "hour", "side", "client", "service", "outcome", "count", "origin", "statement",
                ),
            )  # fmt: skip
            await connection.copy_records_to_table(
                "rollup_total",
                records=[(*key, "import", count) for key, count in rollups.totals(prepared.rows)],
                columns=("hour", "side", "outcome", "origin", "count"),
            )
    except asyncpg.UniqueViolationError:
        # Another process entered the same statement at the same moment.
        again = await _known(connection, prepared)
        if again is None:
            raise
        return again
    return ImportDone(
        statement=str(statement),
        digest=prepared.digest.hex(),
        rows=prepared.records,
        exchanges=prepared.exchanges,
        repeated=False,
    )


async def _known(connection: Connection, prepared: Prepared) -> ImportDone | None:
    record = await connection.fetchrow(
        "SELECT id, rows, exchanges FROM import_statement WHERE digest = $1", prepared.digest
    )
    if record is None:
        return None
    return ImportDone(
        statement=str(record["id"]),
        digest=prepared.digest.hex(),
        rows=record["rows"],
        exchanges=record["exchanges"],
        repeated=True,
    )


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that is withdrawn at once, whatever the snapshot says."""

    grant: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reason: str = ""
    by: str = "admin"


async def revoke(connection: Connection, revocation: Revocation) -> bool:
    """Withdraw a grant and tell every process; whether it was not withdrawn before."""
    async with connection.transaction():
        done = await connection.execute(
            "INSERT INTO grant_revocation (grant_id, revoked_at, by_whom, reason)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            revocation.grant, clock.instant(), revocation.by, revocation.reason,
        )  # fmt: skip
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, revocation.grant)
    return bool(done.endswith("1"))

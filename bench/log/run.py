"""
What the message log costs on disk, and how long counting a month takes.

    nice python bench/log/run.py [--exchanges 200000] [--counted 37000000]

Starts PostgreSQL in a temporary directory, writes the rows of both sides'
exchanges as a gateway does (real heads and signature inputs; signatures are
random bytes of their size), seals them, and asks the database for the size of
every table and index. One side is measured: a request and an answer a time.
Then it makes the sums that the given number of exchanges leaves, and counts
each of their months. Writes ``latest.json`` and ``latest.md`` beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import secrets
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import psycopg

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from lienthong.cli import postgres, roles, service_user  # noqa: E402
from lienthong.gateway import archive, rollups, schema  # noqa: E402
from lienthong.gateway.postgres_log import PostgresLog  # noqa: E402
from lienthong.gateway.rows import Kind, LogSide, Outcome, make_row  # noqa: E402
from lienthong.gateway.sealer import Sealer  # noqa: E402
from lienthong.kernel import clock  # noqa: E402
from lienthong.protocol import digest, rest  # noqa: E402
from lienthong.protocol.pki import SigningKey  # noqa: E402
from lienthong.protocol.rest import RequestPart  # noqa: E402
from lienthong.protocol.signature import ANSWER_COMPONENTS, REQUEST_COMPONENTS, Signed  # noqa: E402
from lienthong.protocol.signature import _input as signature_input  # noqa: E402

AIM = 700
ALGORITHM = b"ecdsa-p256-sha256"
ORIGIN = "VN/GOV/G14/national"
KIDS = [secrets.token_urlsafe(32) for _ in range(90)]
TABLES = """
    SELECT CASE WHEN c.relname LIKE 'message_record%' THEN 'message_record'
                WHEN c.relname LIKE 'message_body%' THEN 'message_body' ELSE c.relname END,
           sum(pg_table_size(c.oid)), sum(pg_indexes_size(c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' GROUP BY 1 ORDER BY 2 DESC
"""
INDEXES = """
    SELECT parent.relname, sum(pg_relation_size(child.oid))
    FROM pg_index i
    JOIN pg_class parent ON parent.oid = i.indexrelid
    JOIN pg_inherits h ON h.inhparent = parent.oid
    JOIN pg_class child ON child.oid = h.inhrelid
    WHERE i.indrelid = 'message_record'::regclass GROUP BY 1 ORDER BY 1
"""
# Header 24, columns 28, length 4, the rest; to a multiple of 8, and 4 for the pointer to it.
IN_THE_ROWS = """
    SELECT w.kind, avg(length(r.packed)),
           avg(4 + ((24 + 28 + 4 + length(r.packed) + CASE WHEN r.subject IS NULL THEN 0 ELSE 4 END
                     + CASE WHEN r.leaf IS NULL THEN 0 ELSE 4 END + 7) / 8) * 8)
    FROM message_record r JOIN log_way w ON w.id = r.way GROUP BY 1 ORDER BY 1 DESC
"""


def pair(number: int) -> tuple[str, str]:
    """One of five hundred pairs of a client and a service."""
    one = number % 500
    client = f"VN/GOV/G{one % 90:02}/system-{one % 220}"
    return client, f"VN/GOV/G{one * 7 % 90:02}/register-{one % 31}/person.find.v1"


def signed(components: bytes, kid: str, at: datetime, head: bytes, digest: bytes) -> Signed:
    made = signature_input(components, kid, ALGORITHM, int(at.timestamp()))
    return Signed(made, secrets.token_bytes(64), ALGORITHM, kid, 0, head, digest)


def own_headers(demo: bool) -> tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]:
    """What the demonstration's client and systems send beside the bench's plain headers."""
    if not demo:
        return [], []
    return (
        [(b"Accept-Encoding", b"identity"), (b"Accept-Language", b"vi"),
         (b"Idempotency-Key", str(uuid.uuid4()).encode())],
        [(b"Content-Language", b"vi")],
    )  # fmt: skip


def exchange(number: int, at: datetime, side: str, demo: bool = False):
    """A request and its answer as one side keeps them."""
    of_client, of_system = own_headers(demo)
    client, service = pair(number)
    message_id, request_id = f"VN-{uuid.uuid4()}", str(uuid.uuid4())
    body = secrets.token_bytes(32)
    asked = RequestPart(b"POST", f"/r1/{service}".encode(), (
        (b"X-Road-Client", client.encode()), (b"Content-Type", b"application/json"),
        (b"Accept", b"application/json"), *of_client, (b"X-Road-Id", message_id.encode()),
        (b"x-road-request-id", request_id.encode()),
    ))  # fmt: skip
    answered = rest.response_part(
        200, b"OK",
        [(b"Content-Type", b"application/json"), (b"Date", b"Tue, 24 Nov 2026 03:00:00 GMT"),
         *of_system],
        message_id=message_id.encode(), client=client.encode(), service=service.encode(),
        request_id=request_id.encode(),
        request_hash=rest.request_hash(asked.serialise(), rest.BodyHash(digest.sha256(body), 32)),
    )  # fmt: skip
    common = {"side": side, "gateway": ORIGIN, "message_id": message_id, "request_id": request_id,
              "client": client, "service": service, "peer": "VN/GOV/G01/dancu", "mode": "strict",
              "effect": "sensitive", "grant": str(uuid.UUID(int=number % 500))}  # fmt: skip
    kid = KIDS[number % 90]
    requested = signed(REQUEST_COMPONENTS, kid, at, asked.serialise(), body)
    given = signed(ANSWER_COMPONENTS, kid, at, answered.serialise(), secrets.token_bytes(32))
    subjects = ((2026).to_bytes(2, "big") + secrets.token_bytes(32),)
    yield make_row(kind=Kind.REQUEST, at=at, signed=requested, body_size=1000, **common)
    yield make_row(kind=Kind.ANSWER, at=at + timedelta(milliseconds=7), signed=given,
                   outcome=Outcome.ANSWERED, status=200, body_size=1000,
                   subjects=subjects if side == LogSide.PROVIDER else (), **common)  # fmt: skip


def moment(day: datetime, number: int, exchanges: int) -> datetime:
    """When an exchange was made: all of them over one day."""
    return day + timedelta(seconds=86_000 * number / exchanges)


async def write(dsn: str, options: argparse.Namespace, day: datetime) -> float:
    """Write the rows as a gateway does, and seal so many exchanges at a time; seconds."""
    log = PostgresLog(dsn)
    await log.start()
    sealer = Sealer(dsn, origin=ORIGIN, key=SigningKey.generate())
    await sealer.take_over()
    began = time.monotonic()
    exchanges, together = options.exchanges, options.together
    for first in range(0, exchanges, together):
        numbers = range(first, min(first + together, exchanges))
        for start in range(0, len(numbers), 200):
            rows = [
                row
                for number in numbers[start : start + 200]
                for row in exchange(
                    number, moment(day, number, exchanges), options.side, options.heads == "demo"
                )
            ]
            await asyncio.gather(*(log.append(row) for row in rows))
        while await sealer.seal():
            pass
        await sealer._summarise()
    seconds = time.monotonic() - began
    await rollups.close_hours(sealer._connection, clock.instant())
    await sealer.close()
    await log.close()
    return seconds


def indexes(url: str) -> dict[str, int]:
    """Bytes of each index on the rows, all days together."""
    with psycopg.connect(url, autocommit=True) as connection:
        return {str(name): int(size) for name, size in connection.execute(INDEXES)}


def in_the_rows(url: str) -> dict[str, float]:
    """Bytes of a request's and an answer's packed value, and of their whole rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        return {
            f"{kind}: {what}": round(float(size), 1)
            for kind, *found in connection.execute(IN_THE_ROWS)
            for what, size in zip(("packed value", "whole row"), found, strict=True)
        }


def sizes(url: str) -> dict[str, tuple[int, int]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM")
        return {
            str(name): (int(table), int(indexes))
            for name, table, indexes in connection.execute(TABLES)
        }


SIDES = ("consumer", "provider")
OUTCOMES = (("answered", 1.0), ("refused", 0.02))
MAKE_WAYS = """
    INSERT INTO log_way (digest, kind, side, gateway, client, service, outcome, fault, status,
                         peer, mode, effect, grant_id, reason, in_row)
    SELECT sha256(convert_to('sums ' || way::text, 'utf8')), 'answer', way->>0, '', way->>1,
           way->>2, way->>3, '', 0, '', '', '', '', '', false
    FROM json_array_elements(%s::json) way
    RETURNING side || ' ' || client || ' ' || service || ' ' || outcome, id
"""


def ways_of(pairs: list[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    return [
        (side, client, service, outcome)
        for client, service in pairs for side in SIDES for outcome, _ in OUTCOMES
    ]  # fmt: skip


def make_sums(url: str, exchanges: int) -> tuple[int, int]:
    """The sums that so many exchanges leave, an hour at a time; how many rows of each kind."""
    chance = random.Random(37)
    hours = 24 * 365
    each = exchanges / hours / 500
    start = datetime(2025, 1, 1, tzinfo=UTC)
    pairs = [pair(one) for one in range(500)]
    totals: dict[tuple[datetime, str, str], int] = {}
    made = 0
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE rollup_sum, rollup_total, rollup_mark, log_round")
        ways = dict(connection.execute(MAKE_WAYS, [json.dumps(ways_of(pairs))]).fetchall())
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY rollup_sum (hour, way, count) FROM STDIN") as copy,
        ):
            for hour in range(hours):
                at = start + timedelta(hours=hour)
                for client, service in pairs:
                    for side in SIDES:
                        for outcome, share in OUTCOMES:
                            count = int(each * share * 2 * chance.random() + chance.random() / 2)
                            if count:
                                way = ways[f"{side} {client} {service} {outcome}"]
                                copy.write_row((at, way, count))
                                made += 1
                                key = at, side, outcome
                                totals[key] = totals.get(key, 0) + count
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY rollup_total (hour, side, outcome, origin, count) FROM STDIN"
            ) as copy,
        ):
            for (at, side, outcome), count in totals.items():
                copy.write_row((at, side, outcome, "live", count))
        connection.execute("INSERT INTO rollup_mark VALUES (0, '2026-01-01')")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE rollup_sum, rollup_total")
    return made, len(totals)


async def count_months(dsn: str) -> tuple[list[float], list[float], int]:
    """Milliseconds for each month's total and its pairs, and what all months came to."""
    connection = await asyncpg.connect(dsn)
    alone, pairs, counted = [], [], 0
    for month in range(1, 13):
        start = datetime(2025, month, 1, tzinfo=UTC) - timedelta(hours=7)
        end = datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=UTC) - timedelta(hours=7)
        began = time.perf_counter()
        counts = await rollups.count(connection, start, end)
        alone.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        await rollups.count(connection, start, end, "pair")
        pairs.append((time.perf_counter() - began) * 1000)
        counted += counts.answered.live
    await connection.close()
    return alone, pairs, counted


async def equal_to_rows(dsn: str, start: datetime) -> tuple[bool, int]:
    """Whether the sums of the written rows equal a recount of the rows themselves."""
    connection = await asyncpg.connect(dsn)
    window = start - timedelta(days=1), start + timedelta(days=32)
    summed = await rollups.count(connection, *window)
    again = await rollups.recount(connection, *window)
    await connection.close()
    return summed == again, again.answered.live


def measure(url: str, gateway: str, archiver: str, options: argparse.Namespace) -> dict:
    day = (clock.instant() - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT make_message_days(%s, 3)", [day.date()])
    before = sizes(url)
    seconds = asyncio.run(write(gateway, options, day))
    after = sizes(url)
    by_index = {name: round(size / options.exchanges, 1) for name, size in indexes(url).items()}
    rows = in_the_rows(url)
    tables = {
        name: {
            "table": (after[name][0] - before.get(name, (0, 0))[0]) / options.exchanges,
            "indexes": (after[name][1] - before.get(name, (0, 0))[1]) / options.exchanges,
        }
        for name in after
    }
    equal, counted = asyncio.run(equal_to_rows(gateway, day))
    directory = Path(tempfile.mkdtemp(prefix="lt-bench-archive-"))
    written = archive.archive_day(archiver, day.date(), directory)
    shutil.rmtree(directory)
    left = sizes(url)
    sums, totals = make_sums(url, options.counted)
    alone, pairs, total = asyncio.run(count_months(gateway))
    whole = sum(one["table"] + one["indexes"] for one in tables.values())
    return {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "exchanges": options.exchanges,
        "seconds_to_write_and_seal": round(seconds, 1),
        "bytes_per_exchange_and_side": round(whole),
        "side": options.side,
        "sealed_together": options.together,
        "tables": {name: {k: round(v, 1) for k, v in one.items()} for name, one in tables.items()},
        "indexes_of_rows": by_index,
        "rows": rows,
        "archived": {
            "parquet_bytes_per_exchange": round(written.size / options.exchanges),
            "left_in_database": round(
                sum(sum(left[name]) - sum(before[name]) for name in left) / options.exchanges
            ),
        },
        "recount_equal": equal,
        "recounted": counted,
        "counting": {
            "exchanges": total, "sums_by_pair": sums, "sums_by_hour": totals,
            "month_ms_median": round(statistics.median(alone), 1),
            "month_ms_worst": round(max(alone), 1),
            "pairs_of_month_ms_median": round(statistics.median(pairs), 1),
        },
    }  # fmt: skip


def told(result: dict) -> str:
    lines = [
        "# The message log: what it costs on disk, and what counting costs",
        "",
        f"Machine: {result['machine']}. `bench/log/run.py`, {result['exchanges']:,} exchanges, one"
        " side: a request and an answer each, without bodies, all indexes counted.",
        "",
        "| bytes per exchange and side | table | indexes |",
        "| --- | ---: | ---: |",
    ]
    for name, one in result["tables"].items():
        if one["table"] + one["indexes"] >= 0.1:
            lines.append(f"| {name} | {one['table']} | {one['indexes']} |")
    reached = "met" if result["bytes_per_exchange_and_side"] <= AIM else "not met"
    counting, kept = result["counting"], result["archived"]
    lines += [
        f"| **together** | **{result['bytes_per_exchange_and_side']}** | |",
        "",
        f"The aim of {AIM} bytes is {reached}.",
        "",
        "| of the rows, an exchange has two | bytes |",
        "| --- | ---: |",
        *(f"| {name} | {size} |" for name, size in result["rows"].items()),
        *(
            f"| index `{name}`, both rows | {size} |"
            for name, size in result["indexes_of_rows"].items()
        ),
        "",
        f"After archiving: {kept['parquet_bytes_per_exchange']} bytes in Parquet and"
        f" {kept['left_in_database']} left in the database (leaves, tiles, heads, counts).",
        "",
        f"The sums equal a recount of the rows: {result['recount_equal']}"
        f" ({result['recounted']:,} answered).",
        "",
        f"A month at the sums of {counting['exchanges']:,} exchanges ({counting['sums_by_pair']:,}"
        f" sums by pair, {counting['sums_by_hour']:,} by hour): median"
        f" {counting['month_ms_median']} ms, worst {counting['month_ms_worst']} ms; with its pairs"
        f" {counting['pairs_of_month_ms_median']} ms.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--exchanges", type=int, default=200_000)
    parser.add_argument("--counted", type=int, default=37_000_000)
    parser.add_argument("--side", choices=list(LogSide), default=LogSide.PROVIDER.value)
    parser.add_argument("--together", type=int, default=2_000, help="exchanges sealed at a time")
    parser.add_argument("--heads", choices=["plain", "demo"], default="plain")
    parser.add_argument("--dry", action="store_true", help="print, and write nothing")
    parser.add_argument("--port", type=int, default=23984)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="lt-bench-log-"))
    user = service_user.ensure()
    home.chmod(0o711)
    place = home / "pg"
    place.mkdir(mode=0o711)
    user.own(place)
    cluster = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=options.port,
        binaries=postgres.Binaries.find().readable_by(user, place / "binaries"),
        user=user,
    )
    password = secrets.token_hex(16)
    cluster.initialise(password)
    cluster.start()
    try:
        superuser = cluster.url("postgres", "postgres", password)
        known = {role: secrets.token_hex(16) for role in roles.ROLES}
        roles.make_roles(superuser, known)
        roles.make_database(superuser, "lt_gateway", kind=roles.GATEWAY_DATABASE)
        owner = cluster.url(roles.OWNER, "lt_gateway", known[roles.OWNER])
        schema.migrate(owner)
        result = measure(
            owner,
            cluster.url(roles.GATEWAY, "lt_gateway", known[roles.GATEWAY]),
            cluster.url(roles.ARCHIVER, "lt_gateway", known[roles.ARCHIVER]),
            options,
        )
    finally:
        cluster.stop()
        shutil.rmtree(home)
    if options.dry:
        print(told(result))
        return
    (HERE / "latest.json").write_text(json.dumps(result, indent=2) + "\n")
    (HERE / "latest.md").write_text(told(result))
    print(told(result))


if __name__ == "__main__":
    main()

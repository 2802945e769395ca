"""
Which shape the civil-status register's entries take on disk, measured.

    nice python bench/registers/shape.py [--rows 200000]

Loads the same made-up births, by COPY in chunks as a bulk load does, into four shapes:
``plain`` (a table per kind of content that carries the common columns too, not
partitioned: what stood before), ``wide`` (the same, in sixteen hash partitions by the
office at registration), ``split`` (one table of all registrations beside a table of
contents, both partitioned and joined by office and key), and ``json`` (one table of all
registrations with the contents as JSON). Then asks each what a desk asks. The unique
personal ID is kept by an index where there are no partitions, and by a table of numbers,
filled after the load and timed with it, where there are. Writes ``shape.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src")]

from lienthong.cli import postgres, service_user  # noqa: E402
from lienthong.kernel import names  # noqa: E402

OFFICES = 10_933
CHUNK = 2_000
PARTITIONS = 16
ASKED = 400
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi")
MIDDLE = ("Thị", "Văn", "Minh", "Ngọc", "Gia", "Bảo", "Đức", "Thu")
GIVEN = ("An", "Bình", "Hòa", "Lan", "Quân", "Thúy", "Đạt", "Phúc", "Khôi", "Yến")
COMMON = """key uuid NOT NULL, office varchar(40) NOT NULL, custodian varchar(40) NOT NULL,
    entry_no int NOT NULL, entry_year smallint NOT NULL, book_no varchar(40) NOT NULL,
    page varchar(20) NOT NULL, registered_on date NOT NULL, recorded_at timestamptz NOT NULL,
    registrar varchar(160) NOT NULL, origin varchar(6) NOT NULL, withdrawn_on date"""
CONTENT = """child_name varchar(120) NOT NULL, name_sort varchar(400) NOT NULL,
    name_fold varchar(120) NOT NULL, sex varchar(6) NOT NULL, born_on date NOT NULL,
    birth_place varchar(200) NOT NULL, home_place varchar(200) NOT NULL,
    ethnicity varchar(40) NOT NULL, nationality varchar(60) NOT NULL,
    mother_id varchar(12) NOT NULL, mother_name varchar(120) NOT NULL,
    mother_fold varchar(120) NOT NULL, mother_birth_year smallint,
    mother_residence varchar(200) NOT NULL, father_id varchar(12) NOT NULL,
    father_name varchar(120) NOT NULL, father_birth_year smallint,
    father_residence varchar(200) NOT NULL, personal_id varchar(12)"""
COMMON_COLUMNS = [line.split()[0] for line in COMMON.split(",")]
CONTENT_COLUMNS = [line.split()[0] for line in CONTENT.split(",")]
SEARCHED = ["name_fold", "born_on"]


def births(rows: int) -> Iterator[dict[str, Any]]:
    """Made-up births, the same for every shape, in the order of their days."""
    luck = random.Random(76)
    numbers: dict[tuple[str, int], int] = {}
    start = date(2016, 1, 1)
    for place in range(rows):
        day = start + timedelta(days=place * 2000 // rows)
        office = f"commune-{luck.randrange(OFFICES):05d}"
        book = (office, day.year)
        numbers[book] = numbers.get(book, 0) + 1
        child, mother, father = (
            f"{luck.choice(FAMILY)} {luck.choice(MIDDLE)} {luck.choice(GIVEN)}".upper()
            for _ in range(3)
        )
        home = f"xã {luck.randrange(999)}, huyện {luck.randrange(99)}, tỉnh Kiên Giang"
        yield {
            "key": uuid.UUID(int=luck.getrandbits(128), version=4),
            "office": office, "custodian": office, "entry_no": numbers[book],
            "entry_year": day.year, "book_no": f"birth/{day.year}", "page": str(numbers[book]),
            "registered_on": day, "recorded_at": "2021-08-20T00:00:00Z", "registrar": "",
            "origin": "import", "withdrawn_on": None, "child_name": child,
            "name_sort": names.sort_key(child), "name_fold": names.folding_key(child),
            "sex": "male", "born_on": day - timedelta(days=luck.randrange(60)),
            "birth_place": home, "home_place": home, "ethnicity": "Kinh",
            "nationality": "Việt Nam", "mother_id": f"{luck.randrange(10**12):012d}",
            "mother_name": mother, "mother_fold": names.folding_key(mother),
            "mother_birth_year": 1990, "mother_residence": home,
            "father_id": f"{luck.randrange(10**12):012d}", "father_name": father,
            "father_birth_year": 1988, "father_residence": home,
            "personal_id": f"{place:012d}" if place % 3 == 0 else None,
        }  # fmt: skip


def partitioned(name: str, columns: str, more: str = "") -> list[str]:
    head = f"CREATE TABLE {name} ({columns}, PRIMARY KEY (key, office)) PARTITION BY HASH (office)"
    return [head] + [
        f"CREATE TABLE {name}_p{n} PARTITION OF {name}"
        f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n})"
        for n in range(PARTITIONS)
    ]


def indexes(common: str, content: str) -> list[str]:
    """What a desk, the clock and the figures look up, wherever the columns are."""
    made = [
        f"CREATE INDEX ON {common} (custodian, registered_on)",
        f"CREATE INDEX ON {common} (registered_on, origin)",
        f"CREATE UNIQUE INDEX ON {common} (office, entry_year, entry_no)",
        f"CREATE INDEX ON {content} (born_on, name_fold)",
    ]
    where = common if content == common else content
    if content != common:
        # The name is searched within a desk: the common table carries it for all kinds.
        where = common
    return [*made, f"CREATE INDEX ON {where} (custodian, name_fold)"]


NUMBERS = (
    "CREATE TABLE {0}_number (personal_id varchar(12) PRIMARY KEY, office varchar(40), key uuid)"
)
SPLIT_COMMON = f"{COMMON}, name_fold varchar(120) NOT NULL"
SPLIT_CONTENT = f"key uuid NOT NULL, office varchar(40) NOT NULL, {CONTENT}"
JSON_COLUMNS = f"""{COMMON}, name_fold varchar(120) NOT NULL, born_on date NOT NULL,
    personal_id varchar(12), contents jsonb NOT NULL"""
SHAPES: dict[str, list[str]] = {
    "plain": [
        f"CREATE TABLE plain ({COMMON}, {CONTENT}, PRIMARY KEY (key))",
        "CREATE UNIQUE INDEX ON plain (personal_id)",
        *indexes("plain", "plain"),
    ],
    "wide": [
        *partitioned("wide", f"{COMMON}, {CONTENT}"),
        NUMBERS.format("wide"),
        *indexes("wide", "wide"),
    ],
    "split": [
        *partitioned("split", SPLIT_COMMON),
        *partitioned("split_birth", SPLIT_CONTENT),
        NUMBERS.format("split"),
        *indexes("split", "split_birth"),
    ],
    "json": [
        *partitioned("json", JSON_COLUMNS),
        NUMBERS.format("json"),
        *indexes("json", "json"),
    ],
}
COPIED: dict[str, list[tuple[str, list[str]]]] = {
    "plain": [("plain", COMMON_COLUMNS + CONTENT_COLUMNS)],
    "wide": [("wide", COMMON_COLUMNS + CONTENT_COLUMNS)],
    "split": [
        ("split", [*COMMON_COLUMNS, "name_fold"]),
        ("split_birth", ["key", "office", *CONTENT_COLUMNS]),
    ],
    "json": [("json", [*COMMON_COLUMNS, "name_fold", "born_on", "personal_id", "contents"])],
}
LISTED = "key, entry_no, entry_year, registered_on, child_name, born_on, mother_name, father_name"
JOINED = "split r JOIN split_birth b ON b.office = r.office AND b.key = r.key"
QUESTIONS: dict[str, dict[str, str]] = {
    "search": {
        **{
            shape: f"SELECT {LISTED} FROM {shape} WHERE custodian = %(office)s"
            " AND name_fold LIKE %(name)s ORDER BY registered_on DESC LIMIT 25"
            for shape in ("plain", "wide")
        },
        "split": f"SELECT r.{LISTED.replace(' key', ' r.key')} FROM {JOINED}"
        " WHERE r.custodian = %(office)s AND r.name_fold LIKE %(name)s"
        " ORDER BY r.registered_on DESC LIMIT 25",
        "json": "SELECT key, entry_no, entry_year, registered_on, contents->>'child_name', born_on,"
        " contents->>'mother_name', contents->>'father_name' FROM json"
        " WHERE custodian = %(office)s AND name_fold LIKE %(name)s"
        " ORDER BY registered_on DESC LIMIT 25",
    },
    "duplicate": {
        **{
            shape: f"SELECT key FROM {shape} WHERE born_on = %(born)s AND name_fold = %(fold)s"
            " AND withdrawn_on IS NULL AND mother_fold = %(mother)s"
            for shape in ("plain", "wide")
        },
        "split": f"SELECT r.key FROM {JOINED} WHERE b.born_on = %(born)s"
        " AND b.name_fold = %(fold)s AND r.withdrawn_on IS NULL AND b.mother_fold = %(mother)s",
        "json": "SELECT key FROM json WHERE born_on = %(born)s AND name_fold = %(fold)s"
        " AND withdrawn_on IS NULL AND contents->>'mother_fold' = %(mother)s",
    },
    "one entry by key alone": {
        **{s: f"SELECT * FROM {s} WHERE key = %(key)s" for s in ("plain", "wide", "json")},
        "split": f"SELECT * FROM {JOINED} WHERE r.key = %(key)s",
    },
    "one entry by office and key": {
        **{
            s: f"SELECT * FROM {s} WHERE office = %(office)s AND key = %(key)s"
            for s in ("plain", "wide", "json")
        },
        "split": f"SELECT * FROM {JOINED} WHERE r.office = %(office)s AND r.key = %(key)s",
    },
}


def loaded(connection: psycopg.Connection, shape: str, rows: list[dict[str, Any]]) -> float:
    """Seconds a bulk load of these rows takes, with everything that keeps them unique."""
    for statement in SHAPES[shape]:
        connection.execute(statement)  # type: ignore[arg-type]
    connection.commit()
    began = time.perf_counter()
    for start in range(0, len(rows), CHUNK):
        for table, columns in COPIED[shape]:
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,  # type: ignore[arg-type]
            ):
                for row in rows[start : start + CHUNK]:
                    copy.write_row([_value(row, column) for column in columns])
    if shape != "plain":
        table = "split_birth" if shape == "split" else shape
        connection.execute(
            f"INSERT INTO {shape}_number SELECT personal_id, office, key FROM {table}"  # type: ignore[arg-type]
            " WHERE personal_id IS NOT NULL"
        )
    connection.commit()
    return time.perf_counter() - began


def _value(row: dict[str, Any], column: str) -> Any:
    if column == "contents":
        held = {name: row[name] for name in CONTENT_COLUMNS if name not in SEARCHED}
        return json.dumps(held, ensure_ascii=False, default=str)
    return row[column]


def size(connection: psycopg.Connection, shape: str) -> tuple[int, int]:
    """Bytes of tables and of their indexes."""
    found = connection.execute(
        "SELECT sum(pg_table_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class"
        " WHERE relkind = 'r' AND (relname = %s OR relname LIKE %s)",
        (shape, f"{shape}\\_%"),
    ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def asked(
    connection: psycopg.Connection, question: str, rows: Sequence[dict[str, Any]]
) -> list[float]:
    luck, took = random.Random(4), []
    for _ in range(ASKED):
        row = luck.choice(rows)
        values = {
            "office": row["office"], "name": f"%{row['name_fold'].split()[0]}%",
            "born": row["born_on"], "fold": row["name_fold"], "mother": row["mother_fold"],
            "key": row["key"],
        }  # fmt: skip
        began = time.perf_counter()
        connection.execute(question, values).fetchall()  # type: ignore[arg-type]
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def measured(rows: int) -> list[str]:
    made = list(births(rows))
    user = service_user.ensure()
    place = Path(tempfile.mkdtemp(prefix="lienthong-bench-"))
    place.chmod(0o711)
    user.own(place)
    binaries = postgres.Binaries.find()
    cluster = postgres.Cluster(
        data=place / "data", sockets=place / "s", port=postgres.free_port(),
        binaries=binaries.readable_by(user, place / "binaries"), user=user, auth="trust",
        settings={"fsync": "off", "shared_buffers": "256MB", "autovacuum": "off"},
    )  # fmt: skip
    cluster.initialise("unused")
    cluster.start()
    lines = [
        "# The shape of civil-status entries",
        "",
        f"Machine: {os.cpu_count()} cores, Python {platform.python_version()}, shared with other"
        f" work. `bench/registers/shape.py`, {rows:,} births in {OFFICES:,} offices, the same rows"
        " for every shape; the best of two loads.",
        "",
        "| shape | load, rows/s | table, bytes/row | indexes, bytes/row |",
        "| --- | ---: | ---: | ---: |",
    ]
    answers: dict[str, dict[str, list[float]]] = {}
    try:
        with psycopg.connect(cluster.url("postgres", "postgres")) as connection:
            for shape in SHAPES:
                took = loaded(connection, shape, made)
                table, index = size(connection, shape)
                _drop(connection, shape)
                took = min(took, loaded(connection, shape, made))
                connection.execute("ANALYZE")
                connection.commit()
                answers[shape] = {
                    name: asked(connection, texts[shape], made) for name, texts in QUESTIONS.items()
                }
                connection.rollback()
                _drop(connection, shape)
                lines.append(
                    f"| {shape} | {rows / took:,.0f} | {table / rows:.0f} | {index / rows:.0f} |"
                )
                print(lines[-1], flush=True)
    finally:
        cluster.stop()
    lines += ["", "| question, ms: median / 99th percentile | " + " | ".join(SHAPES) + " |"]
    lines.append("| --- |" + " ---: |" * len(SHAPES))
    for name in QUESTIONS:
        cells = [
            f"{statistics.median(took[name]):.2f} / {took[name][len(took[name]) * 99 // 100]:.2f}"
            for took in answers.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _drop(connection: psycopg.Connection, shape: str) -> None:
    for table in (shape, f"{shape}_birth", f"{shape}_number"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")  # type: ignore[arg-type]
    connection.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    lines = measured(parser.parse_args().rows)
    (HERE / "shape.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

"""
Loading tables by COPY and one statement each.

Rows that stand are left alone: a shipped row is added only where no row of its
key covers any of its days. So loading twice changes nothing, and what officers
entered wins over what a release ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from psycopg import sql

from lienthong.web.catalogues.tables import Tables

_FREE = """NOT EXISTS (
    SELECT 1 FROM {table} there WHERE {same_key}
    AND daterange(there.valid_from, there.valid_to, '[]')
        && daterange(shipped.valid_from, shipped.valid_to, '[]'))"""
_ABSENT = "NOT EXISTS (SELECT 1 FROM {table} there WHERE {same_key})"


def load(tables: Tables) -> dict[str, int]:
    """Add what is missing; rows added by table. Runs in the caller's transaction."""
    return {
        "units": _add(
            "catalogues_unit",
            ("code", "name", "kind", "level", "parent", "valid_from", "valid_to")
            + ("legal_basis", "source", "doubt"),
            (
                (u.code, u.name, u.kind, u.level.value, u.parent, u.valid_from, u.valid_to)
                + (u.legal_basis, u.source, u.doubt)
                for u in tables.units
            ),
            key=("code",),
        ),
        "successions": _add(
            "catalogues_succession",
            ("old", "new", "happened_on", "confidence", "is_default", "share")
            + ("legal_basis", "source", "doubt"),
            (
                (s.old, s.new, s.happened_on, s.confidence.value, s.is_default, s.share)
                + (s.legal_basis, s.source, s.doubt)
                for s in tables.successions
            ),
            key=("old", "happened_on"),
            dated=False,
        ),
        "bodies": _add(
            "catalogues_body",
            ("code", "scheme", "name", "kind", "unit", "valid_from", "valid_to")
            + ("successor", "legal_basis", "doubt"),
            (
                (b.code, b.scheme, b.name, b.kind, b.unit, b.valid_from, b.valid_to)
                + (b.successor, b.legal_basis, b.doubt)
                for b in tables.bodies
            ),
            key=("scheme", "code"),
        ),
        "calendar": _add(
            "catalogues_calendarday",
            ("day", "works", "name", "legal_basis", "doubt"),
            ((c.day, c.works, c.name, c.legal_basis, c.doubt) for c in tables.calendar),
            key=("day",),
            dated=False,
        ),
        "limits": _add(
            "catalogues_timelimit",
            ("code", "title", "amount", "unit", "valid_from", "valid_to")
            + ("legal_basis", "doubt"),
            (
                (m.code, m.title, m.amount, m.unit.value, m.valid_from, m.valid_to)
                + (m.legal_basis, m.doubt)
                for m in tables.limits
            ),
            key=("code",),
        ),
    }


def _add(
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[object, ...]],
    *,
    key: Sequence[str],
    dated: bool = True,
) -> int:
    name, names = sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    same_key = sql.SQL(" AND ").join(
        sql.SQL("there.{0} = shipped.{0}").format(sql.Identifier(column)) for column in key
    )
    free = sql.SQL(_FREE if dated else _ABSENT).format(table=name, same_key=same_key)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE shipped ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
                names, name
            )
        )
        with cursor.copy(sql.SQL("COPY shipped ({}) FROM STDIN").format(names)) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM shipped WHERE {}").format(
                name, names, names, free
            )
        )
        added: int = cursor.rowcount
        cursor.execute("DROP TABLE shipped")
    return added

"""
Row history by database triggers: what a row said before each change.

History starts at the first change, so a bulk load costs nothing (decision 30).
Plain SQL is recorded too, under the name of its database role. A system's
migration attaches a table with ``history.track("population_person", key="person_key")``
and depends on ``("record", "0002_row_history")``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, migrations, transaction
from django.db.models import Model

from lienthong.kernel.actor import Actor
from lienthong.record import fields, trace
from lienthong.record.closed import PersonalDataClosed, door
from lienthong.record.models import Entry, RowHistory

NAME = re.compile(r"[a-z_][a-z0-9_]{0,57}")

_acting: ContextVar[Actor | None] = ContextVar("lienthong_acting", default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a row: what it said before, when and by whom it was changed."""

    old: dict[str, Any]
    operation: str
    changed_at: datetime
    legal_day: date | None
    actor: str
    trace: str


def track(table: str, *, key: str = "id") -> migrations.RunSQL:
    """The migration operation that keeps the history of a table by its key column."""
    for name in (table, key):
        if not NAME.fullmatch(name):
            raise ValueError(f"not a plain name of a table or column: {name!r}")
    # The table's name is passed along because a partition would give its own.
    return migrations.RunSQL(
        sql=(
            f"CREATE TRIGGER keep_row AFTER UPDATE OR DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION record_keep_row('{table}', '{key}')"
        ),
        reverse_sql=f"DROP TRIGGER keep_row ON {table}",
    )


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One transaction whose changes of tracked rows are written down under this actor."""
    with transaction.atomic():
        before = _acting.get()
        token = _acting.set(actor)
        _tell(actor)
        try:
            yield
        finally:
            _acting.reset(token)
        # Not reached on an error: the rollback takes the settings back by itself.
        _tell(before)


def _tell(actor: Actor | None) -> None:
    """Name the actor to the trigger, for this transaction only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lienthong.actor', %s, true),"
            " set_config('lienthong.legal_day', %s, true),"
            " set_config('lienthong.trace', %s, true)",
            [
                str(actor) if actor else "",
                actor.legal_day.isoformat() if actor else "",
                trace.current(),
            ],
        )


def of(model: type[Model], pk: object) -> list[Change]:
    """
    The changes of a row, oldest first.

    Raises `PersonalDataClosed` outside an open door. A change made without
    `acting` is named after the audit entry of its transaction, if there is one.
    """
    rows = list(_rows(model, pk))
    nameless = {row.transaction for row in rows if row.actor.startswith("sql:")}
    entries = Entry.objects.filter(transaction__in=nameless).order_by("-id") if nameless else ()
    deeds = {entry.transaction: entry.actor for entry in entries}
    return [
        Change(
            old=row.old,
            operation=row.operation,
            changed_at=row.changed_at,
            legal_day=row.legal_day,
            actor=deeds.get(row.transaction, row.actor),
            trace=row.trace,
        )
        for row in rows
    ]


def as_of(model: type[Model], pk: object, moment: datetime | date) -> dict[str, Any] | None:
    """
    The columns of a row as they stood at an instant, or at the end of a legal day.

    Values are as PostgreSQL writes them in JSON (days and times as ISO text).
    Nothing when the row is gone and was gone then. When a row came to be is its
    own business (``recorded_at``): history does not record the first writing.
    """
    later = _rows(model, pk)
    if isinstance(moment, datetime):
        later = later.filter(changed_at__gt=moment)
    else:
        later = later.filter(legal_day__gt=moment)
    if (first := later.first()) is not None:
        return dict(first.old)
    return _now(model, pk)


def _rows(model: type[Model], pk: object) -> Any:
    return RowHistory.objects.filter(table_name=model._meta.db_table, row_key=str(pk)).order_by(
        "id"
    )


def _now(model: type[Model], pk: object) -> dict[str, Any] | None:
    # Read as JSON by the server, so that it has the form of the kept rows.
    if not door() and any(tag in fields.CLOSED for tag in fields.classification(model).values()):
        raise PersonalDataClosed(model=model._meta.label)
    meta = model._meta
    assert meta.pk is not None
    quote = connection.ops.quote_name
    column = str(meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(t)::text FROM {quote(meta.db_table)} t"
            f" WHERE {quote(column)}::text = %s",
            [str(pk)],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row: dict[str, Any] = json.loads(found[0])
    return row

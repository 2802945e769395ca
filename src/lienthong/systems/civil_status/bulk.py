"""Loading books by the million: COPY, under one import statement (decision 2)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from lienthong.systems.civil_status.domain.entries import Kind
from lienthong.systems.civil_status.models import ImportStatement, RegisterBook


class Numbers:
    """Numbers of books while they are loaded: the next one of a desk, kind and year."""

    def __init__(self) -> None:
        self._last: defaultdict[tuple[str, Kind, int], int] = defaultdict(int)

    def next(self, office: str, kind: Kind, day: date) -> int:
        book = (office, kind, day.year)
        self._last[book] += 1
        return self._last[book]

    def books(self, today: date) -> Iterable[RegisterBook]:
        """The books these numbers fill; those of past years are closed (Luật art. 58)."""
        for (office, kind, year), last in self._last.items():
            closed_on = date(year, 12, 31) if year < today.year else None
            yield RegisterBook(
                office=office, kind=kind.value, year=year, last_no=last, closed_on=closed_on
            )


class Load:
    """One import: rows go straight into the tables, their digest into the statement."""

    def __init__(self, *, key: UUID, source: str, at: datetime, legal_day: date) -> None:
        self._digest = hashlib.sha256()
        self._rows = 0
        self.statement = ImportStatement(
            key=key, source=source, rows=0, digest="", imported_at=at, legal_day=legal_day
        )
        self.statement.save(force_insert=True)

    def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
    ) -> None:
        """Write rows, given by column, into a table of this system; missing ones are empty text."""
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                values = [row.get(column, "") for column in columns]
                copy.write_row(values)
                self._digest.update(repr(values).encode())
                self._rows += 1

    def close(self) -> ImportStatement:
        """Write how much came and its digest into the statement."""
        self.statement.rows = self._rows
        self.statement.digest = self._digest.hexdigest()
        self.statement.save(update_fields=["rows", "digest"])
        return self.statement

"""Loading persons and numbers by the million: COPY, under one import statement (decision 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from lienthong.systems.population.models import ImportStatement

PERSON = (
    "person_key", "full_name", "name_sort", "name_fold", "sex", "born_on", "born_precision",
    "ethnicity", "ethnicity_code", "ethnicity_list", "nationality", "home_place", "residence",
    "residence_unit", "mother", "father", "standing", "death_registration", "origin",
    "statement_id", "recorded_at",
)  # fmt: skip
NUMBER = (
    "number", "person_id", "status", "cause", "registration", "issued_on", "reason", "decision",
    "origin", "recorded_at",
)  # fmt: skip


# Since when somebody lives there an import does not say, so it begins on no day.
HOMES = """
INSERT INTO population_residence
    (key, person_id, kind, unit, address, begins, ends, document, origin, recorded_at)
SELECT gen_random_uuid(), person_key, 'permanent', residence_unit, residence, NULL, NULL, '',
       origin, recorded_at
FROM population_person WHERE statement_id = %s AND residence <> ''
"""


class Load:
    """
    One import: rows go straight into the tables, their digest into the statement.

    Row history starts at the first change of a row, so loading writes none.
    """

    def __init__(self, *, key: UUID, source: str, at: datetime, legal_day: date) -> None:
        self._digest = hashlib.sha256()
        self._rows = 0
        self.statement = ImportStatement(
            key=key, source=source, rows=0, digest="", imported_at=at, legal_day=legal_day
        )
        self.statement.save(force_insert=True)

    def persons(self, rows: Iterable[Sequence[object]]) -> None:
        self._copy("population_person", PERSON, rows)

    def numbers(self, rows: Iterable[Sequence[object]]) -> None:
        self._copy("population_personalidrow", NUMBER, rows)

    def close(self) -> ImportStatement:
        """Give each person the home they came with; write how much came, and its digest."""
        with connection.cursor() as cursor:
            cursor.execute(HOMES, [self.statement.pk])
        self.statement.rows = self._rows
        self.statement.digest = self._digest.hexdigest()
        self.statement.save(update_fields=["rows", "digest"])
        return self.statement

    def _copy(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[object]]) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
                self._digest.update(repr(row).encode())
                self._rows += 1

"""
The cache behind locks at sign-in, one for all processes of a node.

Django's own table cache makes room by dropping entries in the order of their keys,
whether they have run out or not: three hundred other entries were enough to free a
locked account. This one drops what has run out and nothing else. It cannot grow
without end: an entry lives five minutes, and each address may try a few times a minute.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections

# Another process may be making room too: each takes what the other has not.
MAKE_ROOM = """
DELETE FROM {table} WHERE cache_key IN (
    SELECT cache_key FROM {table} WHERE expires < %s FOR UPDATE SKIP LOCKED
)
"""


class LastingCache(DatabaseCache):
    """Entries of the table ``LOCATION`` names; a live one is never dropped to make room."""

    def _cull(self, db: str, cursor: Any, now: datetime, num: int | None) -> None:
        operations = connections[db].ops
        table = operations.quote_name(self._table)  # type: ignore[attr-defined]
        cursor.execute(MAKE_ROOM.format(table=table), [operations.adapt_datetimefield_value(now)])

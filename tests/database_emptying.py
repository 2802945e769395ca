"""
Emptying the systems' database after a test that committed, without what Django's flush costs.

Django empties every table and then writes content types and permissions anew;
with some two hundred tables that is half a second a test. Here only tables
that have pages are emptied, and those two, which no test writes, are left.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

WRITTEN_BY_MIGRATIONS = frozenset({"django_content_type", "auth_permission"})

# A table without pages has no rows; one whose rows were all rolled back has pages, and is
# emptied too. What points to an emptied table must be emptied in the same statement.
WITH_PAGES = """
    WITH RECURSIVE wanted AS (
        SELECT oid FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)
          AND pg_relation_size(oid) + coalesce(
            (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(pg_class.oid)), 0
          ) > 0
        UNION
        SELECT conrelid FROM pg_constraint JOIN wanted ON confrelid = wanted.oid
        WHERE contype = 'f'
    )
    SELECT DISTINCT coalesce(pg_partition_root(oid), oid)::regclass::text FROM wanted
"""


def empty(connection: BaseDatabaseWrapper) -> list[str]:
    """Remove every row a test may have committed; answers the tables that were emptied."""
    kept = connection.introspection.django_table_names(only_existing=True, include_views=False)
    known = sorted(set(kept) - WRITTEN_BY_MIGRATIONS)
    with connection.cursor() as cursor:
        cursor.execute(WITH_PAGES, [known])
        tables = [str(name) for (name,) in cursor.fetchall()]
        if tables:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
    return tables


def instead_of_flush(test: TransactionTestCase) -> None:
    """What ``TransactionTestCase`` does at its end, in its place."""
    assert test.available_apps is None
    assert not test.serialized_rollback
    names: Any = test._databases_names(include_mirrors=False)  # type: ignore[attr-defined]
    for name in names:
        empty(connections[name])

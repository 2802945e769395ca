"""What the suite's own flush leaves behind is what Django's would leave: no row of a test."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from database_emptying import WRITTEN_BY_MIGRATIONS, empty
from lienthong.kernel.actor import Actor
from lienthong.web.accounts.models import Account
from systems.population import lives


def rows() -> dict[str, int]:
    """How many rows each table of Django's has, of those that have any."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    counted = {}
    with connection.cursor() as cursor:
        for name in set(names) - WRITTEN_BY_MIGRATIONS:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counted[name] = cursor.fetchone()[0]
    return {name: count for name, count in counted.items() if count}


@pytest.mark.django_db(transaction=True)
def test_no_row_is_left_in_any_table_nor_in_any_partition(civil_status: Actor) -> None:
    for place in range(20):
        lives.given(civil_status, registration=f"birth-{place}")
    assert {"population_person", "population_personalidrow"} <= set(rows())
    empty(connection)
    assert rows() == {}


@pytest.mark.django_db(transaction=True)
def test_what_points_to_an_emptied_table_is_emptied_in_the_same_statement() -> None:
    empty(connection)
    assert empty(connection) == [], "no table has pages any more"
    Account.objects.create_local("nguoi.thu", "một mật khẩu dài")
    assert {"accounts_account", "web_position"} <= set(empty(connection))


@pytest.mark.django_db(transaction=True)
def test_what_only_migrations_write_stays() -> None:
    known = Permission.objects.count()
    assert known > 0
    empty(connection)
    assert Permission.objects.count() == known

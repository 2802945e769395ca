"""Entries lie in hash partitions by their office; a personal ID is still held once only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from psycopg.errors import UniqueViolation

from lienthong.cli import roles
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history, personal
from lienthong.systems.civil_status.bulk import Load
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    DeathRegistration,
    NumberClaim,
)
from lienthong.systems.civil_status.services import births, deaths
from systems.civil_status import declarations

TABLES = ("birth", "death", "marriage", "other")
NUMBER = "091321004217"
OTHER = "091321009999"


def row(number: str | None, *, office: str = "kien-giang.duong-to") -> dict[str, object]:
    """A birth as a bulk load writes it."""
    return {
        "key": uuid4(),
        "office": office,
        "custodian": office,
        "entry_no": 1,
        "entry_year": 2020,
        "registered_on": date(2020, 3, 2),
        "recorded_at": clock.instant(),
        "origin": "import",
        "child_name": "TRẦN AN",
        "sex": "male",
        "born_on": date(2020, 3, 1),
        "personal_id": number,
        "id_state": "issued" if number else "never",
        "id_issued_on": date(2020, 3, 2) if number else None,
        "late": False,
    }


def copied(*rows: dict[str, object]) -> None:
    meta = BirthRegistration._meta
    columns = [field.column for field in meta.concrete_fields if not field.has_db_default()]
    empty = {field.column: None for field in meta.concrete_fields if field.null}
    opened = Load(key=uuid4(), source="a book", at=clock.instant(), legal_day=date(2021, 8, 20))
    opened.copy(meta.db_table, columns, [empty | one for one in rows])


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_of_entries_is_spread_by_the_office_at_registration(kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_partkeydef(c.oid), (SELECT count(*) FROM pg_inherits"
            " WHERE inhparent = c.oid) FROM pg_class c WHERE relname = %s",
            [f"civil_status_{kind}registration"],
        )
        assert cursor.fetchone() == ("HASH (office)", 16)


def test_one_number_stands_in_one_birth_whatever_the_office() -> None:
    copied(row(NUMBER))

    with pytest.raises(UniqueViolation, match="civil_status_one_claim"), transaction.atomic():
        copied(row(OTHER, office="elsewhere"), row(NUMBER, office="elsewhere"))

    assert BirthRegistration.objects.count() == 1


def test_a_number_is_claimed_when_it_arrives_and_follows_its_successor(cuong: Actor) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong).birth
    births.take_personal_id(
        key=entered.key, personal_id=NUMBER, issued_on=cuong.legal_day, message_id="m"
    )
    births.note_cancelled_id(
        personal_id=NUMBER, cancelled_on=cuong.legal_day, successor=OTHER, event="e"
    )

    with personal.writing("test", by=cuong):
        claimed = set(NumberClaim.objects.values_list("number", "purpose", "entry"))
    assert claimed == {(NUMBER, "birth", entered.key), (OTHER, "birth", entered.key)}


def test_a_death_that_was_withdrawn_lets_the_number_go(cuong: Actor) -> None:
    first = deaths.register_death(death=declarations.death(), by=cuong).death
    with personal.writing("test", by=cuong):
        DeathRegistration.objects.filter(key=first.key).update(
            withdrawn_on=cuong.legal_day, withdrawn_reason="12/QĐ: nhầm người"
        )

    again = deaths.register_death(death=declarations.death(), by=cuong).death

    assert again.key != first.key
    with personal.writing("test", by=cuong):
        assert NumberClaim.objects.get(purpose="death").entry == again.key


@pytest.fixture
def owner() -> Iterator[BaseDatabaseWrapper]:
    """The role that migrates, at this test's database; whatever it does is rolled back."""
    options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
    wrapper = connection.copy(alias="owner")
    wrapper.settings_dict = connection.settings_dict | {"USER": roles.OWNER, "OPTIONS": options}
    connections["owner"] = wrapper
    wrapper.set_autocommit(False)
    try:
        yield wrapper
    finally:
        wrapper.rollback()
        wrapper.close()
        del connections["owner"]


def test_old_entries_move_with_their_history_and_their_uniqueness(
    owner: BaseDatabaseWrapper,
) -> None:
    """The tables as they were before are filled, then moved: nothing is lost on the way."""
    before = _plain_tables(owner)
    key = uuid4()
    written = row(NUMBER) | {"key": key}
    columns = [
        field.column
        for field in before.apps.get_model("civil_status", "birthregistration")._meta.fields
        if not field.null and not field.has_db_default()
    ]
    values = [written.get(column, "") for column in columns]
    with owner.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO civil_status_birthregistration ({', '.join(columns)}, personal_id,"
            f" id_issued_on) VALUES ({', '.join(['%s'] * len(columns))}, %s, %s)",
            [*values, NUMBER, written["id_issued_on"]],
        )
        _page(cursor, key, "7")

    moving = MigrationLoader(connection).get_migration("civil_status", "0006_partitions")
    with owner.schema_editor(atomic=False) as editor:
        moving.apply(before, editor)

    with owner.cursor() as cursor:
        cursor.execute(
            "SELECT page, office, personal_id, tableoid::regclass::text LIKE %s"
            " FROM civil_status_birthregistration WHERE key = %s",
            ["%birthregistration_p%", key],
        )
        assert cursor.fetchall() == [("7", "kien-giang.duong-to", NUMBER, True)]
        cursor.execute("SELECT number, entry FROM civil_status_numberclaim")
        assert cursor.fetchall() == [(NUMBER, key)]
        # A change after the move is kept under the same name and key as one before it.
        _page(cursor, key, "8")
        cursor.execute(
            "SELECT table_name, old ->> 'page' FROM record_rowhistory WHERE row_key = %s"
            " ORDER BY id",
            [str(key)],
        )
        assert cursor.fetchall() == [
            ("civil_status_birthregistration", ""),
            ("civil_status_birthregistration", "7"),
        ]


def _page(cursor: Any, key: UUID, page: str) -> None:
    cursor.execute(
        "UPDATE civil_status_birthregistration SET page = %s WHERE key = %s", [page, key]
    )


def _plain_tables(owner: BaseDatabaseWrapper) -> ProjectState:
    """The tables of release 0005 in the place of today's."""
    before = MigrationLoader(connection).project_state(("civil_status", "0005_cancelled_numbers"))
    with owner.cursor() as cursor:
        for kind in TABLES:
            cursor.execute(f"DROP TABLE civil_status_{kind}registration")
        cursor.execute("DROP TABLE civil_status_numberclaim")
        for kind in ("births", "deaths"):
            cursor.execute(f"DROP FUNCTION civil_status_claim_{kind}()")
    with owner.schema_editor(atomic=False) as editor:
        for kind in TABLES:
            editor.create_model(before.apps.get_model("civil_status", f"{kind}registration"))
    with owner.cursor() as cursor:
        for kind in TABLES:
            cursor.execute(history.track(f"civil_status_{kind}registration", key="key").sql)
    return before

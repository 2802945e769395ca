"""Row history by triggers: from the first change, whoever makes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.record import history, personal, trace
from lienthong.record.models import RowHistory
from record.registers import CUONG, DUNG, Dweller

pytestmark = pytest.mark.usefixtures("register")


def rename(name: str, by: Actor) -> None:
    with personal.writing("dweller.rename", by=by):
        Dweller.objects.filter(number=1).update(name=name)


def changes(number: int = 1) -> list[history.Change]:
    with personal.bulk("kiểm thử", actor="test"):
        return history.of(Dweller, number)


def as_of(moment: Any) -> Any:
    with personal.bulk("kiểm thử", actor="test"):
        return history.as_of(Dweller, 1, moment)


def test_the_first_writing_leaves_no_history() -> None:
    assert not RowHistory.objects.exists()


def test_a_change_keeps_the_old_row_with_actor_day_and_trace() -> None:
    with trace.following(trace.new()) as id_:
        rename("Nguyễn Thị Ân", CUONG)
    (change,) = changes()
    assert change.operation == "update"
    assert change.old == {
        "number": 1, "name": "Nguyễn Thị An", "faith": "", "commune_id": "31090",
    }  # fmt: skip
    assert (change.actor, change.legal_day, change.trace) == (str(CUONG), CUONG.legal_day, id_)
    assert datetime.now(UTC) - change.changed_at < timedelta(minutes=1)  # noqa: TID251


def test_a_removed_row_is_kept_too() -> None:
    with personal.writing("dweller.remove", by=CUONG):
        Dweller.objects.filter(number=2)._raw_delete("default")
    (change,) = changes(2)
    assert (change.operation, change.old["name"]) == ("delete", "Trần Văn Bình")
    with personal.bulk("kiểm thử", actor="test"):
        assert history.as_of(Dweller, 2, change.changed_at + timedelta(seconds=1)) is None


def test_an_update_that_changes_nothing_leaves_no_history() -> None:
    rename("Nguyễn Thị An", CUONG)
    assert changes() == []


def test_plain_sql_is_recorded_under_its_database_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_dweller SET faith = 'x' WHERE number = 1")
    (change,) = changes()
    assert change.actor == "sql:lienthong"
    assert change.legal_day is None


def test_a_nameless_change_takes_its_name_from_the_audit_of_its_transaction() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_dweller SET faith = 'x' WHERE number = 1")
    record.done("dweller.changed", "dweller:1", by=DUNG)
    assert [change.actor for change in changes()] == [str(DUNG)]


def test_after_acting_the_next_change_is_not_put_on_the_same_actor() -> None:
    rename("A", CUONG)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_dweller SET name = 'B' WHERE number = 1")
    assert [change.actor for change in changes()] == [str(CUONG), "sql:lienthong"]


def test_acting_within_acting_gives_the_outer_actor_back() -> None:
    with personal.writing("outer.deed", by=CUONG):
        rename("A", DUNG)
        Dweller.objects.filter(number=1).update(name="B")
    assert [change.actor for change in changes()] == [str(DUNG), str(CUONG)]


def test_a_row_is_read_as_it_stood_at_an_instant() -> None:
    rename("A", CUONG)
    rename("B", DUNG)
    first, second = changes()
    assert as_of(first.changed_at - timedelta(seconds=1))["name"] == "Nguyễn Thị An"
    assert as_of(first.changed_at)["name"] == "A"
    assert as_of(second.changed_at)["name"] == "B"


def test_a_row_is_read_as_it_stood_at_the_end_of_a_legal_day() -> None:
    rename("A", CUONG)  # 20 August
    rename("B", DUNG)  # 25 August
    assert as_of(date(2021, 8, 19))["name"] == "Nguyễn Thị An"
    assert as_of(date(2021, 8, 20))["name"] == "A"
    assert as_of(date(2021, 8, 24))["name"] == "A"
    assert as_of(date(2021, 8, 25))["name"] == "B"


def test_history_is_behind_the_door_like_the_row_itself() -> None:
    rename("A", CUONG)
    with pytest.raises(personal.PersonalDataClosed):
        history.of(Dweller, 1)
    with pytest.raises(personal.PersonalDataClosed):
        history.as_of(Dweller, 2, date(2021, 8, 20))


def test_history_itself_cannot_be_changed() -> None:
    rename("A", CUONG)
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM record_rowhistory")
    assert len(changes()) == 1


def test_a_partition_is_kept_under_its_parents_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE test_parted (number int PRIMARY KEY, name text)"
            " PARTITION BY HASH (number)"
        )
        for n in range(2):
            cursor.execute(
                f"CREATE TEMP TABLE test_parted_{n} PARTITION OF test_parted"
                f" FOR VALUES WITH (MODULUS 2, REMAINDER {n})"
            )
        cursor.execute(history.track("test_parted", key="number").sql)
        cursor.execute("INSERT INTO test_parted SELECT n, 'x' FROM generate_series(1, 4) n")
        cursor.execute("UPDATE test_parted SET name = 'y'")
        cursor.execute("SELECT table_name, row_key FROM record_rowhistory ORDER BY row_key::int")
        assert cursor.fetchall() == [("test_parted", str(n)) for n in (1, 2, 3, 4)]
        cursor.execute("DROP TABLE test_parted")


@pytest.mark.parametrize(("table", "key"), [("a; DROP", "id"), ("a", "i'd"), ("", "id")])
def test_only_plain_names_reach_the_trigger(table: str, key: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        history.track(table, key=key)

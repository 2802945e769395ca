"""The audit: one entry for each deed, in the deed's own transaction."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import audit, trace
from lienthong.record.models import Entry

pytestmark = pytest.mark.django_db

CUONG = Actor(
    account="0198c0de", office="kien-giang.duong-to", unit="31090", legal_day=date(2021, 8, 20)
)


def test_an_entry_says_who_what_when_on_both_clocks(stopped_clock: object) -> None:
    with trace.following("4bf92f3577b34da6a3ce929d0e0e4736"):
        record.done("birth.registered", "civil_status.Birth:7", by=CUONG, detail={"late": False})
    entry = Entry.objects.get()
    assert (entry.what, entry.subject) == ("birth.registered", "civil_status.Birth:7")
    assert entry.actor == "0198c0de@kien-giang.duong-to"
    assert entry.legal_day == date(2021, 8, 20)
    assert entry.at == clock.instant()
    assert entry.detail == {"late": False}
    assert entry.trace == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert entry.transaction > 0


def test_a_deed_that_is_rolled_back_leaves_no_entry() -> None:
    with transaction.atomic():
        record.done("birth.registered", "b:1", by=CUONG)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


def test_a_row_is_named_by_model_and_key() -> None:
    first = record.done("birth.registered", "b:1", by=CUONG)
    record.done("entry.seen", first, by=CUONG)
    assert audit.entries_about(first).get().subject == f"record.Entry:{first.pk}"


@pytest.mark.parametrize(
    ("subject", "detail"),
    [
        ("person 091195000017", {}),
        ("b:1", {"mother": "091195000017"}),
        ("b:1", {"n": 911950000170}),
    ],
)
def test_a_personal_number_is_kept_out(subject: str, detail: dict[str, object]) -> None:
    with pytest.raises(audit.NotOpenData) as caught:
        record.done("birth.registered", subject, by=CUONG, detail=detail)
    assert "091195000017" not in str(caught.value)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "harmless",
    ["0198c0de-0000-7000-8000-123456789012", "9f3a123456789012ab", "1234567890123", "12345678901"],
)
def test_what_only_looks_a_little_like_one_is_let_through(harmless: str) -> None:
    record.done("grant.given", harmless, by=CUONG, detail={"digest": harmless})


def test_a_deed_has_a_dotted_code() -> None:
    with pytest.raises(ValueError, match="dotted"):
        record.done("Registered!", "b:1", by=CUONG)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_an_entry_is_neither_changed_nor_removed(change: str) -> None:
    entry = record.done("birth.registered", "b:1", by=CUONG)
    rows = Entry.objects.filter(pk=entry.pk)
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        rows.update(what="a.b") if change == "update" else rows.delete()
    assert Entry.objects.get().what == "birth.registered"


def test_entries_of_one_trace_are_found_in_order() -> None:
    with trace.following(trace.new()) as id_:
        record.done("birth.registered", "b:1", by=CUONG)
        record.done("certificate.printed", "b:1", by=CUONG)
    record.done("birth.registered", "b:2", by=CUONG)
    assert [entry.what for entry in audit.entries_of(id_)] == [
        "birth.registered",
        "certificate.printed",
    ]

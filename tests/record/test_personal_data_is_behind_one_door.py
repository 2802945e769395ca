"""The lock of decision 28: what may be asked with the door closed, and what the door writes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from lienthong.record import personal, trace
from lienthong.record.models import Look
from record.registers import CUONG, Commune, Dweller, Letter

pytestmark = pytest.mark.usefixtures("register")

Query = Callable[[], Any]

READS: dict[str, Query] = {
    "all": lambda: list(Dweller.objects.all()),
    "get": lambda: Dweller.objects.get(number=1),
    "first": lambda: Dweller.objects.first(),
    "truth": lambda: bool(Dweller.objects.filter(number=1)),
    "length": lambda: len(Dweller.objects.all()),
    "index": lambda: Dweller.objects.all()[0],
    "iterator": lambda: list(Dweller.objects.iterator()),
    "in_bulk": lambda: Dweller.objects.in_bulk([1]),
    "values": lambda: list(Dweller.objects.values("name")),
    "values of all": lambda: list(Dweller.objects.values()),
    "values_list": lambda: list(Dweller.objects.values_list("number", "faith")),
    "only": lambda: list(Dweller.objects.only("name")),
    "renamed": lambda: list(Dweller.objects.values(x=F("name"))),
    "annotated": lambda: list(Dweller.objects.annotate(x=F("name")).values("number", "x")),
    "conditional": lambda: list(
        Dweller.objects.values(
            x=Case(When(name="Nguyễn Thị An", then=Value("an")), output_field=CharField())
        )
    ),
    "grouped": lambda: list(Dweller.objects.values("faith").annotate(n=Count("pk"))),
    "subquery": lambda: list(
        Dweller.objects.values(
            x=Subquery(Dweller.objects.filter(pk=OuterRef("pk")).values("name")[:1])
        )
    ),
    "raw expression": lambda: list(Dweller.objects.values(x=RawSQL("name", []))),
    "raw": lambda: list(Dweller.objects.raw("SELECT * FROM test_dweller")),
    "aggregate": lambda: Dweller.objects.aggregate(Max("name")),
    "extra": lambda: list(Dweller.objects.extra(select={"x": "name"}).values("number", "x")),
    "union": lambda: list(
        Dweller.objects.values("commune_id").union(Dweller.objects.values("name"))
    ),
    "foreign key": lambda: Letter.objects.get().to,
    "reverse": lambda: list(Commune.objects.get().dweller_set.all()),
    "prefetch": lambda: list(Commune.objects.prefetch_related("dweller_set")),
    "reload": lambda: Dweller(number=1).refresh_from_db(),
    "deferred field": lambda: Dweller.objects.only("number").get(number=1).name,
    "get_or_create": lambda: Dweller.objects.get_or_create(number=1),
}


async def every(rows: AsyncIterator[object]) -> list[object]:
    return [row async for row in rows]


# None of these selects a personal field; each would tell by its answer what one says.
GUESSES: dict[str, Query] = {
    "exists": lambda: Dweller.objects.filter(name="Nguyễn Thị An").exists(),
    "contains": lambda: Dweller.objects.filter(name="Nguyễn Thị An").contains(Dweller(number=1)),
    "count": lambda: Dweller.objects.filter(name__startswith="Nguyễn").count(),
    "exclusion": lambda: Dweller.objects.exclude(faith="").count(),
    "any of": lambda: Dweller.objects.filter(Q(number=1) | Q(name="Trần Văn Bình")).exists(),
    "open values": lambda: list(Dweller.objects.filter(name="x").values_list("number")),
    "open aggregate": lambda: Dweller.objects.filter(name="x").aggregate(n=Max("number")),
    "filtered count": lambda: Dweller.objects.aggregate(n=Count("pk", filter=Q(faith=""))),
    "annotation": lambda: Dweller.objects.annotate(x=Lower("name")).filter(x="an").exists(),
    "comparison": lambda: Dweller.objects.filter(commune_id=F("name")).exists(),
    "subquery": lambda: Dweller.objects.filter(
        pk__in=Dweller.objects.filter(name="x").values("pk")
    ).exists(),
    "inner exists": lambda: Dweller.objects.filter(
        Exists(Dweller.objects.filter(name="x", pk=OuterRef("pk")))
    ).exists(),
    "selected exists": lambda: list(
        Dweller.objects.values(x=Exists(Dweller.objects.filter(name="x")))
    ),
    "union": lambda: (
        Dweller.objects.filter(name="x")
        .values("number")
        .union(Dweller.objects.values("number"))
        .count()
    ),
    "join": lambda: Commune.objects.filter(dweller__name="x").exists(),
    "join forward": lambda: Letter.objects.filter(to__name="x").exists(),
    "raw condition": lambda: Dweller.objects.extra(where=["name = 'x'"]).exists(),
    "plan": lambda: Dweller.objects.filter(name="x").explain(),
    "update": lambda: Dweller.objects.filter(name="x").update(commune_id="31090"),
    "delete": lambda: Dweller.objects.filter(name="x").delete(),
    "asynchronous": lambda: asyncio.run(every(Dweller.objects.only("name").aiterator())),
    "asynchronous guess": lambda: asyncio.run(
        every(Dweller.objects.filter(name="x").values_list("number").aiterator())
    ),
    "asynchronous exists": lambda: asyncio.run(Dweller.objects.filter(name="x").aexists()),
}

FREE: dict[str, tuple[Query, object]] = {
    "count": (lambda: Dweller.objects.count(), 2),
    "exists": (lambda: Dweller.objects.filter(commune_id="31090").exists(), True),
    "filtered count": (
        lambda: Dweller.objects.aggregate(n=Count("pk", filter=Q(number=1)))["n"],
        1,
    ),
    "open values": (
        lambda: list(Dweller.objects.values_list("number", "commune_id")),
        [(1, "31090"), (2, "31090")],
    ),
    "open aggregate": (lambda: Dweller.objects.aggregate(n=Max("number"))["n"], 2),
    "grouped by open": (
        lambda: list(Dweller.objects.values_list("commune_id").annotate(n=Count("name"))),
        [("31090", 2)],
    ),
    "without the personal": (
        lambda: [d.number for d in Dweller.objects.defer("name", "faith")],
        [1, 2],
    ),
    "other model": (lambda: Commune.objects.get().code, "31090"),
}


@pytest.mark.parametrize("name", READS)
def test_a_closed_door_lets_no_personal_field_through(name: str) -> None:
    with pytest.raises(personal.PersonalDataClosed):
        READS[name]()


@pytest.mark.parametrize("name", GUESSES)
def test_a_closed_door_answers_no_guess_about_a_person(name: str) -> None:
    with pytest.raises(personal.PersonalDataClosed):
        GUESSES[name]()


# Another thread has another connection, which does not see the tables of these tests.
@pytest.mark.parametrize("name", [name for name in GUESSES if "asynchronous" not in name])
def test_an_open_door_answers_the_same_guess(name: str) -> None:
    with personal.opened(uuid.uuid4(), purpose="kiểm thử", fields=["name"], actor=CUONG):
        GUESSES[name]()


@pytest.mark.parametrize("name", READS)
def test_an_open_door_lets_the_same_question_through(name: str) -> None:
    with personal.opened(uuid.uuid4(), purpose="kiểm thử", fields=["name"], actor=CUONG):
        READS[name]()


@pytest.mark.parametrize("name", FREE)
def test_what_tells_nothing_of_a_person_needs_no_door(name: str) -> None:
    question, answer = FREE[name]
    assert question() == answer


def test_the_door_is_closed_again_after_leaving() -> None:
    with personal.opened(uuid.uuid4(), purpose="kiểm thử", fields=["name"], actor=CUONG):
        lazy = Dweller.objects.all()
    with pytest.raises(personal.PersonalDataClosed):
        list(lazy)


def test_the_error_tells_the_model_and_nothing_else() -> None:
    with pytest.raises(personal.PersonalDataClosed) as caught:
        Dweller.objects.get(name="Nguyễn Thị An")
    assert caught.value.detail == {"model": "record.Dweller"}


def test_a_look_says_who_whose_what_why() -> None:
    key = uuid.UUID("0198c0de-0000-7000-8000-000000000001")
    with (
        trace.following(trace.new()) as id_,
        personal.opened(
            key,
            purpose="đăng ký khai sinh",
            fields=["name", "faith"],
            actor=CUONG,
            legal_basis="Luật Hộ tịch Điều 16",
        ),
    ):
        Dweller.objects.get(number=1)
    look = personal.looks_at(key).get()
    assert (look.who, look.office) == ("cuong", "duong-to")
    assert look.seen == ["name", "faith"]
    assert (look.purpose, look.legal_basis) == ("đăng ký khai sinh", "Luật Hộ tịch Điều 16")
    assert (look.legal_day, look.trace, look.count) == (CUONG.legal_day, id_, 1)


def test_a_personal_id_is_kept_as_a_pseudonym_only() -> None:
    with personal.opened("091195000017", purpose="tra cứu", fields=["name"], actor="VN/GOV/G15/x"):
        Dweller.objects.get(number=1)
    look = personal.looks_at("091195000017").get()
    assert look.who == "VN/GOV/G15/x"
    assert look.subject.startswith("h:")
    assert len(look.subject) == 66
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM record_look l WHERE l::text LIKE '%091195000017%'")
        assert cursor.fetchone() == (0,)


def test_people_found_while_looking_are_named_once_each() -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    with personal.opened(None, purpose="tìm", fields=["name"], actor=CUONG) as opening:
        opening.at(one)
        opening.at(one, two)
    assert personal.looks_at(one, two).count() == 2


def test_a_search_that_found_nobody_says_so() -> None:
    with personal.opened(None, purpose="tìm", fields=["name"], actor=CUONG) as opening:
        opening.at()
    assert not Look.objects.exists()


def test_opening_without_naming_anybody_is_an_error() -> None:
    with (
        pytest.raises(personal.SubjectNotNamed),
        personal.opened(None, purpose="tìm", fields=["name"], actor=CUONG),
    ):
        list(Dweller.objects.all())


def test_looks_are_rolled_back_with_their_transaction() -> None:
    key = uuid.uuid4()
    with transaction.atomic():
        with personal.opened(key, purpose="tra cứu", fields=["name"], actor=CUONG):
            Dweller.objects.get(number=1)
        transaction.set_rollback(True)
    assert not personal.looks_at(key).exists()


def test_a_bulk_look_is_one_row_with_the_number_of_people() -> None:
    with personal.bulk("đối chiếu", actor="system:insurance", fields=["name"]) as held:
        held.count = len(Dweller.objects.all())
    look = Look.objects.get()
    assert (look.subject, look.count, look.who) == ("", 2, "system:insurance")


def test_a_service_reads_what_it_changes_and_writes_no_look() -> None:
    with personal.writing("dweller.rename", by=CUONG):
        dweller = Dweller.objects.select_for_update().get(number=1)
        dweller.faith = "không"
        dweller.save()
        assert Dweller.objects.filter(faith="không").count() == 1
    assert not Look.objects.exists()


def test_writing_alone_needs_no_door() -> None:
    Dweller.objects.create(number=3, name="Lê Cường", commune_id="31090")
    assert Dweller.objects.filter(number=3).update(faith="không") == 1
    assert Dweller.objects.filter(number=3)._raw_delete("default") == 1
    assert Dweller.objects.count() == 2

"""Which exchanges concerned a person: asked by the number, found under the keys of all years."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
from datetime import UTC, datetime

import psycopg
import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from gateway.log_tables import all_rows
from gateway.test_bodies_are_kept_where_asked import post
from lienthong.cli import vault
from lienthong.gateway import year_keys
from lienthong.gateway.year_keys import FIRST, YearKeys
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports

SUBJECT = "091095000017"
YEAR = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def here():
    return country()


def test_a_person_is_found_under_the_keys_of_all_years(here, gateway_db, tmp_path):
    async def story():
        async with attested(here, gateway_db, tmp_path) as ready:
            year = clock.instant().year
            for number, keys in enumerate(
                (
                    {FIRST: b"before keys had ids"},
                    {FIRST: b"before keys had ids", year - 1: b"last year's"},
                    {FIRST: b"before keys had ids", year - 1: b"last year's", year: b"this year's"},
                )
            ):
                ready.core.secrets = dataclasses.replace(
                    ready.core.secrets, subjects=YearKeys(keys)
                )
                await ready.issue(f"birth-{number}")
            return (
                year,
                await post(ready, "/subjects", {"subject": SUBJECT}),
                await post(ready, "/subjects", {"subject": "000000000000"}),
            )

    year, (status, found), (_, nobody) = asyncio.run(story())
    assert status == 200
    assert [(one["message_id"], one["key"]) for one in found["exchanges"]] == [
        ("birth-2", str(year)), ("birth-1", str(year - 1)), ("birth-0", "first"),
    ]  # fmt: skip
    assert found["keys"] == ["first", str(year - 1), str(year)]
    assert found["whole"] is True
    assert nobody["exchanges"] == []
    for one in all_rows(gateway_db):
        assert SUBJECT.encode() not in b"".join((*one.subjects, one.evidence.head))
    with psycopg.connect(gateway_db.owner_url) as connection:
        for text in connection.execute(
            "SELECT message_record::text FROM message_record"
            " UNION ALL SELECT log_way::text FROM log_way"
            " UNION ALL SELECT log_shape::text FROM log_shape"
        ):
            assert SUBJECT not in str(text)
            assert SUBJECT.encode().hex() not in str(text)


@pytest.mark.parametrize("asked", [{}, {"subject": ""}, {"subject": 7}])
def test_a_question_that_names_nobody_is_refused_without_repeating_it(
    here, gateway_db, tmp_path, asked
):
    async def story():
        async with attested(here, gateway_db, tmp_path) as ready:
            return await post(ready, "/subjects", asked)

    status, told = asyncio.run(story())
    assert status == 400
    assert "7" not in told["detail"]


def test_a_pseudonym_names_its_key_and_hides_its_subject():
    keys = YearKeys({FIRST: b"first", 2026: b"of 2026"})
    name = year_keys.pseudonym(keys, 2026, SUBJECT.encode())
    assert name == (2026).to_bytes(2, "big") + hmac.digest(b"of 2026", SUBJECT.encode(), "sha256")
    assert year_keys.pseudonym(keys, FIRST, b"x") == hmac.digest(b"first", b"x", "sha256")


def test_the_key_in_use_is_that_of_the_year_or_the_last_one_before():
    keys = YearKeys({FIRST: b"a", 2025: b"b", 2027: b"c"})
    assert keys.at(YEAR) == 2025
    assert keys.at(YEAR.replace(year=2027)) == 2027
    assert keys.at(YEAR.replace(year=2020)) == FIRST
    assert YearKeys({2027: b"c"}).at(YEAR) is None


def test_each_year_gets_a_key_of_its_own_and_december_makes_the_next(tmp_path):
    node = Node(tmp_path, Ports())
    vault.make_home(node)
    with clock.stopped(at=YEAR):
        assert vault.make_yearly(node) == ["subject_index_key.2026", "body_key.2026"]
        assert vault.make_yearly(node) == []
    with clock.stopped(at=YEAR.replace(month=12)):
        assert vault.make_yearly(node) == ["subject_index_key.2027", "body_key.2027"]
    keys = YearKeys.read(node.secrets, "subject_index_key")
    assert sorted(keys.keys) == [2026, 2027]
    assert keys.keys[2026] != keys.keys[2027]
    assert keys.at(YEAR.replace(month=12)) == 2026


def test_what_is_no_key_is_not_read_as_one(tmp_path):
    for name in ("subject_index_key", "subject_index_key.2026", "subject_index_key.old"):
        (tmp_path / name).write_text(f"{name}\n")
    assert YearKeys.read(tmp_path, "subject_index_key").keys == {
        FIRST: b"subject_index_key", 2026: b"subject_index_key.2026",
    }  # fmt: skip

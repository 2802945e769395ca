"""Bodies are kept encrypted where the offer asks for it, and reading one leaves a leaf."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from base64 import b64decode

import msgspec
import psycopg
import pytest

from gateway.attested import BODY, attested
from gateway.exchange_cast import country
from gateway.log_tables import all_placed
from gateway.rows_cast import AT, row
from lienthong.gateway import archive, kept_bodies
from lienthong.gateway.admin import Administration
from lienthong.gateway.bodies import Body
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.rows import Kind
from lienthong.gateway.year_keys import YearKeys
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.snapshot import LONGEST_KEPT, OfferEntry

TOKEN = "the token of the tests"
KEYS = YearKeys({2020: b"the key of 2020", 2026: b"the key of 2026"})


@pytest.fixture(scope="module")
def here():
    return country()


def play(here, database, tmp_path, story, *, keep_bodies=True):
    async def whole():
        async with attested(here, database, tmp_path, keep_bodies=keep_bodies) as ready:
            return await story(ready)

    return asyncio.run(whole())


async def post(ready, target, document):
    office = Administration(ready.core, ready.reader, ready.sealer, TOKEN, ready.archive)
    head = Head(b"POST", target.encode(), [(b"Authorization", f"Bearer {TOKEN}".encode())],
                Caller())  # fmt: skip
    body = Body.of(json.dumps(document).encode())
    answer = await office.answer(Incoming(head, body, time.monotonic()))
    return answer.status, json.loads(answer.body.whole())


def stored(database, sql):
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(sql).fetchall()


READING = {"by": "officer 7 of the operator", "reason": "dispute 12/2026"}


def test_both_sides_keep_both_bodies_and_nothing_of_them_is_legible(here, gateway_db, tmp_path):
    play(here, gateway_db, tmp_path, lambda ready: ready.issue("birth-1"))
    kept = stored(gateway_db, "SELECT sealed FROM message_body")
    assert len(kept) == 4
    assert all(b"born_on" not in sealed and b"personal_id" not in sealed for (sealed,) in kept)


def test_an_offer_that_does_not_ask_keeps_nothing(here, gateway_db, tmp_path):
    play(here, gateway_db, tmp_path, lambda ready: ready.issue("birth-1"), keep_bodies=False)
    assert stored(gateway_db, "SELECT 1 FROM message_body") == []
    assert stored(gateway_db, "SELECT count(*) FROM message_record") == [(4,)]


def test_reading_a_body_is_written_into_the_log_with_who_and_why(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")
        answer = await post(ready, "/bodies/birth-1", READING)
        await ready.seal()
        return answer

    status, told = play(here, gateway_db, tmp_path, story)
    assert status == 200
    bodies = {(one["side"], one["kind"]): b64decode(one["body"]) for one in told["bodies"]}
    assert bodies["consumer", "request"] == bodies["provider", "request"] == BODY
    assert bodies["provider", "answer"] == b'{"personal_id":"..."}'
    (reading,) = [one for one in all_placed(gateway_db) if one.row.evidence.kind == Kind.READING]
    said = json.loads(reading.row.evidence.head)
    assert (said["message_id"], said["by"], said["reason"]) == ("birth-1", *READING.values())
    assert reading.seq == 4


@pytest.mark.parametrize(
    "asked", [{}, {"by": "", "reason": "x"}, {"by": "x"}, {"by": "x", "reason": ""}]
)
def test_nobody_reads_a_body_without_saying_who_and_why(here, gateway_db, tmp_path, asked):
    async def story(ready):
        await ready.issue("birth-1")
        return await post(ready, "/bodies/birth-1", asked)

    assert play(here, gateway_db, tmp_path, story)[0] == 400
    assert stored(gateway_db, "SELECT 1 FROM message_way WHERE kind = 'reading'") == []


def test_where_no_body_was_kept_none_is_read(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")
        return await post(ready, "/bodies/birth-1", READING)

    status, told = play(here, gateway_db, tmp_path, story, keep_bodies=False)
    assert (status, told["code"]) == (404, "gateway.no_such_body")


def test_a_gateway_that_cannot_keep_a_body_carries_no_message_that_must_be_kept(
    here, gateway_db, tmp_path
):
    async def story(ready):
        ready.core.secrets = dataclasses.replace(ready.core.secrets, bodies=YearKeys({}))
        with pytest.raises(AssertionError, match="LoggingFailed"):
            await ready.issue("birth-1")

    play(here, gateway_db, tmp_path, story)
    assert here.asked == [] or stored(gateway_db, "SELECT 1 FROM message_body") == []


def test_a_body_opens_under_its_own_key_and_for_its_own_row_only():
    one, other = (row(at=AT, body_digest=b"\1" * 32) for _ in range(2))
    kept = kept_bodies.keep(one, Body.of(b"a body"), KEYS).kept
    assert kept.key_id == "2026"
    assert kept_bodies.unseal(one, kept, KEYS) == b"a body"
    with pytest.raises(kept_bodies.BodyLost):
        kept_bodies.unseal(other, kept, KEYS)
    with pytest.raises(kept_bodies.BodyLost, match="2026"):
        kept_bodies.unseal(one, kept, YearKeys({2020: b"the key of 2020"}))
    with pytest.raises(kept_bodies.BodyLost):
        kept_bodies.unseal(one, kept, YearKeys({2026: b"another"}))
    broken = dataclasses.replace(kept, sealed=kept.sealed[:-1] + b"x")
    with pytest.raises(kept_bodies.BodyLost):
        kept_bodies.unseal(one, broken, KEYS)


def test_a_body_sealed_before_a_rotation_opens_after_it():
    one = row(at=AT)
    before = YearKeys({2020: b"the key of 2020"})
    kept = kept_bodies.keep(one, Body.of(b"a body"), before).kept
    assert kept.key_id == "2020"
    assert kept_bodies.unseal(one, kept, KEYS) == b"a body"
    with pytest.raises(LoggingFailed):
        kept_bodies.keep(one, Body.of(b"a body"), YearKeys({}))


def test_what_is_kept_is_never_longer_than_a_value_of_the_database_may_be():
    offer = OfferEntry(provider="GOV/G01/population", code="x.v1", max_body=1 << 30)
    assert offer.longest_body == 1 << 30
    assert msgspec.structs.replace(offer, keep_body=True).longest_body == LONGEST_KEPT


def test_bodies_go_by_whole_days_and_their_rows_stay(here, gateway_db, tmp_path):
    play(here, gateway_db, tmp_path, lambda ready: ready.issue("birth-1"))
    with psycopg.connect(gateway_db.owner_url, autocommit=True) as connection:
        connection.execute("SELECT make_message_days('2026-09-03', 2)")
        connection.execute(
            "INSERT INTO message_body SELECT '2026-09-03 12:00+00', record_id, key_id, nonce,"
            " sealed FROM message_body"
        )
    from datetime import date

    assert archive.drop_bodies(gateway_db.archiver_url, date(2026, 9, 4)) == 1
    assert stored(gateway_db, "SELECT count(*) FROM message_body") == [(4,)]
    assert stored(gateway_db, "SELECT count(*) FROM message_record") == [(4,)]
    with (
        psycopg.connect(gateway_db.archiver_url) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="is not over"),
    ):
        connection.execute("SELECT drop_bodies('2999-01-01')")

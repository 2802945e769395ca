"""What rows have in common is kept for ever: so it is bounded, and nothing personal is in it."""

from __future__ import annotations

import asyncio
import re

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.log_tables import all_rows, told
from gateway.rows_cast import AT, CLIENT, ORIGIN, SERVICE, row
from lienthong.gateway import dictionary, inquiries, refusals, rollups, shapes
from lienthong.gateway.dictionary import SEEN_BEFORE_LEARNING, Lexicon
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.gateway.sealer import Sealer
from lienthong.gateway.shapes import Facts
from lienthong.kernel import clock
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.rest import RequestPart


def write(database, rows, *, each_alone=False) -> None:
    async def story():
        log = PostgresLog(database.gateway_url)
        await log.start()
        if each_alone:
            for one in rows:
                await log.append(one)
        else:
            await asyncio.gather(*(log.append(one) for one in rows))
        await log.close()

    asyncio.run(story())


def refused(number: int, **changes):
    return row(
        **{"side": LogSide.CONSUMER, "outcome": Outcome.REFUSED, "status": 500,
           "at": clock.instant(),
           "fault": "Server.ClientProxy.UnknownService", "client": f"VN/GOV/X{number}/hostile",
           "service": f"VN/GOV/G01/population/made-up-{number}", **changes}
    )  # fmt: skip


def head_of(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST", b"/r1/" + SERVICE.encode(), *lines, b""])


# -- bounded -------------------------------------------------------------------------------------


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(dictionary, "MOST_REFUSED_WAYS", 10)


def test_names_beyond_the_cap_stand_in_their_rows(gateway_db, little_room):
    rows = [refused(number) for number in range(40)]
    write(gateway_db, rows)
    assert {one.id: one for one in all_rows(gateway_db)} == {one.id: one for one in rows}
    ways = told(gateway_db, "SELECT in_row, count(*) FROM log_way GROUP BY in_row ORDER BY in_row")
    assert ways == [(False, 10), (True, 1)]


def test_known_names_keep_their_ways_when_a_flood_has_taken_the_rest(gateway_db, little_room):
    write(gateway_db, [refused(number) for number in range(40)])
    write(gateway_db, [row()])
    assert told(gateway_db, "SELECT count(*) FROM log_way WHERE outcome = 'answered'") == [(1,)]


def test_a_name_too_long_for_a_way_stands_in_its_row(gateway_db):
    one = row(client="VN/GOV/G15/" + "x" * 400)
    write(gateway_db, [one])
    assert all_rows(gateway_db) == [one]
    assert told(gateway_db, "SELECT in_row, client FROM log_way") == [(True, "")]


def test_what_is_found_by_its_names_is_found_there_too(gateway_db, little_room):
    write(gateway_db, [refused(number) for number in range(40)])

    async def story():
        connection = await asyncpg.connect(gateway_db.gateway_url)
        wanted = inquiries.Search(client="VN/GOV/X33/")
        lines = await inquiries.search(connection, wanted)
        whole = await inquiries.search(connection, inquiries.Search(limit=100))
        told = await refusals.refusals(connection, AT, clock.instant())
        sealer = Sealer(gateway_db.gateway_url, origin=ORIGIN, key=SigningKey.generate())
        assert await sealer.take_over()
        await sealer.seal()
        now = clock.instant()
        hour = now.replace(minute=0, second=0, microsecond=0)
        counted = await rollups.count(connection, hour.replace(hour=0), now)
        again = await rollups.recount(connection, hour.replace(hour=0), now)
        await sealer.close()
        await connection.close()
        return lines, whole, told, counted, again

    lines, whole, told, counted, again = asyncio.run(story())
    assert [line.client for line in lines] == ["VN/GOV/X33/hostile"]
    assert len(whole) == 40
    assert sum(line.count for line in told) == 40
    assert [line.count for line in told if not line.client] == [30]
    assert counted.refused.live in (40, again.refused.live)
    assert counted == again


def test_metaservices_are_told_apart_also_where_names_stand_in_rows():
    key = dictionary.way_key(refused(1, service="VN/GOV/G01/population/listMethods"))
    assert dictionary.stands_for_many(key)[4] == "/listMethods"
    assert dictionary.stands_for_many(dictionary.way_key(refused(1)))[4] == ""


def test_shapes_are_bounded(gateway_db, monkeypatch):
    monkeypatch.setattr(dictionary, "ADD_SHAPES", dictionary.ADD_SHAPES.replace("< 1000", "< 3"))
    rows = [
        row(head=head_of(b"Accept:text/x%d" % number))
        for number in range(20) for _ in range(SEEN_BEFORE_LEARNING)
    ]  # fmt: skip
    write(gateway_db, rows, each_alone=True)
    assert told(gateway_db, "SELECT count(*) FROM log_shape") == [(3,)]
    assert {one.id: one for one in all_rows(gateway_db)} == {one.id: one for one in rows}


def test_heads_that_come_once_do_not_end_the_learning_of_those_that_come_often(
    gateway_db, monkeypatch
):
    monkeypatch.setattr(dictionary, "MOST_CANDIDATES", 8)
    once = [row(head=head_of(b"Accept:text/x%d" % number)) for number in range(40)]
    often = [row(head=head_of(b"Accept:text/often")) for _ in range(SEEN_BEFORE_LEARNING + 6)]
    # One that comes often among many that come once, after as many as may be remembered.
    mixed = [*once[:20], *(one for pair in zip(often, once[20:], strict=False) for one in pair)]
    write(gateway_db, mixed, each_alone=True)
    templates = [bytes(one) for (one,) in told(gateway_db, "SELECT template FROM log_shape")]
    assert len(templates) == 1
    assert b"Accept:text/often" in templates[0]
    assert {one.id: one for one in all_rows(gateway_db)} == {one.id: one for one in mixed}


def test_what_is_remembered_of_heads_is_bounded_and_what_waits_to_be_learned_stays():
    lexicon = Lexicon()
    for _ in range(SEEN_BEFORE_LEARNING):
        lexicon._see(b"often")
    for number in range(10 * dictionary.MOST_CANDIDATES):
        lexicon._see(b"once %d" % number)
        assert len(lexicon.seen) <= dictionary.MOST_CANDIDATES
    assert lexicon.seen[b"often"] == SEEN_BEFORE_LEARNING
    assert lexicon.has_learned
    lexicon.seen = {b"often %d" % n: 3 for n in range(dictionary.MOST_CANDIDATES)}
    lexicon._see(b"no room")
    assert len(lexicon.seen) == dictionary.MOST_CANDIDATES


def test_two_writers_agree_on_the_numbers_of_names(gateway_db):
    async def story():
        logs = [PostgresLog(gateway_db.gateway_url) for _ in range(3)]
        for log in logs:
            await log.start()
        rows = [row(client=f"VN/GOV/G{number}/s") for number in range(40)]
        await asyncio.gather(*(log.append(one) for one in rows for log in logs))
        for log in logs:
            await log.close()

    asyncio.run(story())
    assert told(gateway_db, "SELECT count(*), count(DISTINCT client) FROM log_way") == [(40, 40)]
    assert len(all_rows(gateway_db)) == 120


# -- knows nobody --------------------------------------------------------------------------------

PERSONAL = [
    b"X-Road-UserId:VN001099000001",
    b"X-Road-Represented-Party:GOV/0312345678",
    b"Authorization:Bearer abc",
    b"X-Name:Nguyen Van A",
    b"From:a@example.vn",
    b"Accept:application/json;id=001099000001",
    b"Content-Type:multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
    b"Accept-Language:someone@example.vn",
    b"X-001099000001:1",
    "Vary:Nguyễn".encode(),
]


@pytest.mark.parametrize("line", PERSONAL, ids=lambda line: line.split(b":")[0].decode())
def test_no_value_of_a_person_enters_a_shape_however_often_it_is_sent(gateway_db, line):
    rows = [row(head=head_of(b"Accept:*/*", line)) for _ in range(30)]
    write(gateway_db, rows, each_alone=True)
    ((template,),) = told(gateway_db, "SELECT template FROM log_shape")
    value = line.partition(b":")[2]
    assert b"Accept:*/*" in template
    assert len(value) < 4 or value not in template
    assert b"001099000001" not in template
    assert {one.id: one for one in all_rows(gateway_db)} == {one.id: one for one in rows}


def test_a_path_below_a_service_and_a_query_stay_in_the_row(gateway_db):
    head = b"GET\r\n/r1/%b/people/001099000001?name=A\r\nAccept:*/*\r\n" % SERVICE.encode()
    write(gateway_db, [row(head=head) for _ in range(10)], each_alone=True)
    assert told(gateway_db, "SELECT template FROM log_shape") == [
        (b"GET\r\n/r1/\x02\x07\r\nAccept:*/*\r\n",)
    ]


def test_a_refusal_teaches_nothing(gateway_db):
    rows = [refused(1, head=head_of(b"Accept:text/made-up")) for _ in range(30)]
    write(gateway_db, rows, each_alone=True)
    assert told(gateway_db, "SELECT template FROM log_shape") == []


ID_LIKE = re.compile(rb"[0-9]{5}|[0-9A-Fa-f]{12}|@")
TOKENS = st.text("abcdefghijklmnop-/;= ", min_size=1, max_size=20).map(str.encode)
SECRETS = st.one_of(
    st.integers(10**8, 10**12).map(lambda one: b"%d" % one),
    st.uuids().map(lambda one: str(one).encode()),
    st.uuids().map(lambda one: one.hex.encode()),
    st.sampled_from([b"someone@example.vn", b"a@b"]),
)
NAMES = st.sampled_from([*sorted(shapes.TECHNICAL), b"x-road-userid", b"x-own", b"authorization"])


@given(st.lists(st.tuples(NAMES, TOKENS | SECRETS), max_size=8))
def test_nothing_that_looks_like_an_id_is_ever_in_a_template(lines):
    part = RequestPart(b"POST", b"/r1/" + SERVICE.encode(), tuple(lines))
    facts = Facts("VN-message-1", "request-id-1", CLIENT, SERVICE, 0)
    short = shapes.shorten(part.serialise(), facts, {})
    for line in short.template.split(b"\r\n")[2:]:
        name, _, value = line.partition(b":")
        assert ID_LIKE.search(value) is None
        assert name in shapes.TECHNICAL or value in (b"", shapes.VALUE)
    assert shapes.expand(short.rest, b"", facts) == part.serialise()


def test_a_head_is_learned_only_when_it_comes_again():
    lexicon = Lexicon()
    one = row(head=head_of(b"Accept:*/*"))
    lexicon.ways[dictionary.way_key(one)] = 1
    lexicon.signers[""] = 0
    lexicon.seeds[one.place.seed] = 1
    for _ in range(SEEN_BEFORE_LEARNING - 1):
        lexicon.pack(one)
    assert not lexicon.has_learned
    lexicon.pack(one)
    assert lexicon.has_learned


def test_a_request_and_its_answer_are_found_by_any_spelling_of_an_id(gateway_db, tmp_path):
    ids = ["plain", "VN-11111111-2222-4333-8444-555555555555", "đường", "", "A" * 200,
           "11111111-2222-4333-8444-555555555555"]  # fmt: skip
    rows = [
        row(message_id=message, request_id=f"q{number}", kind=kind)
        for number, message in enumerate(ids) for kind in (Kind.REQUEST, Kind.ANSWER)
    ]  # fmt: skip
    write(gateway_db, rows)

    async def story():
        connection = await asyncpg.connect(gateway_db.gateway_url)
        found = [await inquiries.find(connection, Archive(tmp_path), one) for one in ids]
        await connection.close()
        return found

    for message, found in zip(ids, asyncio.run(story()), strict=True):
        assert [one.row.evidence.message_id for one in found.placed] == [message] * 2
        assert [one.row.evidence.kind for one in found.placed] == ["request", "answer"]

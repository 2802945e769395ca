"""Whatever is evidence comes back byte for byte, however it was packed."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.log_tables import all_rows, told
from gateway.rows_cast import AT, CLIENT, ORIGIN, SERVICE, row
from lienthong.gateway import dictionary, packing, records, shapes
from lienthong.gateway.packing import Parts, UnknownEntry, UnknownVersion, Unreadable, Way
from lienthong.gateway.postgres_log import PostgresLog, write_rows
from lienthong.gateway.rows import Kind, LogRow, LogSide, Outcome, Place
from lienthong.gateway.shapes import Facts, Filled
from lienthong.protocol.evidence import Evidence, digest_of_subjects, leaf_of
from lienthong.protocol.signature import ANSWER_COMPONENTS, REQUEST_COMPONENTS

KID = "k" * 43
NONCE = base64.urlsafe_b64encode(bytes(range(16))).rstrip(b"=")
UUIDS = st.uuids().map(str)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
IDS = st.one_of(UUIDS, UUIDS.map("VN-".__add__), UUIDS.map("XX-".__add__), UUIDS.map(str.upper),
                TEXTS, st.just(""))  # fmt: skip
LINES = st.sampled_from(
    [b"Content-Type:application/json", b"X-Road-UserId:VN001099000001", b"Date:x", b"plain",
     b"Date:Tue, 24 Nov 2026 03:00:00 GMT", b"date:Mon, 24 Nov 2026 03:00:00 GMT", b"a:", b":b",
     b"x-road-request-hash:" + base64.b64encode(bytes(64)),
     b"x-road-request-hash:" + b"A" * 87 + b"=", b"Idempotency-Key:0123456789abcdef",
     b"traceparent:00-" + b"a1" * 16 + b"-" + b"0f" * 8 + b"-01",
     b"n:007", b"n:7", b"b:" + base64.b64encode(b"x" * 40), b"x-road-id:VN-1", b"\x01", b"k:\x07",
     b"X-Road-Client:" + CLIENT.encode(), b"X-Road-Service:" + SERVICE.encode()]
)  # fmt: skip
HEADS = st.one_of(
    st.binary(max_size=80),
    st.lists(st.one_of(LINES, st.binary(max_size=12)), max_size=9).map(
        lambda lines: b"\r\n".join([b"POST", b"/r1/" + SERVICE.encode(), *lines, b""])
    ),
)
INPUTS = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda components, created, kid, nonce: (
            b'%b;created=%d;keyid="%b";alg="ecdsa-p256-sha256";nonce="%b";tag="lienthong-1"'
            % (components, created, kid, nonce)
        ),
        st.sampled_from([REQUEST_COMPONENTS, ANSWER_COMPONENTS]),
        st.integers(0, 10**12 - 1),
        st.sampled_from([KID.encode(), b"j" * 43]),
        st.sampled_from([NONCE, b"A" * 22, b"A" * 21 + b"B", b"A" * 23]),
    ),
)
EVIDENCE = st.builds(
    Evidence,
    kind=st.sampled_from([kind.value for kind in Kind]),
    side=st.sampled_from([side.value for side in LogSide]),
    gateway=st.just(ORIGIN),
    time=st.integers(0, 1 << 52),
    message_id=IDS,
    request_id=IDS,
    client=st.sampled_from([CLIENT, "", "a"]),
    service=st.sampled_from([SERVICE, "", CLIENT]),
    outcome=st.sampled_from([outcome.value for outcome in Outcome]),
    fault=TEXTS,
    status=st.integers(0, 999),
    head=HEADS,
    body_digest=st.one_of(st.binary(max_size=40), st.binary(min_size=32, max_size=32)),
    body_size=st.integers(0, 1 << 40),
    signature_input=INPUTS,
    signature=st.one_of(st.binary(max_size=200), st.binary(min_size=64, max_size=64)),
    signer=st.sampled_from([KID, "", "other"]),
)
PSEUDONYMS = st.lists(st.binary(min_size=4, max_size=34), max_size=3).map(tuple)


@st.composite
def rows_of(draw) -> LogRow:
    subjects = draw(PSEUDONYMS)
    evidence = draw(EVIDENCE)
    evidence = Evidence(
        **{name: getattr(evidence, name) for name in evidence.__struct_fields__
           if name != "subjects_digest"},
        subjects_digest=digest_of_subjects(subjects),
    )  # fmt: skip
    place = draw(
        st.none()
        | st.builds(Place, st.binary(min_size=32, max_size=32), st.integers(0, (1 << 32) - 1))
    )
    own = {} if place else {"own_id": draw(st.uuids())}
    blind = place.blind(evidence.time) if place else draw(st.binary(min_size=32, max_size=32))
    digest = evidence.digest()
    return LogRow(
        evidence=evidence, blind=blind, record_digest=digest, leaf=leaf_of(blind, digest),
        place=place, peer=draw(TEXTS), trace=draw(st.one_of(UUIDS, TEXTS)), subjects=subjects,
        **own,
    )  # fmt: skip


def way_of(one: LogRow) -> Way:
    return Way(*dictionary.way_key(one))


def there_and_back(one: LogRow, *, known: bool, in_row: bool) -> LogRow:
    lexicon = dictionary.Lexicon()
    key = dictionary.way_key(one)
    if in_row:
        lexicon.nameless.add(key)
        lexicon.crowded[dictionary.stands_for_many(key)] = -7
    else:
        lexicon.ways[key] = 7
    lexicon.signers[one.evidence.signer] = 3 if one.evidence.signer == KID else 0
    if one.place is not None:
        lexicon.seeds[one.place.seed] = 9
    if known:
        lexicon.pack(one)
        lexicon.shapes = {template: 5 for template in lexicon.seen}
    packed = lexicon.pack(one)
    assert packed is not None
    parts = packing.take_apart(packed.time, packed.exchange, packed.way, packed.packed)
    way = Way(*dictionary.stands_for_many(key), in_row=True) if in_row else way_of(one)
    again = packing.assemble(
        parts, way, seed=one.place.seed if one.place else None,
        signer=KID if parts.signer else "",
        shape=next(iter(lexicon.shapes)) if parts.shape else b"",
    )  # fmt: skip
    assert packing.pack_again(parts, again) == packed
    return again


@given(rows_of(), st.booleans(), st.booleans())
def test_any_row_comes_back_as_it_was_made(one, known, in_row):
    assert there_and_back(one, known=known, in_row=in_row) == one


@given(st.binary(min_size=0, max_size=300), st.integers(-(1 << 63), (1 << 63) - 1))
@example(bytes(28) + b"\x01" + b"\xff" * 20, 0)
def test_bytes_that_are_no_row_are_unreadable_and_nothing_else(data, exchange):
    try:
        parts = packing.take_apart(1_000_000, exchange, 1, data)
    except Unreadable:
        return
    assert isinstance(parts, Parts)
    way = way_of(row())
    try:
        packing.assemble(parts, way, seed=bytes(32), signer="", shape=b"")
    except Unreadable:
        return


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_a_broken_head_is_a_value_error_and_nothing_else(rest, shape):
    try:
        shapes.expand(rest, shape, Facts("m" * 9, "r" * 9, CLIENT, SERVICE, 0))
    except ValueError:
        return


def test_the_id_of_a_row_is_a_uuid_of_its_moment():
    one = row(at=datetime(2026, 11, 24, 3, 0, 0, 123_456, tzinfo=UTC))
    milliseconds = int(one.id.hex[:12], 16)
    assert datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds) == datetime(
        2026, 11, 24, 3, 0, 0, 123_000, tzinfo=UTC
    )
    assert (one.id.version, one.id.variant) == (7, uuid.RFC_4122)
    assert len({row(at=AT).id for _ in range(1000)}) == 1000


def test_no_two_rows_have_the_same_blind_and_the_seed_is_not_in_it():
    rows = [row(at=AT) for _ in range(1000)]
    assert len({one.blind for one in rows}) == 1000
    assert all(one.place.seed not in one.blind + one.leaf for one in rows)


def test_each_day_has_a_seed_of_its_own():
    days = [row(at=AT + timedelta(days=number)).place.seed for number in range(3)]
    assert len(set(days)) == 3


def test_a_usual_head_is_its_shape_and_nothing_else():
    head = (
        b"POST\r\n/r1/%b\r\nX-Road-Client:%b\r\nContent-Type:application/json\r\n"
        b"X-Road-Id:VN-%b\r\n" % (SERVICE.encode(), CLIENT.encode(), str(uuid.UUID(int=5)).encode())
    )
    one = row(head=head, message_id=f"VN-{uuid.UUID(int=5)}", request_id=str(uuid.UUID(int=6)))
    facts = Facts(
        one.evidence.message_id, one.evidence.request_id, CLIENT, SERVICE, one.evidence.time
    )
    first = shapes.shorten(head, facts, {})
    assert first.template == (
        b"POST\r\n/r1/\x02\r\nX-Road-Client:\x01\r\nContent-Type:application/json\r\nX-Road-Id:\x03\r\n"
    )
    second = shapes.shorten(head, facts, {first.template: 4})
    assert second == Filled(4, b"")


# -- in the database -----------------------------------------------------------------------------


def written(database, rows) -> None:
    async def story():
        connection = await asyncpg.connect(database.gateway_url)
        await write_rows(connection, rows)
        await connection.close()

    asyncio.run(story())


@given(data=st.data())
def test_any_row_comes_back_out_of_the_database(one_database, data):
    rows = [
        dataclasses.replace(one, trace=one.trace.replace("\x00", ""))
        for one in data.draw(st.lists(rows_of(), min_size=1, max_size=3))
    ]
    # A name is text of the database, which knows no NUL.
    rows = [one for one in rows if "\x00" not in one.evidence.fault + one.peer]

    async def story():
        connection = await asyncpg.connect(one_database.owner_url)
        await write_rows(connection, rows)
        found = await connection.fetch(
            f"SELECT {records.WHOLE} FROM message_record r ORDER BY n DESC LIMIT {len(rows)}"
        )
        read = await records.load_each(connection, found[::-1], dictionary.Entries())
        await connection.close()
        return read

    assert asyncio.run(story()) == rows


@pytest.fixture(scope="module")
def one_database(database_server):
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    yield database
    database.drop()


def test_a_form_of_a_later_release_is_named(gateway_db):
    written(gateway_db, [row()])
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute("UPDATE message_record SET packed = set_byte(packed, 28, 2)")
    with pytest.raises(UnknownVersion, match="version 2"):
        all_rows(gateway_db)


@pytest.mark.parametrize(
    ("table", "what"),
    [("log_way", "way"), ("log_seed", "seed"), ("log_signer", "signer"), ("log_shape", "shape")],
)
def test_an_entry_that_is_not_there_is_named(gateway_db, table, what):
    async def story():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        for _ in range(8):
            await log.append(row(head=b"200\r\nOK\r\nVary:Accept\r\n", signed=None))
        await log.close()

    asyncio.run(story())
    one = row()
    evidence = msgspec.structs.replace(one.evidence, signer=KID)
    written(gateway_db, [dataclasses.replace(one, evidence=evidence)])
    ((number,),) = told(gateway_db, f"SELECT max(abs(id)) FROM {table}")
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute(f"DELETE FROM {table}")
    with pytest.raises(UnknownEntry, match=what):
        all_rows(gateway_db)
    assert number >= 1


def answer_with(reason: bytes, *, hashed: bytes) -> bytes:
    return b"\r\n".join([
        b"200", reason, b"Content-Type:application/json", b"Date:Tue, 24 Nov 2026 03:00:00 GMT",
        b"x-road-request-hash:" + hashed, b"",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "reason",
    [
        b"Date:Sun, 06 Nov 1994 08:49:37 GMT",
        b"x-road-request-hash:" + base64.b64encode(b"\xff" * 64),
        b"date:Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_a_reason_that_looks_like_a_header_is_kept_as_it_was_said(reason: bytes, known: bool):
    head = answer_with(reason, hashed=base64.b64encode(bytes(range(64))))
    facts = Facts("m" * 36, "r" * 36, CLIENT, SERVICE, 1_795_489_200_000_000)
    first = shapes.shorten(head, facts, {})
    short = shapes.shorten(head, facts, {first.template: 5}) if known else first
    assert shapes.expand(short.rest, first.template if short.shape else b"", facts) == head


def refused(service: str, **changes: object) -> LogRow:
    return row(kind=Kind.ANSWER, outcome=Outcome.REFUSED, service=service, **changes)


def test_a_number_that_somebody_was_refused_for_never_enters_the_dictionary(gateway_db):
    told_off = refused("VN/GOV/G01/population/079203001234")

    async def story():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        await log.append(told_off)
        await log.close()

    asyncio.run(story())
    with psycopg.connect(gateway_db.owner_url) as connection:
        held = connection.execute("SELECT service FROM log_way").fetchall()
    assert not [one for one in held if "079203001234" in one[0]]
    assert [one.evidence.service for one in all_rows(gateway_db)] == [told_off.evidence.service]


def test_a_peers_made_up_faults_share_one_crowd():
    keys = {dictionary.way_key(refused(f"x/{n}", fault=f"Client.{'a' * n}")) for n in range(1, 40)}
    assert len({dictionary.stands_for_many(key) for key in keys}) == 1


def test_a_name_the_database_refuses_leaves_the_others_of_its_batch(gateway_db):
    long, bad = "VN/GOV/G01/" + "x" * 400, "Client.\x00"

    async def story():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        good = [log.append(refused(f"{long}{number}")) for number in range(5)]
        broken = log.append(refused(SERVICE, fault=bad))
        ends = await asyncio.gather(*good, broken, return_exceptions=True)
        await log.close()
        return ends

    *good, broken = asyncio.run(story())
    assert good == [None] * 5
    assert isinstance(broken, Exception)

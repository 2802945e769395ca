"""A node that was put back asks the log what it has forgotten; the log must not forget it too."""

from __future__ import annotations

import asyncio

import asyncpg
import psycopg
import pytest

from gateway.rows_cast import ORIGIN, SERVICE, row
from lienthong.gateway import since
from lienthong.gateway.postgres_log import PostgresLog, pack_rows, write_packed
from lienthong.gateway.rows import Kind, Outcome
from lienthong.gateway.sealer import Sealer
from lienthong.kernel import clock
from lienthong.protocol.pki import SigningKey


def write(database, *rows) -> None:
    async def story():
        log = PostgresLog(database.gateway_url)
        await log.start()
        await asyncio.gather(*(log.append(one) for one in rows))
        await log.close()

    asyncio.run(story())


def seal(database) -> None:
    async def story():
        sealer = Sealer(database.gateway_url, origin=ORIGIN, key=SigningKey.generate())
        assert await sealer.take_over()
        await sealer.seal()
        await sealer.close()

    asyncio.run(story())


def asked(name: str, **changes):
    return row(
        kind=Kind.REQUEST, outcome=Outcome.OPEN, request_id=name, message_id=f"VN-{name}",
        at=clock.instant(), status=0, **changes,
    )  # fmt: skip


def answered(name: str, subject: bytes, **changes):
    return row(
        **{"request_id": name, "message_id": f"VN-{name}", "at": clock.instant(),
           "subjects": (subject,), **changes}
    )  # fmt: skip


def read(database, start: since.Position) -> since.Since:
    return since.read(database.gateway_url, start, [SERVICE])


def test_what_ended_before_the_position_is_not_told_and_what_came_after_is(gateway_db):
    write(gateway_db, asked("old"), answered("old", b"o" * 32))
    start = since.position(gateway_db.owner_url)
    write(gateway_db, asked("new"), answered("new", b"n" * 32))
    write(gateway_db, asked("elsewhere", service=f"{SERVICE}x"))
    assert read(gateway_db, start) == since.Since(1, 0, {b"n" * 32: "VN-new"}, [])


def test_a_request_that_was_under_way_at_the_position_may_have_its_effect_after_it(gateway_db):
    write(gateway_db, asked("slow"))
    start = since.position(gateway_db.owner_url)
    write(gateway_db, answered("slow", b"s" * 32))
    assert read(gateway_db, start).named == {b"s" * 32: "VN-slow"}


def test_a_row_whose_transaction_was_still_open_at_the_position_is_told(gateway_db):
    """Its time lies before the position, and yet no dump of that moment knows of it."""

    async def story():
        late = await asyncpg.connect(gateway_db.owner_url)
        rows = [asked("open"), answered("open", b"l" * 32)]
        packed = await pack_rows(late, rows)
        async with late.transaction():
            await late.execute("SELECT pg_current_xact_id()")
            start = since.position(gateway_db.owner_url)
            await write_packed(late, rows, packed)
        await late.close()
        return start

    start = asyncio.run(story())
    assert read(gateway_db, start).named == {b"l" * 32: "VN-open"}


@pytest.mark.parametrize(
    ("end", "requests", "unanswered"),
    [
        pytest.param(None, 1, 1, id="no answer"),
        pytest.param({"outcome": Outcome.FAILED}, 1, 1, id="failed on its way back"),
        pytest.param({"outcome": Outcome.ANSWERED, "status": 500}, 1, 1, id="error of the system"),
        pytest.param({"outcome": Outcome.ANSWERED, "status": 409}, 1, 0, id="the system refused"),
        pytest.param({"outcome": Outcome.REFUSED}, 0, 0, id="the gateway refused"),
        pytest.param({"outcome": Outcome.UNREACHABLE}, 0, 0, id="never reached"),
    ],
)
def test_whatever_may_have_had_an_effect_counts(gateway_db, end, requests, unanswered):
    start = since.position(gateway_db.owner_url)
    write(gateway_db, asked("one"))
    if end is not None:
        write(gateway_db, answered("one", b"x" * 32, **{**end, "subjects": ()}))
    found = read(gateway_db, start)
    assert (found.requests, found.unanswered) == (requests, unanswered)


def test_a_log_that_was_itself_put_back_is_not_believed(gateway_db, database_server):
    write(gateway_db, asked("a"), answered("a", b"a" * 32))
    seal(gateway_db)
    start = since.position(gateway_db.owner_url)
    assert start.size == 2
    copy = database_server.clone(gateway_db.name, "lt_gateway")
    try:
        with pytest.raises(since.OtherLog):
            since.read(copy.gateway_url, start, [SERVICE])
    finally:
        copy.drop()


def test_a_log_without_the_head_of_that_time_is_not_believed(gateway_db):
    write(gateway_db, asked("a"))
    seal(gateway_db)
    start = since.position(gateway_db.owner_url)
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute("UPDATE log_checkpoint SET root = sha256('other')")
    with pytest.raises(since.OtherLog):
        read(gateway_db, start)

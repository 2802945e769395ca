"""Counts of hours that are over are added up, and every question gets the same answer as before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import psycopg

from gateway.rows_cast import AT, row
from gateway.test_seal_misses_nothing import append, working
from lienthong.gateway import rollups, statements
from lienthong.gateway.rows import Kind, LogSide, Outcome

LATER = AT + timedelta(hours=2)
WINDOW = AT.replace(hour=0), AT.replace(hour=23)


def some_rows():
    rows = [row() for _ in range(4)]
    rows += [row(side=LogSide.CONSUMER, outcome=Outcome.REFUSED, status=500) for _ in range(2)]
    rows += [row(service="VN/GOV/G01/population/listMethods")]
    rows += [row(kind=Kind.REQUEST, outcome=Outcome.OPEN, request_id="never answered")]
    return rows


async def all_answers(connection):
    return [await rollups.count(connection, *WINDOW, group) for group in rollups.GROUPS]


def test_a_question_is_answered_alike_before_and_after_its_hours_are_closed(gateway_db):
    async def story():
        await append(gateway_db, some_rows())
        connection = await asyncpg.connect(gateway_db.gateway_url)
        async with working(gateway_db) as sealer:
            await sealer.seal()
            before = await all_answers(connection)
            closed = await rollups.close_hours(sealer._connection, LATER)
            after = await all_answers(connection)
            again = await rollups.close_hours(sealer._connection, LATER)
            recounted = await rollups.recount(connection, *WINDOW)
        await connection.close()
        return before, closed, after, again, recounted

    before, closed, after, again, recounted = asyncio.run(story())
    assert before == after
    assert (closed, again) == (1, 0)
    assert before[0] == recounted
    assert (recounted.answered.live, recounted.refused.live, recounted.unknown) == (4, 2, 1)


def test_a_row_that_comes_after_its_hour_was_closed_is_counted_still_once(gateway_db):
    async def story():
        await append(gateway_db, some_rows())
        connection = await asyncpg.connect(gateway_db.gateway_url)
        async with working(gateway_db) as sealer:
            await sealer.seal()
            await rollups.close_hours(sealer._connection, LATER)
            await append(gateway_db, [row()])
            await sealer.seal()
            late = await rollups.count(connection, *WINDOW)
            await rollups.close_hours(sealer._connection, LATER + timedelta(hours=1))
            closed = await rollups.count(connection, *WINDOW)
            recounted = await rollups.recount(connection, *WINDOW)
        await connection.close()
        return late, closed, recounted

    late, closed, recounted = asyncio.run(story())
    assert late == closed == recounted
    assert late.answered.live == 5


def test_an_hour_is_not_closed_while_an_answer_may_be_under_way(gateway_db):
    async def story():
        await append(gateway_db, some_rows())
        async with working(gateway_db) as sealer:
            await sealer.seal()
            return await rollups.close_hours(sealer._connection, AT + timedelta(minutes=70))

    assert asyncio.run(story()) == 0


def test_imported_counts_stand_in_the_totals_at_once(gateway_db):
    hours = [
        {"hour": AT.isoformat(), "client": "c", "service": "s/find.v1", "count": 5},
        {"hour": AT.isoformat(), "client": "d", "service": "s/find.v1", "count": 2},
        {"hour": AT.isoformat(), "client": "d", "service": "s/listMethods", "count": 9},
    ]

    async def story():
        prepared = statements.prepare(msgspec.json.encode({"source": "x", "rows": hours}))
        connection = await asyncpg.connect(gateway_db.gateway_url)
        await statements.enter(connection, prepared, gateway="VN/GOV/G14/national")
        answers = await all_answers(connection)
        await connection.close()
        return answers

    answers = asyncio.run(story())
    assert {counts.answered.imported for counts in answers} == {7}
    with psycopg.connect(gateway_db.owner_url) as connection:
        assert connection.execute("SELECT count FROM rollup_total").fetchall() == [(7,)]

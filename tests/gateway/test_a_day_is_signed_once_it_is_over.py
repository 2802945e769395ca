"""A gateway's day: its totals are signed by the owner, can be counted again, and never change."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import psycopg
import pytest

from gateway.rows_cast import CLIENT, ORIGIN, SERVICE, row
from gateway.test_seal_misses_nothing import KEY, append, working
from lienthong.gateway import days, rollups, statements
from lienthong.gateway.measures import read_measures
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.protocol.day_totals import DayRow, Verdict, bounds, open_day
from lienthong.protocol.identifiers import GatewayId

DAY = date(2026, 11, 24)
MORNING = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # ten o'clock in Ha Noi
LATE_EVENING = datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC)  # one second before midnight there
NEXT_DAY = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
OVER = bounds(DAY)[1] + timedelta(minutes=30)
OWNER = GatewayId.parse(ORIGIN).owner


def traffic():
    rows = [row(at=MORNING) for _ in range(3)]
    rows += [row(at=MORNING, side=LogSide.CONSUMER) for _ in range(3)]
    rows += [row(at=LATE_EVENING)]
    rows += [row(at=NEXT_DAY) for _ in range(2)]
    rows += [row(at=MORNING, side=LogSide.CONSUMER, outcome=Outcome.UNREACHABLE, status=500)]
    rows += [row(at=MORNING, service="VN/GOV/G01/population/listMethods")]
    rows += [row(at=MORNING, service="VN/GOV/G14/directory/totals.report.v1")]
    rows += [row(at=MORNING, kind=Kind.REQUEST, outcome=Outcome.OPEN, request_id="no end known")]
    return rows


async def close(sealer, now):
    await sealer.seal()
    while await rollups.close_hours(sealer._connection, now) == rollups.HOURS_AT_ONCE:
        pass
    return await days.close_days(sealer._connection, gateway=ORIGIN, key=KEY, now=now)


def opened(waiting: days.WaitingDay):
    return open_day(waiting.document, lambda kid, at: (OWNER, {KEY.kid: KEY.verifying}[kid]))


def story(database, act):
    async def run():
        connection = await asyncpg.connect(database.gateway_url)
        try:
            async with working(database) as sealer:
                return await act(sealer, connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def test_the_totals_of_a_day_in_viet_nam_are_signed_and_counted_again(gateway_db):
    async def act(sealer, connection):
        await append(gateway_db, traffic())
        early = await close(sealer, bounds(DAY)[1] + timedelta(minutes=10))
        signed = await close(sealer, OVER)
        again = await close(sealer, OVER)
        found = (await days.untold(connection)).days
        recounted = await days.recount(connection, DAY)
        head = await connection.fetchrow(days.HEAD)
        return early, signed, again, found, recounted, head

    early, signed, again, found, recounted, head = story(gateway_db, act)
    assert (early, signed, again) == (0, 1, 0)
    totals = opened(found[0])
    assert (totals.gateway, totals.day, totals.source) == (ORIGIN, DAY, "")
    assert totals.rows == [
        DayRow(client=CLIENT, service=SERVICE, side="consumer", outcome="answered", count=3),
        DayRow(client=CLIENT, service=SERVICE, side="consumer", outcome="unreachable", count=1),
        DayRow(client=CLIENT, service=SERVICE, side="provider", outcome="answered", count=4),
    ]
    assert (totals.answered(), totals.unknown) == (4, 1)
    assert (totals.tree_size, totals.root) == (head["size"], bytes(head["root"]).hex())
    assert recounted.holds
    assert recounted.signed_sha256 == totals.counts_sha256


def test_a_row_added_to_a_closed_day_is_found_by_counting_again(gateway_db):
    async def act(sealer, connection):
        await append(gateway_db, traffic())
        await close(sealer, OVER)
        await append(gateway_db, [row(at=MORNING)])
        signed = await close(sealer, OVER + timedelta(hours=2))
        return signed, await days.recount(connection, DAY), (await days.untold(connection)).days

    signed, recounted, found = story(gateway_db, act)
    assert signed == 0
    assert not recounted.holds
    assert opened(found[0]).answered() == 4  # what was signed stands


def test_a_quiet_day_between_two_others_is_stated_too(gateway_db):
    async def act(sealer, connection):
        await append(gateway_db, [row(at=MORNING)])
        signed = await close(sealer, OVER + timedelta(days=2))
        return signed, (await days.untold(connection)).days

    signed, found = story(gateway_db, act)
    assert signed == 3
    assert [(opened(one).day - DAY).days for one in found] == [0, 1, 2]
    assert [opened(one).answered() for one in found] == [1, 0, 0]


def test_imported_days_are_signed_apart_and_name_their_statement(gateway_db):
    hours = [
        {"hour": "2021-08-01T17:00:00Z", "client": CLIENT, "service": SERVICE, "count": 5},
        {"hour": "2021-08-01T16:00:00Z", "client": CLIENT, "service": SERVICE, "count": 7},
        {"hour": "2021-08-01T16:00:00Z", "client": CLIENT, "service": "s/listMethods", "count": 9},
    ]

    async def act(sealer, connection):
        prepared = statements.prepare(msgspec.json.encode({"source": "history", "rows": hours}))
        done = await statements.enter(connection, prepared, gateway=ORIGIN)
        signed = await close(sealer, OVER)
        again = await close(sealer, OVER)
        return done, signed, again, (await days.untold(connection)).days

    done, signed, again, found = story(gateway_db, act)
    imported = [totals for totals in map(opened, found) if totals.source]
    assert again == 0
    assert signed >= 2
    assert [(t.day.isoformat(), t.source, t.answered()) for t in imported] == [
        ("2021-08-01", done.statement, 7),
        ("2021-08-02", done.statement, 5),
    ]


def test_what_the_directory_answered_is_not_told_again(gateway_db):
    async def act(sealer, connection):
        await append(gateway_db, traffic())
        await close(sealer, OVER)
        told = days.ToldDay(day=DAY, verdict=Verdict.TAKEN, message_id="m-1")
        first = await days.note_told(connection, days.ToldDays([told]))
        second = await days.note_told(connection, days.ToldDays([told]))
        return first, second, (await days.untold(connection)).days

    assert story(gateway_db, act) == (1, 0, [])


def test_a_refused_day_waits_on_beside_what_was_said_and_hides_none_behind_it(gateway_db):
    async def act(sealer, connection):
        await append(gateway_db, [row(at=MORNING)])
        await close(sealer, OVER + timedelta(days=3))
        refused = days.ToldDay(
            day=DAY, verdict=Verdict.REFUSED, why="exchange.day_not_over", message_id="m-1"
        )
        new = await days.note_told(connection, days.ToldDays([refused]))
        await days.note_told(connection, days.ToldDays([refused]))
        pages, after = [], (date.min, "")
        while page := (await days.untold(connection, after, limit=2)).days:
            pages.append(page)
            after = (page[-1].day, page[-1].source)
        small = (await days.untold(connection, most_bytes=1)).days
        measured = (await read_measures(connection)).refused_days
        taken = days.ToldDay(day=DAY, verdict=Verdict.TAKEN, message_id="m-3")
        await days.note_told(connection, days.ToldDays([taken]))
        return new, pages, small, measured, (await read_measures(connection)).refused_days

    new, pages, small, measured, after = story(gateway_db, act)
    assert new == 0
    assert [[(one.day - DAY).days for one in page] for page in pages] == [[0, 1], [2, 3]]
    first, second = pages[0]
    assert (first.refused, first.why) == (2, "exchange.day_not_over")
    assert first.refused_at is not None
    assert (second.refused, second.refused_at) == (0, None)
    assert len(small) == 1  # one at least, however long it is
    assert (measured, after) == (1, 0)


@pytest.mark.parametrize("table", ["signed_day", "told_day", "refused_day"])
def test_the_gateways_role_can_neither_change_nor_remove_a_day(gateway_db, table):
    with (
        psycopg.connect(gateway_db.gateway_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"DELETE FROM {table}")
    with (
        psycopg.connect(gateway_db.gateway_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"UPDATE {table} SET source = 'x'")

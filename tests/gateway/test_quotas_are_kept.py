"""A grant is used as often as its quota says, by all processes together, and no oftener."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from gateway.claiming import use
from gateway.exchange_cast import FIND, UNITS, asks, country, grant
from gateway.rows_cast import row
from lienthong.exchange import errors
from lienthong.gateway import archive, refusals
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.quotas import MemoryQuotas, PostgresQuotas, Spans
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.kernel import clock
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.grants import Quota

AT = datetime(2026, 12, 1, 3, 30, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def here():
    return country()


def limited(here, **quota: int):
    held = grant("GOV/G15/civil-status", "person.find.v1", quota=Quota(**quota))
    return here.gateway(snapshot=here.changed(grants=[held]))


def find(gateway):
    return gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")


def told(answer):
    return {name.decode().lower(): value.decode() for name, value in answer.headers}


def test_the_one_too_many_is_refused_with_the_time_to_come_again(here):
    gateway = limited(here, per_minute=2)
    with clock.stopped(at=clock.instant().replace(second=20, microsecond=0)):
        assert [find(gateway).status for _ in range(2)] == [200, 200]
        here.asked.clear()
        refused = find(gateway)
    gateway.close()
    assert here.asked == [], "nothing reached the system"
    assert json.loads(refused.body.whole())["type"] == "Server.ServerProxy.QuotaExceeded"
    assert "2 requests a minute" in json.loads(refused.body.whole())["message"]
    assert told(refused)["retry-after"] == "40"
    for side in LogSide:
        last = [row for row in gateway.log.rows if row.evidence.side == side][-1]
        assert last.evidence.outcome == Outcome.REFUSED
    provider = [row for row in gateway.log.rows if row.evidence.side == LogSide.PROVIDER][-1]
    assert provider.reason == "quota_minute"
    assert gateway.gateway.counted["provider", "Server.ServerProxy.QuotaExceeded"] == 1


def test_the_caller_is_told_to_try_again_later(here):
    gateway = limited(here, per_day=1)
    find(gateway)
    refused = find(gateway)
    gateway.close()
    error = errors.from_answer(refused.status, told(refused), refused.body.whole(), changes=True)
    assert isinstance(error, errors.Unavailable), "nothing was done, so it may be retried"
    assert error.code == "exchange.quota_used_up"
    assert error.retry_after
    assert 0 < error.retry_after <= 86_400


def test_the_next_minute_and_the_next_day_begin_anew(here):
    gateway = limited(here, per_minute=1, per_day=2)
    start = clock.instant()
    # Midnight in Viet Nam is 17:00 UTC; stay on one side of it.
    noon = start.replace(hour=5, minute=0, second=0, microsecond=0)
    held = grant(
        "GOV/G15/civil-status", "person.find.v1",
        quota=Quota(per_minute=1, per_day=2), valid_from=noon - timedelta(days=1),
    )  # fmt: skip
    quotas = MemoryQuotas()

    async def uses(*minutes: int) -> list[str]:
        return [
            await quotas.take(held.id, held.quota, noon + timedelta(minutes=n)) for n in minutes
        ]

    assert asyncio.run(uses(0, 0, 1, 2)) == ["", "minute", "", "day"]
    assert asyncio.run(uses(12 * 60)) == [""], "17:00 UTC is midnight in Hanoi"
    gateway.close()


def test_a_request_that_is_refused_for_another_reason_uses_nothing_up(here):
    gateway = limited(here, per_minute=1)
    headers = [pair for pair in asks() if pair[0] != b"Lienthong-Client-Secret"]
    assert gateway.call("POST", f"/r1/{FIND}", headers, b"{}").status == 500
    assert gateway.call("GET", f"/r1/{FIND}", asks()).status == 400
    assert gateway.call("POST", f"/r1/{FIND}/../x", asks(), b"{}").status == 500
    assert find(gateway).status == 200
    gateway.close()


def test_a_grant_without_a_quota_asks_nobody(here):
    class Untouched:
        async def take(self, grant, quota, at):
            raise AssertionError("a grant without a quota was counted")

        async def close(self):
            return None

    gateway = here.gateway()
    gateway.gateway.quotas = Untouched()
    assert gateway.call("GET", f"/r1/{UNITS}", asks()).status == 200
    gateway.close()


@pytest.mark.parametrize("seconds", [0, 1, 59])
def test_spans_end_when_they_say(seconds):
    at = datetime(2026, 12, 1, 16, 59, seconds, tzinfo=UTC)
    spans = Spans.of(at)
    assert spans.left("minute", at) == 60 - seconds
    assert spans.left("day", at) == 60 - seconds, "the day of Viet Nam ends at 17:00 UTC"


def test_processes_share_one_count_exactly(gateway_db):
    script = Path(__file__).parent / "claiming.py"
    arguments = [gateway_db.gateway_url, AT.isoformat(), "150", "100", "10000"]
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), *arguments], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    used = [int(process.communicate()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(used) == 100, used


def test_a_day_counts_over_minutes_and_the_fuller_span_is_named(gateway_db):
    async def uses() -> list[str]:
        quotas = PostgresQuotas(gateway_db.gateway_url)
        quota = Quota(per_minute=3, per_day=5)
        ends = [await quotas.take("g", quota, AT) for _ in range(4)]
        later = AT + timedelta(minutes=1)
        ends += [await quotas.take("g", quota, later) for _ in range(3)]
        await quotas.close()
        return ends

    assert asyncio.run(uses()) == ["", "", "", "minute", "", "", "day"]


def test_claims_that_come_together_go_out_together(gateway_db):
    async def rounds() -> int:
        quotas = PostgresQuotas(gateway_db.gateway_url)
        quota = Quota(per_minute=10_000)
        await asyncio.gather(*(quotas.take(f"g{n % 7}", quota, AT) for n in range(500)))
        await quotas.close()
        return quotas.rounds

    assert asyncio.run(rounds()) < 10


def test_a_count_that_cannot_be_written_lets_nothing_through():
    async def take() -> None:
        quotas = PostgresQuotas("postgresql://nobody@127.0.0.1:1/none")
        try:
            await quotas.take("g", Quota(per_minute=1), AT)
        finally:
            await quotas.close()

    with pytest.raises(LoggingFailed):
        asyncio.run(take())


def test_the_gateways_role_cannot_give_itself_more(gateway_db):
    async def tamper(sql: str) -> None:
        connection = await asyncpg.connect(gateway_db.gateway_url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(use(gateway_db.gateway_url, AT, 1, Quota(per_minute=1)))
    for sql in ("UPDATE quota_use SET used = 0", "DELETE FROM quota_use",
                "SELECT forget_quota_use()"):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(tamper(sql))


def test_what_is_over_is_forgotten_and_what_runs_is_kept(gateway_db):
    now = clock.instant()
    quota = Quota(per_minute=9, per_day=9)
    asyncio.run(use(gateway_db.gateway_url, now - timedelta(days=3), 1, quota))
    asyncio.run(use(gateway_db.gateway_url, now, 2, quota))
    archive.sweep(gateway_db.archiver_url)

    async def left() -> list[refusals.QuotaLine]:
        connection = await asyncpg.connect(gateway_db.gateway_url)
        try:
            assert (
                await connection.fetchval("SELECT count(*) FROM quota_use WHERE grant_id = 'g'")
                == 2
            )
            return await refusals.quota_use(connection, now)
        finally:
            await connection.close()

    (line,) = [one for one in asyncio.run(left()) if one.grant == "g"]
    assert (line.minute_used, line.day_used) == (2, 2)


def test_refusals_are_counted_by_who_what_and_why(gateway_db):
    async def counted() -> list[refusals.RefusalLine]:
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        terms = {"outcome": Outcome.REFUSED, "fault": "Server.ServerProxy.AccessDenied"}
        for n in range(3):
            await log.append(row(**terms, reason="path", at=AT + timedelta(minutes=n), grant="g"))
        await log.append(row(**terms, reason="no_grant", at=AT))
        await log.append(row(at=AT))
        await log.append(row(kind=Kind.REQUEST, outcome=Outcome.OPEN, at=AT))
        await log.close()
        connection = await asyncpg.connect(gateway_db.gateway_url)
        try:
            return await refusals.refusals(
                connection, AT - timedelta(hours=1), AT + timedelta(hours=1)
            )
        finally:
            await connection.close()

    first, second = asyncio.run(counted())
    assert (first.reason, first.count, first.grant) == ("path", 3, "g")
    assert (first.first, first.last) == (AT, AT + timedelta(minutes=2))
    assert (second.reason, second.count) == ("no_grant", 1)

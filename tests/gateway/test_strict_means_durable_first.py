"""Decision 15: in strict mode a system is asked only once the request's row is durable."""

from __future__ import annotations

import asyncio

import pytest

from gateway.exchange_cast import FIND, ISSUE, UNITS, asks, country
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.rows import Kind, LogSide

KEYED = asks(Idempotency_Key="birth-1")


class SlowLog(MemoryLog):
    """Holds the request's row of one side back until it is told to let go."""

    def __init__(self, side: LogSide) -> None:
        super().__init__()
        self.side = side
        self.held: list[asyncio.Future[None]] = []

    def append(self, row, *, replay=None):
        done = super().append(row, replay=replay)
        if row.evidence.kind == Kind.REQUEST and row.evidence.side == self.side:
            done = asyncio.get_running_loop().create_future()
            self.held.append(done)
        return done


@pytest.fixture(scope="module")
def here():
    return country()


async def asked_before_durable(here, side: LogSide, service: str) -> bool:
    """Whether the system was asked while the row was held; the exchange then ends well."""
    here.asked.clear()
    gateway = here.gateway()
    log = gateway.gateway.log = SlowLog(side)
    answering = asyncio.create_task(gateway.answer("POST", f"/r1/{service}", KEYED, b"{}"))
    while not log.held:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    asked, answered = bool(here.asked), answering.done()
    assert not answered, "nothing is answered before all its rows are durable"
    for row in log.held:
        row.set_result(None)
    assert (await answering).status == 200
    return asked


@pytest.mark.parametrize("side", list(LogSide))
@pytest.mark.parametrize("service", [ISSUE, FIND], ids=["changing", "sensitive"])
def test_a_strict_request_waits_for_its_row(here, side, service):
    assert not asyncio.run(asked_before_durable(here, side, service))


@pytest.mark.parametrize("side", list(LogSide))
def test_a_safe_request_overlaps_with_its_row(here, side):
    assert asyncio.run(asked_before_durable(here, side, UNITS))


@pytest.mark.parametrize("side", list(LogSide))
def test_a_row_that_cannot_be_written_lets_no_strict_request_through(here, side):
    async def story():
        here.asked.clear()
        gateway = here.gateway()
        log = gateway.gateway.log = SlowLog(side)
        answering = asyncio.create_task(gateway.answer("POST", f"/r1/{ISSUE}", KEYED, b"{}"))
        while not log.held:
            await asyncio.sleep(0)
        log.held[0].set_exception(OSError("disk full"))
        return await answering

    answer = asyncio.run(story())
    assert answer.status == 500
    assert here.asked == []

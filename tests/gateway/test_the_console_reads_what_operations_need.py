"""The administration API for operations, read by the very client the console uses."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from gateway.exchange_cast import CIVIL_STATUS, FIND, SECRET, UNITS, asks, country
from gateway.operational_cast import writer
from gateway.test_a_gateway_tells_of_itself_by_soap import HEALTH, question
from gateway.test_admin_api import NOWHERE, TOKEN, Stage
from lienthong.exchange import gateway_admin
from lienthong.gateway.admin import Administration
from lienthong.gateway.observing import Observatory
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.processes import Processes
from lienthong.gateway.public_log import PublicLog
from lienthong.gateway.reading import LogReader
from lienthong.gateway.sealer import Sealer
from lienthong.kernel import clock
from lienthong.protocol.receipt import verify_receipt


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def play(here, gateway_db, tmp_path):
    def run(story):
        async def whole():
            gateway = here.gateway()
            core = gateway.gateway
            log = PostgresLog(gateway_db.gateway_url)
            await log.start()
            core.log = log
            operational = writer(gateway, gateway_db)
            sealer = Sealer(
                gateway_db.gateway_url,
                origin=str(core.identity),
                key=here.keys[core.identity.owner],
            )
            reader = LogReader(gateway_db.gateway_url)
            processes = Processes(core, sealer, operational, directory=tmp_path / "numbers")
            processes.take_over()
            observing = Observatory(core, reader, processes, Path("/"))
            core.observing = observing
            office = Administration(
                core, reader, sealer, TOKEN, Archive(NOWHERE), processes, observing
            )
            stage = Stage(gateway, sealer, office, PublicLog(reader), log)
            try:
                return await story(stage, operational)
            finally:
                operational.stop()
                await operational.run()
                await log.close()
                await sealer.close()
                await reader.close()
                gateway.close()

        return asyncio.run(whole())

    return run


async def traffic(stage, operational):
    await stage.gateway.answer("POST", f"/r1/{FIND}", asks(X_Road_Id="n-1"), b"{}")
    await stage.gateway.answer("GET", f"/r1/{UNITS}", asks(X_Road_Id="n-2"))
    await stage.gateway.answer("GET", f"/r1/{UNITS}", asks(secret="wrong"))
    assert await operational.write_all()
    await stage.seal()


def span():
    now = clock.instant()
    return urlencode(
        {
            "start": (now - timedelta(hours=2)).isoformat(),
            "end": (now + timedelta(hours=1)).isoformat(),
        }
    )


def test_failures_processes_and_the_machine_are_told(play):
    async def story(stage, operational):
        await traffic(stage, operational)
        return (
            await stage.json(f"/operational/failures?{span()}"),
            await stage.json("/processes"),
            await stage.json("/environment?fields=OperatingSystem"),
            await stage.json("/operational/health"),
        )

    failed, processes, machine, health = play(story)
    (line,) = msgspec.convert(failed, dict[str, list[gateway_admin.FailureLine]])["failures"]
    assert line.fault == "Server.ClientProxy.SslAuthenticationFailed"
    (process,) = msgspec.convert(processes, dict[str, list[gateway_admin.ProcessLine]])["processes"]
    assert process.alive
    assert process.state.gauges["log_up"] == 1
    assert process.state.counters["operational_written"] == 5
    assert machine["metrics"][0]["metrics"][0]["name"] == "OperatingSystem"
    assert {one["service"] for one in health["servicesEvents"]} == {FIND, UNITS}


def test_the_owner_reads_records_as_they_are_written_without_waiting(play):
    async def story(stage, operational):
        await traffic(stage, operational)
        await asyncio.sleep(1.1)
        now = int(time.time())
        query = urlencode({"from": now - 60, "to": now, "fields": "serviceCode,securityServerType",
                           "client": CIVIL_STATUS})  # fmt: skip
        return await stage.json(f"/operational/records?{query}")

    found = play(story)
    # The refused request never proved who it was from, and is nobody's.
    assert len(found["records"]) == 4
    assert {record["serviceCode"] for record in found["records"]} == {
        "person.find.v1", "units.list.v1"}  # fmt: skip


def test_what_a_gateway_told_of_itself_has_a_receipt_like_any_answer(play, here):
    async def story(stage, operational):
        asked = question(HEALTH, "", client=CIVIL_STATUS)
        headers = [(b"Content-Type", b"text/xml"), (b"Lienthong-Client-Secret", SECRET.encode())]
        answer = await stage.gateway.answer("POST", "/", headers, asked)
        assert answer.status == 200
        await stage.seal()
        status, receipt = await stage.ask("/receipts/letter-1")
        assert status == 200, receipt
        return receipt, await stage.json("/exchanges/letter-1")

    receipt, detail = play(story)
    facts = verify_receipt(receipt, here.anchor)
    assert (facts.service, str(facts.answered_by)) == (HEALTH, "VN/GOV/G14")
    assert {one["signature_verdict"] for one in detail["records"]} == {"valid"}


def test_counts_are_narrowed_to_a_pair(play):
    async def story(stage, operational):
        await traffic(stage, operational)
        found = []
        for more in ({}, {"service": FIND}, {"client": CIVIL_STATUS, "service": UNITS},
                     {"client": "VN/GOV/G1/x"}):  # fmt: skip
            query = f"{span()}&group=hour&{urlencode(more)}"
            counts = msgspec.convert(await stage.json(f"/counts?{query}"), gateway_admin.Counts)
            found.append((counts.answered.live, sum(row.live for row in counts.rows)))
        return found

    assert play(story) == [(2, 2), (1, 1), (1, 1), (0, 0)]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/operational/records", 400),
        ("/operational/records?from=1&to=x", 400),
        ("/operational/records?from=1&to=2&client=a", 400),
        ("/operational/records?from=1&to=2&fields=password", 400),
        ("/operational/failures?start=1", 400),
        ("/operational/nothing", 404),
    ],
)
def test_questions_that_make_no_sense_are_refused_in_words(play, target, status):
    async def story(stage, operational):
        return await stage.ask(target)

    found, body = play(story)
    assert found == status
    assert json.loads(body)["status"] == status


def test_metrics_are_told_while_the_database_is_away(play):
    async def story(stage, operational):
        stage.admin._reader._dsn = "postgresql://nobody@/none?host=/nonexistent"
        return await stage.ask("/metrics")

    status, text = play(story)
    assert status == 200
    assert b"lienthong_gateway_database_up 0\n" in text
    assert b"lienthong_gateway_log_unsealed" not in text

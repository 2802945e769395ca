"""Operational monitoring data: every field of X-Road's sheet, both sides, and never in the way."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import psycopg
import pytest

from gateway.exchange_cast import CIVIL_STATUS, FIND, ISSUE, UNITS, asks, country
from gateway.operational_cast import around, reading, rows_of, writer
from gateway.soap_cast import SUM, ask, post, soap_country, soap_gateway
from lienthong.gateway import archive
from lienthong.gateway import operational_queries as queries
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.operational import Monitor
from lienthong.gateway.operational_log import COLUMNS, row_of
from lienthong.gateway.operational_queries import ALL, BadCriteria, Scope, Search
from lienthong.kernel import clock
from lienthong.protocol.identifiers import MemberId, SubsystemId
from soap_letters import RELATED, related

BODY = b'{"born_on":"2021-08-17"}'
MORE = {
    "X_Road_Id": "birth-1", "X_Road_UserId": "VN001099000001", "X_Road_Issue": "hs-7",
    "X_Road_Represented_Party": "COM/0100100100", "Idempotency_Key": "birth-1",
}  # fmt: skip


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def opened():
    """Closes the gateways a test opened."""
    gateways = []
    yield lambda gateway: gateways.append(gateway) or gateway
    for gateway in gateways:
        gateway.close()


def told(gateway):
    """What the monitor holds, as records under their names on the wire."""
    core, at = gateway.gateway, clock.instant()
    offset = time.time() - time.monotonic()
    rows = [dict(zip(COLUMNS, row_of(one, at, offset, around(gateway)), strict=True))
            for one in core.monitor.waiting]  # fmt: skip
    return {record["securityServerType"]: record
            for record in (queries.told(row, queries.FIELDS) for row in rows)}  # fmt: skip


def test_an_answered_exchange_tells_every_field_on_both_sides(here, opened):
    gateway = opened(here.gateway())
    before = int(time.time() * 1000)
    answer = gateway.call("POST", f"/r1/{ISSUE}/doi/1?full=1", asks(**MORE), BODY)
    after = int(time.time() * 1000) + 1
    assert answer.status == 200
    both = told(gateway)
    assert set(both) == {"Client", "Producer"}
    for record in both.values():
        times = [record[name] for name in ("requestInTs", "requestOutTs", "responseInTs",
                                           "responseOutTs")]  # fmt: skip
        assert times == sorted(times)
        assert before <= times[0]
        assert times[-1] <= after
        assert record["succeeded"] is True
        assert record.items() >= {
            "securityServerInternalIp": "10.1.2.3",
            "clientXRoadInstance": "VN", "clientMemberClass": "GOV", "clientMemberCode": "G15",
            "clientSubsystemCode": "civil-status",
            "serviceXRoadInstance": "VN", "serviceMemberClass": "GOV", "serviceMemberCode": "G01",
            "serviceSubsystemCode": "population", "serviceCode": "personal-id.issue.v1",
            "restMethod": "POST", "restPath": "/doi/1", "serviceType": "REST", "statusCode": 200,
            "representedPartyClass": "COM", "representedPartyCode": "0100100100",
            "messageId": "birth-1", "messageUserId": "VN001099000001", "messageIssue": "hs-7",
            "messageProtocolVersion": "1", "clientSecurityServerAddress": "127.0.0.1",
            "serviceSecurityServerAddress": "127.0.0.1",
        }.items()  # fmt: skip
        # The part and the body, as the log signed them.
        assert record["requestSize"] > len(BODY) + 200
        assert record["responseSize"] > len(b'{"personal_id":"..."}') + 100
        assert "faultCode" not in record
        assert "requestMimeSize" not in record
        assert record["xRoadVersion"].startswith("lienthong-")
    assert both["Client"]["xRequestId"] == both["Producer"]["xRequestId"]
    assert both["Client"]["requestInTs"] <= both["Producer"]["requestInTs"]
    assert both["Client"]["responseInTs"] >= both["Producer"]["responseOutTs"]


def test_a_soap_exchange_tells_its_messages_its_container_and_its_version(here, opened):
    there = soap_country()
    gateway = opened(soap_gateway(there))
    envelope = ask(SUM)
    whole = related(envelope, "tệp".encode(), b"hai")
    post(gateway, whole, RELATED)
    record = told(gateway)["Producer"]
    assert record.items() >= {
        "serviceVersion": "v1", "serviceType": "WSDL", "messageProtocolVersion": "4.0",
        "messageUserId": "VN091095000017", "requestSize": len(envelope),
        "requestMimeSize": len(whole), "requestAttachmentCount": 2,
    }.items()  # fmt: skip
    assert not {"restMethod", "restPath", "statusCode"} & set(record)
    asked_of_client = told(gateway)["Client"]
    assert asked_of_client["requestMimeSize"] == len(whole)


def test_a_plain_soap_exchange_has_no_container(here, opened):
    gateway = opened(soap_gateway(soap_country()))
    envelope = ask(SUM)
    answer = post(gateway, envelope)
    record = told(gateway)["Client"]
    assert record["succeeded"] is True
    assert record["requestSize"] == len(envelope)
    assert record["responseSize"] == answer.body.size
    assert "requestMimeSize" not in record
    assert record["requestAttachmentCount"] == 0


def test_a_soap_fault_of_the_service_is_a_failure_with_its_words(here, opened):
    fault = (
        b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><E:Fault>'
        b"<faultcode>E:Server</faultcode><faultstring>Hong</faultstring>"
        b"</E:Fault></E:Body></E:Envelope>"
    )
    answer = SystemAnswer(500, fault, [(b"Content-Type", b"text/xml")])
    gateway = opened(soap_gateway(soap_country(), system=lambda request: answer))
    post(gateway, ask(SUM))
    record = told(gateway)["Producer"]
    assert (record["succeeded"], record["faultCode"], record["faultString"]) == (
        False, "E:Server", "Hong",
    )  # fmt: skip


@pytest.mark.parametrize(("status", "succeeded"), [(200, True), (302, True), (404, False),
                                                   (503, False)])  # fmt: skip
def test_rest_succeeded_unless_the_system_answered_with_an_error(here, status, succeeded, opened):
    gateway = opened(here.gateway(system=lambda request: SystemAnswer(status)))
    gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    for record in told(gateway).values():
        assert (record["statusCode"], record["succeeded"]) == (status, succeeded)


def test_a_refusal_is_told_with_its_fault_and_without_times_it_never_had(here, opened):
    gateway = opened(here.gateway())
    gateway.call("POST", f"/r1/{ISSUE}", asks(secret="wrong"), BODY)
    (record,) = told(gateway).values()
    assert record["securityServerType"] == "Client"
    assert record["succeeded"] is False
    assert record["faultCode"] == "Server.ClientProxy.SslAuthenticationFailed"
    assert record["faultString"].startswith("The credential does not belong")
    assert not {"requestOutTs", "responseInTs", "responseSize"} & set(record)
    assert record["requestInTs"] <= record["responseOutTs"]


def test_a_metaservice_is_told_as_answered_by_the_gateway_itself(here, opened):
    gateway = opened(here.gateway())
    target = "/r1/VN/GOV/G01/population/listMethods"
    assert gateway.call("GET", target, asks()).status == 200
    record = told(gateway)["Producer"]
    assert record["serviceCode"] == "listMethods"
    assert record["requestOutTs"] == record["requestInTs"]
    assert record["responseInTs"] == record["responseOutTs"]


def test_nothing_is_held_of_a_request_that_ended_but_its_measures(here, opened):
    gateway = opened(here.gateway())
    long = "x" * 5000
    gateway.call("POST", f"/r1/{FIND}", asks(X_Road_UserId=long), BODY)
    assert all(len(one.user_id) <= 1024 for one in gateway.gateway.monitor.waiting)
    assert len(told(gateway)["Client"]["messageUserId"]) == 255


def test_a_full_buffer_lets_the_oldest_go_and_counts_it(here, opened):
    gateway = opened(here.gateway())
    gateway.gateway.monitor = Monitor(most=3)
    for number in range(4):
        gateway.call("POST", f"/r1/{FIND}", asks(X_Road_Id=f"n-{number}"), BODY)
    monitor = gateway.gateway.monitor
    assert [one.message_id for one in monitor.waiting] == ["n-2", "n-3", "n-3"]
    assert monitor.dropped == 5


def test_without_operational_monitoring_only_durations_are_kept(here, opened):
    gateway = opened(here.gateway())
    gateway.gateway.monitor = Monitor(keeps=False)
    gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    assert not gateway.gateway.monitor.waiting
    assert [sum(one.counts) for one in gateway.gateway.monitor.durations.values()] == [1, 1]


# -- the table -----------------------------------------------------------------------------


def test_rows_are_written_in_groups_and_read_back(here, gateway_db, opened):
    gateway = opened(here.gateway())
    log = writer(gateway, gateway_db)

    async def story():
        for number in range(3):
            await gateway.answer("POST", f"/r1/{FIND}", asks(X_Road_Id=f"n-{number}"), BODY)
        assert await log.write_all()
        log.stop()
        await log.run()

    asyncio.run(story())
    rows = rows_of(gateway_db)
    assert len(rows) == 6 == log.written
    assert {row["recorded_at"] for row in rows} == {rows[0]["recorded_at"]}, "one group"
    assert {row["message_id"] for row in rows} == {"n-0", "n-1", "n-2"}
    assert not gateway.gateway.monitor.waiting
    assert log.lasts[FIND].well == max(row["response_out"] for row in rows if row["producer"])


def test_letters_a_database_does_not_take_are_no_reason_to_lose_a_group(here, gateway_db, opened):
    gateway = opened(here.gateway())
    log = writer(gateway, gateway_db)

    async def story():
        core = gateway.gateway
        await gateway.answer("POST", f"/r1/{FIND}", asks(), BODY)
        odd = core.monitor.waiting[0]._replace(
            user_id=b"\xff\x00\xed\xa0\x80", fault_code="a\x00\ud800", target=b"/r1/%zz"
        )
        core.monitor.waiting.append(odd)
        assert await log.write_all()
        log.stop()
        await log.run()

    asyncio.run(story())
    assert (len(rows_of(gateway_db)), log.refused) == (3, 0)


def test_while_the_database_is_away_exchanges_go_on_and_the_data_wait(here, gateway_db, opened):
    gateway = opened(here.gateway())
    log = writer(gateway, gateway_db)
    right, log.dsn = log.dsn, log.dsn.replace(gateway_db.name, "no_such_database")

    async def story():
        for number in range(4):
            answer = await gateway.answer(
                "POST", f"/r1/{FIND}", asks(X_Road_Id=f"n-{number}"), BODY
            )
            assert answer.status == 200
            assert not await log.write_all()
        assert len(gateway.gateway.monitor.waiting) == 8
        gateway.gateway.monitor.most = 6
        assert not await log.write_all()
        assert gateway.gateway.monitor.dropped == 2
        log.dsn = right
        assert await log.write_all()
        log.stop()
        await log.run()

    asyncio.run(story())
    assert [row["message_id"] for row in rows_of(gateway_db)] == [
        "n-1", "n-1", "n-2", "n-2", "n-3", "n-3"]  # fmt: skip


def test_old_days_go_whole_and_the_gateway_itself_cannot_let_them_go(gateway_db):
    today = clock.instant().date()
    old = today - timedelta(days=9)
    with psycopg.connect(gateway_db.owner_url) as connection:
        connection.execute("SELECT make_operational_days(%s, 1)", [old])
        for day in (old, today - timedelta(days=20), today):
            connection.execute(
                "INSERT INTO operational_record (recorded_at, producer, request_in, response_out,"
                " client, service, protocol_version, software, succeeded)"
                " VALUES (%s, true, 1, 2, 'c', 's', '1', 'x', true)",
                [clock.instant().replace(year=day.year, month=day.month, day=day.day)],
            )
    with (
        psycopg.connect(gateway_db.gateway_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT drop_operational_days(%s)", [today])
    assert archive.drop_operational_days(gateway_db.archiver_url, today - timedelta(days=7)) == 1
    assert [row["recorded_at"].date() for row in rows_of(gateway_db)] == [today]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE operational_record SET succeeded = true", "DELETE FROM operational_record"],
)
def test_the_gateways_role_changes_no_operational_record(gateway_db, statement):
    with (
        psycopg.connect(gateway_db.gateway_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


# -- questions -----------------------------------------------------------------------------

POLICE = MemberId("VN", "GOV", "G01")
EDUCATION = MemberId("VN", "GOV", "G06")


def fill(database, *groups):
    """Rows of (seconds ago, how many, client, service, succeeded)."""
    now = clock.instant().replace(microsecond=0)
    with psycopg.connect(database.owner_url) as connection:
        for ago, count, client, service, succeeded in groups:
            connection.execute(
                "INSERT INTO operational_record (recorded_at, producer, request_in, response_out,"
                " client, service, service_type, message_id, request_id, protocol_version,"
                " software, succeeded, status, request_size)"
                " SELECT %s, true, 1000 * n, 1000 * n + n, %s, %s, 'REST', 'm-' || n,"
                " %s || '-' || n, '1', 'x', %s, 404, 100 FROM generate_series(1, %s) n",
                [now - timedelta(seconds=ago), client, service, f"r{ago}", succeeded, count],
            )  # fmt: skip
    return now


def search(database, wanted, scope=ALL, **more):
    more = {"now": clock.instant(), "offset": 60, **more}

    async def run():
        async with reading(database) as connection:
            return await queries.find(connection, wanted, scope, **more)

    return asyncio.run(run())


def test_a_member_sees_what_it_was_client_or_provider_of_and_the_owner_everything(gateway_db):
    now = fill(gateway_db, (100, 1, CIVIL_STATUS, FIND, True),
               (100, 2, "VN/GOV/G06/schools", UNITS, True),
               (100, 3, "VN/GOV/G06/schools", "VN/GOV/G15/civil-status/x", True),
               (100, 4, "VN/GOV/G0/other", "VN/GOV/G1/other/x", True))  # fmt: skip
    span = Search(start=int(now.timestamp()) - 200, end=int(now.timestamp()) - 70)
    assert len(search(gateway_db, span).records) == 10
    assert len(search(gateway_db, span, Scope(POLICE)).records) == 3
    assert len(search(gateway_db, span, Scope(EDUCATION)).records) == 5
    exact = Search(start=span.start, end=span.end,
                   client=SubsystemId("VN", "GOV", "G15", "civil-status"))  # fmt: skip
    assert len(search(gateway_db, exact).records) == 4
    assert len(search(gateway_db, exact, Scope(POLICE)).records) == 1


def test_a_long_answer_ends_with_a_whole_second_and_names_where_to_go_on(gateway_db):
    now = fill(gateway_db, (100, 3, "c", "s", True), (99, 3, "c", "s", True),
               (98, 3, "c", "s", True), (20, 3, "c", "s", True))  # fmt: skip
    start, end = int(now.timestamp()) - 300, int(now.timestamp()) + 300
    seen, at = [], start
    while at < int(now.timestamp()) - 60:
        found = search(gateway_db, Search(start=at, end=end), most=4, now=now)
        seen.append(len(found.records))
        at = found.next_from
    # The newest minute is not told yet, and said to come.
    assert seen == [3, 3, 3]
    assert at == int(now.timestamp()) - 60


def test_one_second_with_more_records_than_fit_is_told_whole(gateway_db):
    now = fill(gateway_db, (100, 9, "c", "s", True), (99, 1, "c", "s", True))
    start = int(now.timestamp()) - 200
    found = search(gateway_db, Search(start=start, end=start + 130), most=4)
    assert (len(found.records), found.next_from) == (9, int(now.timestamp()) - 99)


def test_only_the_fields_asked_for_are_told(gateway_db):
    now = fill(gateway_db, (100, 1, CIVIL_STATUS, FIND, True))
    at = int(now.timestamp())
    fields = ("monitoringDataTs", "serviceCode", "faultCode")
    found = search(gateway_db, Search(start=at - 200, end=at - 61, fields=fields))
    assert found.records == [{"monitoringDataTs": at - 100, "serviceCode": "person.find.v1"}]
    assert found.next_from is None


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"start": 20, "end": 10}, "earlier"),
        ({"start": -1, "end": 10}, "negative"),
        ({"start": 1 << 60, "end": 1 << 61}, "recent"),
        ({"start": 1, "end": 2, "fields": ("password",)}, "Unknown output field"),
    ],
)
def test_a_search_that_cannot_be_done_says_why(gateway_db, wanted, why):
    with pytest.raises(BadCriteria, match=why):
        search(gateway_db, Search(**wanted))


def test_health_tells_last_ends_and_measures_of_the_period(gateway_db):
    fill(gateway_db, (5, 4, CIVIL_STATUS, FIND, True), (5, 1, CIVIL_STATUS, FIND, False),
         (5, 1, CIVIL_STATUS, "VN/GOV/G06/schools/x", True))  # fmt: skip
    lasts = {UNITS: queries.LastEnds(well=17, ill=0, kind="OPENAPI3")}

    async def ask(scope):
        async with reading(gateway_db) as connection:
            return await queries.health(
                connection, lasts, scope, started=5, now=clock.instant() + timedelta(seconds=1)
            )

    health = asyncio.run(ask(Scope(POLICE)))
    find, units = health.services_events
    assert (find.service, units.service) == (FIND, UNITS)
    counted = find.last_period_statistics
    assert (counted.successful_request_count, counted.unsuccessful_request_count) == (4, 1)
    # Requests that went well took 1, 2, 3 and 4 ms.
    assert (counted.request_min_duration, counted.request_max_duration) == (1, 4)
    assert (counted.request_average_duration, counted.request_duration_std_dev) == (2.5, 1.118)
    assert counted.request_average_size == 100
    assert (units.last_successful_request_timestamp, units.service_type) == (17, "OPENAPI3")
    assert units.last_period_statistics.successful_request_count == 0
    assert len(asyncio.run(ask(ALL)).services_events) == 3


def test_failures_are_told_once_an_exchange_by_hour_pair_and_kind(here, gateway_db, opened):
    gateway = opened(here.gateway(system=lambda request: SystemAnswer(503)))
    log = writer(gateway, gateway_db)

    async def story():
        await gateway.answer("POST", f"/r1/{FIND}", asks(X_Road_Id="n-1"), BODY)
        await gateway.answer("POST", f"/r1/{ISSUE}", asks(secret="wrong"), BODY)
        assert await log.write_all()
        log.stop()
        await log.run()
        async with reading(gateway_db) as connection:
            now = clock.instant()
            return await queries.failures(connection, now - timedelta(hours=1), now)

    lines = {line.service: line for line in asyncio.run(story())}
    assert (lines[FIND].count, lines[FIND].status, lines[FIND].fault) == (1, 503, "")
    assert lines[FIND].message_id == "n-1"
    assert lines[ISSUE].fault == "Server.ClientProxy.SslAuthenticationFailed"

"""getSecurityServerOperationalData, …HealthData and …Metrics: who may ask, and what is said."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import hashlib
import json
import time
from xml.etree import ElementTree

import pytest

from gateway.exchange_cast import (
    CIVIL_STATUS,
    FIND,
    ISSUE,
    OUTSIDER,
    POLICE,
    SECRET,
    asks,
    country,
)
from gateway.operational_cast import writer
from lienthong.gateway.bodies import Body
from lienthong.gateway.front import ConsumerFront, PeerFront
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.observing import Observatory
from lienthong.gateway.pool import Received
from lienthong.gateway.processes import Processes
from lienthong.gateway.reading import LogReader
from lienthong.gateway.sealer import Sealer
from lienthong.gateway.settings import ClientRule
from lienthong.kernel import clock
from lienthong.protocol import mime
from lienthong.protocol.pki import SigningKey, fingerprint
from lienthong.protocol.snapshot import GatewayEntry
from lienthong.protocol.soap import request_hash
from soap_letters import header, identifier, letter

OWNER = "VN/GOV/G14"
SERVER = f"{OWNER}/national"
OPERATIONAL = f"{OWNER}/getSecurityServerOperationalData"
HEALTH = f"{OWNER}/getSecurityServerHealthData"
METRICS = f"{OWNER}/getSecurityServerMetrics"
OM = "http://x-road.eu/xsd/op-monitoring.xsd"
ENV = "http://x-road.eu/xsd/monitoring"
NAMES = {"om": OM, "m": ENV, "id": "http://x-road.eu/xsd/identifiers",
         "s": "http://schemas.xmlsoap.org/soap/envelope/"}  # fmt: skip
MONITORING = "VN/GOV/G14/outside-test"


def own(service: str) -> str:
    """A service of a member: without a subsystem."""
    *member, code = service.split("/")
    parts = zip(("xRoadInstance", "memberClass", "memberCode"), member, strict=True)
    inner = "".join(f"<id:{name}>{part}</id:{name}>" for name, part in parts)
    return (
        f'<xrd:service id:objectType="SERVICE">{inner}<id:serviceCode>{code}</id:serviceCode>'
        "</xrd:service>"
    )


def question(service, body, *, client=OWNER, server=SERVER):
    fields = header(client, service) | {"service": own(service)}
    if server:
        fields["securityServer"] = identifier("securityServer", "SERVER", server)
    code = service.rpartition("/")[2]
    space = ENV if code == "getSecurityServerMetrics" else OM
    return letter(fields, f'<q:{code} xmlns:q="{space}">{body}</q:{code}>')


def span(start, end, more=""):
    return (
        f"<q:searchCriteria><q:recordsFrom>{start}</q:recordsFrom>"
        f"<q:recordsTo>{end}</q:recordsTo>{more}</q:searchCriteria>"
    )


@pytest.fixture(scope="module")
def here():
    made = country()
    secret = hashlib.sha256(SECRET.encode()).hexdigest()
    made.clients["GOV/G14"] = ClientRule(modes=frozenset({"secret"}), secret_sha256=secret)
    made.clients["GOV/G14/outside-test"] = ClientRule(
        modes=frozenset({"secret"}), secret_sha256=secret
    )
    return made


class Stage:
    """A gateway that tells of itself from a real table."""

    def __init__(self, here, database, tmp_path, *, code="", **settings):
        self.gateway: InProcessGateway = here.gateway()
        if code:
            self.gateway = dataclasses.replace(self.gateway, code=code)
        core = self.gateway.gateway
        self.writer = writer(self.gateway, database)
        sealer = Sealer("", origin="o", key=here.keys[core.identity.owner])
        processes = Processes(core, sealer, self.writer, directory=tmp_path / "numbers")
        processes.take_over()
        self.reader = LogReader(database.gateway_url)
        core.observing = Observatory(core, self.reader, processes, tmp_path, **settings)

    async def ask(self, envelope, secret=SECRET):
        headers = [(b"Content-Type", b"text/xml; charset=utf-8"),
                   (b"Lienthong-Client-Secret", secret.encode())]  # fmt: skip
        head = Head(b"POST", b"/", headers, Caller())
        front = ConsumerFront(self.gateway.gateway)
        return await front.answer(Incoming(head, Body.of(envelope), time.monotonic()))

    async def write(self):
        assert await self.writer.write_all()


@pytest.fixture
def play(here, gateway_db, tmp_path):
    def run(story, **settings):
        async def whole():
            stage = Stage(here, gateway_db, tmp_path, **{"offset": 0, **settings})
            try:
                return await story(stage)
            finally:
                stage.writer.stop()
                await stage.writer.run()
                await stage.reader.close()
                stage.gateway.close()

        return asyncio.run(whole())

    return run


def content_type(answer):
    return dict((name.lower(), value) for name, value in answer.headers)[b"content-type"]


def body_of(answer):
    """The answered element; an assertion with the fault's words otherwise."""
    whole = answer.body.whole()
    kind = mime.ContentType.parse(content_type(answer))
    if kind.base == "multipart/related":
        whole = mime.part_of(whole, kind.boundary, 0)
    tree = ElementTree.fromstring(whole)
    fault = tree.find(".//s:Fault", NAMES)
    assert fault is None, ElementTree.tostring(fault)
    return tree.find("s:Body", NAMES)[0]


def fault_of(answer):
    tree = ElementTree.fromstring(answer.body.whole())
    return tree.findtext(".//faultcode"), tree.findtext(".//faultstring")


def records_of(answer):
    kind = mime.ContentType.parse(content_type(answer))
    packed = mime.part_of(answer.body.whole(), kind.boundary, 1)
    return json.loads(gzip.decompress(packed))["records"]


async def traffic(stage):
    await stage.gateway.answer("POST", f"/r1/{FIND}", asks(X_Road_Id="n-1"), b"{}")
    await stage.gateway.answer(
        "POST", f"/r1/{ISSUE}", asks(X_Road_Id="n-2", Idempotency_Key="k"), b"{}"
    )
    await stage.write()
    # A record is told once its second is over.
    await asyncio.sleep(1.1)


def test_the_owner_gets_every_record_as_gzip_beside_the_answer(play):
    async def story(stage):
        await traffic(stage)
        now = int(time.time())
        return await stage.ask(question(OPERATIONAL, span(now - 50, now + 50)))

    answer = play(story)
    assert answer.status == 200
    assert content_type(answer).startswith(b"multipart/related")
    body = body_of(answer)
    assert body.tag == f"{{{OM}}}getSecurityServerOperationalDataResponse"
    assert [child.tag.partition("}")[2] for child in body] == [
        "recordsCount", "records", "nextRecordsFrom"]  # fmt: skip
    assert body.findtext("om:records", namespaces=NAMES) == (
        "cid:operational-monitoring-data.json.gz"
    )
    assert b"Content-ID: <operational-monitoring-data.json.gz>" in answer.body.whole()
    records = records_of(answer)
    assert len(records) == 4 == int(body.findtext("om:recordsCount", namespaces=NAMES))
    assert {record["messageId"] for record in records} == {"n-1", "n-2"}


def test_the_answer_carries_the_hash_of_its_request_and_its_header(play):
    asked = question(HEALTH, "")

    async def story(stage):
        return await stage.ask(asked)

    whole = play(story).body.whole().decode()
    assert f">{request_hash(asked)}</xroad:requestHash>" in whole
    assert "<id:serverCode>national</id:serverCode>" in whole
    assert "<id:serviceCode>getSecurityServerHealthData</id:serviceCode>" in whole


def test_a_member_sees_its_own_records_and_asks_for_chosen_fields(play):
    async def story(stage):
        await traffic(stage)
        stage.gateway.gateway.monitor.waiting.clear()
        now = int(time.time())
        wanted = span(now - 50, now - 1) + (
            "<q:outputSpec><q:outputField>serviceCode</q:outputField>"
            "<q:outputField>securityServerType</q:outputField></q:outputSpec>"
        )
        mine = await stage.ask(question(OPERATIONAL, wanted, client=CIVIL_STATUS))
        others = await stage.ask(question(OPERATIONAL, wanted, client=OUTSIDER))
        return records_of(mine), records_of(others)

    mine, others = play(story)
    assert len(mine) == 4
    assert all(set(record) == {"serviceCode", "securityServerType"} for record in mine)
    assert others == []


def test_the_monitoring_client_sees_everything(play):
    async def story(stage):
        await traffic(stage)
        now = int(time.time())
        return await stage.ask(
            question(OPERATIONAL, span(now - 50, now - 1), client=MONITORING, server="")
        )

    assert len(records_of(play(story, monitoring_client="GOV/G14/outside-test"))) == 4


def test_a_client_filter_narrows_what_is_told(play):
    def client(*parts):
        names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
        inner = "".join(f"<id:{n}>{p}</id:{n}>" for n, p in zip(names, parts, strict=False))
        return f'<q:client id:objectType="SUBSYSTEM">{inner}</q:client>'

    async def story(stage):
        await traffic(stage)
        now = int(time.time())
        found = []
        for who in (("VN", "GOV", "G15", "civil-status"), ("VN", "GOV", "G06", "schools")):
            asked = question(OPERATIONAL, span(now - 50, now - 1, client(*who)))
            found.append(len(records_of(await stage.ask(asked))))
        return found

    assert play(story) == [4, 0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (span(20, 10), "Server.ServerProxy.OpMonitor.InvalidRequest"),
        ("", "Server.ServerProxy.OpMonitor.InvalidRequest"),
        (span("x", 10), "Client.InvalidRequest"),
        (span(1, 10) + "<q:outputSpec><q:outputField>p</q:outputField></q:outputSpec>",
         "Server.ServerProxy.OpMonitor.InvalidRequest"),
        (span(1, 10) + span(1, 10), "Client.InvalidBody"),
        (span(9 * 10**17, 9 * 10**17 + 1), "Server.ServerProxy.OpMonitor.InvalidRequest"),
    ],
)  # fmt: skip
def test_a_search_that_makes_no_sense_is_refused_in_words(play, body, code):
    async def story(stage):
        return await stage.ask(question(OPERATIONAL, body))

    assert fault_of(play(story))[0] == code


@pytest.mark.parametrize(
    ("service", "asker", "server", "code"),
    [
        # The owner says which of its gateways it means; so does whoever wants a machine's metrics.
        (OPERATIONAL, OWNER, "", "Client.MissingHeaderField"),
        (METRICS, MONITORING, "", "Client.MissingHeaderField"),
        (OPERATIONAL, OWNER, f"{OWNER}/other", "Server.ClientProxy.InvalidSecurityServer"),
        # Only a gateway's owner provides this, and nobody a service without a subsystem.
        ("VN/GOV/G15/getSecurityServerHealthData", CIVIL_STATUS, "",
         "Server.ClientProxy.NetworkError"),
        ("VN/GOV/G99/getSecurityServerHealthData", CIVIL_STATUS, "",
         "Server.ClientProxy.UnknownMember"),
        (f"{OWNER}/somethingElse", CIVIL_STATUS, "", "Client.InvalidXml"),
        # The machine is not everybody's business.
        (METRICS, CIVIL_STATUS, SERVER, "Server.ServerProxy.AccessDenied"),
    ],
)  # fmt: skip
def test_who_may_not_ask_is_told_why(play, service, asker, server, code):
    async def story(stage):
        return await stage.ask(question(service, span(1, 2), client=asker, server=server))

    assert fault_of(play(story))[0] == code


def test_a_member_as_client_proves_itself_like_any_client_and_may_ask_nothing_else(play):
    async def story(stage):
        wrong = await stage.ask(question(HEALTH, ""), secret="wrong")
        unknown = await stage.ask(question(HEALTH, "", client="VN/GOV/G01"))
        service = letter(header(OWNER, f"{CIVIL_STATUS}/x"), "<x/>")
        return [fault_of(one)[0] for one in (wrong, unknown, await stage.ask(service))]

    assert play(story) == [
        "Server.ClientProxy.SslAuthenticationFailed",
        "Server.ClientProxy.UnknownMember",
        "Server.ClientProxy.InvalidClientIdentifier",
    ]


def test_health_data_tell_each_service_with_its_last_ends_and_the_period(play):
    async def story(stage):
        await traffic(stage)
        everything = body_of(await stage.ask(question(HEALTH, "")))
        nothing = body_of(await stage.ask(question(HEALTH, "", client=OUTSIDER)))
        return everything, nothing

    everything, nothing = play(story)
    assert everything.findtext("om:statisticsPeriodSeconds", namespaces=NAMES) == "600"
    assert int(everything.findtext("om:monitoringStartupTimestamp", namespaces=NAMES)) > 10**12
    events = {event.findtext("om:service/id:serviceCode", namespaces=NAMES): event
              for event in everything.iterfind(".//om:serviceEvents", NAMES)}  # fmt: skip
    found = events["person.find.v1"]
    order = [child.tag.partition("}")[2] for child in found]
    assert order == ["service", "lastSuccessfulRequestTimestamp", "serviceType",
                     "lastPeriodStatistics"]  # fmt: skip
    period = found.find("om:lastPeriodStatistics", NAMES)
    assert period.findtext("om:successfulRequestCount", namespaces=NAMES) == "1"
    assert period.findtext("om:unsuccessfulRequestCount", namespaces=NAMES) == "0"
    assert float(period.findtext("om:requestMaxDuration", namespaces=NAMES)) >= 0
    assert period.find("om:responseSizeStdDev", NAMES) is not None
    assert nothing.find(".//om:serviceEvents", NAMES) is None


def test_metrics_tell_of_the_machine_in_sets(play):
    async def story(stage):
        everything = body_of(await stage.ask(question(METRICS, "")))
        some = body_of(await stage.ask(question(
            METRICS, "<q:outputSpec><q:outputField>OperatingSystem</q:outputField></q:outputSpec>"
        )))  # fmt: skip
        return everything, some

    everything, some = play(story)
    outer = everything.find("m:metricSet", NAMES)
    assert outer.findtext("m:name", namespaces=NAMES) == f"SERVER:{SERVER}"
    named = {element.text for element in outer.iterfind(".//m:name", NAMES)}
    assert named >= {
        "proxyVersion", "systemMetrics", "OpenFileDescriptorCount", "MaxFileDescriptorCount",
        "CommittedVirtualMemory", "TotalSwapSpace", "FreeSwapSpace", "FreePhysicalMemory",
        "TotalPhysicalMemory", "DiskSpaceTotal", "DiskSpaceFree", "Processes", "Xroad Processes",
        "Packages", "OperatingSystem", "Certificates",
    }  # fmt: skip
    histogram = outer.find(".//m:histogramMetric", NAMES)
    assert [child.tag.partition("}")[2] for child in histogram] == [
        "name", "updated", "min", "max", "mean", "median", "stddev"]  # fmt: skip
    assert len(list(some.iterfind(".//m:stringMetric", NAMES))) == 1


def test_the_monitoring_client_gets_the_metrics_it_is_allowed(play):
    async def story(stage):
        asked = "<q:outputSpec><q:outputField>Packages</q:outputField></q:outputSpec>"
        return [body_of(await stage.ask(question(METRICS, body, client=MONITORING)))
                for body in ("", asked)]  # fmt: skip

    whole, refused = play(
        story, monitoring_client="GOV/G14/outside-test",
        limited_to=("OperatingSystem", "proxyVersion"),
    )  # fmt: skip
    names = [element.text for element in whole.iterfind(".//m:stringMetric/m:name", NAMES)]
    assert names == ["proxyVersion", "OperatingSystem"]
    assert refused.find(".//m:metricSet/m:metricSet", NAMES) is None


def test_questions_are_signed_and_logged_like_any_call(play):
    async def story(stage):
        log = stage.gateway.gateway.log
        assert isinstance(log, MemoryLog)
        await stage.ask(question(HEALTH, ""))
        return [(row.evidence.side, row.evidence.kind, row.evidence.service, row.effect,
                 bool(row.evidence.signature)) for row in log.rows]  # fmt: skip

    rows = play(story)
    assert [(side, kind) for side, kind, *_ in rows] == [
        ("consumer", "request"), ("provider", "request"),
        ("provider", "answer"), ("consumer", "answer")]  # fmt: skip
    assert {tuple(rest) for _, _, *rest in rows} == {(HEALTH, "meta", True)}


class Across:
    """A way out to one other gateway, which knows this one by its certificate."""

    def __init__(self, other, certificate):
        self.other, self.caller = other, Caller(certificate, secure=True)

    async def to_peer(self, gateway, message, *, deadline, limit):
        assert gateway.code == self.other.identity.code
        headers = [(b"Host", b"peer"), *message.headers]
        head = Head(message.method, message.target, headers, self.caller)
        answer = await PeerFront(self.other).answer(Incoming(head, message.body, time.monotonic()))
        return Received(answer.status, answer.reason, list(answer.headers), answer.body)


def test_the_monitoring_client_asks_the_gateway_of_another_owner(gateway_db, tmp_path):
    """The operator's system stands behind the national gateway and asks that of the police."""
    there = country()
    police = there.authority.issue_auth(
        SigningKey.generate().verifying, owner=POLICE, gateway="police", now=clock.instant()
    )
    entry = GatewayEntry(code="police", owner="GOV/G01", host="127.0.0.1", port=5501,
                         auth_cert_sha256=[fingerprint(police)])  # fmt: skip
    there.snapshot = there.changed(gateways=[*there.snapshot.gateways, entry])
    national = there.gateway()
    stage = Stage(there, gateway_db, tmp_path, offset=0, monitoring_client="GOV/G14/outside-test",
                  code="police")  # fmt: skip
    certificate = there.snapshot.gateways[0].auth_cert_sha256[0]
    national.gateway.way_out = Across(stage.gateway.gateway, certificate)

    async def story():
        answers = []
        for server in ("VN/GOV/G01/police", ""):
            body = question("VN/GOV/G01/getSecurityServerMetrics" if server else
                            "VN/GOV/G01/getSecurityServerHealthData", "",
                            client=MONITORING, server=server)  # fmt: skip
            headers = [(b"Content-Type", b"text/xml")]
            head = Head(b"POST", b"/", headers, Caller())
            front = ConsumerFront(national.gateway)
            answers.append(await front.answer(Incoming(head, Body.of(body), time.monotonic())))
        await stage.reader.close()
        return answers

    metrics, health = asyncio.run(story())
    assert body_of(metrics).findtext("m:metricSet/m:name", namespaces=NAMES) == (
        "SERVER:VN/GOV/G01/police"
    )
    assert body_of(health).tag == f"{{{OM}}}getSecurityServerHealthDataResponse"
    sides = [(row.evidence.side, row.evidence.gateway) for row in national.log.rows]
    assert sides == [("consumer", "VN/GOV/G14/national")] * 4
    national.close()
    stage.gateway.close()


def test_an_answer_of_the_gateway_itself_is_measured_like_a_services(play):
    async def story(stage):
        answer = await stage.ask(question(OPERATIONAL, span(1, 2)))
        ended = {one.side: one.soap for one in stage.gateway.gateway.monitor.waiting}
        return answer.body.size, ended

    size, ended = play(story)
    for soap in ended.values():
        assert soap.response_mime_size == size
        assert soap.response_attachments == 1
        assert 0 < soap.response_size < size


def test_a_gateway_without_its_database_says_so(play):
    async def story(stage):
        stage.reader._dsn = "postgresql://nobody@/none?host=/nonexistent"
        return await stage.ask(question(HEALTH, ""))

    assert fault_of(play(story))[0] == "Server.ServerProxy.OpMonitor.DatabaseError"

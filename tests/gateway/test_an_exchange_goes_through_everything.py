"""One exchange through both sides of one gateway, without a socket."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as tree

import pytest

from gateway.exchange_cast import (
    CIVIL_STATUS,
    FIND,
    ISSUE,
    JUSTICE,
    OPERATOR,
    POLICE,
    UNITS,
    asks,
    country,
)
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.kernel import clock
from lienthong.protocol import admission, headers, rest
from lienthong.protocol.promise import open_promise
from lienthong.protocol.receipt import signed_of
from lienthong.protocol.rest import RequestPart
from lienthong.protocol.signature import verify_logged_answer, verify_logged_request

BODY = b'{"born_on":"2021-08-17"}'


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def gateway(here):
    here.asked.clear()
    gateway = here.gateway()
    yield gateway
    gateway.close()


def issue(gateway, **more):
    more = {"Idempotency_Key": "birth-1", "Content_Type": "application/json", **more}
    return gateway.call("POST", f"/r1/{ISSUE}?full=1", asks(**more), BODY)


def test_the_answer_of_the_system_comes_back_with_the_headers_of_the_exchange(gateway):
    answer = issue(gateway, X_Road_Id="birth-2021-1")
    assert answer.status == 200
    assert answer.body.whole() == b'{"personal_id":"..."}'
    said = {name.lower(): value for name, value in answer.headers}
    assert said[b"x-road-id"] == b"birth-2021-1"
    assert said[b"x-road-client"] == CIVIL_STATUS.encode()
    assert said[b"x-road-service"] == ISSUE.encode()
    assert said[b"content-type"] == b"application/json"
    assert b"x-road-error" not in said
    assert b"lienthong-subject" not in said, "data subjects stay between system and gateway"


def test_a_client_can_compute_the_request_hash_from_what_it_sent(gateway):
    sent = asks(Idempotency_Key="birth-1", X_Road_Id="birth-1")
    answer = gateway.call("POST", f"/r1/{ISSUE}", sent, BODY)
    said = dict(answer.headers)
    part = RequestPart(
        b"POST",
        f"/r1/{ISSUE}".encode(),
        (*[pair for pair in sent if b"Secret" not in pair[0]],
         (b"x-road-request-id", said[b"x-road-request-id"])),
    )  # fmt: skip
    assert said[b"x-road-request-hash"] == rest.request_hash(part.serialise(), BODY)


def test_both_sides_keep_request_and_answer_with_signatures_that_verify(gateway, here):
    issue(gateway)
    rows = gateway.log.rows
    assert [(row.evidence.side, row.evidence.kind) for row in rows] == [
        (LogSide.CONSUMER, Kind.REQUEST),
        (LogSide.PROVIDER, Kind.REQUEST),
        (LogSide.PROVIDER, Kind.ANSWER),
        (LogSide.CONSUMER, Kind.ANSWER),
    ]
    assert {row.evidence.outcome for row in rows} == {Outcome.OPEN, Outcome.ANSWERED}
    for asked, answered in ((rows[0], rows[3]), (rows[1], rows[2])):
        request = signed_of(asked.evidence)
        part = verify_logged_request(request, here.keys[JUSTICE].verifying)
        assert part.header(headers.CLIENT) == CIVIL_STATUS.encode()
        verify_logged_answer(signed_of(answered.evidence), request, here.keys[POLICE].verifying)
    assert {row.grant for row in rows if row.evidence.side == "provider"} == {
        "grant-civil-status-personal-id.issue.v1"
    }


def test_the_promise_names_the_leaf_of_the_consumers_answer_row(gateway, here):
    answer = issue(gateway)
    value = dict(answer.headers)[b"lienthong-promise"]
    promise = open_promise(value, here.keys[OPERATOR].verifying)
    assert base64.b64decode(promise.leaf) == gateway.log.rows[-1].leaf
    assert promise.log == "VN/GOV/G14/national"


def test_the_system_sees_the_admission_and_no_credential(gateway, here):
    issue(gateway, X_Road_UserId="VN091", Authorization="Bearer of the client")
    (request,) = here.asked
    assert request.target == "/personal-id.issue.v1?full=1"
    sent = {name.lower(): value for name, value in request.headers}
    assert b"lienthong-client-secret" not in sent
    assert b"signature" not in sent
    assert sent[b"authorization"] == b"Bearer of the client"
    assert sent[b"x-road-userid"] == b"VN091"
    assert 0 < int(sent[b"lienthong-deadline"]) < 30_000
    admitted = admission.open_admission(
        sent[b"lienthong-admission"],
        gateway.secrets.admission,
        body=BODY,
        now=clock.instant().timestamp(),
    )
    assert admitted.client == CIVIL_STATUS
    assert admitted.service == ISSUE
    assert admitted.purpose == "đăng ký khai sinh"


def test_headers_the_gateways_use_between_them_still_reach_the_other_party(gateway, here):
    issue(gateway, Signature="sig1=:AAAA:", Content_Digest="sha-256=:own:")
    (request,) = here.asked
    assert request.header(b"signature") == b"sig1=:AAAA:"
    assert request.header(b"content-digest") == b"sha-256=:own:"


def test_data_subjects_are_kept_as_pseudonyms_only(gateway):
    issue(gateway)
    (answered,) = [row for row in gateway.log.rows if row.subjects]
    assert answered.evidence.side == LogSide.PROVIDER
    assert len(answered.subjects) == 2
    # Two bytes for the year of the key, then the HMAC.
    assert {(len(subject), subject[:2]) for subject in answered.subjects} == {
        (34, (2020).to_bytes(2, "big"))
    }
    kept = b"".join(row.evidence.canonical() for row in gateway.log.rows)
    assert b"091095000017" not in kept


def test_the_deadline_shrinks_on_its_way(gateway, here):
    gateway.call("POST", f"/r1/{FIND}", asks(Lienthong_Deadline="1500"), BODY)
    (request,) = here.asked
    left = int(request.header(b"lienthong-deadline"))
    assert 1000 < left < 1500


def test_a_missing_message_id_is_made_by_the_gateway(gateway):
    answer = gateway.call("POST", f"/r1/{FIND}", asks(), BODY)
    made = dict(answer.headers)[b"x-road-id"].decode()
    assert made.startswith("VN-")
    assert [row.evidence.message_id for row in gateway.log.rows] == [made] * 4


def test_an_error_of_the_system_is_an_answer_and_no_fault(here):
    problem = json.dumps({"code": "population.unknown", "status": 404}).encode()
    kind = [(b"Content-Type", b"application/problem+json")]
    gateway = here.gateway(system=lambda _: SystemAnswer(404, problem, kind))
    answer = gateway.call("POST", f"/r1/{ISSUE}", asks(Idempotency_Key="k"), BODY)
    gateway.close()
    assert answer.status == 404
    assert answer.body.whole() == problem
    assert b"x-road-error" not in {name.lower() for name, _ in answer.headers}
    assert gateway.log.rows[-1].evidence.outcome == Outcome.ANSWERED


def test_a_system_cannot_speak_in_the_exchanges_name(here):
    forged = [(b"X-Road-Error", b"Client.BadRequest"), (b"X-Road-Service", b"VN/X/Y/Z/forged")]
    gateway = here.gateway(system=lambda _: SystemAnswer(200, b"[]", forged))
    answer = gateway.call("GET", f"/r1/{UNITS}", asks())
    gateway.close()
    assert answer.status == 200
    assert [v for n, v in answer.headers if n.lower() == b"x-road-service"] == [UNITS.encode()]
    assert [n for n, _ in answer.headers if n.lower() == b"x-road-error"] == []


def test_listing_a_subsystems_methods_is_signed_and_logged_without_a_grant(gateway, here):
    answer = gateway.call(
        "GET", "/r1/VN/GOV/G01/population/listMethods", asks("VN/GOV/G14/outside-test", None)
    )
    services = json.loads(answer.body.whole())["service"]
    assert {service["service_code"] for service in services} == {
        "personal-id.issue.v1", "person.find.v1", "units.list.v1"
    }  # fmt: skip
    assert services[0]["xroad_instance"] == "VN"
    assert len(gateway.log.rows) == 4
    assert {row.effect for row in gateway.log.rows} == {"meta"}
    assert here.asked == []


def test_allowed_methods_are_those_with_a_grant_in_force(gateway):
    path = "/r1/VN/GOV/G01/population/allowedMethods"
    mine = json.loads(gateway.call("GET", path, asks()).body.whole())["service"]
    assert len(mine) == 3
    others = gateway.call("GET", path, asks("VN/GOV/G14/outside-test", None))
    assert json.loads(others.body.whole()) == {"service": []}
    gateway.log.revoke("grant-civil-status-person.find.v1")
    left = json.loads(gateway.call("GET", path, asks()).body.whole())["service"]
    assert len(left) == 2


def test_clients_are_listed_as_xml_or_json_to_anyone(gateway):
    plain = gateway.call("GET", "/listClients?xRoadInstance=VN", [])
    assert dict(plain.headers)[b"Content-Type"].startswith(b"text/xml")
    root = tree.fromstring(plain.body.whole())
    assert root.tag == "{http://x-road.eu/xsd/xroad.xsd}clientList"
    assert len(root) == 6
    as_json = gateway.call("GET", "/listClients", [(b"Accept", b"application/json")])
    members = json.loads(as_json.body.whole())["member"]
    assert {
        "id": {
            "object_type": "SUBSYSTEM",
            "xroad_instance": "VN",
            "member_class": "GOV",
            "member_code": "G15",
            "subsystem_code": "civil-status",
        },
        "name": "Bộ Tư pháp",
        "subsystem_name": "Hộ tịch",
    } in members
    unknown = gateway.call("GET", "/listClients?xRoadInstance=EE", [])
    assert dict(unknown.headers)[b"x-road-error"] == b"Server.ClientProxy.UnknownMember"

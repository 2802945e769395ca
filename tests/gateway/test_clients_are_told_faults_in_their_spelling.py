"""The setting `fault_spelling` is for clients, in REST and SOAP; the log keeps one spelling."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import msgspec
import pytest

from gateway.exchange_cast import FIND, OUTSIDER, asks
from gateway.soap_cast import PROVIDER, SUM, ask, post, soap_country, soap_gateway
from lienthong.gateway.consumer import Consumer
from lienthong.gateway.messages import NOBODY
from lienthong.gateway.settings import GatewayFile
from lienthong.protocol.faults import Spelling

WSDL = (
    "/wsdl?xRoadInstance=VN&memberClass=GOV&memberCode=G14"
    "&subsystemCode=outside-test&serviceCode={code}&version=v1"
)


@pytest.fixture(params=list(Spelling))
def spelling(request):
    return request.param


@pytest.fixture
def gateway(spelling):
    made = soap_gateway(soap_country())
    made.gateway.spelling = spelling
    yield made
    made.close()


def expected(spelling, old, new):
    return old if spelling is Spelling.PASCAL else new


def test_the_default_is_the_spelling_that_existing_clients_compare_with():
    said = msgspec.json.decode(b'{"code": "x", "owner": "GOV/G14"}', type=GatewayFile)
    assert said.fault_spelling is Spelling.PASCAL
    said = msgspec.json.decode(
        b'{"code": "x", "owner": "GOV/G14", "fault_spelling": "7.8"}', type=GatewayFile
    )
    assert said.fault_spelling is Spelling.SNAKE
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"code": "x", "owner": "GOV/G14", "fault_spelling": "8"}', type=GatewayFile
        )


@pytest.mark.parametrize(
    ("target", "headers", "old", "new", "status"),
    [
        (f"/r1/{FIND}", asks(OUTSIDER, None), "Server.ServerProxy.AccessDenied",
         "server.serverproxy.access_denied", 500),
        (f"/r1/{FIND}", asks(secret="wrong"), "Server.ClientProxy.SslAuthenticationFailed",
         "server.clientproxy.ssl_authentication_failed", 500),
        ("/r1/VN/GOV", asks(), "Client.BadRequest", "client.bad_request", 400),
        ("/listClients?xRoadInstance=XX", [], "Server.ClientProxy.UnknownMember",
         "server.clientproxy.unknown_member", 500),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
def test_in_rest(gateway, spelling, target, headers, old, new, status, accept):
    method = "GET" if target.startswith("/list") else "POST"
    answer = gateway.call(method, target, [*headers, (b"Accept", accept.encode())])
    said = dict((name.lower(), value) for name, value in answer.headers)
    code = expected(spelling, old, new)
    assert (answer.status, said[b"x-road-error"].decode()) == (status, code)
    body = answer.body.whole()
    told = json.loads(body)["type"] if accept.endswith("json") else ET.fromstring(body).findtext(
        "type"
    )  # fmt: skip
    assert told == code


def test_in_soap(gateway, spelling):
    answer = post(gateway, ask(SUM.replace("v1", "v9")))
    fault = ET.fromstring(answer.body.whole())
    assert answer.status == 200
    assert fault.findtext(".//faultcode") == expected(
        spelling, "Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service"
    )


def test_in_the_wsdl_of_old(gateway, spelling):
    answer = gateway.call("GET", WSDL.format(code="khongCo"), [])
    code = expected(spelling, "Server.ServerProxy.", "server.serverproxy.")
    said = dict((name.lower(), value) for name, value in answer.headers)
    assert answer.status == 500
    assert said[b"x-road-error"].decode().startswith(code)
    assert ET.fromstring(answer.body.whole()).findtext(".//faultcode").startswith(code)


def test_for_bytes_that_are_no_request(gateway, spelling):
    told = json.loads(Consumer(gateway.gateway).malformed("x", NOBODY).body.whole())["type"]
    assert told == expected(spelling, "Client.BadRequest", "client.bad_request")


def test_the_log_and_the_counts_know_one_spelling(gateway):
    gateway.call("POST", f"/r1/{FIND}", asks(OUTSIDER, None))
    post(gateway, ask(f"{PROVIDER}/tinhTong/v9"))
    faults = {row.evidence.fault for row in gateway.log.rows if row.evidence.fault}
    assert faults == {"Server.ServerProxy.AccessDenied", "Server.ServerProxy.UnknownService"}
    assert all(outcome[0].isupper() or "." not in outcome for _, outcome in gateway.gateway.counted)

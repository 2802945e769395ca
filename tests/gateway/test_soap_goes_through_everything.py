"""One SOAP exchange through both sides of one gateway, without a socket."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as tree
from dataclasses import replace

import pytest

from gateway.exchange_cast import JUSTICE, OPERATOR, asks, grant
from gateway.soap_cast import (
    ASK,
    CIVIL_STATUS,
    NOTE,
    PROVIDER,
    SUM,
    ask,
    echo,
    post,
    soap_country,
    soap_gateway,
)
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.pool import NotReached
from lienthong.gateway.rows import Kind, LogSide, Outcome
from lienthong.protocol import soap
from lienthong.protocol.grants import Quota
from lienthong.protocol.receipt import signed_of
from lienthong.protocol.signature import verify_logged_answer, verify_logged_request
from lienthong.protocol.snapshot import EVENT, OfferEntry
from soap_letters import BOUNDARY, RELATED, identifier, related


@pytest.fixture(scope="module")
def here():
    return soap_country()


@pytest.fixture
def gateway(here):
    here.asked.clear()
    gateway = soap_gateway(here)
    yield gateway
    gateway.close()


def fault_of(answer) -> soap.Fault:
    assert answer.status == 200, "faults of SOAP come with 200, as from the reference server"
    assert dict(answer.headers)[b"Content-Type"] == b"text/xml;charset=utf-8"
    assert b"<SOAP-ENV:Fault>" in answer.body.whole()
    fault = soap.read_envelope(answer.body.whole()).fault
    assert fault is not None
    assert re.fullmatch(r"[0-9a-f-]{36}", fault.detail)
    return fault


def test_the_service_gets_the_clients_bytes_and_nothing_of_http_but_two_headers(gateway, here):
    sent = ask()
    post(gateway, sent, SOAPAction='"urn:tinhTong"', Cookie="a=b", X_Road_Client="VN/GOV/G01/other",
         Authorization="Bearer x")  # fmt: skip
    (request,) = here.asked
    assert request.body == sent
    assert (request.method, request.target) == ("POST", "/service/")
    assert list(request.headers) == [
        (b"Content-Type", b"text/xml; charset=utf-8"), (b"SOAPAction", b'"urn:tinhTong"')
    ]  # fmt: skip


def test_the_answer_is_the_services_with_the_request_hash_in_it(gateway):
    sent = ask()
    answer = post(gateway, sent)
    assert answer.status == 200
    hashed = base64.b64encode(hashlib.sha512(sent).digest())
    field = b'<xrd:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">%b</xrd:requestHash>'
    expected = sent.replace(b"t:tinhTong", b"t:tinhTongResponse")
    assert answer.body.whole() == expected.replace(b"</xrd:id>", b"</xrd:id>" + field % hashed)
    assert [name for name, _ in answer.headers] == [b"Content-Type", b"lienthong-promise"]


def test_both_sides_keep_request_and_answer_with_signatures_that_verify(gateway, here):
    sent = ask(issue="<xrd:issue>435/LĐCP</xrd:issue>")
    post(gateway, sent)
    rows = gateway.log.rows
    assert [(row.evidence.side, row.evidence.kind) for row in rows] == [
        (LogSide.CONSUMER, Kind.REQUEST), (LogSide.PROVIDER, Kind.REQUEST),
        (LogSide.PROVIDER, Kind.ANSWER), (LogSide.CONSUMER, Kind.ANSWER),
    ]  # fmt: skip
    assert {row.evidence.message_id for row in rows} == {"letter-1"}
    assert {row.evidence.client for row in rows} == {CIVIL_STATUS}
    assert {row.evidence.service for row in rows} == {f"{PROVIDER}/tinhTong"}
    assert rows[-1].evidence.outcome == Outcome.ANSWERED
    for asked, answered in ((rows[0], rows[3]), (rows[1], rows[2])):
        request = signed_of(asked.evidence)
        part = verify_logged_request(request, here.keys[JUSTICE].verifying)
        assert part.target == b"/soap/VN/GOV/G14/outside-test/tinhTong/v1"
        assert part.header(b"x-road-issue") == b"435%2FL%C4%90CP"
        assert request.body_digest == hashlib.sha256(sent).digest()
        verify_logged_answer(signed_of(answered.evidence), request, here.keys[OPERATOR].verifying)


def test_it_is_counted_once_on_each_side(gateway):
    post(gateway, ask())
    assert gateway.gateway.counted == {
        ("consumer", Outcome.ANSWERED): 1, ("provider", Outcome.ANSWERED): 1
    }  # fmt: skip


def test_attachments_pass_untouched_and_the_hash_is_that_of_the_first_part(gateway, here):
    envelope, photo = ask(), bytes(range(256)) * 2_000
    sent = related(envelope, photo, b"\r\n--not-a-boundary\r\n")
    answer = post(gateway, sent, RELATED)
    assert here.asked[0].body == sent
    got = answer.body.whole()
    hashed = base64.b64encode(hashlib.sha512(envelope).digest())
    assert hashed in got
    added = re.search(rb"<xrd:requestHash.*?</xrd:requestHash>", got)[0]
    assert got.replace(added, b"").replace(b"tinhTongResponse", b"tinhTong") == sent
    assert dict(answer.headers)[b"Content-Type"] == RELATED.encode()


def test_a_length_stated_in_the_first_part_is_corrected(here):
    def system(request):
        envelope = request.body.replace(b"t:tinhTong", b"t:tinhTongResponse")
        whole = related(envelope).replace(
            b"Content-ID", b"content-length: %d\r\nContent-ID" % len(envelope)
        )
        return SystemAnswer(200, whole, [(b"Content-Type", RELATED.encode())])

    gateway = soap_gateway(here, system=system)
    whole = post(gateway, ask()).body.whole()
    gateway.close()
    head, _, envelope = whole.partition(b"\r\n\r\n")
    stated = int(re.search(rb"content-length: (\d+)", head)[1])
    assert len(envelope.rpartition(b"\r\n--" + BOUNDARY.encode() + b"--")[0]) == stated


def test_a_message_of_xop_is_taken(gateway):
    kind = 'application/xop+xml; charset=UTF-8; type="text/xml"'
    whole = related(ask(), b"photo").replace(b"text/xml; charset=UTF-8", kind.encode())
    mtom = RELATED.replace('type="text/xml"', 'type="application/xop+xml"; start="<root>"')
    assert b"tinhTongResponse" in post(gateway, whole, mtom).body.whole()


def test_a_service_that_changes_something_needs_no_idempotency_key(gateway, here):
    answer = post(gateway, ask(NOTE, ASK.replace("tinhTong", "ghiChu")))
    assert b"ghiChuResponse" in answer.body.whole()
    assert {row.mode for row in gateway.log.rows} == {"strict"}


def test_any_path_nobody_claimed_takes_soap(gateway):
    for path in ("/", "/xroad-endpoint", "/cgi-bin/consumer_proxy?x=1"):
        assert b"tinhTongResponse" in post(gateway, ask(), path=path).body.whole()


def test_a_fault_of_the_service_is_its_answer_and_reaches_the_client_as_it_is(here):
    fault = soap.fault_message("Client.Khong", "không có người này", "d").replace(
        b"SOAP-ENV", b"soapenv"
    )
    kind = [(b"Content-Type", b"text/xml; charset=utf-8")]
    for status in (200, 500):
        gateway = soap_gateway(
            here, system=lambda _, status=status: SystemAnswer(status, fault, kind)
        )
        answer = post(gateway, ask())
        gateway.close()
        assert (answer.status, answer.body.whole()) == (200, fault)
        answered = gateway.log.rows[-1].evidence
        assert (answered.outcome, answered.status) == (Outcome.ANSWERED, 500)


def another_header(request):
    whole = echo(request).body.replace(b"letter-1", b"letter-2")
    return SystemAnswer(200, whole, [(b"Content-Type", b"text/xml")])


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (lambda _: SystemAnswer(404, b"<a/>", [(b"Content-Type", b"text/xml")]), "HttpError"),
        (lambda r: SystemAnswer(500, echo(r).body, [(b"Content-Type", b"text/xml")]), "HttpError"),
        (lambda _: SystemAnswer(200, b"{}", [(b"Content-Type", b"application/json")]),
         "InvalidContentType"),
        (lambda _: SystemAnswer(200, b"<html>", [(b"Content-Type", b"text/xml")]), "InvalidSoap"),
        (lambda _: SystemAnswer(200, b"", [(b"Content-Type", b"text/xml")]), "MissingSoap"),
        (lambda r: SystemAnswer(200, r.body.replace(b"<xrd:id>letter-1</xrd:id>", b""),
                                [(b"Content-Type", b"text/xml")]), "MissingHeaderField"),
        (another_header, "InconsistentResponse"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_never_signed(here, system, code):
    gateway = soap_gateway(here, system=system)
    fault = fault_of(post(gateway, ask()))
    gateway.close()
    assert fault.code == f"Server.ServerProxy.ServiceFailed.{code}"
    provider = [row.evidence for row in gateway.log.rows if row.evidence.side == LogSide.PROVIDER]
    assert provider[-1].signature == b""
    assert provider[-1].outcome == Outcome.FAILED, "the service may have acted"


@pytest.mark.parametrize(
    ("service", "body", "client", "secret", "code"),
    [
        (f"{PROVIDER}/khongCo", ASK.replace("tinhTong", "khongCo"), CIVIL_STATUS, True,
         "Server.ServerProxy.UnknownService"),
        (f"{PROVIDER}/tinhTong/v3", ASK, CIVIL_STATUS, True, "Server.ServerProxy.UnknownService"),
        (f"{PROVIDER}/tinhTong", ASK, CIVIL_STATUS, True, "Server.ServerProxy.UnknownService"),
        (f"{PROVIDER}/units", ASK.replace("tinhTong", "units"), CIVIL_STATUS, True,
         "Server.ServerProxy.ServiceType"),
        (SUM, ASK, "VN/GOV/G14/outside-test", False, "Server.ServerProxy.AccessDenied"),
        (SUM, ASK, "VN/GOV/G01/nobody", True, "Server.ClientProxy.UnknownMember"),
        ("VN/GOV/G99/x/tinhTong", ASK, CIVIL_STATUS, True, "Server.ClientProxy.UnknownMember"),
        ("XX/GOV/G14/outside-test/tinhTong", ASK, CIVIL_STATUS, True,
         "Server.ClientProxy.UnknownMember"),
        (SUM, ASK, "VN/GOV/G15", True, "Server.ClientProxy.InvalidClientIdentifier"),
        (SUM, ASK, CIVIL_STATUS, False, "Server.ClientProxy.SslAuthenticationFailed"),
    ],
)  # fmt: skip
def test_refusals_are_soap_faults_with_the_codes_of_x_road(
    gateway, here, service, body, client, secret, code
):
    more = {} if secret else {"secret": None}
    fault = fault_of(post(gateway, ask(service, body, client), **more))
    assert fault.code == code
    assert here.asked == []
    assert gateway.log.rows[-1].evidence.fault == code


def test_a_provider_nobody_reaches_is_a_network_error_of_its_service(here):
    def unreachable(_):
        raise NotReached

    gateway = soap_gateway(here, system=unreachable)
    fault = fault_of(post(gateway, ask()))
    gateway.close()
    assert fault.code == "Server.ServerProxy.ServiceFailed.NetworkError"
    assert gateway.log.rows[-1].evidence.outcome == Outcome.UNREACHABLE


def test_a_quota_counts_messages_of_soap_too(here):
    held = grant("GOV/G15/civil-status", "tinhTong", provider="GOV/G14/outside-test",
                 id="grant-tinhTong", quota=Quota(per_day=1))  # fmt: skip
    limited = replace(here, snapshot=here.changed(grants=[held]))
    gateway = soap_gateway(limited)
    assert b"tinhTongResponse" in post(gateway, ask()).body.whole()
    limited.asked.clear()
    refused = post(gateway, ask())
    gateway.close()
    assert fault_of(refused).code == "Server.ServerProxy.QuotaExceeded"
    assert 0 < int(dict(refused.headers)[b"Retry-After"]) <= 86_400
    assert limited.asked == [], "nothing reached the service"
    provider = [row for row in gateway.log.rows if row.evidence.side == LogSide.PROVIDER][-1]
    assert provider.reason == "quota_day"


def test_a_grant_nobody_signed_lets_no_message_of_soap_through_where_signatures_are_asked(here):
    gateway = soap_gateway(here)
    gateway.gateway.signed_grants = True
    here.asked.clear()
    fault = fault_of(post(gateway, ask()))
    gateway.close()
    assert fault.code == "Server.ServerProxy.AccessDenied"
    assert here.asked == []


def test_an_event_is_not_asked_for_by_soap(here):
    event = OfferEntry(provider="GOV/G14/outside-test", code="tinhTong", effect=EVENT, kind="soap",
                       versions=["v1"], methods=["POST"])  # fmt: skip
    others = [offer for offer in here.snapshot.offers if offer.code != "tinhTong"]
    gateway = soap_gateway(replace(here, snapshot=here.changed(offers=[*others, event])))
    here.asked.clear()
    fault = fault_of(post(gateway, ask()))
    gateway.close()
    assert fault.code == "Server.ServerProxy.UnknownService"
    assert here.asked == []


def test_rest_cannot_call_a_service_of_soap(gateway, here):
    answer = gateway.call("POST", f"/r1/{PROVIDER}/tinhTong", asks(), b"{}")
    assert json.loads(answer.body.whole())["type"] == "Server.ServerProxy.ServiceType"
    assert here.asked == []


def test_the_gateway_asked_for_by_name_is_used_or_refused(gateway):
    right = identifier("securityServer", "SERVER", "VN/GOV/G14/national")
    assert b"tinhTongResponse" in post(gateway, ask(server=right)).body.whole()
    wrong = right.replace("national", "other")
    fault = fault_of(post(gateway, ask(server=wrong)))
    assert fault.code == "Server.ClientProxy.InvalidSecurityServer"


def test_other_verbs_than_post_are_told_so_in_soap(gateway):
    for verb in ("GET", "PUT", "DELETE"):
        fault = fault_of(gateway.call(verb, "/", asks()))
        assert fault.code == "Client.InvalidHttpMethod"


def listed(answer) -> list[tuple[str, str]]:
    names = {"id": "http://x-road.eu/xsd/identifiers", "x": "http://x-road.eu/xsd/xroad.xsd",
             "s": soap.ENVELOPE}  # fmt: skip
    body = tree.fromstring(answer.body.whole()).find("s:Body/*", names)
    return [
        (
            service.find("id:serviceCode", names).text,
            service.findtext("id:serviceVersion", "", names),
        )
        for service in body.findall("x:service", names)
    ]


def meta(code: str, inner: str = "", client: str = CIVIL_STATUS) -> bytes:
    return ask(f"{PROVIDER}/{code}", f"<xrd:{code}>{inner}</xrd:{code}>", client)


def test_methods_are_listed_in_soap_with_header_and_hash(gateway, here):
    sent = meta("listMethods")
    answer = post(gateway, sent)
    assert listed(answer) == [("tinhTong", "v1"), ("tinhTong", "v2"), ("ghiChu", "")]
    found = soap.read_envelope(answer.body.whole())
    assert found.wrapper == (soap.XROAD, "listMethodsResponse")
    assert found.header.values["requestHash"] == soap.request_hash(sent)
    assert b"<SOAP-ENV:Envelope" in answer.body.whole()
    assert here.asked == []
    assert len(gateway.log.rows) == 4


def test_allowed_methods_are_those_with_a_grant(gateway):
    assert len(listed(post(gateway, meta("allowedMethods")))) == 3
    others = post(gateway, meta("allowedMethods", client="VN/GOV/G14/outside-test"), secret=None)
    assert listed(others) == []
    gateway.log.revoke("grant-tinhTong")
    assert listed(post(gateway, meta("allowedMethods"))) == [("ghiChu", "")]


WSDL = b"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/">
  <!-- n\xe1\xbb\x99i b\xe1\xbb\x99 -->
  <wsdl:service name="a"><wsdl:port name="b"><soap:address a=">"  location =
    'http://10.0.0.7:8080/inner' /></wsdl:port></wsdl:service>
</wsdl:definitions>
"""


def describing(request):
    if request.target == "/service?wsdl":
        return SystemAnswer(200, WSDL, [(b"Content-Type", b"text/xml")])
    return echo(request)


def test_a_wsdl_is_the_second_part_and_tells_no_inner_address(here):
    gateway = soap_gateway(here, system=describing)
    inner = "<xrd:serviceCode>tinhTong</xrd:serviceCode><xrd:serviceVersion>v1</xrd:serviceVersion>"
    sent = meta("getWsdl", inner)
    answer = post(gateway, sent)
    gateway.close()
    kind = dict(answer.headers)[b"Content-Type"].decode()
    assert kind.startswith("multipart/related; ")
    boundary = re.search('boundary="(.*?)"', kind)[1].encode()
    _, first, second, end = answer.body.whole().split(b"--" + boundary)
    assert end == b"--\r\n"
    found = soap.read_envelope(first.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n"))
    assert found.wrapper == (soap.XROAD, "getWsdlResponse")
    assert found.header.values["requestHash"] == soap.request_hash(sent)
    head, _, wsdl = second.partition(b"\r\n\r\n")
    assert b"Content-Type: text/xml" in head
    assert wsdl.removesuffix(b"\r\n") == WSDL.replace(
        b"http://10.0.0.7:8080/inner", b"http://example.org/xroad-endpoint"
    )


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("", "Server.ServerProxy.InvalidRequest"),
        ("<xrd:serviceCode>khongCo</xrd:serviceCode>", "Server.ServerProxy.UnknownService"),
        ("<xrd:serviceCode>tinhTong</xrd:serviceCode>", "Server.ServerProxy.UnknownService"),
        ("<xrd:serviceCode>units</xrd:serviceCode>", "Server.ServerProxy.ServiceType"),
        ("<xrd:serviceCode>a</xrd:serviceCode><xrd:serviceCode>b</xrd:serviceCode>",
         "Client.InvalidBody"),
    ],
)  # fmt: skip
def test_a_wsdl_that_is_not_there_is_refused(gateway, inner, code):
    assert fault_of(post(gateway, meta("getWsdl", inner))).code == code


def test_clients_of_before_x_road_7_get_the_wsdl_by_a_query(here):
    gateway = soap_gateway(here, system=describing)
    query = ("xRoadInstance=VN&memberClass=GOV&memberCode=G14&subsystemCode=outside-test"
             "&serviceCode=tinhTong&version=v1")  # fmt: skip
    answer = gateway.call("GET", f"/wsdl?{query}", [])
    assert (answer.status, dict(answer.headers)[b"Content-Type"]) == (200, b"text/xml")
    assert answer.body.whole() == WSDL.replace(
        b"http://10.0.0.7:8080/inner", b"http://example.org/xroad-endpoint"
    )
    assert {row.evidence.client for row in gateway.log.rows} == {"VN/GOV/G14"}
    assert len(gateway.log.rows) == 4
    refused = gateway.call("GET", f"/wsdl?{query}2", [])
    assert (refused.status, dict(refused.headers)[b"x-road-error"]) == (
        500, b"Server.ServerProxy.UnknownService",
    )  # fmt: skip
    missing = gateway.call("GET", "/wsdl?xRoadInstance=VN", [])
    assert missing.status == 400
    assert b"serviceCode" in missing.body.whole()
    gateway.close()


def test_nobody_but_a_gateways_owner_asks_as_a_member(here, gateway):
    sent = meta("listMethods", client="VN/GOV/G14")
    assert fault_of(post(gateway, sent)).code == "Server.ClientProxy.InvalidClientIdentifier"


@pytest.mark.parametrize(
    "wsdl",
    [b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 200 + b"</a>" * 200,
     "<a/>".encode("utf-16")],
)  # fmt: skip
def test_a_wsdl_that_cannot_be_read_safely_is_not_passed_on(here, wsdl):
    gateway = soap_gateway(here, system=lambda _: SystemAnswer(200, wsdl, []))
    inner = "<xrd:serviceCode>ghiChu</xrd:serviceCode>"
    assert (
        fault_of(post(gateway, meta("getWsdl", inner))).code == "Server.ServerProxy.InternalError"
    )
    gateway.close()


def test_a_gateway_that_carries_rest_has_no_xml_parser_in_memory():
    program = (
        "import sys, lienthong.gateway.main\n"
        "late = ('lienthong.protocol.soap', 'lienthong.gateway.soap_consumer', 'xml.parsers.expat',"
        " 'pyexpat')\n"
        "print([name for name in late if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"

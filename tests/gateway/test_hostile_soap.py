"""SOAP from a hostile client, service and peer: refused in words, and counted."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import time
import tracemalloc

import pytest

from gateway.exchange_cast import JUSTICE, SECRET
from gateway.soap_cast import (
    ASK,
    CIVIL_STATUS,
    PROVIDER,
    ask,
    echo,
    post,
    soap_country,
    soap_gateway,
)
from lienthong.gateway.bodies import Body
from lienthong.gateway.front import PeerFront
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.settings import ClientRule
from lienthong.kernel import clock
from lienthong.protocol import soap
from lienthong.protocol.faults import read_fault
from lienthong.protocol.rest import RequestPart
from lienthong.protocol.signature import sign_request
from soap_letters import BOUNDARY, RELATED, header, identifier, letter, related

ANOTHER_RULE = ClientRule(
    modes=frozenset({"secret"}), secret_sha256=hashlib.sha256(b"another secret").hexdigest()
)
KIND = b"text/xml; charset=utf-8"
BILLION = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % ((n + 1, *[n] * 10))
    for n in range(97, 110)
) + b"]>"  # fmt: skip


@pytest.fixture(scope="module")
def here():
    return soap_country()


@pytest.fixture
def gateway(here):
    here.asked.clear()
    gateway = soap_gateway(here)
    yield gateway
    gateway.close()


def code_of(answer) -> str:
    assert answer.status == 200
    fault = soap.read_envelope(answer.body.whole()).fault
    assert fault is not None, answer.body.whole()
    return fault.code


def with_doctype(doctype: bytes, body: str = ASK) -> bytes:
    declaration, _, rest = ask(body=body).partition(b"\n")
    return declaration + doctype + rest


FILE = b'<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
BOMBS = [
    pytest.param(with_doctype(BILLION, ASK.replace(">1<", ">&n;<")), KIND, "Client.InvalidXml",
                 id="a billion laughs"),
    pytest.param(with_doctype(FILE, ASK.replace(">1<", ">&secret;<")), KIND, "Client.InvalidXml",
                 id="a file of the gateway"),
    pytest.param(ask(body=ASK.replace(">1<", f">{'<a>' * 90_000}{'</a>' * 90_000}<")), KIND,
                 "Client.InvalidXml", id="ninety thousand levels"),
    pytest.param(related(ask(), *[b"x"] * 5000), RELATED.encode(), "Client.MimeParsingFailed",
                 id="five thousand parts"),
    pytest.param(related(with_doctype(BILLION)), RELATED.encode(), "Client.InvalidXml",
                 id="a bomb in the first part"),
    pytest.param(related(ask()).replace(b"8bit", b"base64"), RELATED.encode(), "Client.InvalidSoap",
                 id="an encoded first part"),
    pytest.param(related(ask()), RELATED.replace("type=", 'start="<b>"; type=').encode(),
                 "Client.MimeParsingFailed", id="another part named as the first"),
    pytest.param(related(ask()), RELATED.replace(BOUNDARY, "other").encode(),
                 "Client.MimeParsingFailed", id="another boundary"),
    pytest.param(related(ask())[:-20], RELATED.encode(), "Client.MimeParsingFailed",
                 id="half of it"),
    pytest.param(ask(), b"application/soap+xml", "Client.InvalidContentType", id="SOAP 1.2"),
    pytest.param(b"", KIND, "Client.MissingSoap", id="nothing"),
    pytest.param(b"\x00" * 1000, KIND, "Client.InvalidXml", id="zeros"),
    pytest.param(ask(protocolVersion="<xrd:protocolVersion>3.1</xrd:protocolVersion>"), KIND,
                 "Client.InvalidProtocolVersion", id="another version of the protocol"),
    pytest.param(ask(id=""), KIND, "Client.MissingHeaderField", id="no id"),
    pytest.param(ask().replace(identifier("client", "SUBSYSTEM", CIVIL_STATUS).encode(), b""), KIND,
                 "Client.MissingHeaderField", id="no client"),
    pytest.param(ask(second=identifier("client", "SUBSYSTEM", CIVIL_STATUS)), KIND,
                 "Client.DuplicateHeaderField", id="two clients"),
    pytest.param(ask(second="<xrd:id>letter-2</xrd:id>"), KIND, "Client.DuplicateHeaderField",
                 id="two ids"),
]  # fmt: skip


@pytest.mark.parametrize(("whole", "kind", "code"), BOMBS)
def test_what_a_client_sends_is_refused_before_it_leaves_the_gateway(
    gateway, here, whole, kind, code
):
    tracemalloc.start()
    assert code_of(post(gateway, whole, kind.decode())) == code
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
    assert here.asked == []
    (row,) = gateway.log.rows
    assert row.evidence.fault == code
    assert gateway.gateway.counted == {("consumer", code): 1}


@pytest.mark.parametrize(
    ("whole", "kind", "code"),
    [
        (with_doctype(BILLION), KIND, "InvalidXml"),
        (related(ask(), *[b"x"] * 5000), RELATED.encode(), "MimeParsingFailed"),
        (ask(body=ASK.replace(">1<", f">{'<a>' * 90_000}{'</a>' * 90_000}<")), KIND, "InvalidXml"),
    ],
)
def test_what_a_service_sends_reaches_no_client(here, whole, kind, code):
    gateway = soap_gateway(
        here, system=lambda _: SystemAnswer(200, whole, [(b"Content-Type", kind)])
    )
    assert code_of(post(gateway, ask())) == f"Server.ServerProxy.ServiceFailed.{code}"
    gateway.close()


def test_an_envelope_in_anothers_name_is_not_admitted(gateway, here):
    others = ask(client="VN/GOV/G01/population")
    assert code_of(post(gateway, others)) == "Server.ClientProxy.UnknownMember"
    gateway.gateway.holdings = dataclasses.replace(
        gateway.gateway.holdings,
        clients={**here.clients, "GOV/G01/population": ANOTHER_RULE},
    )
    assert code_of(post(gateway, others)) == "Server.ClientProxy.SslAuthenticationFailed"
    assert here.asked == []


def test_http_headers_in_the_exchanges_name_count_for_nothing(gateway, here):
    post(gateway, ask(), X_Road_Client="VN/GOV/G01/population", X_Road_Id="forged",
         X_Road_Service="VN/X/Y/Z/w", X_Road_Security_Server="VN/GOV/G14/other",
         Lienthong_Subject="091095000017", Lienthong_Admission="forged")  # fmt: skip
    assert {row.evidence.message_id for row in gateway.log.rows} == {"letter-1"}
    assert {row.evidence.client for row in gateway.log.rows} == {CIVIL_STATUS}
    assert b"forged" not in b"".join(row.evidence.head for row in gateway.log.rows)
    assert len(here.asked) == 1
    assert len(here.asked[0].headers) == 1


@pytest.mark.parametrize("name", [b"Content-Type", b"SOAPAction"])
def test_a_header_that_matters_is_there_once(gateway, name):
    values = {b"Content-Type": KIND, b"SOAPAction": b'""'}
    headers = [(b"Content-Type", KIND), (b"Lienthong-Client-Secret", SECRET.encode())]
    headers += [(b"SOAPAction", b'""'), (name, values[name])]
    assert code_of(gateway.call("POST", "/", headers, ask())) == "Client.BadRequest"


def test_soap_action_cannot_carry_a_header(gateway):
    assert code_of(post(gateway, ask(), SOAPAction='"a\r\nX: y"')) == "Client.InvalidSoapAction"


def test_the_path_between_gateways_is_no_path_for_clients(gateway, here):
    answer = gateway.call("GET", f"/soap/{PROVIDER}/tinhTong/v1", [])
    assert answer.status == 400
    assert here.asked == []


def test_a_message_longer_than_its_service_takes_is_refused(gateway, here):
    whole = related(ask(), b"x" * (1 << 20))
    assert code_of(post(gateway, whole, RELATED)) == "Client.InvalidBody"
    assert here.asked == []


# A peer gateway that lies: it signs one header and sends another in the envelope.


def from_peer(here, gateway, target: bytes, headers, body: bytes):
    """What the provider's side answers to a request signed by the client's own key."""
    part = RequestPart(b"POST", target, tuple(headers))
    key = here.keys[JUSTICE]
    digest = hashlib.sha256(body).digest()
    signed = sign_request(part, digest, key, now=clock.instant().timestamp())
    certificate = here.snapshot.gateways[0].auth_cert_sha256[0]
    head = Head(b"POST", target, [*headers, *signed.headers()], Caller(certificate, secure=True))
    request = Incoming(head, Body.of(body), time.monotonic())
    return asyncio.run(PeerFront(gateway.gateway).answer(request))


TARGET = f"/soap/{PROVIDER}/tinhTong/v1".encode()
FIELDS = {
    b"Content-Type": KIND,
    b"x-road-client": CIVIL_STATUS.encode(),
    b"x-road-userid": b"VN091095000017",
    b"x-road-id": b"letter-1",
    b"x-road-request-id": b"0b1f0a7c-5a5b-4f4a-8a0a-0e5b6a9f0c11",
}


def test_a_peer_that_sends_one_message_is_served(here, gateway):
    answer = from_peer(here, gateway, TARGET, FIELDS.items(), ask())
    assert answer.status == 200, answer.body.whole()
    assert len(here.asked) == 1


@pytest.mark.parametrize(
    ("target", "changes", "body"),
    [
        (TARGET, {}, ask(f"{PROVIDER}/tinhTong/v2")),
        (TARGET.replace(b"tinhTong", b"ghiChu").replace(b"/v1", b""), {}, ask()),
        (TARGET, {}, ask(client="VN/GOV/G15/other")),
        (TARGET, {}, ask(id="<xrd:id>letter-2</xrd:id>")),
        (TARGET, {b"x-road-userid": b"VN000"}, ask()),
        (TARGET, {b"x-road-issue": b"none"}, ask()),
        (TARGET, {b"X-Hidden": b"1"}, ask()),
    ],
)
def test_a_peer_that_signs_another_header_than_it_sends_is_refused(
    here, gateway, target, changes, body
):
    answer = from_peer(here, gateway, target, {**FIELDS, **changes}.items(), body)
    assert read_fault(answer.body.whole()).fault == "Client.InconsistentHeaders"
    assert here.asked == []


def test_a_peer_cannot_reach_a_service_of_rest_by_the_path_of_soap(here, gateway):
    target = b"/soap/VN/GOV/G01/population/units.list.v1"
    body = letter(header(CIVIL_STATUS, "VN/GOV/G01/population/units.list.v1"),
                  ASK.replace("tinhTong", "units.list.v1"))  # fmt: skip
    answer = from_peer(here, gateway, target, FIELDS.items(), body)
    assert read_fault(answer.body.whole()).fault == "Server.ServerProxy.ServiceType"
    assert here.asked == []


def test_a_long_message_is_read_beside_the_others(here):
    """A thread reads it, so the loop answers what is short meanwhile."""
    gateway = soap_gateway(here, system=echo)
    long = related(ask(), b"x" * 500_000)
    order = []

    async def both():
        async def one(name, body, kind):
            headers = [(b"Content-Type", kind), (b"Lienthong-Client-Secret", SECRET.encode())]
            answer = await gateway.answer("POST", "/", headers, body)
            order.append(name)
            return answer

        return await asyncio.gather(one("long", long, RELATED.encode()), one("short", ask(), KIND))

    for answer in asyncio.run(both()):
        assert b"tinhTongResponse" in answer.body.whole()
    gateway.close()
    assert sorted(order) == ["long", "short"]

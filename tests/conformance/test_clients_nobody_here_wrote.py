"""
X-Road's own kind of clients and providers against a running gateway.

zeep and pyxroad consume; a service of fastapi-xroad-soap and a plain FastAPI
application provide. None of them knows that this is not X-Road.
"""

from __future__ import annotations

import email.mime.application
import email.mime.multipart
import email.mime.nonmultipart
import email.policy
import json
import os
import uuid
from pathlib import Path

import pytest
import requests
import zeep
from lxml import etree
from XRoad import XClient
from zeep.cache import InMemoryCache
from zeep.transports import Transport

from gateway.exchange_cast import OPERATOR, SECRET
from gateway.test_gateway_processes import eventually
from lienthong.protocol.receipt import verify_receipt

pytestmark = pytest.mark.scenario

HERE = Path(__file__).resolve().parent
SPACE = "urn:lienthong:outside"
CLIENT = "VN/GOV/G14/outside-test"
PROVIDER = "VN/GOV/G14/outside-services"
SUM = f"{PROVIDER}/TinhTong/v1"
PARTS = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode",
         "serviceVersion")  # fmt: skip
SWAREF = (
    b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    b' targetNamespace="http://ws-i.org/profiles/basic/1.1/xsd"><xs:simpleType name="swaRef">'
    b'<xs:restriction base="xs:anyURI"/></xs:simpleType></xs:schema>'
)


def schemas() -> InMemoryCache:
    """What a WSDL imports from the open internet, where no test goes."""
    cache = InMemoryCache()
    for name in ("xroad", "identifiers"):
        cache.add(f"http://x-road.eu/xsd/{name}.xsd", (HERE / f"{name}.xsd").read_bytes())
    cache.add("http://ws-i.org/profiles/basic/1.1/swaref.xsd", SWAREF)
    return cache


class WithoutDeclaration(Transport):
    """fastapi-xroad-soap 0.4.7 takes no message that begins with an XML declaration."""

    def post_xml(self, address, envelope, headers):
        return self.post(address, etree.tostring(envelope), headers)


def identifier(path: str, kind: str) -> dict[str, str]:
    return {**dict(zip(PARTS, path.split("/"), strict=False)), "objectType": kind}


def header(client: str, service: str) -> dict[str, object]:
    return {
        "client": identifier(client, "SUBSYSTEM"),
        "service": identifier(service, "SERVICE"),
        "userId": "VN091095000017",
        "id": str(uuid.uuid4()),
        "protocolVersion": "4.0",
    }


def wsdl_url(base: str, service: str) -> str:
    names = (*PARTS[:5], "version")
    query = "&".join(f"{n}={v}" for n, v in zip(names, service.split("/"), strict=False))
    return f"{base}/wsdl?{query}"


@pytest.fixture
def trembita(outside):
    """pyxroad's client as its readme says, with the namespace its provider asks for."""
    client = XClient(
        outside.base, client=CLIENT, service=SUM, transport=WithoutDeclaration(cache=schemas())
    )
    client.set_ns_prefix("o", SPACE)
    return client


def test_pyxroad_finds_the_wsdl_and_calls_through_the_gateway_as_its_proxy(trembita):
    assert trembita.service._binding_options["address"] == "http://example.org/xroad-endpoint"
    answer = trembita.request(First=20, Second=22)
    assert answer["body"] == {"Total": 42, "AskedBy": "outside-test"}
    assert answer["header"]["client"]["subsystemCode"] == "outside-test"
    assert answer["header"]["id"] == trembita.id


def test_what_pyxroad_did_is_in_the_log_like_any_exchange(trembita, outside):
    trembita.request(First=1, Second=1, xroad_id="from-kyiv-1")
    rows = outside.running.rows(message_id="from-kyiv-1")
    assert sorted(rows) == [
        ("consumer", "answer", "answered"), ("consumer", "request", "open"),
        ("provider", "answer", "answered"), ("provider", "request", "open"),
    ]  # fmt: skip


def test_a_receipt_proves_what_was_asked_in_soap(trembita, outside):
    trembita.request(First=2, Second=2, xroad_id="from-kyiv-2")
    running = outside.running
    receipt = eventually(
        lambda: (got := running.admin("/receipts/from-kyiv-2"))[0] == 200 and got[1], seconds=60
    )
    facts = verify_receipt(receipt, running.country.anchor)
    assert (facts.message_id, facts.status) == ("from-kyiv-2", 200)
    assert facts.answered_by == OPERATOR


def test_pyxroad_reads_a_fault_of_the_service(trembita):
    with pytest.raises(zeep.exceptions.Fault) as caught:
        trembita.request(First=1, Second=13)
    assert "Số này không cộng được" in str(caught.value)


def test_pyxroad_reads_a_fault_of_the_exchange(outside):
    client = XClient(
        outside.base, client="VN/GOV/G14/nobody", service=SUM, transport=Transport(cache=schemas())
    )
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.request(First=1, Second=1)
    assert "not found" in str(caught.value)


def test_zeep_calls_the_address_it_is_given(outside):
    transport = WithoutDeclaration(cache=schemas())
    transport.session.headers["Lienthong-Client-Secret"] = SECRET
    client = zeep.Client(wsdl_url(outside.base, SUM), transport=transport)
    client.set_ns_prefix("o", SPACE)
    service = client.create_service(f"{{{SPACE}}}serviceBinding", f"{outside.base}/")
    asked = header("VN/GOV/G15/civil-status", SUM)
    answer = service.TinhTong(First=1, Second=2, _soapheaders=asked)
    assert (answer.body.Total, answer.body.AskedBy) == (3, "civil-status")
    assert answer.header.userId == asked["userId"]


def test_zeep_as_it_comes_learns_that_its_provider_refused_the_message(outside):
    """The provider answers its own fault with 400, which is a failure of the service in X-Road."""
    client = zeep.Client(wsdl_url(outside.base, SUM), transport=Transport(cache=schemas()))
    service = client.create_service(f"{{{SPACE}}}serviceBinding", f"{outside.base}/")
    with pytest.raises(zeep.exceptions.Fault) as caught:
        service.TinhTong(First=1, Second=2, _soapheaders=header(CLIENT, SUM))
    assert caught.value.code == "Server.ServerProxy.ServiceFailed.HttpError"


@pytest.mark.parametrize(
    ("client", "service", "code"),
    [
        (CLIENT, f"{PROVIDER}/TinhTong/v2", "Server.ServerProxy.UnknownService"),
        (CLIENT, "VN/GOV/G01/population/TinhTong/v1", "Server.ServerProxy.UnknownService"),
        ("VN/GOV/G15/civil-status", SUM, "Server.ClientProxy.SslAuthenticationFailed"),
        (CLIENT, "VN/COM/1/x/TinhTong", "Server.ClientProxy.UnknownMember"),
    ],
)
def test_zeep_as_it_comes_reads_the_exchanges_faults(outside, client, service, code):
    reader = zeep.Client(wsdl_url(outside.base, SUM), transport=Transport(cache=schemas()))
    proxy = reader.create_service(f"{{{SPACE}}}serviceBinding", f"{outside.base}/")
    with pytest.raises(zeep.exceptions.Fault) as caught:
        proxy.TinhTong(First=1, Second=2, _soapheaders=header(client, service))
    assert caught.value.code == code
    assert len(caught.value.detail.findtext("faultDetail")) == 36


def test_zeep_as_it_comes_lists_methods(outside):
    client = zeep.Client(str(HERE / "metaservices.wsdl"), transport=Transport(cache=schemas()))
    binding = "{http://x-road.eu/xsd/xroad.xsd}binding"
    asked = header(CLIENT, f"{PROVIDER}/listMethods")
    del asked["userId"]
    found = client.create_service(binding, f"{outside.base}/").listMethods(_soapheaders=asked)
    assert [(one.serviceCode, one.serviceVersion, one.objectType) for one in found] == [
        ("TinhTong", "v1", "SERVICE"), ("GuiAnh", "v1", "SERVICE"),
    ]  # fmt: skip


def photo_message(photo: bytes) -> tuple[str, bytes]:
    """A message with an attachment, packed by Python's own email package."""
    asked = header(CLIENT, f"{PROVIDER}/GuiAnh/v1")
    del asked["userId"]
    fields = "".join(
        f"<xro:{name}>{value}</xro:{name}>" if isinstance(value, str) else
        f'<xro:{name} iden:objectType="{value["objectType"]}">'
        + "".join(f"<iden:{n}>{value[n]}</iden:{n}>" for n in PARTS if n in value)
        + f"</xro:{name}>"
        for name, value in asked.items()
    )  # fmt: skip
    envelope = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xro="http://x-road.eu/xsd/xroad.xsd"'
        ' xmlns:iden="http://x-road.eu/xsd/identifiers"><soapenv:Header>'
        f"{fields}</soapenv:Header><soapenv:Body><GuiAnh><Name>An</Name>"
        "<Photo>cid:photo-1</Photo></GuiAnh></soapenv:Body></soapenv:Envelope>"
    )
    whole = email.mime.multipart.MIMEMultipart("related", type="text/xml", start="<root>")
    root = email.mime.nonmultipart.MIMENonMultipart("text", "xml", charset="UTF-8")
    root.add_header("Content-Transfer-Encoding", "8bit")
    root.add_header("Content-ID", "<root>")
    root.set_payload(envelope)
    whole.attach(root)
    part = email.mime.application.MIMEApplication(photo)
    part.add_header("Content-ID", "<photo-1>")
    part.add_header("Content-Disposition", "attachment", filename="an.bin")
    whole.attach(part)
    packed = whole.as_bytes(policy=email.policy.HTTP)
    head, _, body = packed.partition(b"\r\n\r\n")
    kind = email.message_from_bytes(head + b"\r\n\r\n")["Content-Type"]
    return " ".join(kind.split()), body


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_an_attachment_reaches_the_service_and_another_comes_back(outside, size):
    photo = os.urandom(size)
    kind, body = photo_message(photo)
    answer = requests.post(
        outside.base, body, headers={"Content-Type": kind, "SOAPAction": '"GuiAnh"'}, timeout=30
    )
    assert answer.status_code == 200
    whole = email.message_from_bytes(
        b"Content-Type: " + answer.headers["content-type"].encode() + b"\r\n\r\n" + answer.content
    )
    assert whole.get_content_type() == "multipart/related", answer.text
    root, copy = whole.get_payload()
    envelope = etree.fromstring(root.get_payload(decode=True))
    assert envelope.findtext(".//Size") == str(len(photo))
    assert len(envelope.findtext(".//{http://x-road.eu/xsd/xroad.xsd}requestHash")) == 88
    assert copy.get_payload(decode=True) == photo


# REST, to an application that knows nothing of any exchange.


def test_a_plain_application_is_called_with_path_and_query(outside):
    answer = requests.get(
        f"{outside.base}/r1/{PROVIDER}/dan-so/persons/001?full=1",
        headers={"X-Road-Client": CLIENT, "X-Road-UserId": "VN1", "Connection": "close"},
        timeout=30,
    )
    assert answer.status_code == 200
    said = answer.json()
    assert (said["number"], said["client"], said["full"]) == ("001", CLIENT, 1)
    assert {"x-road-client", "x-road-userid", "x-road-id", "x-road-request-id"} <= set(
        said["headers"]
    )
    assert [name for name in said["headers"] if name.startswith("lienthong-")] == []
    assert answer.headers["x-road-service"] == f"{PROVIDER}/dan-so"
    assert "x-road-error" not in answer.headers


def test_its_own_status_and_headers_come_back(outside):
    body = os.urandom(3000)
    answer = requests.post(
        f"{outside.base}/r1/{PROVIDER}/dan-so/persons", body,
        headers={"X-Road-Client": CLIENT, "Content-Type": "application/octet-stream"}, timeout=30,
    )  # fmt: skip
    assert (answer.status_code, answer.content) == (201, body[::-1])
    assert answer.headers["Location"] == "/api/persons/1"
    missing = requests.get(
        f"{outside.base}/r1/{PROVIDER}/dan-so/nothing",
        headers={"X-Road-Client": CLIENT},
        timeout=30,
    )
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
    assert "x-road-error" not in missing.headers


def test_rest_goes_through_the_gateway_as_a_proxy(outside):
    answer = requests.get(
        f"http://any.host.example/r1/{PROVIDER}/dan-so/persons/7",
        headers={"X-Road-Client": CLIENT}, proxies={"http": outside.base}, timeout=30,
    )  # fmt: skip
    assert answer.json()["number"] == "7"


def test_its_openapi_description_is_fetched_live_without_its_address(outside):
    answer = requests.get(
        f"{outside.base}/r1/{PROVIDER}/getOpenAPI",
        params={"serviceCode": "dan-so"}, headers={"X-Road-Client": CLIENT}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["servers"] == [{"url": "/api"}]
    assert "/api/persons/{number}" in document["paths"]
    assert "10.1.2.3" not in answer.text


def test_the_lists_have_the_shapes_that_clients_read(outside):
    listed = requests.get(
        f"{outside.base}/r1/{PROVIDER}/listMethods", headers={"X-Road-Client": CLIENT}, timeout=30
    ).json()
    assert [(s["service_code"], s["service_type"]) for s in listed["service"]] == [
        ("dan-so", "OPENAPI")
    ]
    members = requests.get(
        f"{outside.base}/listClients", headers={"Accept": "application/json"}, timeout=30
    )
    found = json.loads(members.content)["member"]
    assert {"object_type", "xroad_instance", "member_class", "member_code"} == set(found[0]["id"])
    as_xml = etree.fromstring(requests.get(f"{outside.base}/listClients", timeout=30).content)
    assert len(as_xml) == len(found)
    assert as_xml.tag == "{http://x-road.eu/xsd/xroad.xsd}clientList"

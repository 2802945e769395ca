"""SOAP 4.0: the header echoed, the request's hash, faults as the reference server sends them."""

from __future__ import annotations

import base64
import email
import hashlib
import uuid
import xml.etree.ElementTree as ET

import pytest

from conformance.kit.target import Target
from conformance.kit.wire import UUID, Answer, envelope, plain, post_soap, send

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
IDENTIFIERS = "{http://x-road.eu/xsd/identifiers}"


def fault_of(answer: Answer) -> str:
    """The code of a fault of the exchange, which is sent as text/xml with status 200."""
    assert (answer.header("content-type") or "").startswith("text/xml"), answer
    root = ET.fromstring(answer.body)
    code = root.findtext(f".//{SOAP}Fault/faultcode")
    assert code is not None, answer.body
    assert UUID.fullmatch(root.findtext(".//faultDetail") or "")
    return plain(code)


def answered(answer: Answer) -> ET.Element:
    """The envelope of an answer that is no fault."""
    assert answer.status == 200, answer
    root = ET.fromstring(answer.body)
    told = (root.findtext(".//faultcode"), root.findtext(".//faultstring"))
    assert told == (None, None), "the service or the exchange answered a fault"
    return root


def ask(target: Target, **more: str) -> tuple[bytes, Answer]:
    service, body = target.need("soap_service", "soap_body")
    more.setdefault("message_id", f"conformance-{uuid.uuid4()}")
    message = envelope(target.client, more.pop("service", service), body, **more)
    return message, post_soap(target, message)


def test_a_message_is_answered_with_its_own_header_and_its_hash(target: Target) -> None:
    message, answer = ask(target, message_id="conformance-soap-1")
    root = answered(answer)
    header = root.find(f"{SOAP}Header")
    assert header is not None
    assert header.findtext(f"{XROAD}id") == "conformance-soap-1"
    assert header.findtext(f"{XROAD}userId") == "VN001"
    hashed = header.find(f"{XROAD}requestHash")
    assert hashed is not None
    assert hashed.get("algorithmId") == "http://www.w3.org/2001/04/xmlenc#sha512"
    assert hashed.text == base64.b64encode(hashlib.sha512(message).digest()).decode()


def test_any_path_takes_a_message_since_the_envelope_names_the_service(target: Target) -> None:
    service, body = target.need("soap_service", "soap_body")
    message = envelope(target.client, service, body, message_id=f"c-{uuid.uuid4()}")
    answered(post_soap(target, message, "/any/where"))


@pytest.mark.parametrize("field", ["client", "service", "id", "protocolVersion"])
def test_a_missing_header_field_is_told(target: Target, field: str) -> None:
    _, answer = ask(target, without=field)
    assert answer.status == 200
    assert fault_of(answer) == "client.missingheaderfield"


def test_an_unknown_service_is_told(target: Target) -> None:
    service = "/".join(target.need("soap_service").split("/")[:4])
    message = envelope(
        target.client, f"{service}/conformanceNoSuch", "<conformanceNoSuch/>",
        message_id=f"c-{uuid.uuid4()}",
    )  # fmt: skip
    answer = post_soap(target, message)
    assert answer.status == 200
    assert fault_of(answer) == "server.serverproxy.unknownservice"


def test_an_unknown_provider_is_told(target: Target) -> None:
    target.need("soap_service")
    message = envelope(
        target.client, f"{target.instance}/X/conformance/nobody/a", "<a/>",
        message_id=f"c-{uuid.uuid4()}",
    )  # fmt: skip
    assert fault_of(post_soap(target, message)) == "server.clientproxy.unknownmember"


def test_header_and_body_must_name_the_same_service(target: Target) -> None:
    service = target.need("soap_service")
    message = envelope(target.client, service, "<another/>", message_id=f"c-{uuid.uuid4()}")
    assert fault_of(post_soap(target, message)) == "client.inconsistentheaders"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_post_is_taken(target: Target, method: str) -> None:
    target.need("soap_service")
    assert fault_of(send(target, method, "/")) == "client.invalidhttpmethod"


def test_faults_have_the_prefix_that_tools_look_for(target: Target) -> None:
    target.need("soap_service")
    assert b"<SOAP-ENV:Fault>" in send(target, "GET", "/").body


@pytest.mark.parametrize("code", ["listMethods", "allowedMethods"])
def test_methods_are_listed(target: Target, code: str) -> None:
    service = target.need("soap_service")
    provider = "/".join(service.split("/")[:4])
    body = f'<x:{code} xmlns:x="http://x-road.eu/xsd/xroad.xsd"/>'
    message = envelope(target.client, f"{provider}/{code}", body, message_id=f"c-{uuid.uuid4()}")
    root = ET.fromstring(post_soap(target, message).body)
    listed = root.findall(f".//{XROAD}{code}Response/{XROAD}service")
    names = [one.findtext(f"{IDENTIFIERS}serviceCode") for one in listed]
    assert service.split("/")[4] in names


def test_a_wsdl_is_the_second_part_and_names_no_inner_address(target: Target) -> None:
    target.need("wsdl")
    *provider, code, version = [*target.need("soap_service").split("/"), ""][:6]
    inner = f"<x:serviceCode>{code}</x:serviceCode>"
    if version:
        inner += f"<x:serviceVersion>{version}</x:serviceVersion>"
    body = f'<x:getWsdl xmlns:x="http://x-road.eu/xsd/xroad.xsd">{inner}</x:getWsdl>'
    message = envelope(
        target.client, "/".join([*provider, "getWsdl"]), body, message_id=f"c-{uuid.uuid4()}"
    )
    answer = post_soap(target, message)
    whole = email.message_from_bytes(
        f"Content-Type: {answer.header('content-type')}\r\n\r\n".encode() + answer.body
    )
    assert whole.is_multipart(), answer.body[:500]
    wsdl = whole.get_payload(1).get_payload(decode=True)
    assert b"http://example.org/xroad-endpoint" in wsdl
    assert ET.fromstring(wsdl).tag.endswith("}definitions")


def test_a_wsdl_is_had_by_its_old_address(target: Target) -> None:
    target.need("legacy_wsdl")
    names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode",
             "version")  # fmt: skip
    service = target.need("soap_service").split("/")
    query = "&".join(f"{name}={part}" for name, part in zip(names, service, strict=False))
    answer = send(target, "GET", f"/wsdl?{query}")
    assert answer.status == 200, answer
    assert ET.fromstring(answer.body).tag.endswith("}definitions")

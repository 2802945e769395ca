"""What a SOAP header says, and all that is refused before anybody acts on it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.protocol import rest, soap, soap_peer
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.identifiers import MemberId, SubsystemId
from soap_letters import header, identifier, letter

CLIENT, SERVICE = "VN/GOV/G15/civil-status", "VN/GOV/G14/outside-test/tinhTong/v1"
ASK = '<t:tinhTong xmlns:t="urn:x"><so>1</so></t:tinhTong>'


def fields(**more: str) -> dict[str, str]:
    return header(CLIENT, SERVICE, **more)


def refused(data: bytes, charset: str | None = None) -> str:
    with pytest.raises(BadMessage) as caught:
        soap.require_request(soap.read_envelope(data, charset))
    return caught.value.fault


def test_the_fields_of_the_header_are_read():
    server = identifier("securityServer", "SERVER", "VN/GOV/G14/national")
    party = ('<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd">'
             "<r:partyClass>COM</r:partyClass><r:partyCode>Công ty Á</r:partyCode>"
             "</r:representedParty>")  # fmt: skip
    issue = "<xrd:issue>435/LĐCP &amp; 1</xrd:issue>"
    found = soap.require_request(
        soap.read_envelope(letter(fields(server=server, party=party, issue=issue), ASK))
    )
    assert found.values == {
        "id": "letter-1", "userId": "VN091095000017", "protocolVersion": "4.0",
        "issue": "435/LĐCP & 1",
    }  # fmt: skip
    assert soap_peer.client_of(found) == SubsystemId("VN", "GOV", "G15", "civil-status")
    target = soap_peer.target_of(found)
    assert (str(target.service), target.version) == ("VN/GOV/G14/outside-test/tinhTong", "v1")
    said = dict(soap_peer.fields_of(found, b"text/xml", b'""'))
    assert said == {
        b"Content-Type": b"text/xml",
        b"SOAPAction": b'""',
        b"x-road-client": CLIENT.encode(),
        b"x-road-userid": b"VN091095000017",
        b"x-road-issue": b"435%2FL%C4%90CP%20&%201",
        b"x-road-represented-party": b"COM/C%C3%B4ng%20ty%20%C3%81",
        b"x-road-security-server": b"VN/GOV/G14/national",
        b"x-road-id": b"letter-1",
    }


def test_a_member_without_subsystem_may_be_named_as_client():
    found = soap.require_request(soap.read_envelope(letter(header("VN/GOV/G15", SERVICE), ASK)))
    assert soap_peer.client_of(found) == MemberId("VN", "GOV", "G15")


def test_the_path_between_gateways_goes_there_and_back():
    target = rest.parse_soap_target(b"/soap/VN/GOV/G14/a%2Fb/t%C3%ADnh/v1")
    assert (target.service.subsystem.code, target.service.code, target.version, target.soap) == (
        "a/b", "tính", "v1", True,
    )  # fmt: skip
    assert rest.soap_path(target.service, "v1") == b"/soap/VN/GOV/G14/a%2Fb/t%C3%ADnh/v1"
    assert rest.parse_soap_target(rest.soap_path(target.service, "")).version == ""


@pytest.mark.parametrize("name", ["client", "service", "id", "protocolVersion"])
def test_a_missing_field_is_named(name):
    wanted = fields()
    del wanted[name]
    assert refused(letter(wanted, ASK)) == "MissingHeaderField"


@pytest.mark.parametrize("name", ["client", "service", "id", "userId", "protocolVersion"])
def test_a_field_that_is_there_twice_is_refused(name):
    assert refused(letter(fields(again=fields()[name]), ASK)) == "DuplicateHeaderField"


TWICE = "<id:memberCode>G15</id:memberCode>"
CLIENT_XML = identifier("client", "SUBSYSTEM", CLIENT)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"protocolVersion": "<xrd:protocolVersion>3.1</xrd:protocolVersion>"},
                     "InvalidProtocolVersion", id="version 3"),
        pytest.param({"client": CLIENT_XML.replace("SUBSYSTEM", "SERVICE")}, "InvalidXml",
                     id="a service as client"),
        pytest.param({"client": CLIENT_XML.replace("SUBSYSTEM", "KING")}, "InvalidXml",
                     id="an unknown object type"),
        pytest.param({"client": CLIENT_XML.replace('id:objectType="SUBSYSTEM"', "")}, "InvalidXml",
                     id="no object type"),
        pytest.param({"client": CLIENT_XML.replace('id:objectType', "objectType")}, "InvalidXml",
                     id="an object type of no namespace"),
        pytest.param({"client": CLIENT_XML.replace(TWICE, TWICE * 2)}, "DuplicateHeaderField",
                     id="a part twice"),
        pytest.param({"client": CLIENT_XML.replace(TWICE, "")}, "InvalidXml", id="no member code"),
        pytest.param({"client": CLIENT_XML.replace("G15", "")}, "InvalidXml", id="an empty code"),
        pytest.param({"client": CLIENT_XML.replace("G15", "G1<!-- 4 -->5")}, "InvalidXml",
                     id="a comment in a code"),
        pytest.param({"client": CLIENT_XML.replace("G15", "G1<?x y?>5")}, "InvalidXml",
                     id="an instruction in a code"),
        pytest.param({"client": CLIENT_XML.replace("G15", "G1<b/>5")}, "InvalidXml",
                     id="an element in a code"),
        pytest.param({"client": CLIENT_XML.replace(TWICE, TWICE + "<x>G14</x>")}, "InvalidXml",
                     id="a part nobody knows"),
        pytest.param({"id": f"<xrd:id>{'a' * 2000}</xrd:id>"}, "InvalidXml", id="an endless id"),
        pytest.param({"id": "<xrd:id>a<xrd:id>b</xrd:id></xrd:id>"}, "InvalidXml",
                     id="a field in a field"),
        pytest.param({n: f"<n:f{n} xmlns:n='urn:n'/>" for n in map(str, range(200))},
                     "InvalidSoap", id="hundreds of fields"),
    ],
)  # fmt: skip
def test_a_header_two_readers_could_understand_differently_is_refused(changes, fault):
    assert refused(letter(fields(**changes), ASK)) == fault


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"<SOAP-ENV:Body>", b"<SOAP-ENV:Body><x/>", "InvalidBody"),
        (ASK.encode(), b"", "InvalidBody"),
        (b"t:tinhTong", b"t:khacHan", "InconsistentHeaders"),
        (b"SOAP-ENV:Body", b"SOAP-ENV:Bodies", "InvalidSoap"),
        (b"SOAP-ENV:Envelope", b"SOAP-ENV:Letter", "InvalidSoap"),
        (b"http://schemas.xmlsoap.org/soap/envelope/",
         b"http://www.w3.org/2003/05/soap-envelope", "InvalidSoap"),
        (b"SOAP-ENV:Header>", b"xrd:Header>", "MissingHeader"),
        (b"</SOAP-ENV:Header>", b"</SOAP-ENV:Header><SOAP-ENV:Header/>", "InvalidSoap"),
        (b"</SOAP-ENV:Body>", b"</SOAP-ENV:Body><SOAP-ENV:Body><t/></SOAP-ENV:Body>",
         "InvalidSoap"),
        (b"</SOAP-ENV:Envelope>", b"", "InvalidXml"),
        (b"<so>", b"<so attribute=1>", "InvalidXml"),
    ],
)  # fmt: skip
def test_an_envelope_of_another_shape_is_refused(old, new, fault):
    whole = letter(fields(), ASK)
    assert old in whole
    assert refused(whole.replace(old, new)) == fault


def test_a_header_behind_the_body_is_refused():
    whole = letter(fields(), ASK)
    head = re.search(rb"<SOAP-ENV:Header>.*</SOAP-ENV:Header>", whole)[0]
    moved = whole.replace(head, b"").replace(b"</SOAP-ENV:Body>", b"</SOAP-ENV:Body>" + head)
    assert refused(moved) == "InvalidSoap"


BOMB = b'<!DOCTYPE bomb [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % ((n + 1, *[n] * 10))
    for n in range(97, 110)
) + b"]>"  # fmt: skip


@pytest.mark.parametrize(
    "doctype",
    [
        pytest.param(BOMB, id="a billion laughs"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', id="a file"),
        pytest.param(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">', id="a remote definition"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
                     id="a parameter entity"),
        pytest.param(b"<!DOCTYPE x>", id="an empty one"),
    ],
)  # fmt: skip
def test_a_document_type_is_refused_before_anything_in_it_is_read(doctype):
    whole = letter(fields(), ASK.replace("1<", "&n;<"))
    declaration, _, rest_of_it = whole.partition(b"\n")
    bomb = declaration + doctype + rest_of_it
    tracemalloc.start()
    assert refused(bomb) == "InvalidXml"
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_an_entity_nobody_declared_is_refused():
    assert refused(letter(fields(), ASK.replace(">1<", ">&xxe;<"))) == "InvalidXml"


def test_deep_nesting_is_refused():
    deep = ASK.replace(">1<", f">{'<a>' * 50_000}{'</a>' * 50_000}<")
    assert refused(letter(fields(), deep)) == "InvalidXml"


def test_a_namespace_cannot_be_made_to_look_like_a_name():
    trick = '<f:x xmlns:f="http://x-road.eu/xsd/xroad.xsd client"/>'
    assert refused(letter(fields(trick=trick), ASK)) == "InvalidXml"


def test_a_header_too_long_to_hold_is_refused():
    assert refused(b" " * (soap.LONGEST_ENVELOPE + 1)) == "InvalidSoap"


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "cp037", "shift_jis", "nothing"])
def test_a_charset_whose_ascii_is_not_ascii_is_refused(charset):
    assert refused(letter(fields(), ASK), charset) == "InvalidContentType"


def test_two_encodings_in_one_message_are_refused():
    assert refused(letter(fields(), ASK), "iso-8859-1") == "InvalidXml"
    assert refused("\ufeff".encode("utf-16") + b"<a/>") == "InvalidXml"


def test_a_message_is_read_in_the_charset_it_names():
    whole = letter(fields(issue="<xrd:issue>café</xrd:issue>"), ASK).decode()
    latin = whole.replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")
    for charset in (None, "ISO-8859-1"):
        assert soap.read_envelope(latin, charset).header.values["issue"] == "café"
    with_mark = b"\xef\xbb\xbf" + whole.encode()
    assert soap.read_envelope(with_mark).header.values["issue"] == "café"


def test_the_request_hash_is_taken_over_the_bytes_of_the_message():
    whole = letter(fields(), ASK)
    assert base64.b64decode(soap.request_hash(whole)) == hashlib.sha512(whole).digest()


@pytest.mark.parametrize(
    ("id_xml", "expected"),
    [
        ("<xrd:id>letter-1</xrd:id>", b"</xrd:id><xrd:requestHash algorithmId="),
        ("<xrd:id >letter-1</xrd:id >", b"</xrd:id ><xrd:requestHash algorithmId="),
        ('<id xmlns="http://x-road.eu/xsd/xroad.xsd">letter-1</id>',
         b'</id><xroad:requestHash xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" algorithmId='),
        ('<q:id xmlns:q="http://x-road.eu/xsd/xroad.xsd"><![CDATA[letter-1]]></q:id>',
         b'</q:id><xroad:requestHash xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" algorithmId='),
    ],
)  # fmt: skip
def test_the_request_hash_is_put_behind_the_id_and_no_other_byte_changes(id_xml, expected):
    whole = letter(fields(id=id_xml), ASK.replace("tinhTong", "tinhTongResponse"))
    made = soap.apply(soap.with_request_hash(soap.read_envelope(whole), "SGFzaA=="), whole)
    assert expected in made
    added = re.search(rb"<[a-z]+:requestHash.*</[a-z]+:requestHash>", made)[0]
    assert made.replace(added, b"") == whole
    again = soap.read_envelope(made)
    assert again.header.values["requestHash"] == "SGFzaA=="
    assert again.header.values["id"] == "letter-1"


@pytest.mark.parametrize(
    "old",
    ['<xrd:requestHash algorithmId="x">forged</xrd:requestHash>', "<xrd:requestHash/>",
     '<h:requestHash xmlns:h="http://x-road.eu/xsd/xroad.xsd" a=">">forged</h:requestHash >'],
)  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_a_hash_of_the_services_own_is_replaced(old, before):
    wanted = {"requestHash": old, **fields()} if before else fields(requestHash=old)
    whole = letter(wanted, ASK.replace("tinhTong", "tinhTongResponse"))
    made = soap.apply(soap.with_request_hash(soap.read_envelope(whole), "SGFzaA=="), whole)
    assert made.count(b"requestHash ") == 1
    assert b"forged" not in made
    assert soap.read_envelope(made).header.values["requestHash"] == "SGFzaA=="


def test_an_answer_must_echo_the_header_but_not_its_order():
    asked = soap.require_request(soap.read_envelope(letter(fields(), ASK)))
    answered = ASK.replace("tinhTong", "tinhTongResponse")
    turned = dict(reversed(fields().items()))
    soap.require_answer(soap.read_envelope(letter(turned, answered)), asked)
    for name, value in (("userId", ""), ("id", "<xrd:id>letter-2</xrd:id>"),
                        ("client", CLIENT_XML.replace("G15", "G16")),
                        ("issue", "<xrd:issue>1</xrd:issue>")):  # fmt: skip
        with pytest.raises(BadMessage) as caught:
            soap.require_answer(
                soap.read_envelope(letter(fields(**{name: value}), answered)), asked
            )
        assert caught.value.fault == "InconsistentResponse"


def test_a_fault_is_read_whatever_prefix_it_has():
    said = soap.read_envelope(
        f"<s:Envelope xmlns:s='{soap.ENVELOPE}'><s:Body><s:Fault><faultcode>s:Server</faultcode>"
        "<faultstring>Không có</faultstring><detail><a><b>1</b></a>2</detail></s:Fault></s:Body>"
        "</s:Envelope>".encode()
    ).fault
    assert (said.code, said.text, said.actor, said.detail) == ("s:Server", "Không có", "", "12")


def test_a_fault_of_ours_reads_back_and_keeps_the_literal_prefix():
    made = soap.fault_message("Server.ServerProxy.AccessDenied", "<không> & được", "trace")
    assert b"<SOAP-ENV:Fault><faultcode>Server.ServerProxy.AccessDenied</faultcode>" in made
    said = soap.read_envelope(made).fault
    assert (said.text, said.detail) == ("<không> & được", "trace")


def test_a_message_of_ours_reads_back_as_what_it_was_made_of():
    party = ('<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd">'
             "<r:partyCode>1&lt;2</r:partyCode></r:representedParty>")  # fmt: skip
    asked = soap.read_envelope(letter(fields(party=party), ASK)).header
    made = soap.message(asked, "<xroad:tinhTongResponse/>", hashed="SGFzaA==")
    said = soap.read_envelope(made)
    soap.require_answer(said, asked)
    assert said.header.values["requestHash"] == "SGFzaA=="


@given(
    st.binary(max_size=400)
    | st.text(alphabet="<>/&;:xrd!-[]?='\" \n", max_size=200).map(str.encode)
)
def test_no_bytes_bring_the_reader_down(data):
    for whole in (data, letter(fields(extra=data.decode("latin-1")), ASK)):
        with contextlib.suppress(BadMessage):
            read = soap.require_request(soap.read_envelope(whole))
            assert read.values["id"] == "letter-1"


def test_soap_action_is_empty_or_a_quoted_uri():
    for value in (None, b"", b'""', b'"urn:tinhTong"', b'"http://x/y#z"'):
        assert soap_peer.read_soap_action(value) == value
    for value in (b"urn:x", b'"', b'"a b"', b'"a"b"', b"'urn:x'", b'"\xc4\x91"'):
        with pytest.raises(BadMessage) as caught:
            soap_peer.read_soap_action(value)
        assert caught.value.fault == "InvalidSoapAction"


@pytest.mark.parametrize("bad", ["", "d\u00e9j\u00e0", "a\nb", "a" * 600])
def test_an_id_that_cannot_be_signed_is_refused(bad):
    read = soap.read_envelope(letter(fields(id=f"<xrd:id>{bad}</xrd:id>"), ASK))
    with pytest.raises(BadMessage) as caught:
        soap_peer.fields_of(soap.require_request(read), b"text/xml", None)
    assert caught.value.fault == "InvalidXml"

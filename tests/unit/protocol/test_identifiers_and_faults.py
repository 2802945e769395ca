"""Identifiers, faults, digests and admissions: the small words of the exchange."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as tree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.protocol import admission, digest, errors, faults, identifiers
from lienthong.protocol.errors import BadDigest, BadIdentifier, BadSignature, Expired
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.identifiers import GatewayId, MemberId, ServiceId, SubsystemId

parts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text == text.strip()
)


@given(st.lists(parts, min_size=5, max_size=5))
def test_an_identifier_survives_the_wire_whatever_its_letters(five):
    service = ServiceId(SubsystemId(*five[:4]), five[4])
    assert ServiceId.parse(str(service)) == service
    assert SubsystemId.parse(str(service.subsystem)) == service.subsystem
    assert SubsystemId.from_local(five[0], service.subsystem.local) == service.subsystem
    assert MemberId.from_local(five[0], service.subsystem.member.local) == service.subsystem.member


def test_a_slash_inside_a_part_is_escaped_and_one_between_parts_is_not():
    assert str(MemberId("VN", "GOV", "G/01")) == "VN/GOV/G%2F01"
    assert MemberId.parse("VN/GOV/G%2F01").code == "G/01"
    assert str(GatewayId.parse("VN/GOV/G14/national")) == "VN/GOV/G14/national"


@pytest.mark.parametrize(
    "text", ["", "VN", "VN/GOV", "VN//G01", "VN/GOV/G01/", "VN/GOV/%FF", "VN/GOV/G%0A", "a/b/c/d"]
)
def test_what_is_no_member_is_refused(text):
    with pytest.raises(BadIdentifier):
        MemberId.parse(text)


def test_a_client_is_a_member_or_a_subsystem():
    assert isinstance(identifiers.parse_client("VN/GOV/G01"), MemberId)
    assert isinstance(identifiers.parse_client("VN/GOV/G01/population"), SubsystemId)
    with pytest.raises(BadIdentifier):
        identifiers.parse_client("VN/GOV")


def test_packages_and_subsystems_have_one_mapping():
    assert identifiers.to_wire("civil_status") == "civil-status"
    assert identifiers.from_wire("civil-status") == "civil_status"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("Server.ServerProxy.AccessDenied", 500),
        ("Server.ClientProxy.UnknownMember", 500),
        ("Client.BadRequest", 400),
        ("Signer.KeyNotFound", 400),
    ],
)
def test_the_status_follows_from_the_code(fault, status):
    assert XRoadFault(fault, "why").status == status


def test_a_fault_has_three_keys_in_json_and_xml():
    fault = XRoadFault("Client.BadRequest", "5 < 6 & đ", "trace")
    kind, body = fault.body(b"application/json, text/plain")
    assert kind == b"application/json;charset=utf-8"
    assert json.loads(body) == {
        "type": "Client.BadRequest",
        "message": "5 < 6 & đ",
        "detail": "trace",
    }
    for accept in (b"text/xml", b"application/xml;q=0.1", b"text/*", b"TEXT/XML"):
        kind, body = fault.body(accept)
        assert kind.startswith(b"text/xml")
        root = tree.fromstring(body)
        assert [(child.tag, child.text) for child in root] == [
            ("type", "Client.BadRequest"),
            ("message", "5 < 6 & đ"),
            ("detail", "trace"),
        ]
    assert fault.body(None)[0] == faults.JSON_TYPE


def test_a_fault_reads_back():
    fault = XRoadFault("Server.ServerProxy.UnknownService", "Unknown service: x")
    again = faults.read_fault(fault.json())
    assert (again.fault, again.text, again.trace) == (fault.fault, fault.text, fault.trace)
    with pytest.raises(msgspec.DecodeError):
        faults.read_fault(b"<html>")


@pytest.mark.parametrize(
    ("error", "side", "fault"),
    [
        (errors.AccessDenied(), Side.PROVIDER, "Server.ServerProxy.AccessDenied"),
        (errors.UnknownMember(), Side.CONSUMER, "Server.ClientProxy.UnknownMember"),
        (errors.OutdatedSnapshot(), Side.CONSUMER, "Server.ClientProxy.OutdatedGlobalConf"),
        (errors.LoggingFailed(), Side.PROVIDER, "Server.ServerProxy.LoggingFailed"),
        (errors.BadRequestPath(), Side.CONSUMER, "Client.BadRequest"),
        (
            errors.BadSignature(),
            Side.PROVIDER,
            "Server.ServerProxy.SignatureVerification.InvalidSignatureValue",
        ),
    ],
)
def test_errors_become_the_faults_x_road_knows(error, side, fault):
    assert faults.fault_of(error, side).fault == fault


def test_both_spellings_mean_the_same():
    old = "Server.ServerProxy.ServiceFailed.HttpError"
    assert faults.snake(old) == "server.serverproxy.service_failed.http_error"
    assert faults.snake("Server.ClientProxy.IOError") == "server.clientproxy.io_error"
    assert faults.same_fault(old, faults.snake(old))
    assert not faults.same_fault(old, "server.serverproxy.access_denied")


def test_a_digest_field_states_the_body():
    """Vector of RFC 9530, appendix D: the body ends with a line feed."""
    body = b'{"hello": "world"}\n'
    stated = b"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert digest.field(digest.sha256(body)) == stated
    assert digest.check(stated, body) == digest.sha256(body)
    assert digest.check(b"sha-512=:AAAA:, " + stated, body) == digest.sha256(body)
    with pytest.raises(BadDigest):
        digest.check(stated, body + b" ")


@pytest.mark.parametrize("value", [b"", b"sha-512=:AAAA:", b"sha-256=:AAAA:", b"xsha-256=:x:"])
def test_a_field_without_a_sha_256_is_refused(value):
    with pytest.raises(BadDigest):
        digest.parse(value)


KEY = b"the key of the edge"
NOW = 1_629_450_000.0
BODY = b"{}"


def sealed(**changes):
    values = {
        "client": "VN/GOV/G15/civil-status",
        "service": "VN/GOV/G01/population/person.find.v1",
        "message_id": "m",
        "request_id": "r",
        "grant": "g1",
        "purpose": "Đăng ký khai sinh",
        "fields": ["full_name"],
        "effect": "sensitive",
        "names_subjects": True,
        "deadline": NOW + 5,
        "digest": base64.b64encode(digest.sha256(BODY)).decode(),
        "at": NOW,
    }
    made = admission.Admission(**{**values, **changes})
    return made, admission.seal_admission(made, KEY)


def test_an_admission_reaches_the_edge_as_it_was_made():
    made, value = sealed()
    assert value.isascii()
    assert admission.open_admission(value, KEY, body=BODY, now=NOW + 1) == made


def test_an_admission_of_another_key_body_or_time_is_refused():
    _, value = sealed()
    with pytest.raises(BadSignature):
        admission.open_admission(value, b"other", body=BODY, now=NOW)
    with pytest.raises(BadSignature):
        admission.open_admission(value, KEY, body=b"{ }", now=NOW)
    for now in (NOW - 61, NOW + 66):
        with pytest.raises(Expired):
            admission.open_admission(value, KEY, body=BODY, now=now)
    payload, _, mac = value.partition(b".")
    with pytest.raises(BadSignature):
        admission.open_admission(payload[:-2] + b"." + mac, KEY, body=BODY, now=NOW)
    with pytest.raises(errors.MissingSignature):
        admission.open_admission(payload, KEY, body=BODY, now=NOW)
    with pytest.raises(BadSignature):
        admission.open_admission(b"\xff.\xff", KEY, body=BODY, now=NOW)
    _, future = sealed(v=2)
    with pytest.raises(BadSignature):
        admission.open_admission(future, KEY, body=BODY, now=NOW)

"""The modes of a client one by one and together, against everything a connection may show."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.exchange_cast import OUTSIDER
from gateway.soap_cast import post, soap_country, soap_gateway
from lienthong.gateway.authorise import check_credential
from lienthong.gateway.messages import Caller, Head
from lienthong.gateway.settings import ClientRule
from lienthong.kernel import clock
from lienthong.protocol.faults import XRoadFault
from soap_letters import header, letter

SECRET_SHA256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  # of "secret"
OWN, OTHER = "ab" * 32, "cd" * 32
SHOWN = {
    "plain": (Caller(), None),
    "tls": (Caller(secure=True), None),
    "own": (Caller(OWN, secure=True), None),
    "other": (Caller(OTHER, secure=True), None),
    "secret": (Caller(), b"secret"),
    "wrong": (Caller(), b"another"),
    "own, wrong": (Caller(OWN, secure=True), b"another"),
}


def lets_in(modes):
    """What passes a rule of these modes."""
    rule = ClientRule(
        modes=frozenset(modes), secret_sha256=SECRET_SHA256, cert_sha256=frozenset({OWN})
    )
    passed, told = set(), set()
    for name, (caller, secret) in SHOWN.items():
        headers = [] if secret is None else [(b"Lienthong-Client-Secret", secret)]
        try:
            check_credential(Head(b"GET", b"/", headers, caller), rule)
        except XRoadFault as fault:
            told.add(fault.fault)
        else:
            passed.add(name)
    assert told <= {"Server.ClientProxy.SslAuthenticationFailed"}
    return passed


@pytest.mark.parametrize(
    ("modes", "passed"),
    [
        ([], set()),
        (["none"], {"plain", "tls", "own", "other"}),
        (["tls"], {"tls", "own", "other"}),
        (["certificate"], {"own"}),
        (["secret"], {"secret"}),
        (["certificate", "secret"], {"own", "secret"}),
        (["tls", "secret"], {"tls", "own", "other", "secret"}),
    ],
)
def test_a_mode_lets_in_what_it_says_and_nothing_else(modes, passed):
    assert lets_in(modes) == passed


def test_a_secret_that_is_shown_is_judged_alone():
    """Whoever shows a wrong one is refused, whatever else the connection would prove."""
    assert "own, wrong" not in lets_in(["none", "tls", "certificate", "secret"])


def test_a_former_secret_ends_with_its_time():
    now = clock.instant()
    rule = ClientRule(
        modes=frozenset({"secret"}), secret_sha256="0" * 64, former_sha256=SECRET_SHA256,
        former_until=now + timedelta(minutes=1),
    )  # fmt: skip
    assert rule.knows_secret(b"secret")
    with clock.stopped(at=now + timedelta(minutes=1)):
        assert not rule.knows_secret(b"secret")


@pytest.mark.parametrize(
    ("mode", "passed"), [("none", True), ("tls", False), ("certificate", False), ("secret", False)]
)
def test_in_soap_the_same_rules_hold_for_the_client_the_envelope_names(mode, passed):
    here = soap_country()
    here.clients["GOV/G14/outside-test"] = ClientRule(modes=frozenset({mode}))
    gateway = soap_gateway(here)
    message = letter(
        header(OUTSIDER, "VN/GOV/G14/outside-test/tinhTong/v1"), '<t:tinhTong xmlns:t="urn:x"/>'
    )
    said = post(gateway, message, secret=None).body.whole()
    gateway.close()
    refused = b"Server.ClientProxy.SslAuthenticationFailed" in said
    assert refused is not passed
    assert passed is (b"AccessDenied" in said), "it comes as far as its missing grant"

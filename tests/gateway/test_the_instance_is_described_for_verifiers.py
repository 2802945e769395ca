"""`/verificationconf`: the instance in the files that X-Road's verifier reads."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
import zipfile

import msgspec
import pytest
from cryptography import x509
from lxml import etree

from gateway.exchange_cast import country
from lienthong.gateway import shared_params
from lienthong.protocol import pki
from lienthong.protocol.snapshot import Subsystem

CONF = "{http://x-road.eu/xsd/xroad.xsd}conf"


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def gateway(here):
    made = here.gateway()
    yield made
    made.close()


def fetch(gateway, path="/verificationconf", method="GET"):
    answer = gateway.call(method, path, [])
    said = {name.decode().lower(): value.decode() for name, value in answer.headers}
    return answer.status, said, answer.body.whole()


def parameters(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return etree.fromstring(archive.read("verificationconf/VN/shared-params.xml"))


def test_it_needs_no_client_and_has_the_files_of_the_reference(gateway):
    status, said, body = fetch(gateway)
    assert (status, said["content-type"]) == (200, "application/zip")
    assert said["content-disposition"] == 'filename="verificationconf.zip"'
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == [
            "verificationconf/VN/shared-params.xml",
            "verificationconf/VN/shared-params.xml.metadata",
            "verificationconf/instance-identifier",
        ]
        assert archive.read("verificationconf/instance-identifier") == b"VN"
        metadata = json.loads(archive.read("verificationconf/VN/shared-params.xml.metadata"))
    assert metadata == {"configurationVersion": "5"}


def test_it_says_what_the_snapshot_says(gateway, here):
    conf = parameters(fetch(gateway)[2])
    assert conf.tag == CONF
    assert conf.findtext("instanceIdentifier") == "VN"
    members = {
        f"{one.findtext('memberClass/code')}/{one.findtext('memberCode')}": one
        for one in conf.findall("member")
    }
    assert set(members) == {"GOV/G01", "GOV/G14", "GOV/G15"}
    assert members["GOV/G15"].findtext("name") == "Bộ Tư pháp"
    justice = members["GOV/G15"].find("subsystem")
    assert justice.findtext("subsystemCode") == "civil-status"
    assert justice.findtext("subsystemName") == "Hộ tịch"
    server = conf.find("securityServer")
    assert server.findtext("owner") == members["GOV/G14"].get("id")
    assert server.findtext("serverCode") == "national"
    told = base64.b64decode(server.findtext("authCertHash"))
    assert told.hex() == pki.fingerprint(here.auth_certificate)
    assert justice.get("id") in [one.text for one in server.findall("client")]


def test_its_authorities_are_those_of_the_anchor(gateway, here):
    conf = parameters(fetch(gateway)[2])
    (authority,) = conf.findall("approvedCA")
    root = x509.load_der_x509_certificate(base64.b64decode(authority.findtext("topCA/cert")))
    assert pki.pem_of(root) == here.anchor.roots[0]


def test_elements_stand_in_the_order_of_the_schema(gateway):
    conf = parameters(fetch(gateway)[2])
    order = ["instanceIdentifier", "source", "approvedCA", "member", "securityServer",
             "globalSettings"]  # fmt: skip
    assert list(dict.fromkeys(one.tag for one in conf)) == order
    assert [one.tag for one in conf.find("securityServer")][:3] == [
        "owner",
        "serverCode",
        "address",
    ]
    ids = conf.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {one.text for one in conf.iterfind(".//client")} <= set(ids)


def test_what_is_not_registered_or_in_maintenance_is_told_so(gateway, here):
    entry = msgspec.structs.replace(here.snapshot.gateways[0], in_maintenance=True)
    gone = Subsystem(member="GOV/G15", code="g<ne", name="&", gateways=["national"],
                     status="deleted")  # fmt: skip
    odd = Subsystem(member="GOV/G15", code="a%26b", name="<&>", gateways=["national"])
    snapshot = here.changed(gateways=[entry], subsystems=[*here.snapshot.subsystems, gone, odd])
    conf = etree.fromstring(
        shared_params.shared_params(snapshot, here.anchor, gateway.gateway.identity).encode()
    )
    assert conf.find("securityServer/inMaintenanceMode") is not None
    names = [one.text for one in conf.iterfind(".//subsystemName")]
    assert "<&>" in names
    assert "&" not in names


def test_it_is_made_once_for_a_snapshot_and_off_the_loop(gateway, here, monkeypatch):
    real, made = shared_params.packed, []

    def packed(snapshot, anchor, identity):
        made.append(threading.current_thread())
        return real(snapshot, anchor, identity)

    monkeypatch.setattr(shared_params, "packed", packed)
    core, old = gateway.gateway, gateway.gateway.current

    async def many(snapshot):
        asked = (core.described.packed(snapshot, core.anchor, core.identity) for _ in range(5))
        return set(await asyncio.gather(*asked))

    assert len(asyncio.run(many(old))) == 1
    assert fetch(gateway)[2] == fetch(gateway)[2]
    assert len(made) == 1
    assert made[0] is not threading.main_thread()
    gateway.gateway.current = here.changed(number=old.number + 1, subsystems=[])
    assert parameters(fetch(gateway)[2]).find("member/subsystem") is None
    assert len(made) == 2


def test_a_gateway_without_a_snapshot_says_so_in_plain_text(gateway):
    gateway.gateway.current = None
    status, said, body = fetch(gateway)
    assert (status, said["content-type"]) == (500, "text/plain;charset=utf-8")
    assert b"no snapshot" in body


def test_evidence_is_not_to_be_had_where_no_log_is_kept(gateway):
    status, _, body = fetch(gateway, "/asic?queryId=x")
    assert (status, body) == (500, b"The message log is not kept here")
    assert fetch(gateway, method="DELETE")[0] == 405

"""OpenAPI documents fetched from their providers, and addresses that stay inside."""

from __future__ import annotations

import json

import msgspec
import pytest

from gateway.exchange_cast import asks
from gateway.soap_cast import PROVIDER, soap_country, soap_gateway
from lienthong.gateway.descriptions import without_servers
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.settings import BadSettings, ProviderFile, read_providers

YAML = """\
# Dịch vụ mẫu
openapi: 3.0.3
servers:   # nơi chạy
  - url: http://10.0.0.7:9000/api/v1   # bên trong
    description: "url: của tôi"
  - description: thứ hai
    url: 'https://inner.example/x'
  - {url: "http://10.0.0.8/flow", description: ba}
paths:
  /a:
    servers:
      - url: /giữ-nguyên
"""
EDITED = """\
# Dịch vụ mẫu
openapi: 3.0.3
servers:   # nơi chạy
  - url: "/api/v1"   # bên trong
    description: "url: của tôi"
  - description: thứ hai
    url: "/x"
  - {url: "/flow", description: ba}
paths:
  /a:
    servers:
      - url: /giữ-nguyên
"""


@pytest.fixture(scope="module")
def here():
    return soap_country()


def described(here, answer: SystemAnswer, query: str = "?serviceCode=units"):
    here.asked.clear()
    gateway = soap_gateway(here, system=lambda _: answer)
    got = gateway.call("GET", f"/r1/{PROVIDER}/getOpenAPI{query}", asks())
    gateway.close()
    return got, gateway


JSON = [(b"Content-Type", b"application/json")]


def test_a_description_is_fetched_when_it_is_asked_for(here):
    document = {"openapi": "3.1.0", "servers": [{"url": "http://10.0.0.7/api"}], "info": {"a": "ấ"}}
    got, gateway = described(here, SystemAnswer(200, json.dumps(document).encode(), JSON))
    assert json.loads(got.body.whole()) == {**document, "servers": [{"url": "/api"}]}
    assert dict(got.headers)[b"Content-Type"] == b"application/json"
    (request,) = here.asked
    assert (request.method, request.target) == ("GET", "/openapi.json")
    assert {row.effect for row in gateway.log.rows} == {"meta"}
    assert len(gateway.log.rows) == 4


def test_one_in_yaml_keeps_its_comments_and_its_order(here):
    kind = [(b"Content-Type", b"application/x-yaml")]
    got, _ = described(here, SystemAnswer(200, YAML.encode(), kind))
    assert got.body.whole().decode() == EDITED
    assert dict(got.headers)[b"Content-Type"] == b"application/x-yaml"


def test_a_type_nobody_stated_is_told_as_plain_text(here):
    got, _ = described(here, SystemAnswer(200, b'{"openapi":"3.0.0"}', []))
    assert dict(got.headers)[b"Content-Type"] == b"text/plain"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "InvalidRequest"),
        ("?serviceCode=", "InvalidRequest"),
        ("?serviceCode=khong-co", "InternalError"),
        ("?serviceCode=tinhTong", "InternalError"),
    ],
)
def test_a_description_that_is_not_there_is_refused(here, query, code):
    got, _ = described(here, SystemAnswer(200, b"{}", JSON), query)
    assert json.loads(got.body.whole())["type"] == f"Server.ServerProxy.{code}"
    assert here.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        SystemAnswer(404, b"{}", JSON),
        SystemAnswer(200, b"not json", JSON),
        SystemAnswer(200, b"[" * 100_000, JSON),
        SystemAnswer(200, b'{"openapi":"2.0"}', JSON),
        SystemAnswer(200, b"[]", JSON),
        SystemAnswer(200, b"servers: *anchor\n", [(b"Content-Type", b"application/x-yaml")]),
        SystemAnswer(200, b"\xff\xfe", [(b"Content-Type", b"application/x-yaml")]),
    ],
)
def test_a_description_that_cannot_be_read_is_not_passed_on(here, answer):
    got, _ = described(here, answer)
    assert json.loads(got.body.whole())["type"] == "Server.ServerProxy.InternalError"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  openapi: 3.0.0\n  servers:\n  - url: http://a/b\n  x: y\n",
         '  openapi: 3.0.0\n  servers:\n  - url: "/b"\n  x: y\n'),
        ("servers: [{url: http://a/b}, {url: 'http://c/d'}]\n",
         'servers: [{url: "/b"}, {url: "/d"}]\n'),
        ("\"servers\":\r\n- \"url\": http://a/b\r\n", "\"servers\":\r\n- \"url\": \"/b\"\r\n"),
        ("servers:\n  - url: http://{host}/b\n", 'servers:\n  - url: "http://{host}/b"\n'),
        ("servers:\n  - url: http://a\nurl: http://b/c\n",
         'servers:\n  - url: ""\nurl: http://b/c\n'),
    ],
)  # fmt: skip
def test_servers_in_yaml_keep_only_their_paths(written, expected):
    assert without_servers(written.encode(), b"text/yaml", b"/a.yaml").decode() == expected


@pytest.mark.parametrize(
    "written",
    ["servers: [\n {url: http://a/b}]\n", "servers: &s\n  - url: http://a\n",
     "servers:\n  - url: >\n      http://a/b\n", "servers:\n  - url: *a\n",
     "servers:\n  - url: |\n      http://a/b\n"],
)  # fmt: skip
def test_servers_that_cannot_be_edited_in_place_are_no_description(written):
    with pytest.raises(ValueError, match="server"):
        without_servers(written.encode(), b"text/yaml", b"/a.yaml")


def test_addresses_are_those_of_subsystems_services_or_versions():
    said = {
        "GOV/G01/population": "http://127.0.0.1:9/offers/population",
        "GOV/G14/a%2Fb/Sum": "http://127.0.0.1:9/svc/",
        "GOV/G14/a%2Fb/Sum/v2": {
            "url": "http://127.0.0.1:10/two", "description": "http://127.0.0.1:10/two?wsdl",
        },
    }  # fmt: skip
    found = dict(read_providers(msgspec.convert(said, dict[str, str | ProviderFile])))
    assert found["GOV/G01/population"].path == b"/offers/population"
    assert not found["GOV/G01/population"].is_service
    assert found["GOV/G14/a%2Fb/Sum"].path == b"/svc/"
    version = found["GOV/G14/a%2Fb/Sum/v2"]
    assert (version.address.port, version.is_service) == (10, True)
    assert version.description.path == b"/two?wsdl"


@pytest.mark.parametrize(
    "said",
    [
        {"GOV/G01/p/s": {"url": "https://127.0.0.1/x"}},
        {"GOV/G01/p/s": {"url": "http://127.0.0.1/x", "description": "file:///etc/passwd"}},
        {"GOV/G01/p/s": {"url": "http://127.0.0.1/x", "description": "http://h/a b"}},
        {"GOV/G01/p/s": {"url": "http://127.0.0.1/x?y"}},
    ],
)
def test_an_address_of_another_kind_stops_the_start(said):
    with pytest.raises(BadSettings):
        dict(read_providers(msgspec.convert(said, dict[str, str | ProviderFile])))


def test_an_offer_of_our_own_systems_is_described_beside_it(here):
    offers = [
        msgspec.structs.replace(offer, kind="openapi") if offer.code == "units.list.v1" else offer
        for offer in here.snapshot.offers
    ]
    before, here.snapshot = here.snapshot, here.changed(offers=offers)
    here.asked.clear()
    gateway = soap_gateway(here, system=lambda _: SystemAnswer(200, b'{"openapi":"3.1.0"}', JSON))
    path = "/r1/VN/GOV/G01/population/getOpenAPI?serviceCode=units.list.v1"
    got = gateway.call("GET", path, asks())
    gateway.close()
    here.snapshot = before
    assert got.body.whole() == b'{"openapi":"3.1.0"}'
    assert here.asked[0].target == "/units.list.v1/openapi.json"

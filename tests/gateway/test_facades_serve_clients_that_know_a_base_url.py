"""A client that knows a base URL and its secret goes through the same core as any other."""

from __future__ import annotations

import hashlib
import json

import pytest

from gateway.exchange_cast import POPULATION, SECRET, country, grant
from lienthong.gateway.facades import BadFacade, Facade, arranged, load
from lienthong.gateway.rows import LogSide, Outcome

BASE = "/dci/registry"
ROWS = [
    Facade(base=BASE, service="GOV/G01/population/person.find.v1", client="GOV/G15/civil-status"),
    Facade(
        base="/dci/registry/issue", service="GOV/G01/population/personal-id.issue.v1",
        client="GOV/G15/civil-status", key="body",
    ),
    Facade(
        base="/axis/v1", service="GOV/G01/population/personal-id.issue.v1",
        client="GOV/G15/civil-status", key="header:Message-Id",
    ),
]  # fmt: skip
BEARER = [(b"Authorization", b"Bearer " + SECRET.encode())]


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def gateway(here):
    here.asked.clear()
    gateway = here.gateway()
    holdings = gateway.gateway.holdings
    gateway.gateway.holdings = holdings.__class__(
        clients=holdings.clients, providers=holdings.providers, keys=holdings.keys,
        facades=arranged(ROWS, "VN"),
    )  # fmt: skip
    yield gateway
    gateway.close()


def test_a_bearer_secret_under_a_base_url_is_a_whole_exchange(gateway, here):
    answer = gateway.call("POST", f"{BASE}/sync/search?page=2", BEARER, b'{"a":1}')
    assert answer.status == 200
    (asked,) = here.asked
    assert asked.target == "/person.find.v1/sync/search?page=2"
    assert asked.header(b"authorization") is None, "the secret stays at the gateway"
    answered = [row for row in gateway.log.rows if row.evidence.outcome == Outcome.ANSWERED]
    assert {row.evidence.side for row in answered} == set(LogSide)
    assert {row.evidence.client for row in answered} == {"VN/GOV/G15/civil-status"}
    assert all(row.evidence.signature for row in answered)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"Authorization", b"Bearer wrong")],
        [(b"Authorization", b"Basic " + SECRET.encode())],
        [(b"X-Road-Client", b"VN/GOV/G14/outside-test")],
        [(b"X-Road-Client", b"VN/GOV/G14/outside-test"), (b"Authorization", b"Bearer wrong")],
    ],
)
def test_only_the_client_it_was_given_to_uses_a_base_url(gateway, here, headers):
    answer = gateway.call("POST", BASE, headers, b"{}")
    said = json.loads(answer.body.whole())
    assert said["type"].endswith("SslAuthenticationFailed")
    assert (answer.status, said["status"]) == (401, 401)
    assert (b"WWW-Authenticate", b"Bearer") in answer.headers
    assert here.asked == []


def test_a_client_of_x_road_is_told_in_the_way_of_x_road(gateway, here):
    answer = gateway.call("POST", "/r1/VN/GOV/G01/population/person.find.v1", [], b"{}")
    assert answer.status in (400, 500)
    assert "status" not in json.loads(answer.body.whole())


def test_a_client_cannot_be_somebody_else_under_its_base_url(gateway, here):
    headers = [*BEARER, (b"X-Road-Client", b"VN/GOV/G14/outside-test")]
    assert gateway.call("POST", BASE, headers, b"{}").status == 200
    assert here.asked[0].header(b"x-road-client") == b"VN/GOV/G15/civil-status"


def test_the_same_bytes_are_the_same_request_where_the_row_says_so(gateway, here):
    for _ in range(2):
        assert gateway.call("POST", "/dci/registry/issue", BEARER, b'{"a":1}').status == 200
    gateway.call("POST", "/dci/registry/issue", BEARER, b'{"a":2}')
    keys = [asked.header(b"idempotency-key").decode() for asked in here.asked]
    assert keys[0] == keys[1] == "body-" + hashlib.sha256(b'{"a":1}').hexdigest()
    assert keys[2] != keys[0]


def test_a_header_of_the_clients_own_is_its_key(gateway, here):
    headers = [*BEARER, (b"Message-Id", b"m-17")]
    assert gateway.call("POST", "/axis/v1", headers, b"{}").status == 200
    assert here.asked[0].header(b"idempotency-key") == b"m-17"
    assert gateway.call("POST", "/axis/v1", BEARER, b"{}").status == 400, "and it has to be there"


def test_the_grant_limits_what_lies_behind_a_base_url(here):
    held = grant("GOV/G15/civil-status", "person.find.v1", paths=["/sync/*"])
    gateway = here.gateway(snapshot=here.changed(grants=[held]))
    holdings = gateway.gateway.holdings
    gateway.gateway.holdings = holdings.__class__(
        clients=holdings.clients, providers=holdings.providers, keys=holdings.keys,
        facades=arranged(ROWS, "VN"),
    )  # fmt: skip
    assert gateway.call("POST", f"{BASE}/sync/search", BEARER, b"{}").status == 200
    here.asked.clear()
    for path in ("/other", "/sync/../other", "/sync/%2e%2e/other", "/../../listMethods",
                 "/sync/a%2fb", ""):  # fmt: skip
        assert gateway.call("POST", BASE + path, BEARER, b"{}").status == 500
    gateway.close()
    assert here.asked == []


@pytest.mark.parametrize(
    "target", ["/dci", "/dci/registryx", "/dci/", "/DCI/registry", "//dci/registry"]
)
def test_what_only_looks_like_a_base_is_none(gateway, here, target):
    answer = gateway.call("POST", target, BEARER, b"{}")
    assert answer.status == 400
    assert here.asked == []


@pytest.mark.parametrize(
    "row",
    [
        {"base": "/r1/x"}, {"base": "/r1"}, {"base": "dci"}, {"base": "/"}, {"base": "/a/../b"},
        {"base": "/a/"}, {"base": "/a b"}, {"service": "person.find.v1"}, {"client": "GOV/G15"},
        {"key": "query"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_row_that_says_it_badly_stops_the_start(tmp_path, row):
    good = {"base": BASE, "service": POPULATION.removeprefix("VN/") + "/person.find.v1",
            "client": "GOV/G15/civil-status"}  # fmt: skip
    path = tmp_path / "facades.json"
    path.write_text(json.dumps([good]))
    assert load(path, "VN")[0].base == BASE
    path.write_text(json.dumps([good | row]))
    with pytest.raises(BadFacade):
        load(path, "VN")
    path.write_text(json.dumps([good, good]))
    with pytest.raises(BadFacade):
        load(path, "VN")


def test_without_a_file_there_is_no_facade(tmp_path):
    assert load(tmp_path / "facades.json", "VN") == ()

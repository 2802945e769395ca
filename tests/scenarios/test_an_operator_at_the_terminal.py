"""Grants and keys, changed by command while the country runs."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import requests

from running_node import RunningNode
from soap_letters import header, letter

pytestmark = pytest.mark.scenario

ASK = ("population", "person.find.v1", "--as", "steering", "--personal-id", "091195000017")
TAKEN_UP_SECONDS = 30.0


def fault(told: dict[str, Any]) -> str:
    body = told["answer"]["body"]
    return str(body.get("type", "")) if isinstance(body, dict) else ""


def test_a_grant_opens_an_offer_and_its_revocation_closes_it_at_once(
    demo_node: RunningNode,
) -> None:
    assert fault(demo_node.call(*ASK)).endswith("AccessDenied")
    given = demo_node.run(
        "directory",
        *("grant", "steering", "population", "person.find.v1"),
        *("--purpose", "Thử nghiệm", "--legal-basis", "Bản trình diễn"),
    ).stdout
    grant = re.findall(r"[0-9a-f-]{36}", given)[0]
    limit = time.monotonic() + TAKEN_UP_SECONDS
    while (told := demo_node.call(*ASK))["answer"]["status"] != 200:
        assert time.monotonic() < limit, told
        time.sleep(0.5)
    assert grant in demo_node.run("directory", "list").stdout
    demo_node.run("directory", "revoke", grant)
    assert fault(demo_node.call(*ASK)).endswith("AccessDenied")
    assert grant not in demo_node.run("directory", "list").stdout


def test_a_grant_for_what_nobody_offers_is_refused_in_words(demo_node: RunningNode) -> None:
    done = demo_node.run(
        "directory",
        *("grant", "steering", "population", "secret.tell.v1"),
        *("--purpose", "x", "--legal-basis", "y"),
        check=False,
    )
    assert done.returncode == 1
    assert "knows no population secret.tell.v1" in done.stderr


OUTSIDE = "VN/GOV/G14/outside-test"
SUM = '<t:tinhTong xmlns:t="urn:x"/>'


def test_an_outside_soap_service_is_offered_and_withdrawn(demo_node: RunningNode) -> None:
    demo_node.run(
        "directory",
        # Nobody listens there; what the gateway says of that shows that it knows the service.
        *("offer", "outside-test", "tinhTong", "http://127.0.0.1:1/service"),
        *("--kind", "soap", "--version", "v1", "--title", "Tổng", "--effect", "public"),
    )
    demo_node.run(
        "directory",
        *("grant", "outside-test", "outside-test", "tinhTong"),
        *("--purpose", "Thử nghiệm", "--legal-basis", "Bản trình diễn"),
    )
    wait_for_fault(demo_node, "Server.ServerProxy.ServiceFailed.NetworkError")
    demo_node.run("directory", "withdraw", "outside-test", "tinhTong")
    wait_for_fault(demo_node, "Server.ServerProxy.UnknownService")


def wait_for_fault(node: RunningNode, code: str) -> None:
    limit = time.monotonic() + TAKEN_UP_SECONDS
    whole = letter(header(OUTSIDE, f"{OUTSIDE}/tinhTong/v1"), SUM)
    while True:
        told = requests.post(
            node.consumer, whole, headers={"Content-Type": "text/xml; charset=utf-8"}, timeout=30
        )
        assert told.status_code == 200
        if f"<faultcode>{code}</faultcode>" in told.text:
            return
        assert time.monotonic() < limit, told.text
        time.sleep(0.5)


def test_every_offer_of_the_country_describes_itself(demo_node: RunningNode) -> None:
    told = requests.get(
        f"{demo_node.consumer}/r1/VN/GOV/G01/population/getOpenAPI",
        params={"serviceCode": "person.verify.v1"},
        headers={"X-Road-Client": OUTSIDE},
        timeout=30,
    )
    assert told.status_code == 200, told.text
    assert told.json()["paths"]["/"]["post"]["operationId"] == "person.verify.v1"


def test_new_keys_are_taken_up_by_the_running_gateway(demo_node: RunningNode) -> None:
    before = signers(demo_node)
    announced = demo_node.run("keys", "renew", "--all").stdout
    assert "sign G01" in announced
    # Announced and not used yet: messages on their way are still verified.
    assert signers(demo_node) == before
    used = demo_node.run("keys", "renew", "--all", "--now").stdout
    assert "sign G01 (in use)" in used
    limit = time.monotonic() + TAKEN_UP_SECONDS
    while not (after := signers(demo_node)) or after & before:
        assert time.monotonic() < limit, "the gateway still signs with retired keys"
        time.sleep(0.5)
    # What the retired keys signed is still verified.
    old = demo_node.administration("/exchanges?limit=20")["exchanges"][-1]["message_id"]
    rows = demo_node.administration(f"/exchanges/{old}")["records"]
    assert all(row["signature_valid"] for row in rows if row["signer"])
    demo_node.wait_until_well()


def signers(node: RunningNode) -> set[str]:
    """The keys that signed one exchange of now, each signature verified."""
    told = node.call(
        "population",
        "figures.v1",
        *("--as", "steering", "--field", "start=2021-08-01", "--field", "end=2021-08-20"),
    )
    if told["answer"]["status"] != 200:
        return set()
    rows = told["log"]["records"]
    assert all(row["signature_valid"] for row in rows)
    return {row["signer"] for row in rows}

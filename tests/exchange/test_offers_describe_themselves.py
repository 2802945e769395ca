"""The OpenAPI document of an offer says what its card says."""

from __future__ import annotations

import json
import re

import pytest

from exchange.played import REGISTER
from lienthong.exchange import edge
from lienthong.exchange.edge_wsgi import EdgeRequest, serve
from lienthong.exchange.openapi import document
from lienthong.exchange.registry import all_cards


@pytest.fixture
def offered():
    edge.offer("number.give.v1", card=REGISTER)(lambda request, caller: None)
    yield "/offers/land-register/number.give.v1/openapi.json"
    edge.remove("land_register", "number.give.v1")


def test_it_is_had_beside_the_offer_without_an_admission(offered):
    answer = serve(EdgeRequest("GET", offered, {}, b""), key=b"key")
    assert (answer.status, answer.headers) == (200, [("Content-Type", "application/json")])
    said = json.loads(answer.body)
    assert said["openapi"] == "3.1.0"
    assert said["info"]["version"] == "v1"
    operation = said["paths"]["/"]["post"]
    assert operation["parameters"][0]["name"] == "Idempotency-Key"
    named = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert "plot" in said["components"]["schemas"][named.rpartition("/")[2]]["properties"]


def test_what_is_not_offered_has_no_description(offered):
    for path in (offered.replace("give", "take"), "/offers/openapi.json", "/openapi.json"):
        assert serve(EdgeRequest("GET", path, {}, b""), key=b"key").status == 404


def test_the_offer_itself_still_wants_an_admission(offered):
    path = offered.removesuffix("/openapi.json")
    assert serve(EdgeRequest("GET", path, {}, b""), key=b"key").status == 405


@pytest.mark.parametrize("card", all_cards(), ids=lambda card: card.code)
def test_every_reference_in_every_description_leads_to_a_shape(card):
    for offer in card.offers:
        said = json.loads(document(card, offer))
        wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(said)))
        assert wanted <= set(said["components"]["schemas"])
        assert "$defs" not in json.dumps(said)

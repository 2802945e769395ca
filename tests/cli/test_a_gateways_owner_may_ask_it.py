"""`keys client owner`: a credential for what only the owner of a gateway may ask."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gateway.exchange_cast import country
from lienthong.cli import client_keys, vault
from lienthong.exchange import client_file
from lienthong.gateway.settings import load_holdings
from lienthong.kernel.node import Node, Ports


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node(tmp_path, Ports(8000))
    vault.make_home(made)
    country().write(made, "http://127.0.0.1:1/offers/population")
    monkeypatch.setattr(client_keys, "TAKEN_UP", 0.0)
    return made


def keys_client(node: Node, *words: str) -> int:
    parser = argparse.ArgumentParser()
    client_keys.add_arguments(parser)
    return client_keys.run(node, parser.parse_args(words))


def test_the_owner_gets_a_secret_that_the_gateway_believes(node: Node) -> None:
    assert keys_client(node, "owner") == 0
    secret = node.secret("clients/G14")
    assert load_holdings(node, "VN").clients["GOV/G14"].knows_secret(secret.encode())
    # Asked again, it stays the same.
    assert keys_client(node, "owner") == 0
    assert node.secret("clients/G14") == secret


def test_it_can_be_rotated_like_any_other(node: Node) -> None:
    keys_client(node, "owner")
    before = node.secret("clients/G14")
    assert keys_client(node, "rotate-secret", "GOV/G14") == 0
    rule = load_holdings(node, "VN").clients["GOV/G14"]
    after = node.secret("clients/G14")
    assert before != after
    assert rule.knows_secret(after.encode())
    assert rule.knows_secret(before.encode())


def test_a_registration_leaves_it_as_it_is(node: Node) -> None:
    keys_client(node, "owner")
    known = client_file.read(node.gateway)
    settled = client_file.settled(known, ["GOV/G15/civil-status"], lambda name: "secret")
    assert settled["GOV/G14"] == known["GOV/G14"]
    assert set(settled) == {"GOV/G14", "GOV/G15/civil-status"}

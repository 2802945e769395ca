"""A member's node writes its gateway's files at every start; what was set for a system stays."""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lienthong.cli import client_keys, doctor, registration, vault
from lienthong.exchange import client_file
from lienthong.exchange.registry import cards
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki

CARD = next(card for card in cards() if card.code == "civil_status")
MEMBERSHIP = Membership(
    url="https://127.0.0.1:1", directory="VN/GOV/G14/national", gateway="VN/GOV/G15/justice",
    subsystems=[CARD.subsystem, "land-book"],
)  # fmt: skip
OWN, OUTSIDE = "GOV/G15/civil-status", "GOV/G15/land-book"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(tmp_path, Ports(8000))
    vault.make_home(made)
    registration.write_gateway_files(made, MEMBERSHIP, [CARD])
    return made


def rules(node: Node) -> client_file.Clients:
    return client_file.read(node.gateway)


def test_every_system_begins_with_a_secret_of_its_own(node: Node) -> None:
    for name in (OWN, OUTSIDE):
        secret = node.secret(client_file.secret_name(name))
        assert rules(node)[name]["modes"] == ["secret"]
        assert rules(node)[name]["secret_sha256"] == hashlib.sha256(secret.encode()).hexdigest()


def test_modes_and_certificates_stay_and_a_digest_follows_its_secret(node: Node) -> None:
    clients = rules(node)
    clients[OWN] |= {"modes": ["certificate", "secret"], "cert_sha256": ["ab"]}
    clients[OUTSIDE] |= {"modes": ["certificate"], "cert_sha256": ["cd"]}
    client_file.write(node.gateway, clients)
    vault.write_secret(node.secrets / client_file.secret_name(OWN), "renewed")
    registration.write_gateway_files(node, MEMBERSHIP, [CARD])
    after = rules(node)
    assert (after[OWN]["modes"], after[OWN]["cert_sha256"]) == (["certificate", "secret"], ["ab"])
    assert after[OWN]["secret_sha256"] == hashlib.sha256(b"renewed").hexdigest()
    assert after[OUTSIDE] == clients[OUTSIDE]


def test_a_credential_given_by_hand_is_left_alone(node: Node) -> None:
    clients = rules(node)
    clients[OUTSIDE] = {"modes": ["secret"], "secret_sha256": "f" * 64, "cert_sha256": []}
    client_file.write(node.gateway, clients)
    registration.write_gateway_files(node, MEMBERSHIP, [CARD])
    assert rules(node)[OUTSIDE] == clients[OUTSIDE]


def test_a_system_set_to_https_alone_needs_no_secret(node: Node) -> None:
    clients = rules(node)
    clients[OWN]["modes"] = ["certificate"]
    client_file.write(node.gateway, clients)
    (node.secrets / client_file.secret_name(OWN)).unlink()
    registration.write_gateway_files(node, MEMBERSHIP, [CARD])
    assert rules(node)[OWN]["modes"] == ["certificate"]
    assert not (node.secrets / client_file.secret_name(OWN)).exists()


def test_the_file_is_its_owners_only_and_whole(node: Node) -> None:
    path = node.gateway / "clients.json"
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_bytes()).keys() == {OWN, OUTSIDE}
    assert not list(node.gateway.glob("*.new"))


def test_the_doctor_misses_a_certificate_that_is_lacking_or_ends(node: Node) -> None:
    assert [*doctor.information_systems(node)] == [], "nobody connects by HTTPS"
    clients = rules(node)
    clients[OUTSIDE] |= {"modes": ["certificate"], "cert_sha256": []}
    client_file.write(node.gateway, clients)
    (lacking,) = doctor.information_systems(node)
    assert (lacking.well, lacking.found) == (False, "has no certificate")
    for days, well in ((2, False), (90, True)):
        name = added(node, days)
        (found,) = doctor.information_systems(node)
        assert found.well is well, found
        assert name in rules(node)[OUTSIDE]["cert_sha256"]


def added(node: Node, days: int) -> str:
    """A certificate of the land book's that ends in so many days, added by the command."""
    key, now = ec.generate_private_key(ec.SECP256R1()), clock.instant()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "land-book")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path = node.home / "is.pem"
    path.write_text(pki.pem_of(certificate))
    parser = argparse.ArgumentParser()
    client_keys.add_arguments(parser)
    assert client_keys.run(node, parser.parse_args(["add", "land-book", str(path)])) == 0
    return pki.fingerprint(certificate)

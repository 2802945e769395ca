"""X-Road's connection types HTTP, HTTPS NO AUTH and HTTPS, and our secret, set by command."""

# ruff: noqa: TID251 - these are the outside clients the gateway is made for.

from __future__ import annotations

import argparse
import contextlib
import datetime
import http.client
import io
import json
import ssl
import sys

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from gateway.exchange_cast import OUTSIDER, SECRET, UNITS, asks, grant
from gateway.test_gateway_processes import Running, eventually
from lienthong.cli import client_keys
from lienthong.kernel import clock
from lienthong.protocol import pki

pytestmark = pytest.mark.scenario

REFUSED = "Server.ClientProxy.SslAuthenticationFailed"
NAME = "GOV/G14/outside-test"


@pytest.fixture(scope="module")
def running(database_server, tmp_path_factory):
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    running = Running(tmp_path_factory.mktemp("home"), database)
    running.write(grants=[*running.country.snapshot.grants, grant(NAME, "units.list.v1")])
    secrets = running.node.secrets / "clients"
    secrets.mkdir()
    (secrets / "G15.civil-status").write_text(SECRET)
    (secrets / "G14.outside-test").write_text("never used before a mode asks for it")
    running.start()
    yield running
    running.kill()
    running.edge.close()
    database.drop()


class InformationSystem:
    """A system somewhere else: its own RSA key and a certificate it signed itself."""

    def __init__(self, place, name, *, key=None, days=30):
        self.key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = clock.instant()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )
        self.file = place / f"{name}-{self.certificate.serial_number}.pem"
        self.file.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self.certificate.public_bytes(serialization.Encoding.PEM)
        )  # fmt: skip

    def context(self, running):
        context = trusting(running)
        context.load_cert_chain(self.file)
        return context


def trusting(running):
    return ssl.create_default_context(cadata=running.country.anchor.roots[0])


def lienthong_keys_client(running, *arguments):
    parser = argparse.ArgumentParser()
    client_keys.add_arguments(parser)
    return client_keys.run(running.node, parser.parse_args(arguments))


def ask(running, context=None, headers=None):
    """The fault, or OK: over TLS with this context, or plainly without one."""
    headers = headers or asks(OUTSIDER, None)
    if context is None:
        return told(running.call(UNITS, None, "GET", headers))
    try:
        link = http.client.HTTPSConnection(
            "127.0.0.1", running.node.ports.consumer_tls, timeout=10, context=context
        )
        with contextlib.closing(link):
            return told(running.call(UNITS, None, "GET", headers, link))
    except (ssl.SSLError, ConnectionError):
        return "no handshake"


def told(answer):
    status, headers, _ = answer
    return headers.get("x-road-error", "OK" if status == 200 else str(status))


def becomes(running, expected, context=None, headers=None):
    eventually(lambda: ask(running, context, headers) == expected)


def test_http_asks_for_no_proof(running):
    assert lienthong_keys_client(running, "mode", "outside-test", "http") == 0
    becomes(running, "OK")
    assert ask(running, trusting(running)) == "OK"


def test_https_no_auth_asks_for_tls_and_no_certificate(running, tmp_path):
    assert lienthong_keys_client(running, "mode", "outside-test", "https-no-auth") == 0
    becomes(running, REFUSED)
    assert ask(running, trusting(running)) == "OK"


def test_https_takes_the_very_certificate_that_was_added_and_no_other(running, tmp_path):
    system = InformationSystem(tmp_path, "is-1")
    other = InformationSystem(tmp_path, "is-2")
    again = InformationSystem(tmp_path, "is-1", key=system.key)
    stranger = InformationSystem(tmp_path, "is-3")
    assert lienthong_keys_client(running, "mode", "outside-test", "https") == 0
    assert lienthong_keys_client(running, "add", "outside-test", str(system.file)) == 0
    assert lienthong_keys_client(running, "add", "civil-status", str(other.file)) == 0
    becomes(running, "OK", system.context(running))
    assert ask(running) == REFUSED
    assert ask(running, trusting(running)) == REFUSED
    assert ask(running, other.context(running)) == REFUSED, "it is that of another system"
    assert ask(running, again.context(running)) in (REFUSED, "no handshake"), "other bytes"
    assert ask(running, stranger.context(running)) == "no handshake"
    of_another = asks("VN/GOV/G15/civil-status", None)
    assert ask(running, system.context(running), of_another) == REFUSED


def test_a_removed_certificate_is_believed_no_more(running, tmp_path, capsys):
    system = InformationSystem(tmp_path, "is-4")
    lienthong_keys_client(running, "mode", "outside-test", "https")
    lienthong_keys_client(running, "add", "outside-test", str(system.file))
    becomes(running, "OK", system.context(running))
    fingerprint = pki.fingerprint(system.certificate)
    assert lienthong_keys_client(running, "remove", "outside-test", fingerprint[:12]) == 0
    becomes(running, REFUSED, system.context(running))
    assert not (running.node.gateway / "client_certificates" / f"{fingerprint}.pem").exists()
    capsys.readouterr()
    assert lienthong_keys_client(running, "list", "--json") == 0
    assert fingerprint not in capsys.readouterr().out
    with pytest.raises(client_keys.NoSuchCertificate):
        lienthong_keys_client(running, "remove", "outside-test", fingerprint)


def test_what_the_client_is_told_says_what_it_lacks(running):
    def message():
        body = running.call(UNITS, None, "GET", asks(OUTSIDER, None))[2]
        return json.loads(body)["message"] if body else "nothing: it was let through"

    lienthong_keys_client(running, "mode", "outside-test", "https-no-auth")
    eventually(lambda: message() == "The client must connect by HTTPS")
    lienthong_keys_client(running, "mode", "outside-test", "https")
    eventually(lambda: "show its TLS certificate" in message())


def test_a_certificate_in_der_comes_from_standard_input_too(running, tmp_path, monkeypatch):
    system = InformationSystem(tmp_path, "is-5")
    der = system.certificate.public_bytes(serialization.Encoding.DER)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(der)))
    assert lienthong_keys_client(running, "add", NAME, "-") == 0
    kept = (
        running.node.gateway / "client_certificates" / f"{pki.fingerprint(system.certificate)}.pem"
    )
    assert x509.load_pem_x509_certificate(kept.read_bytes()) == system.certificate
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("days", [-1])
def test_a_certificate_that_is_over_is_not_added(running, tmp_path, days):
    system = InformationSystem(tmp_path, "old", days=days)
    with pytest.raises(client_keys.NotACertificate, match="good from"):
        lienthong_keys_client(running, "add", NAME, str(system.file))
    with pytest.raises(client_keys.NotACertificate, match="hand it over by"):
        lienthong_keys_client(running, "add", NAME, str(tmp_path / "nothing.pem"))
    (tmp_path / "x").write_text("no certificate")
    with pytest.raises(client_keys.NotACertificate):
        lienthong_keys_client(running, "add", NAME, str(tmp_path / "x"))


def test_a_system_of_this_node_keeps_its_secret_beside_another_mode(running, capsys):
    assert lienthong_keys_client(running, "mode", "civil-status", "https") == 0
    assert "goes on to use its secret" in capsys.readouterr().out
    assert ask(running, headers=asks()) == "OK"


def test_nobody_is_set_who_is_not_here(running):
    with pytest.raises(client_keys.NoSuchClient):
        lienthong_keys_client(running, "mode", "nowhere", "http")


def test_a_rotated_secret_counts_at_once_and_the_old_one_for_its_grace(running):
    lienthong_keys_client(running, "mode", "outside-test", "secret")
    old = "never used before a mode asks for it"
    becomes(running, "OK", headers=asks(OUTSIDER, old))
    assert lienthong_keys_client(running, "rotate-secret", "outside-test") == 0
    new = running.node.secret("clients/G14.outside-test")
    assert new != old
    assert ask(running, headers=asks(OUTSIDER, new)) == "OK"
    assert ask(running, headers=asks(OUTSIDER, old)) == "OK"
    assert lienthong_keys_client(running, "rotate-secret", "outside-test", "--grace", "0") == 0
    newest = running.node.secret("clients/G14.outside-test")
    assert ask(running, headers=asks(OUTSIDER, newest)) == "OK"
    becomes(running, REFUSED, headers=asks(OUTSIDER, new))
    assert ask(running, headers=asks(OUTSIDER, old)) == REFUSED


@pytest.mark.parametrize("oldest", ["1.3", "1.2"])
def test_tls_1_2_is_spoken_only_where_a_site_allows_it(tmp_path, gateway_db, oldest):
    running = Running(tmp_path, gateway_db)
    try:
        running.write(grants=[grant(NAME, "units.list.v1")])
        place = running.node.gateway / "gateway.json"
        said = msgspec.json.decode(place.read_bytes()) | {"consumer_tls_oldest": oldest}
        place.write_bytes(msgspec.json.encode(said))
        running.start()
        context = trusting(running)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert ask(running, context) == ("OK" if oldest == "1.2" else "no handshake")
        assert ask(running, trusting(running)) == "OK"
    finally:
        running.kill()
        running.edge.close()

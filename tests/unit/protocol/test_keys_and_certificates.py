"""Keys and certificates: who issued them, for whom, and for how long."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from lienthong.protocol import pki
from lienthong.protocol.errors import BadSignature, Expired, UntrustedCertificate
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import SigningKey, VerifyingKey

POLICE = MemberId("VN", "GOV", "G01")


@pytest.fixture
def sign_certificate(paper):
    return paper.authority.issue_sign(
        paper.keys["G01"].verifying, member=POLICE, name="Bộ Công an", now=paper.now
    )


def test_a_sign_certificate_names_its_member_as_x_road_does(paper, sign_certificate):
    assert pki.member_of(sign_certificate) == POLICE
    roots = (paper.authority.certificate,)
    key = pki.check_certificate(sign_certificate, roots, at=paper.now)
    assert key.kid == paper.keys["G01"].kid
    again = pki.load_certificate(pki.pem_of(sign_certificate))
    assert again == sign_certificate


def test_a_certificate_lives_thirty_days_and_is_renewed_from_day_twenty(paper, sign_certificate):
    roots = (paper.authority.certificate,)
    for days, holds in ((0, True), (30, True), (31, False)):
        at = paper.now + timedelta(days=days)
        if holds:
            pki.check_certificate(sign_certificate, roots, at=at)
        else:
            with pytest.raises(Expired):
                pki.check_certificate(sign_certificate, roots, at=at)
    with pytest.raises(Expired):
        pki.check_certificate(sign_certificate, roots, at=paper.now - timedelta(hours=1))
    assert not pki.needs_renewal(sign_certificate, paper.now + timedelta(days=19))
    assert pki.needs_renewal(sign_certificate, paper.now + timedelta(days=20))


def test_a_certificate_of_another_authority_of_the_same_name_is_refused(paper, sign_certificate):
    stranger = type(paper)()
    assert stranger.authority.certificate.subject == paper.authority.certificate.subject
    with pytest.raises(UntrustedCertificate):
        pki.check_certificate(sign_certificate, (stranger.authority.certificate,), at=paper.now)


def test_the_authoritys_own_certificate_signs_no_messages(paper):
    root = paper.authority.certificate
    with pytest.raises(UntrustedCertificate):
        pki.check_certificate(root, (root,), at=paper.now)


def test_a_gateways_certificate_is_no_members(paper):
    auth = paper.authority.issue_auth(
        SigningKey.generate().verifying, owner=POLICE, gateway="national", now=paper.now
    )
    with pytest.raises(UntrustedCertificate):
        pki.member_of(auth)
    names = auth.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_openssl_takes_the_gateways_certificate_and_key(paper, tmp_path):
    key = SigningKey.generate()
    auth = paper.authority.issue_auth(
        key.verifying, owner=POLICE, gateway="national", now=paper.now
    )
    key.save(tmp_path / "auth.key", b"passphrase")
    (tmp_path / "auth.crt").write_text(pki.pem_of(auth))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "auth.crt", tmp_path / "auth.key", "passphrase")
    context.load_verify_locations(cadata=pki.pem_of(paper.authority.certificate))
    assert context.cert_store_stats()["x509_ca"] == 1


def test_a_signature_verifies_over_the_very_bytes_and_in_its_raw_form_only():
    key = SigningKey.generate()
    signature = key.sign(b"data")
    assert key.verifying.verify(signature, b"data") == b"data"
    for wrong in (signature[:-1], signature + b"\x00", key.sign_der(b"data"), b"", bytes(64)):
        with pytest.raises(BadSignature):
            key.verifying.verify(wrong, b"data")
    with pytest.raises(BadSignature):
        key.verifying.verify(signature, b"date")


def test_a_key_is_named_by_its_public_half_wherever_it_is_loaded():
    key = SigningKey.generate()
    assert VerifyingKey.from_pem(key.verifying.pem()).kid == key.kid
    assert len(key.kid) == 43
    assert SigningKey.generate().kid != key.kid


def test_only_p_256_and_ed25519_are_taken():
    for private in (ec.generate_private_key(ec.SECP384R1()), ed448.Ed448PrivateKey.generate()):
        with pytest.raises(UntrustedCertificate):
            pki.require_known(private.public_key())
    with pytest.raises(UntrustedCertificate):
        pki.load_certificate("not a certificate")


def test_a_private_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    pki.write_private(path, b"first")

    def broken(descriptor):
        raise OSError("the disk is full")

    monkeypatch.setattr(pki.os, "fsync", broken)
    with pytest.raises(OSError, match="full"):
        pki.write_private(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]

"""P-256 and Ed25519 side by side: named everywhere, never taken for one another."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from http_message_signatures import HTTPMessageVerifier
from http_message_signatures.algorithms import ED25519 as ORACLE

from gateway.exchange_cast import FIND, JUSTICE, OPERATOR, POLICE, asks, country
from lienthong.kernel import clock
from lienthong.protocol import checkpoint, digest, pki, snapshot
from lienthong.protocol.errors import BadSignature, MalformedSignature, UntrustedCertificate
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import ED25519, P256, SigningKey
from lienthong.protocol.promise import open_promise
from lienthong.protocol.receipt import signed_of
from lienthong.protocol.rest import RequestPart
from lienthong.protocol.signature import (
    open_request,
    sign_request,
    verify_logged_answer,
    verify_logged_request,
)

NOW = 1_629_450_000


def with_algorithms(here, **choice):
    """The snapshot in which these members sign with keys of their own choice."""
    members = []
    for member in here.snapshot.members:
        identity = MemberId("VN", member.member_class, member.code)
        algorithm = choice.get(member.code, P256)
        key = here.keys[identity] = SigningKey.generate(algorithm)
        certificate = here.authority.issue_sign(
            key.verifying, member=identity, name=member.name, now=clock.instant()
        )
        entry = msgspec.structs.replace(
            member.sign_keys[0],
            kid=key.kid,
            cert=pki.pem_of(certificate),
            algorithm=algorithm.decode(),
        )
        members.append(msgspec.structs.replace(member, sign_keys=[entry]))
    return here.changed(members=members)


@pytest.mark.parametrize(
    ("client", "provider"),
    [(ED25519, P256), (P256, ED25519), (ED25519, ED25519)],
    ids=["Ed25519 asks P-256", "P-256 asks Ed25519", "both Ed25519"],
)
def test_members_of_different_algorithms_exchange(client, provider):
    here = country()
    gateway = here.gateway(snapshot=with_algorithms(here, G15=client, G01=provider))
    try:
        assert gateway.call("POST", f"/r1/{FIND}", asks(), b"{}").status == 200
        asked, answered = (gateway.log.rows[at].evidence for at in (1, 2))
        assert b'alg="%b"' % client in asked.signature_input
        assert b'alg="%b"' % provider in answered.signature_input
        request = signed_of(asked)
        verify_logged_request(request, here.keys[JUSTICE].verifying)
        verify_logged_answer(signed_of(answered), request, here.keys[POLICE].verifying)
    finally:
        gateway.close()


def test_a_gateway_whose_owner_has_ed25519_promises_and_seals_with_it():
    here = country()
    gateway = here.gateway(snapshot=with_algorithms(here, G14=ED25519))
    try:
        answer = gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
        key = here.keys[OPERATOR]
        promise = open_promise(dict(answer.headers)[b"lienthong-promise"], key.verifying)
        assert promise.alg == "ed25519"
        note = gateway.log.seal("VN/GOV/G14/national", key)
        head = checkpoint.open_checkpoint(note, key.verifying, origin="VN/GOV/G14/national")
        assert head.size == 4
    finally:
        gateway.close()


def test_an_ed25519_note_names_its_key_as_signed_notes_do():
    """C2SP signed-note, type 0x01: SHA-256 over name, newline, type and the 32 bytes."""
    raw = bytes(range(32))
    public = ed25519.Ed25519PrivateKey.from_private_bytes(raw).public_key()
    # By hand: printf 'example.com/log\n\001' | cat - PUBLIC | sha256sum | head -c 8
    named = checkpoint.key_id(pki.VerifyingKey(public), "example.com/log")
    expected = digest.sha256(b"example.com/log\n\x01" + public.public_bytes_raw())[:4]
    assert named == expected
    assert named != checkpoint.key_id(pki.VerifyingKey(public), "example.com/other")


def test_an_independent_library_accepts_an_ed25519_request():
    key = SigningKey.generate(ED25519)
    part = RequestPart(
        b"POST",
        b"/r1/VN/GOV/G01/population/person.find.v1?full=1",
        (
            (b"X-Road-Client", b"VN/GOV/G15/civil-status"),
            (b"x-road-request-id", b"f92591a3-6bf0-49b1-987b-0dd78c034cc3"),
            (b"x-road-id", b"VN-1"),
        ),
    )
    signed = sign_request(part, digest.EMPTY, key, now=NOW)
    carried = [*part.headers, *signed.headers()]
    request = SimpleNamespace(
        method="POST",
        url="http://127.0.0.1:5500" + part.target.decode(),
        headers={name.decode(): value.decode() for name, value in carried},
    )
    resolver = SimpleNamespace(resolve_public_key=lambda key_id: key.verifying.public)
    verifier = HTTPMessageVerifier(signature_algorithm=ORACLE, key_resolver=resolver)
    (result,) = verifier.verify(request, max_age=timedelta(days=100_000))
    assert result.parameters["alg"] == "ed25519"
    # And the name of the algorithm is covered: another one is refused before any arithmetic.
    relabelled = msgspec.structs.replace(signed, input=signed.input.replace(ED25519, P256))
    with pytest.raises(MalformedSignature):
        open_request(part, digest.EMPTY, relabelled.headers(), lambda kid: key.verifying, now=NOW)


def test_both_backends_make_the_same_ed25519_signature():
    """Keys are made and kept by one library and used by another; RFC 8032 leaves no choice."""
    key = SigningKey.generate(ED25519)
    assert key.sign(b"message") == key.private.sign(b"message")
    with pytest.raises(BadSignature):
        key.verifying.verify(key.sign(b"message"), b"massage")
    with pytest.raises(BadSignature):
        key.verifying.verify(key.sign(b"message")[:-1], b"message")


def test_an_ed25519_key_survives_its_file(tmp_path):
    key = SigningKey.generate(ED25519)
    key.save(tmp_path / "sign.key", b"pass")
    loaded = SigningKey.load(tmp_path / "sign.key", b"pass")
    assert loaded.kid == key.kid
    assert loaded.sign(b"x") == key.sign(b"x")


def test_a_snapshot_that_names_the_wrong_algorithm_of_a_key_is_not_believed():
    here = country()
    said = with_algorithms(here, G15=ED25519)
    kid = here.keys[JUSTICE].kid
    assert said.sign_key(kid, here.anchor, clock.instant())[1].algorithm == ED25519
    members = [
        msgspec.structs.replace(
            member,
            sign_keys=[
                msgspec.structs.replace(entry, algorithm="ecdsa-p256-sha256")
                for entry in member.sign_keys
            ],
        )
        for member in said.members
    ]
    wrong = msgspec.structs.replace(said, members=members)
    with pytest.raises(UntrustedCertificate):
        wrong.sign_key(kid, here.anchor, clock.instant())


@pytest.mark.parametrize(("algorithm", "name"), [(P256, b"ES256"), (ED25519, b"EdDSA")])
def test_a_snapshot_is_signed_by_a_directory_of_either_algorithm(algorithm, name):
    here = country()
    key = SigningKey.generate(algorithm)
    anchor = msgspec.structs.replace(
        here.anchor, directory_keys=[snapshot.DirectoryKey(key.kid, key.verifying.pem())]
    )
    raw = snapshot.seal(here.snapshot, key)
    assert b'"alg":"%b"' % name in raw
    assert snapshot.open_snapshot(raw, anchor).number == here.snapshot.number
    other = raw.replace(name, b"ES256" if name == b"EdDSA" else b"EdDSA")
    with pytest.raises(BadSignature):
        snapshot.open_snapshot(other, anchor)

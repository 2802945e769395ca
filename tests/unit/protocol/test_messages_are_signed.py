"""Signatures of requests and answers, checked against an independent implementation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier
from http_message_signatures.algorithms import ECDSA_P256_SHA256

from lienthong.protocol import digest, signature
from lienthong.protocol.errors import (
    BadDigest,
    BadSignature,
    Expired,
    MalformedSignature,
    MissingSignature,
)
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.rest import MalformedPart, RequestPart, ResponsePart

NOW = 1_629_450_000
TARGET = b"/r1/VN/GOV/G01/population/person.find.v1/a%20b?full=1&x=%C3%A9"
BODY = b'{"name":"An"}'
ANSWER_BODY = b'{"found":true}'


def request_part(**changes: object) -> RequestPart:
    part = RequestPart(
        b"POST",
        TARGET,
        (
            (b"X-Road-Client", b"VN/GOV/G15/civil-status"),
            (b"Content-Type", b"application/json"),
            (b"x-road-request-id", b"f92591a3-6bf0-49b1-987b-0dd78c034cc3"),
            (b"x-road-id", b"VN-7f1b7a53-5a5b-4f4a-8a0a-0e5b6a9f0c11"),
        ),
    )
    return msgspec.structs.replace(part, **changes)


@pytest.fixture(scope="module")
def client_key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="module")
def provider_key() -> SigningKey:
    return SigningKey.generate()


def sign(key: SigningKey, part: RequestPart | None = None) -> signature.Signed:
    return signature.sign_request(part or request_part(), digest.sha256(BODY), key, now=NOW)


def reopen(
    signed: signature.Signed,
    key: SigningKey,
    *,
    part: RequestPart | None = None,
    body: bytes = BODY,
    now: float = NOW,
) -> signature.Signed:
    return signature.open_request(
        part or request_part(),
        digest.sha256(body),
        signed.headers(),
        lambda kid: key.verifying,
        now=now,
    )


def test_a_signed_request_is_opened_by_its_receiver(client_key):
    signed = sign(client_key)
    assert reopen(signed, client_key) == signed
    assert len(signed.signature) == 64
    assert signed.kid == client_key.kid


@pytest.mark.parametrize(
    "change",
    [
        {"method": b"PUT"},
        {"target": TARGET.replace(b"find", b"fond")},
        {"target": TARGET + b"1"},
        {"target": TARGET.partition(b"?")[0]},
        {"headers": request_part().headers[:1] + request_part().headers[2:]},
        {"headers": ((b"X-Road-Client", b"VN/GOV/G24/insurance"), *request_part().headers[1:])},
        {"headers": tuple(reversed(request_part().headers))},
    ],
)
def test_a_request_changed_on_the_way_is_refused(client_key, change):
    signed = sign(client_key)
    with pytest.raises((BadDigest, BadSignature)):
        reopen(signed, client_key, part=request_part(**change))


def test_the_signature_itself_covers_the_head_and_not_only_its_digest_field(client_key):
    """An attacker who also rewrites the digest field still fails."""
    signed = sign(client_key)
    changed = request_part(target=TARGET + b"1")
    forged = msgspec.structs.replace(signed, head=changed.serialise())
    with pytest.raises(BadSignature):
        reopen(forged, client_key, part=changed)


def test_another_body_is_refused_by_its_digest(client_key):
    with pytest.raises(BadDigest):
        reopen(sign(client_key), client_key, body=b"{}")


def test_a_signature_of_another_key_is_refused(client_key, provider_key):
    signed = sign(client_key)
    forged = msgspec.structs.replace(
        signed, signature=provider_key.sign(b"something else"), kid=client_key.kid
    )
    with pytest.raises(BadSignature):
        reopen(forged, client_key)


@pytest.mark.parametrize("offset", [-301, 301])
def test_a_signature_more_than_five_minutes_off_is_refused(client_key, offset):
    with pytest.raises(Expired):
        reopen(sign(client_key), client_key, now=NOW + offset)


def test_an_unsigned_request_is_refused(client_key):
    with pytest.raises(MissingSignature):
        signature.open_request(
            request_part(), digest.EMPTY, [], lambda kid: client_key.verifying, now=NOW
        )


def test_a_signature_over_fewer_components_is_refused(client_key):
    signed = sign(client_key)
    weaker = msgspec.structs.replace(signed, input=signed.input.replace(b'"content-digest" ', b""))
    with pytest.raises(MalformedSignature):
        reopen(weaker, client_key)


def test_an_identifier_that_would_break_the_base_is_refused(client_key):
    smuggled = request_part(
        headers=(*request_part().headers[:3], (b"x-road-id", b'1\n"@method": GET'))
    )
    with pytest.raises(MalformedPart):
        sign(client_key, smuggled)


def test_an_answer_holds_only_with_the_request_it_answers(client_key, provider_key):
    first, second = sign(client_key), sign(client_key)
    part = ResponsePart(200, b"OK", ((b"Content-Type", b"application/json"),))
    body_digest = digest.sha256(ANSWER_BODY)
    answer = signature.sign_answer(part, body_digest, first, provider_key, now=NOW)

    def reopen_answer(request: signature.Signed, status: int = 200) -> signature.Signed:
        return signature.open_answer(
            msgspec.structs.replace(part, status=status),
            body_digest,
            request,
            answer.headers(),
            lambda kid: provider_key.verifying,
            now=NOW,
        )

    assert reopen_answer(first) == answer
    with pytest.raises(BadSignature):
        reopen_answer(second)
    with pytest.raises(BadDigest):
        reopen_answer(first, status=404)


def test_what_the_log_keeps_proves_both_messages_later(client_key, provider_key):
    request = sign(client_key)
    part = ResponsePart(200, b"OK", ())
    answer = signature.sign_answer(part, digest.EMPTY, request, provider_key, now=NOW)
    kept = signature.read_signed(
        request.input, request.signature, request.head, request.body_digest
    )
    assert signature.verify_logged_request(kept, client_key.verifying) == request_part()
    assert signature.verify_logged_answer(answer, kept, provider_key.verifying) == part
    with pytest.raises(BadSignature):
        signature.verify_logged_request(kept, provider_key.verifying)


class KeyResolver:
    def __init__(self, key: SigningKey) -> None:
        self.key = key

    def resolve_public_key(self, key_id: str) -> object:
        assert key_id == self.key.kid
        return self.key.verifying.public

    def resolve_private_key(self, key_id: str) -> object:
        return self.key.private


def oracle_request(part: RequestPart, headers: list[tuple[bytes, bytes]]) -> SimpleNamespace:
    carried = {name.decode(): value.decode() for name, value in (*part.headers, *headers)}
    return SimpleNamespace(
        method=part.method.decode(),
        url="http://127.0.0.1:5500" + part.target.decode(),
        headers=carried,
    )


def oracle_verifier(key: SigningKey) -> HTTPMessageVerifier:
    return HTTPMessageVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=KeyResolver(key))


LONG_AGO = {"max_age": timedelta(days=100_000)}


def test_an_independent_library_accepts_the_request_and_the_answer(client_key, provider_key):
    signed = sign(client_key)
    request = oracle_request(request_part(), signed.headers())
    (result,) = oracle_verifier(client_key).verify(request, **LONG_AGO)
    assert result.parameters["tag"] == "lienthong-1"
    assert '"@path"' in result.covered_components

    part = ResponsePart(200, b"OK", ())
    answer = signature.sign_answer(part, digest.sha256(ANSWER_BODY), signed, provider_key, now=NOW)
    response = SimpleNamespace(
        status_code=200,
        headers={name.decode(): value.decode() for name, value in answer.headers()},
        request=request,
    )
    (result,) = oracle_verifier(provider_key).verify(response, **LONG_AGO)
    assert '"signature";req;key="lienthong"' in result.covered_components


def test_an_independent_library_builds_the_same_base(client_key):
    signed = sign(client_key)
    nonce = signed.input.partition(b'nonce="')[2].partition(b'"')[0].decode()
    request = oracle_request(request_part(), signed.headers()[:2])
    prepared = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256).prepare(
        request,
        key_id=client_key.kid,
        created=datetime.fromtimestamp(NOW, UTC),
        nonce=nonce,
        tag="lienthong-1",
        label="lienthong",
        use_existing_digest=True,
        covered_component_ids=(
            "@method",
            "@path",
            "@query",
            "content-digest",
            "lienthong-head-digest",
            "x-road-client",
            "x-road-id",
            "x-road-request-id",
        ),
    )
    part = request_part()
    assert prepared.signature_base == signature.request_base(
        part, part.serialise(), signed.body_digest, signed.input
    )

"""Batch signatures, ``lt-batch-1``: each evidence proves its own message and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.protocol import batch, digest, merkle, pki, signature
from lienthong.protocol.batch import Evidence
from lienthong.protocol.errors import BadSignature, MalformedSignature
from lienthong.protocol.pki import ED25519, P256, SigningKey
from lienthong.protocol.rest import RequestPart, ResponsePart
from lienthong.protocol.signature import Signed

VECTORS = Path(__file__).with_name("vectors_lt_batch_1.json")
NOW = 1_629_450_000
KEYS = {algorithm: SigningKey.generate(algorithm) for algorithm in (P256, ED25519)}


@pytest.fixture(params=[P256, ED25519], ids=["P-256", "Ed25519"])
def key(request):
    return KEYS[request.param]


def bases(count: int) -> list[bytes]:
    return [b'"@method": POST %d' % number for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 8, 9, 63, 64, 255, 256])
def test_every_message_of_a_batch_is_proved_by_its_own_evidence(key, count):
    said = bases(count)
    evidence = batch.sign(said, key)
    for base, raw in zip(said, evidence, strict=True):
        assert batch.verify(raw, base, key.verifying) == base
        assert len(raw) <= batch.LONGEST
        assert Evidence.load(raw).dump() == raw


def test_an_evidence_proves_no_other_message_of_its_batch(key):
    said = bases(5)
    evidence = batch.sign(said, key)
    for number, raw in enumerate(evidence):
        for other, base in enumerate(said):
            if other != number:
                with pytest.raises(BadSignature):
                    batch.verify(raw, base, key.verifying)


@given(count=st.integers(1, 40), data=st.data())
@settings(max_examples=150)
def test_no_bit_of_an_evidence_can_be_changed(count, data):
    key = KEYS[P256]
    said = bases(count)
    place = data.draw(st.integers(0, count - 1))
    raw = bytearray(batch.sign(said, key)[place])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadSignature):
        batch.verify(bytes(raw), said[place], key.verifying)


@given(st.binary(max_size=batch.LONGEST + 5))
def test_bytes_that_are_no_evidence_are_malformed_or_wrong(raw):
    with pytest.raises(BadSignature):
        batch.verify(raw, b"base", KEYS[P256].verifying)
    with pytest.raises(BadSignature):
        batch.verify(batch.MAGIC + b"\x01" + raw, b"base", KEYS[P256].verifying)


def test_the_number_of_leaves_is_bound_into_the_root():
    """Three messages, and four whose third and fourth are the same, share no root."""
    key = KEYS[ED25519]
    first = [Evidence.load(raw) for raw in batch.sign([b"a", b"b", b"c"], key)]
    other = dataclasses.replace(first[0], count=4)
    assert len(batch.steps(0, 3)) == len(batch.steps(0, 4))
    with pytest.raises(BadSignature):
        batch.verify(other.dump(), b"a", key.verifying)


def test_a_batch_is_never_a_piece_of_the_log():
    """The same bytes hash to something else in the log's tree, as leaf and as node."""
    leaf = batch.leaf_of(b"entry")
    assert leaf != merkle.leaf_hash(b"entry")
    assert hashlib.sha256(batch.NODE + leaf + leaf).digest() != merkle.node_hash(leaf, leaf)
    assert not {batch.LEAF, batch.NODE, batch.ROOT} & {b"\x00", b"\x01"}


def test_a_node_of_the_tree_cannot_be_shown_as_a_message():
    key = KEYS[P256]
    evidence = [Evidence.load(raw) for raw in batch.sign(bases(4), key)]
    # Someone shows the inner node over leaves 0 and 1 as if it were a message of two leaves.
    node = batch.leaf_of(bases(4)[0]) + batch.leaf_of(bases(4)[1])
    forged = Evidence(P256, 2, 0, evidence[0].proof[1:], evidence[0].signature)
    with pytest.raises(BadSignature):
        batch.verify(forged.dump(), node, key.verifying)


def test_a_batch_of_another_key_or_algorithm_is_refused():
    said = bases(3)
    raw = batch.sign(said, KEYS[P256])[0]
    with pytest.raises(BadSignature):
        batch.verify(raw, said[0], SigningKey.generate().verifying)
    with pytest.raises(MalformedSignature):
        batch.verify(raw, said[0], KEYS[ED25519].verifying)


@pytest.mark.parametrize("count", [0, batch.MOST_LEAVES + 1])
def test_an_empty_or_a_larger_batch_is_not_signed(count):
    with pytest.raises(ValueError, match="between 1 and 256"):
        batch.sign(bases(count), KEYS[P256])


def test_a_root_is_verified_once_and_a_wrong_one_each_time(monkeypatch):
    verified = []
    check = pki.VerifyingKey.verify
    monkeypatch.setattr(
        pki.VerifyingKey,
        "verify",
        lambda key, signed, data: verified.append(data) or check(key, signed, data),
    )
    key = SigningKey.generate()
    said = bases(16)
    evidence = batch.sign(said, key)
    for base, raw in zip(said, evidence, strict=True):
        batch.verify(raw, base, key.verifying)
    assert len(verified) == 1, "one root, whatever the number of messages"
    wrong = dataclasses.replace(Evidence.load(evidence[0]), signature=bytes(64)).dump()
    for _ in range(2):
        with pytest.raises(BadSignature):
            batch.verify(wrong, said[0], key.verifying)
    assert len(verified) == 3


def in_a_batch(drafts: list[signature.Draft], key: SigningKey) -> list[Signed]:
    evidence = batch.sign([draft.base for draft in drafts], key)
    return [draft.finish(raw) for draft, raw in zip(drafts, evidence, strict=True)]


def part(number: int) -> RequestPart:
    return RequestPart(
        b"POST",
        b"/r1/VN/GOV/G01/population/person.find.v1",
        (
            (b"X-Road-Client", b"VN/GOV/G15/civil-status"),
            (b"x-road-request-id", b"f92591a3-6bf0-49b1-987b-0dd78c034c%02d" % number),
            (b"x-road-id", b"VN-%d" % number),
        ),
    )


def test_requests_and_answers_of_a_batch_are_opened_and_proved_from_the_log(key):
    drafts = [
        signature.draft_request(part(n), digest.EMPTY, key.kid, batch.ALGORITHM, now=NOW)
        for n in range(6)
    ]
    for number, signed in enumerate(in_a_batch(drafts, key)):
        opened = signature.open_request(
            part(number), digest.EMPTY, signed.headers(), lambda kid: key.verifying, now=NOW
        )
        assert opened == signed
        assert b'alg="lt-batch-1"' in signed.input
        answer_part = ResponsePart(200, b"OK", ())
        draft = signature.draft_answer(
            answer_part, digest.EMPTY, signed, key.kid, batch.ALGORITHM, now=NOW
        )
        (answer,) = in_a_batch([draft], key)
        # Only what a row keeps: the parameters, the evidence, head and digest.
        kept = signature.read_signed(
            signed.input, signed.signature, signed.head, signed.body_digest
        )
        assert signature.verify_logged_request(kept, key.verifying) == part(number)
        assert signature.verify_logged_answer(answer, kept, key.verifying) == answer_part


def test_what_is_signed_alone_cannot_be_relabelled_as_a_batch(key):
    alone = signature.sign_request(part(1), digest.EMPTY, key, now=NOW)
    label = alone.input.replace(key.algorithm, batch.ALGORITHM)
    relabelled = msgspec.structs.replace(alone, input=label, algorithm=batch.ALGORITHM)
    with pytest.raises(MalformedSignature):
        signature.open_request(
            part(1), digest.EMPTY, relabelled.headers(), lambda kid: key.verifying, now=NOW
        )


def test_the_vectors_hold():
    """``tools/batch_vectors.py`` writes them anew; a second implementation starts from them."""
    vectors = json.loads(VECTORS.read_text())
    assert vectors["format"] == "lt-batch-1"
    for case in vectors["batches"]:
        key = pki.VerifyingKey.from_pem(case["public_key"])
        assert case["algorithm"] == key.algorithm.decode()
        leaves = [batch.leaf_of(base.encode()) for base in case["bases"]]
        assert [leaf.hex() for leaf in leaves] == case["leaves"]
        for base, raw in zip(case["bases"], case["evidence"], strict=True):
            assert batch.verify(bytes.fromhex(raw), base.encode(), key)
    for case in vectors["refused"]:
        key = pki.VerifyingKey.from_pem(case["public_key"])
        with pytest.raises(BadSignature):
            batch.verify(bytes.fromhex(case["evidence"]), case["base"].encode(), key)

"""Checkpoints, promises and receipts: what a stranger can check with the anchor alone."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta

import msgspec
import pytest

from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.rows import Kind, LogSide, Outcome, make_row
from lienthong.protocol import checkpoint, digest, promise, signature
from lienthong.protocol.errors import (
    BadProof,
    BadSignature,
    Expired,
    MissingSignature,
    ProtocolError,
    UntrustedCertificate,
)
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.receipt import Receipt, load_receipt, verify_receipt
from lienthong.protocol.rest import RequestPart, ResponsePart

ORIGIN = "VN/GOV/G14/national"
CLIENT = "VN/GOV/G15/civil-status"
SERVICE = "VN/GOV/G01/population/person.find.v1"
BODY, ANSWER = b'{"name":"An"}', b'{"found":true}'


def exchange_rows(paper, side=LogSide.CONSUMER, *, number=1, answer_signer="G01"):
    """Both rows of one exchange, as a gateway makes them."""
    now = paper.now.timestamp()
    ids = {"message_id": f"VN-{number}", "request_id": f"r-{number}"}
    part = RequestPart(
        b"POST",
        f"/r1/{SERVICE}?full=1".encode(),
        (
            (b"X-Road-Client", CLIENT.encode()),
            (b"x-road-request-id", ids["request_id"].encode()),
            (b"x-road-id", ids["message_id"].encode()),
        ),
    )
    asked = signature.sign_request(part, digest.sha256(BODY), paper.keys["G15"], now=now)
    answered = signature.sign_answer(
        ResponsePart(200, b"OK", ((b"content-type", b"application/json"),)),
        digest.sha256(ANSWER),
        asked,
        paper.keys[answer_signer],
        now=now,
    )
    common = {"side": side, "gateway": ORIGIN, "at": paper.now, "client": CLIENT,
              "service": SERVICE, **ids}  # fmt: skip
    return (
        make_row(kind=Kind.REQUEST, signed=asked, body_size=len(BODY), **common),
        make_row(
            kind=Kind.ANSWER,
            outcome=Outcome.ANSWERED,
            status=200,
            signed=answered,
            body_size=len(ANSWER),
            **common,
        ),
    )


def receipt_of(paper, *, before=3, **options) -> Receipt:
    async def run() -> Receipt:
        log = MemoryLog()
        for number in range(2, 2 + before):
            for row in exchange_rows(paper, number=number):
                await log.append(row)
        for row in exchange_rows(paper, **options):
            await log.append(row)
        note = log.seal(ORIGIN, paper.keys["G14"], at=paper.now)
        certificates = {key.kid: paper.certificate(code) for code, key in paper.keys.items()}
        return log.receipt("r-1", LogSide.CONSUMER, note, certificates)

    return asyncio.run(run())


def test_a_receipt_proves_the_exchange_to_one_who_has_only_the_anchor(paper):
    facts = verify_receipt(receipt_of(paper).dump(), paper.anchor)
    assert (facts.client, facts.service, facts.status) == (CLIENT, SERVICE, 200)
    assert str(facts.asked_by) == "VN/GOV/G15"
    assert str(facts.answered_by) == "VN/GOV/G01"
    assert facts.request_digest == digest.sha256(BODY)
    assert facts.answer_digest == digest.sha256(ANSWER)
    assert facts.leaves == (6, 7)
    assert facts.log_size == 8
    assert facts.sealed_at == paper.now


def changed(receipt: Receipt, *path: object, to: object) -> bytes:
    whole = msgspec.json.decode(receipt.dump())
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return msgspec.json.encode(whole)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("records", 0, "evidence", "client"), "VN/GOV/G24/insurance"),
        (("records", 0, "evidence", "body_digest"), "AAAA"),
        (("records", 1, "evidence", "time"), 0),
        (("records", 1, "evidence", "status"), 404),
        (("records", 1, "evidence", "outcome"), "refused"),
        (("records", 0, "leaf_index"), 5),
        (("records", 1, "proof"), []),
        (("records", 1, "blind"), "AAAA"),
        (("checkpoint",), "not a note"),
        (("certificates",), {}),
        (("format",), "lienthong-receipt-0"),
        (("records",), []),
    ],
)
def test_a_receipt_with_anything_changed_is_refused(paper, path, to):
    with pytest.raises(ProtocolError):
        verify_receipt(changed(receipt_of(paper), *path, to=to), paper.anchor)


def test_a_head_signed_by_somebody_else_is_refused(paper):
    receipt = receipt_of(paper)
    head, _, _ = checkpoint.read_checkpoint(receipt.checkpoint.encode())
    note = checkpoint.sign_checkpoint(head, paper.keys["G15"]).decode()
    with pytest.raises(BadSignature):
        verify_receipt(changed(receipt, "checkpoint", to=note), paper.anchor)


def test_an_answer_signed_by_another_member_is_refused(paper):
    with pytest.raises(BadSignature):
        verify_receipt(receipt_of(paper, answer_signer="G14"), paper.anchor)


def test_certificates_of_another_root_are_refused(paper):
    stranger = type(paper)()
    with pytest.raises(UntrustedCertificate):
        verify_receipt(receipt_of(paper), stranger.anchor)


def test_a_receipt_outlives_the_certificates_but_not_a_signature_from_outside_their_time(paper):
    """The verifier's own clock is not asked: the day a signature names is."""
    assert verify_receipt(receipt_of(paper), paper.anchor).status == 200
    early = type(paper)(now=paper.now - timedelta(days=40))
    late = receipt_of(early)
    later = type(paper)(now=paper.now)
    later.authority, later.keys, later.root = early.authority, early.keys, early.root
    certificates = dict(late.certificates)
    forged = receipt_of(later)
    with pytest.raises(Expired):
        verify_receipt(
            changed(forged, "certificates", to=certificates),
            early.anchor,
        )


def test_what_is_no_receipt_is_refused():
    with pytest.raises(BadProof):
        load_receipt(b'{"records": 1}')


def test_every_field_of_the_evidence_is_under_the_digest(paper):
    row, _ = exchange_rows(paper)
    for name in row.evidence.__struct_fields__:
        value = getattr(row.evidence, name)
        other = value + (1 if isinstance(value, int) else b"x" if isinstance(value, bytes) else "x")
        assert msgspec.structs.replace(row.evidence, **{name: other}).digest() != row.record_digest


def test_a_checkpoint_is_a_note_its_key_opens(paper):
    head = checkpoint.Checkpoint(ORIGIN, 7, bytes(range(32)), 1_629_450_000)
    key = paper.keys["G14"]
    note = checkpoint.sign_checkpoint(head, key)
    assert note.decode().splitlines()[:2] == [ORIGIN, "7"]
    assert checkpoint.open_checkpoint(note, key.verifying) == head
    with pytest.raises(BadSignature):
        checkpoint.open_checkpoint(note.replace(b"\n7\n", b"\n8\n"), key.verifying)
    with pytest.raises(BadSignature):
        checkpoint.open_checkpoint(note, paper.keys["G15"].verifying)
    with pytest.raises(BadSignature):
        checkpoint.open_checkpoint(note, key.verifying, origin="VN/GOV/G14/other")


def test_openssl_accepts_the_signature_of_a_checkpoint(paper, tmp_path):
    """The signature line alone, checked by a program that shares no code with this one."""
    key = paper.keys["G14"]
    note = checkpoint.sign_checkpoint(checkpoint.Checkpoint(ORIGIN, 1, bytes(32), 1), key)
    _, text, ((_, value),) = checkpoint.read_checkpoint(note)
    (tmp_path / "text").write_text(text)
    (tmp_path / "signature").write_bytes(value[4:])
    (tmp_path / "key.pem").write_text(key.verifying.pem())
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "text"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.strip() == "Verified OK"


def test_a_promise_names_leaf_and_time_and_is_opened_by_the_logs_key(paper):
    key = paper.keys["G14"]
    value = promise.make_promise(ORIGIN, b"\x01" * 32, key, now=1000.9)
    made = promise.open_promise(value, key.verifying)
    assert (made.log, made.time, made.seal_by, made.kid) == (ORIGIN, 1000, 1010, key.kid)
    assert promise.read_promise(value) == made
    with pytest.raises(BadSignature):
        promise.open_promise(value, paper.keys["G15"].verifying)
    with pytest.raises(MissingSignature):
        promise.read_promise(b"AAAA")


def test_a_wrong_passphrase_opens_no_key_and_the_file_is_its_owners(tmp_path):
    key = SigningKey.generate()
    path = tmp_path / "keys" / "sign.key"
    key.save(path, b"right")
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    assert SigningKey.load(path, b"right").kid == key.kid
    with pytest.raises(ValueError, match="decrypt"):
        SigningKey.load(path, b"wrong")

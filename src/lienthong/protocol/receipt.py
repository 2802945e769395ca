"""
The receipt of one exchange: proof, to be checked alone, of what was asked and answered.

It holds what one side's log kept of the request and of the answer, the
signing certificates, and for each record the way from its leaf to a signed
head of the log. Verifying needs the receipt and an anchor, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from cryptography import x509

from lienthong.protocol import attestation, batch, merkle, pki, signature
from lienthong.protocol.attestation import Hosting, Witnessed
from lienthong.protocol.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from lienthong.protocol.cosignature import WitnessStatement
from lienthong.protocol.errors import BadProof, BadSignature, UntrustedCertificate
from lienthong.protocol.evidence import BLIND_BYTES, Evidence, Kind, Outcome, leaf_of
from lienthong.protocol.headers import CLIENT, ID, REQUEST_ID
from lienthong.protocol.identifiers import GatewayId, MemberId, SubsystemId, parse_client
from lienthong.protocol.pki import VerifyingKey
from lienthong.protocol.rest import RequestPart, ResponsePart, parse_peer_target
from lienthong.protocol.signature import Signed
from lienthong.protocol.snapshot import Anchor

FORMAT = "lienthong-receipt-1"


class ReceiptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record with its place in the log."""

    evidence: Evidence
    blind: bytes
    leaf_index: int
    proof: list[bytes]
    base: bytes = b""
    """The signature base that was signed, for those who do not want to build it."""
    der: bytes = b""
    """
    The same signature in the form most tools take (ASN.1 for ECDSA).

    Of a message signed with others that of the root; `batch.signed_base` says over what.
    """


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What one side can show of one exchange."""

    format: str = FORMAT
    records: list[ReceiptRecord]
    """Request and answer of one side, in this order."""
    checkpoint: str
    """A signed note whose tree holds every record; cosignatures of witnesses stand under it."""
    certificates: dict[str, str]
    """By kid: certificates of everyone who signed something here, PEM."""
    sealer: str = ""
    """The kid of the key that signed the head."""
    hosted: list[str] = []
    """Members whose key was held by the gateway of another (decision 11)."""
    hosting: Hosting | None = None
    """The log owner's signature under that list; without it nothing is said of hosting."""
    witnesses: list[WitnessStatement] = []
    """Of each cosignature's key, in the order of the lines."""
    timestamps: list[bytes] = []
    """RFC 3161 tokens over the head, each covering the ones before it."""

    def dump(self) -> bytes:
        return msgspec.json.encode(self)


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What a receipt proves."""

    side: str
    gateway: str
    message_id: str
    request_id: str
    client: str
    service: str
    method: str
    status: int
    asked_by: MemberId
    answered_by: MemberId
    asked_at: datetime
    answered_at: datetime
    request_digest: bytes
    """SHA-256 of the request's body."""
    answer_digest: bytes
    leaves: tuple[int, int]
    log_size: int
    sealed_at: datetime
    hosted: tuple[str, ...] | None
    """None when the receipt does not say."""
    witnesses: tuple[Witnessed, ...] = ()
    stamped_at: tuple[datetime, ...] = ()
    """Empty when the head was not stamped, or nobody's stamps were to be trusted."""


def load_receipt(raw: bytes) -> Receipt:
    """Read a receipt; raises BadProof for anything else."""
    try:
        receipt = msgspec.json.decode(raw, type=Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadProof(f"not a receipt: {problem}") from None
    if receipt.format != FORMAT:
        raise BadProof("the receipt is of another format")
    return receipt


def verify_receipt(
    receipt: Receipt | bytes, anchor: Anchor, stamp_roots: Iterable[x509.Certificate] = ()
) -> ReceiptFacts:
    """
    What the receipt proves to someone who trusts the anchor.

    ``stamp_roots`` are those of the time-stamping authorities he trusts as
    well; without any, time-stamps are left aside.

    Raises BadProof, BadSignature, UntrustedCertificate or Expired. Certificates
    are judged as of the time each signature names, so a receipt outlives them.
    """
    if isinstance(receipt, bytes):
        receipt = load_receipt(receipt)
    if [record.evidence.kind for record in receipt.records] != [Kind.REQUEST, Kind.ANSWER]:
        raise BadProof("a receipt holds one request and one answer")
    asked, answered = (record.evidence for record in receipt.records)
    _agree(asked, answered)
    head = _verify_log(receipt, anchor)
    roots, note = tuple(stamp_roots), receipt.checkpoint.encode()

    def signer_at(kid: str, then: datetime) -> tuple[MemberId, VerifyingKey]:
        return _signer_at(receipt, anchor, kid, then)

    request, answer = signed_of(asked), signed_of(answered)
    client_member, client_key = _signer(receipt, anchor, request)
    provider_member, provider_key = _signer(receipt, anchor, answer)
    part = signature.verify_logged_request(request, client_key)
    answer_part = signature.verify_logged_answer(answer, request, provider_key)
    service = parse_peer_target(part.target).service
    client = parse_client(_text(part.header(CLIENT)))
    client_of = client.member if isinstance(client, SubsystemId) else client
    if client_of != client_member or service.subsystem.member != provider_member:
        raise BadSignature("a signature is not that of the member the message names")
    stated = (asked.client, asked.service, asked.message_id, asked.request_id, answered.status)
    signed = (
        str(client),
        str(service),
        _text(part.header(ID)),
        _text(part.header(REQUEST_ID)),
        answer_part.status,
    )
    if stated != signed:
        raise BadProof("the record says something else than the signed message")
    bases = bases_of(request, answer)
    keys, both = (client_key, provider_key), (request, answer)
    for record, base, key, whole in zip(receipt.records, bases, keys, both, strict=True):
        if record.base not in (b"", base):
            raise BadProof("the signature base is not that of the message")
        if record.der:
            key.verify_der(record.der, _signed_text(whole, base))
    return ReceiptFacts(
        side=asked.side,
        gateway=asked.gateway,
        message_id=asked.message_id,
        request_id=asked.request_id,
        client=str(client),
        service=str(service),
        method=_text(part.method),
        status=answer_part.status,
        asked_by=client_member,
        answered_by=provider_member,
        asked_at=_when(request),
        answered_at=_when(answer),
        request_digest=request.body_digest,
        answer_digest=answer.body_digest,
        leaves=(receipt.records[0].leaf_index, receipt.records[1].leaf_index),
        log_size=head.size,
        sealed_at=_moment(head.time),
        hosted=(
            attestation.open_hosting(
                receipt.hosting, asked.gateway, asked.request_id, receipt.hosted, signer_at
            )
            if receipt.hosting is not None
            else None
        ),
        witnesses=attestation.open_witnesses(note, receipt.witnesses, signer_at),
        stamped_at=attestation.stamped_at(receipt.timestamps, note, roots) if roots else (),
    )


def _signed_text(signed: Signed, base: bytes) -> bytes:
    """What the key itself signed: the base, or the root of the batch it was signed in."""
    if signed.algorithm != batch.ALGORITHM:
        return base
    return batch.signed_base(signed.signature, base)


def bases_of(request: Signed, answer: Signed) -> tuple[bytes, bytes]:
    """What was signed by the client's member and by the provider's."""
    part, answer_part = RequestPart.parse(request.head), ResponsePart.parse(answer.head)
    return (
        signature.request_base(part, request.head, request.body_digest, request.input),
        signature.answer_base(
            answer_part.status, answer.head, answer.body_digest, request, answer.input
        ),
    )


def signed_of(evidence: Evidence) -> Signed:
    """The signature an evidence keeps; raises MalformedSignature when it keeps none."""
    return signature.read_signed(
        evidence.signature_input, evidence.signature, evidence.head, evidence.body_digest
    )


def _agree(asked: Evidence, answered: Evidence) -> None:
    for name in ("side", "gateway", "message_id", "request_id", "client", "service"):
        if getattr(asked, name) != getattr(answered, name):
            raise BadProof(f"request and answer differ in {name}")
    if answered.outcome != Outcome.ANSWERED:
        raise BadProof("the exchange was not answered")


def _verify_log(receipt: Receipt, anchor: Anchor) -> Checkpoint:
    note = receipt.checkpoint.encode()
    head, _, _ = read_checkpoint(note)
    if head.origin != receipt.records[0].evidence.gateway:
        raise BadProof("the head is of another log than the records")
    owner = GatewayId.parse(head.origin).owner
    then = _moment(head.time)
    for pem in receipt.certificates.values():
        chain = pki.load_chain(pem)
        if _is_sign_certificate_of(chain[0], owner):
            key = pki.check_chain(chain, anchor.certificates, at=then)
            try:
                head = open_checkpoint(note, key, origin=head.origin)
            except BadSignature:
                continue
            if receipt.sealer not in ("", key.kid):
                raise BadProof("another key signed the head than the receipt says")
            break
    else:
        raise BadSignature("no certificate of the log's owner signed its head")
    for record in receipt.records:
        if len(record.blind) != BLIND_BYTES:
            raise BadProof("the random bytes of a leaf are 32")
        leaf = leaf_of(record.blind, record.evidence.digest())
        merkle.verify_inclusion(leaf, record.leaf_index, head.size, record.proof, head.root)
    return head


def _is_sign_certificate_of(certificate: x509.Certificate, owner: MemberId) -> bool:
    try:
        return pki.member_of(certificate) == owner
    except UntrustedCertificate:
        return False


def _signer(receipt: Receipt, anchor: Anchor, signed: Signed) -> tuple[MemberId, VerifyingKey]:
    return _signer_at(receipt, anchor, signed.kid, _when(signed))


def _signer_at(
    receipt: Receipt, anchor: Anchor, kid: str, then: datetime
) -> tuple[MemberId, VerifyingKey]:
    pem = receipt.certificates.get(kid)
    if pem is None:
        raise BadProof("the receipt lacks a signer's certificate")
    chain = pki.load_chain(pem)
    key = pki.check_chain(chain, anchor.certificates, at=then)
    if key.kid != kid:
        raise UntrustedCertificate("the certificate stands under another key's name")
    return pki.member_of(chain[0]), key


def _when(signed: Signed) -> datetime:
    return _moment(signed.created)


def _moment(seconds: float) -> datetime:
    """Raises BadProof for a number of seconds that lies in no year."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadProof("a time of the receipt lies in no year") from None


def _text(value: bytes | None) -> str:
    """Raises BadProof: identifiers and methods of this exchange are ASCII."""
    try:
        return (value or b"").decode("ascii")
    except UnicodeDecodeError:
        raise BadProof("a signed identifier is not ASCII") from None

"""
The proof of an answer: its receipt from the gateway's log, verified here.

The gateway is not believed: signatures, certificates and the path to the sealed
head are checked against this node's anchor, and the digest of the answer in the
receipt must be that of the bytes the figures were read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lienthong.exchange import gateway_admin
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.receipt import ReceiptFacts, verify_receipt
from lienthong.protocol.snapshot import Anchor

from ..models import SourceAnswer


class NotSealedYet(LienThongError):
    """The gateway has not sealed this exchange yet; its promise stands."""

    code = "steering.not_sealed_yet"
    status = 503


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt and what came of verifying it."""

    receipt: Any
    holds: bool
    detail: dict[str, Any]
    provider: str = ""


def proof_of(answer: SourceAnswer) -> Proof:
    """Fetch and verify the receipt of an answer; raises `NotSealedYet`."""
    raw = fetch(answer)
    try:
        receipt = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Proof(None, False, {"problem": "no-receipt"})
    try:
        facts = verify_receipt(raw, anchor())
        compare(facts, answer)
    except ProtocolError as problem:
        return Proof(receipt, False, {"problem": type(problem).__name__})
    except Mismatch as problem:
        return Proof(receipt, False, {"problem": str(problem)})
    return Proof(receipt, True, told(facts), provider=facts.service)


def fetch(answer: SourceAnswer) -> bytes:
    """The receipt of this very request, as the gateway's log gives it out."""
    try:
        raw: bytes = gateway_admin.receipt(answer.message_id, answer.request_id)
    except LienThongError as problem:
        raise NotSealedYet(message_id=answer.message_id) from problem
    return raw


def anchor() -> Anchor:
    """What this node trusts; handed over out of band."""
    path: Path = Node.from_environment().gateway / "anchor.json"
    return Anchor.load(path.read_bytes())


class Mismatch(Exception):
    """The receipt is genuine but of something else; its text is one word for the record."""


def compare(facts: ReceiptFacts, answer: SourceAnswer) -> None:
    """Whether the receipt is of this message and of these very bytes."""
    if facts.message_id != answer.message_id:
        raise Mismatch("other-message")
    if facts.request_id != answer.request_id:
        raise Mismatch("other-request")
    if facts.answer_digest.hex() != answer.body_digest:
        raise Mismatch("other-answer")


def told(facts: ReceiptFacts) -> dict[str, Any]:
    """What the receipt proves, for the page and the JSON of the report."""
    return {
        "service": facts.service,
        "client": facts.client,
        "asked_by": str(facts.asked_by),
        "answered_by": str(facts.answered_by),
        "answered_at": facts.answered_at.isoformat(),
        "sealed_at": facts.sealed_at.isoformat(),
        "gateway": facts.gateway,
        "log_size": facts.log_size,
        "leaves": list(facts.leaves),
        "hosted": list(facts.hosted or ()),
    }

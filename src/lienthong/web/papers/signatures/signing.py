"""
Signing a PDF: the person first, then the body (Decree 30/2020, article 5).

PAdES (ETSI EN 319 142-1), SHA-256 with ECDSA P-256. The person's signature
certifies the document: nothing but further signatures may be added. It is of level
B-T where an authority stamps time, else B-B. The body's carries the certificates
and lists of revocation that are at hand: level B-LT with a time-stamp.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import document_keys, pki
from lienthong.protocol.document_keys import Anchor, DocumentKey
from lienthong.web.papers.signatures import boxes, layout, looks
from lienthong.web.papers.signatures.bounded import ChildFailed, converse
from lienthong.web.papers.signatures.boxes import Box, Places
from lienthong.web.papers.signatures.errors import (
    CertificateEnded,
    NoCertificate,
    SigningFailed,
    TimestampMissing,
)
from lienthong.web.papers.signatures.stamping import Stamper, stamper_of

CHILD = Path(__file__).resolve().parent / "pdf_child.py"
SECONDS = 30.0
PERSON, SEAL = "NguoiKy", "CoQuan"
"""Names of the two fields."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing needs of a node: its authority's anchor and lists, and who stamps time."""

    anchor: Anchor
    lists: tuple[bytes, ...]
    stamp: Stamper | None
    demo: bool = False
    place: str = ""

    @classmethod
    def of(cls, node: Node, *, demo: bool, place: str = "") -> Desk:
        """The desk of this node; raises `NoCertificate` where it has no authority."""
        # First, since a demonstration's authority is made when it is first asked for.
        stamp = stamper_of(node, demo=demo)
        anchor = document_keys.anchor_of(node)
        if anchor is None:
            raise NoCertificate()
        return cls(anchor, tuple(document_keys.revocation_lists(node)), stamp, demo, place)


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with what signs for it: the private half never leaves this process."""

    holder: DocumentKey
    key: pki.SigningKey

    @classmethod
    def of(cls, node: Node, body: str, account: str = "") -> Signer:
        """
        The key of a body or of an officer of it.

        Raises `NoCertificate` where there is none and `CertificateEnded` out of its time.
        """
        held = document_keys.key_of(node, body, account)
        if held is None:
            raise NoCertificate(body=body, account=account)
        if not held.holds_at(clock.instant()):
            raise CertificateEnded(body=body, account=account)
        try:
            return cls(held, held.key(node))
        except FileNotFoundError:
            raise NoCertificate(body=body, account=account) from None


def sign_as_person(
    pdf: bytes, signer: Signer, *, desk: Desk, authority: Sequence[str], reason: str
) -> bytes:
    """
    The PDF with the person's signature between authority and name, and room for the seal.

    ``authority`` are the lines of box 7a; the name is the certificate's. Raises
    `NoPlaceToSign`, `TimestampMissing` or `SigningFailed`.
    """
    name = signer.holder.holder.name
    pages = layout.read(pdf, until=(authority[-1], name))
    found = boxes.find(pages, authority=authority[-1], name=name)
    fields = [field(PERSON, found, found.person), field(SEAL, found, found.seal)]
    return signed(
        pdf, signer, desk=desk, reason=reason, field=PERSON, fields=fields, box=found.person
    )


def seal(pdf: bytes, signer: Signer, *, desk: Desk, reason: str) -> bytes:
    """The PDF with the body's signature after the person's; raises as `sign_as_person`."""
    box = Box(0, 0, boxes.SEAL, boxes.SEAL)
    return signed(pdf, signer, desk=desk, reason=reason, field=SEAL, fields=[], box=box)


def field(name: str, found: Places, box: Box) -> dict[str, Any]:
    return {"name": name, "page": found.page, "box": box.listed()}


def signed(
    pdf: bytes,
    signer: Signer,
    *,
    desk: Desk,
    reason: str,
    field: str,
    fields: list[dict[str, Any]],
    box: Box,
) -> bytes:
    """One more signature in this field, by the child that asks for each value."""
    holder = signer.holder.holder
    look = looks.look_of(signer.holder, box, demo=desk.demo, at=clock.instant())
    job = {
        "deed": "sign",
        "pdf": text(pdf),
        "chain": [pki.pem_of(one) for one in signer.holder.chain],
        "roots": desk.anchor.roots,
        "timestamp_roots": desk.anchor.timestamp_roots,
        "at": clock.instant().isoformat(),
        "crls": [text(one) for one in desk.lists],
        "timestamp": desk.stamp is not None,
        "lasting": field == SEAL,
        "certify": field == PERSON,
        "field": field,
        "fields": fields,
        "look": text(look),
        "name": holder.name or holder.body_name,
        "reason": reason,
        "location": desk.place,
    }
    try:
        told = converse(CHILD, job, seconds=SECONDS, answer=answers(signer, desk.stamp))
    except ChildFailed as failed:
        raise SigningFailed(diagnostic=str(failed), late=failed.late) from None
    if told["outcome"] != "signed":
        raise SigningFailed(diagnostic=f"{told['kind']}: {told['diagnostic']}")
    return base64.b64decode(told["pdf"])


def answers(signer: Signer, stamp: Stamper | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Signature values by the key, time-stamps by the authority."""

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        if "sign" in question:
            return {"value": text(signer.key.sign_der(base64.b64decode(question["sign"])))}
        if stamp is None or "timestamp" not in question:
            raise SigningFailed(diagnostic=f"asked {sorted(question)}")
        request = base64.b64decode(question["timestamp"])
        try:
            return {"value": text(stamp(request))}
        except OSError:
            raise TimestampMissing() from None

    return answer


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()

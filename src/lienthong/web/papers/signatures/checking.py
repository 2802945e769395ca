"""
Reading a signed PDF, offline: who signed, when, and whether it is unchanged since.

Nothing is fetched. What is trusted are the roots of an anchor file; certificates and
lists of revocation are those the document carries. A finding is a list of faults in
plain codes; `WORDS` says each in a sentence.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lienthong.kernel import clock
from lienthong.protocol import document_certificates, pki
from lienthong.protocol.document_keys import Anchor, DocumentHolder
from lienthong.protocol.errors import ProtocolError
from lienthong.web.papers.signatures.bounded import ChildFailed, converse
from lienthong.web.papers.signatures.errors import NotReadable, NotSigned

CHILD = Path(__file__).resolve().parent / "pdf_child.py"
SECONDS = 30.0
LARGEST = 32 * 1024 * 1024

WORDS = {
    "altered": "The signed bytes were changed after signing.",
    "partial": "The signature does not cover the whole document.",
    "changed_later": "The document was changed after this signature in a way it does not allow.",
    "added_later": "Something was added to the document after its last signature.",
    "unknown_signer": "The certificate of the signer does not lead to a trusted root.",
    "not_for_documents": "The certificate is not one that signs documents.",
    "expired": "The certificate was out of its time when it signed.",
    "expired_since": "The certificate has ended since, and no time-stamp proves when it signed.",
    "revoked": "The certificate of the signer was revoked before it signed.",
    "bad_stamp": "The time-stamp of this signature does not hold.",
    "unreadable": "This signature cannot be read.",
    "no_person": "No person has signed this document.",
    "no_body": "No body has signed this document.",
    "order": "The body signed before the person.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One signature as it was found."""

    field: str
    holder: DocumentHolder | None
    at: datetime | None
    """By the time-stamp, or what the signer's clock claimed."""
    stamped: bool
    faults: tuple[str, ...]
    level: str
    """``B-B``, ``B-T`` or ``B-LT`` of PAdES."""

    @property
    def holds(self) -> bool:
        return not self.faults

    @property
    def is_person(self) -> bool:
        return self.holder is not None and self.holder.is_person


@dataclass(frozen=True, slots=True)
class Checked:
    """Every signature of a document and what is wrong with the whole."""

    signatures: tuple[Finding, ...]
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Signed by a person and then by a body, both trusted, and unchanged since."""
        return not self.faults and all(one.holds for one in self.signatures)


def check_pdf(pdf: bytes, anchor: Anchor, *, at: datetime | None = None) -> Checked:
    """
    What the signatures of a PDF say; raises `NotReadable` or `NotSigned`.

    ``at`` is the moment of the check, for signatures without a time-stamp.
    """
    if not pdf.startswith(b"%PDF-") or len(pdf) > LARGEST:
        raise NotReadable(size=len(pdf))
    now = at or clock.instant()
    job = {
        "deed": "check",
        "pdf": base64.b64encode(pdf).decode(),
        "roots": anchor.roots,
        "timestamp_roots": anchor.timestamp_roots,
        "at": now.isoformat(),
    }
    try:
        told = converse(CHILD, job, seconds=SECONDS)
    except ChildFailed:
        raise NotReadable() from None
    if told["outcome"] != "checked":
        raise NotReadable(why=told["kind"])
    if not told["signatures"]:
        raise NotSigned()
    last = len(told["signatures"]) - 1
    found = tuple(
        finding(one, now=now, last=number == last, lasting=told["kept_for_later"])
        for number, one in enumerate(told["signatures"])
    )
    return Checked(found, whole_faults(found))


def whole_faults(found: Sequence[Finding]) -> tuple[str, ...]:
    """A person first, a body after."""
    persons = [number for number, one in enumerate(found) if one.is_person]
    bodies = [number for number, one in enumerate(found) if one.holder and not one.is_person]
    faults = []
    if not persons:
        faults.append("no_person")
    if not bodies:
        faults.append("no_body")
    if persons and bodies and max(bodies) < min(persons):
        faults.append("order")
    return tuple(faults)


def finding(told: dict[str, Any], *, now: datetime, last: bool, lasting: bool) -> Finding:
    """One signature, with the faults in the order in which they matter."""
    stamped = bool(told.get("stamped"))
    when = told.get("stamped") or told.get("claimed") or ""
    at = datetime.fromisoformat(when) if when else None
    holder, faults = None, []
    if told["problem"]:
        faults.append("unreadable")
    else:
        faults += covered(told, last=last)
    if "certificate" in told:
        holder, wrong = signer(told, at=at, now=now, stamped=stamped)
        faults += wrong
    if stamped and not told["problem"] and not told["stamp_holds"]:
        faults.append("bad_stamp")
    level = "B-T" if stamped else "B-B"
    if lasting and stamped and last:
        level = "B-LT"
    return Finding(told["field"], holder, at, stamped, tuple(dict.fromkeys(faults)), level)


def covered(told: dict[str, Any], *, last: bool) -> list[str]:
    """Whether the bytes are those that were signed, all of them, and what came after."""
    if not (told["intact"] and told["valid"]):
        return ["altered"]
    if told["coverage"] not in ("ENTIRE_FILE", "ENTIRE_REVISION"):
        return ["partial"]
    # What pyHanko calls an LTA update only adds certificates and lists to the document.
    if last and told["changes"] not in ("NONE", "LTA_UPDATES"):
        return ["added_later"]
    if told["changes"] in ("ANNOTATIONS", "OTHER") or not told["permitted"]:
        return ["changed_later"]
    return []


def signer(
    told: dict[str, Any], *, at: datetime | None, now: datetime, stamped: bool
) -> tuple[DocumentHolder | None, list[str]]:
    """Whom the certificate names and whether it may be believed."""
    faults: list[str] = []
    try:
        certificate = pki.load_certificate(told["certificate"])
        holder = DocumentHolder.of(certificate)
    except ProtocolError:
        return None, ["unknown_signer"]
    if told.get("revoked") or told.get("trust_problem") == "REVOKED":
        faults.append("revoked")
    if not document_certificates.is_for_documents(certificate):
        faults.append("not_for_documents")
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at is not None and not start <= at <= end:
        faults.append("expired")
    elif not stamped and now > end:
        faults.append("expired_since")
    # Of altered bytes nobody can say whose signature it was; that they are altered is said.
    sound = not told["problem"] and told["intact"] and told["valid"]
    if not faults and sound and not told["trusted"]:
        faults.append("unknown_signer")
    return holder, faults

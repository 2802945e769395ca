"""
The machine-readable twin of a document: JSON, signed by the body that issued it.

The file is one JSON object whose member ``signature`` is a JWS with detached
content (RFC 7515, appendix F): ES256 over the canonical form (RFC 8785) of the
object without that member, the chain of certificates in ``x5c``, a time-stamp over
the signature value (RFC 3161) in ``stamp`` where an authority gave one. Only
strings, integers, booleans, null, lists and objects stand in a twin, so the
canonical form is sorted keys and no blanks.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from lienthong.kernel import clock
from lienthong.protocol import document_certificates, pki, timestamp
from lienthong.protocol.document_keys import Anchor, DocumentHolder
from lienthong.protocol.errors import Expired, ProtocolError
from lienthong.web.papers.signatures.checking import Finding
from lienthong.web.papers.signatures.errors import NotReadable, NotSigned, SigningFailed
from lienthong.web.papers.signatures.signing import Desk, Signer

FORMAT = "lienthong-twin-1"
LARGEST = 32 * 1024 * 1024
DEEPEST = 60
LONGEST_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin that was read: its content, and what its signature says."""

    content: dict[str, Any]
    finding: Finding


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes that are signed; raises ValueError for what has no canonical form here."""
    refuse_inexact(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def refuse_inexact(value: Any, depth: int = 0) -> None:
    """Numbers with a point are strings in a twin; anything else could change on its way."""
    if depth > DEEPEST:
        raise ValueError("deeper than a twin is")
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) or not key.isascii() for key in value):
            raise ValueError("names in a twin are plain ASCII")
        for one in value.values():
            refuse_inexact(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            refuse_inexact(one, depth + 1)
    elif isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LONGEST_INTEGER
    ):
        raise ValueError("a number of a twin is a whole one below 2^53, or a string")
    elif value is not None and not isinstance(value, str | int):
        raise ValueError(f"{type(value).__name__} has no place in a twin")


def sign_twin(content: Mapping[str, Any], signer: Signer, *, desk: Desk) -> bytes:
    """The twin with its signature, as UTF-8; raises `SigningFailed`."""
    if signer.key.algorithm != pki.P256 or "signature" in content:
        raise SigningFailed(diagnostic="a twin is signed once, with ECDSA P-256")
    header = {
        "alg": "ES256",
        "typ": FORMAT,
        "b64": False,
        "crit": ["b64"],
        "iat": int(clock.instant().timestamp()),
        "x5c": [base64.b64encode(der(one)).decode() for one in signer.holder.chain],
    }
    protected = encoded(json.dumps(header, separators=(",", ":")).encode())
    value = signer.key.sign(protected.encode() + b"." + canonical(content))
    signature = {"protected": protected, "signature": encoded(value)}
    if desk.stamp is not None:
        signature["stamp"] = base64.b64encode(stamped(value, desk)).decode()
    whole = {**content, "signature": signature}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def stamped(value: bytes, desk: Desk) -> bytes:
    """The token over a signature value; raises `SigningFailed`."""
    assert desk.stamp is not None
    question = timestamp.ask(value)
    roots = [pki.load_certificate(pem) for pem in desk.anchor.timestamp_roots]
    try:
        return timestamp.open_answer(desk.stamp(question.der), question, roots)
    except (OSError, ProtocolError) as problem:
        raise SigningFailed(diagnostic=type(problem).__name__) from None


def read_twin(raw: bytes, anchor: Anchor, *, at: datetime | None = None) -> Twin:
    """
    A twin and who signed it; raises `NotReadable` or `NotSigned`.

    Faults of the signature are told in the finding, as those of a PDF are.
    """
    if len(raw) > LARGEST:
        raise NotReadable(size=len(raw))
    try:
        whole = json.loads(raw, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise NotReadable() from None
    if not isinstance(whole, dict):
        raise NotReadable()
    signature = whole.pop("signature", None)
    if signature is None:
        raise NotSigned()
    try:
        found = finding(whole, signature, anchor, now=at or clock.instant())
    except (ValueError, KeyError, TypeError, RecursionError):
        found = Finding("signature", None, None, False, ("unreadable",), "")
    return Twin(whole, found)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def finding(
    content: dict[str, Any], signature: dict[str, str], anchor: Anchor, *, now: datetime
) -> Finding:
    """What the signature says; raises ValueError and its like for one that cannot be read."""
    protected, value = str(signature["protected"]), decoded(signature["signature"])
    header = json.loads(decoded(protected))
    if header["alg"] != "ES256" or header["crit"] != ["b64"] or header["b64"] is not False:
        raise ValueError("a signature of another kind")
    chain = [certificate(one) for one in header["x5c"][: pki.LONGEST_CHAIN]]
    holder = DocumentHolder.of(chain[0])
    faults = []
    try:
        pki.VerifyingKey(pki.require_known(chain[0].public_key())).verify(
            value, protected.encode() + b"." + canonical(content)
        )
    except ProtocolError:
        faults.append("altered")
    if not document_certificates.is_for_documents(chain[0]):
        faults.append("not_for_documents")
    claimed = datetime.fromtimestamp(int(header["iat"]), UTC)
    at, is_stamped, wrong = moment(signature, value, anchor, claimed=claimed)
    faults += wrong
    faults += trusted(chain, anchor, at=at, now=now if not is_stamped else at)
    return Finding("signature", holder, at, is_stamped, tuple(faults), "JWS")


def moment(
    signature: dict[str, str], value: bytes, anchor: Anchor, *, claimed: datetime
) -> tuple[datetime, bool, list[str]]:
    """When it was signed, whether a stamp says so, and what is wrong with that stamp."""
    if "stamp" not in signature:
        return claimed, False, []
    roots = [pki.load_certificate(pem) for pem in anchor.timestamp_roots]
    try:
        stamp = timestamp.open_token(base64.b64decode(signature["stamp"]), value, roots)
    except ProtocolError:
        return claimed, False, ["bad_stamp"]
    return stamp.time, True, []


def trusted(
    chain: list[x509.Certificate], anchor: Anchor, *, at: datetime, now: datetime
) -> list[str]:
    """Faults of the chain: at the time of signing, and now where no stamp proves that time."""
    roots = [pki.load_certificate(pem) for pem in anchor.roots]
    for when, code in ((at, "expired"), (now, "expired_since")):
        try:
            pki.check_chain(chain, roots, at=when)
        except Expired:
            return [code]
        except ProtocolError:
            return ["unknown_signer"]
    return []


def certificate(text: str) -> x509.Certificate:
    made = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    return pki.load_certificate(pki.pem_of(made))


def der(one: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return one.public_bytes(Encoding.DER)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    padded = text + "=" * (math.ceil(len(text) / 4) * 4 - len(text))
    return base64.b64decode(padded, altchars=b"-_", validate=True)

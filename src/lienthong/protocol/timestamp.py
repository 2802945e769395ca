"""
Time-stamps of RFC 3161: the question, and the token once it holds.

A token says that some bytes existed at a time, in the word of an authority
outside the exchange. The tokens over one head are a chain: each covers the
head's note and every token before it, so that a newer authority or algorithm
keeps the word of an older one alive after that one's end.

Only what stamping needs of CMS is read: one signer, its certificate inside the
token, signed attributes. Anything else is refused.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from lienthong.protocol.errors import BadSignature, Expired, UntrustedCertificate

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
LONGEST_CHAIN = 4
# asn1crypto reads lazily, and what is not where it should be fails in one of these ways.
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    x509.InvalidVersion,
)


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp; a rejection carries no token, which the library's own class wants."""

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class BadTimestamp(BadSignature):
    """The time-stamp is not one of an authority that is trusted, or not of these bytes."""

    code = "exchange.bad_timestamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says, once it holds."""

    time: datetime
    authority: str
    """The common name of the authority's certificate."""
    good_until: datetime
    """When the authority's certificate ends, and with it the token's own strength."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request for a token, and what must come back in it."""

    der: bytes
    data: bytes
    nonce: int


def ask(data: bytes, *, algorithm: str = "sha256") -> Question:
    """The request for a token over these bytes; only their digest leaves the house."""
    nonce = secrets.randbits(63)
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}),
                "hashed_message": hashlib.new(algorithm, data).digest(),
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )
    return Question(request.dump(), data, nonce)


def open_answer(der: bytes, question: Question, roots: Iterable[x509.Certificate]) -> bytes:
    """The token of an authority's answer, once it holds for the question; raises BadTimestamp."""
    try:
        response = Response.load(der, strict=True)
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise BadTimestamp(f"the authority answered {status}")
        token: bytes = response["time_stamp_token"].dump()
        nonce = _content(token)[1]["nonce"].native
    except UNREADABLE as problem:
        raise BadTimestamp("not an answer of a time-stamping authority") from problem
    if nonce != question.nonce:
        raise BadTimestamp("the answer is to another question")
    open_token(token, question.data, roots)
    return token


def covered(note: bytes, earlier: Sequence[bytes]) -> bytes:
    """What the next token over a head is made of: its note and all tokens so far."""
    return b"".join((note, *earlier))


def open_chain(
    tokens: Sequence[bytes], note: bytes, roots: Iterable[x509.Certificate]
) -> list[Stamp]:
    """
    All stamps of a head, once each covers the ones before it; raises BadTimestamp.

    Each token counts as of its own time, so a later one must have been made
    while the one before it was still good.
    """
    roots = tuple(roots)
    stamps: list[Stamp] = []
    for place, token in enumerate(tokens):
        stamp = open_token(token, covered(note, tokens[:place]), roots)
        if stamps and not stamps[-1].time <= stamp.time <= stamps[-1].good_until:
            raise BadTimestamp("a token was renewed after the one before it had ended")
        stamps.append(stamp)
    return stamps


def open_token(der: bytes, data: bytes, roots: Iterable[x509.Certificate]) -> Stamp:
    """What a token over these bytes says; raises BadTimestamp, Expired, UntrustedCertificate."""
    try:
        signed, info = _content(der)
        (signer,) = signed["signer_infos"]
        _check_imprint(info, data)
        certificates = [
            x509.load_der_x509_certificate(one.chosen.dump()) for one in signed["certificates"]
        ]
        certificate = _signers_certificate(signer, certificates)
        _check_signature(signed, signer, certificate)
        time = info["gen_time"].native
    except UNREADABLE as problem:
        raise BadTimestamp("not a time-stamp token of a known form") from problem
    _check_use(certificate)
    check_chain(certificate, certificates, roots, at=time)
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Stamp(time, str(names[0].value) if names else "", certificate.not_valid_after_utc)


def _content(der: bytes) -> tuple[Any, Any]:
    """The signed data of a token and what it says."""
    envelope = cms.ContentInfo.load(der, strict=True)
    if envelope["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    signed = envelope["content"]
    if signed["encap_content_info"]["content_type"].native != "tst_info":
        raise ValueError("not a time-stamp")
    info = signed["encap_content_info"]["content"].parsed
    info.native  # noqa: B018 - asn1crypto reads lazily; a broken field must fail here
    return signed, info


def _check_imprint(info: Any, data: bytes) -> None:
    imprint = info["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in ALGORITHMS:
        raise BadTimestamp("the time-stamp uses an algorithm that is not trusted")
    if imprint["hashed_message"].native != hashlib.new(algorithm, data).digest():
        raise BadTimestamp("the time-stamp is of other bytes")


def _signers_certificate(signer: Any, certificates: list[x509.Certificate]) -> x509.Certificate:
    """The certificate the signed attributes name by its digest (ESSCertIDv2, or v1)."""
    attributes = {attribute["type"].native: attribute for attribute in signer["signed_attrs"]}
    if "signing_certificate_v2" in attributes:
        named = attributes["signing_certificate_v2"]["values"][0]["certs"][0]
        algorithm = ALGORITHMS[named["hash_algorithm"]["algorithm"].native]
    else:
        named = attributes["signing_certificate"]["values"][0]["certs"][0]
        # What OpenSSL writes unless told otherwise; the digest only picks the certificate,
        # whose key must then have made the signature.
        algorithm = hashes.SHA1()
    for certificate in certificates:
        if certificate.fingerprint(algorithm) == named["cert_hash"].native:
            return certificate
    raise BadTimestamp("the token lacks its signer's certificate")


def _check_signature(signed: Any, signer: Any, certificate: x509.Certificate) -> None:
    algorithm = signer["digest_algorithm"]["algorithm"].native
    content = signed["encap_content_info"]["content"].contents
    attributes = {one["type"].native: one["values"][0].native for one in signer["signed_attrs"]}
    if algorithm not in ALGORITHMS or attributes["content_type"] != "tst_info":
        raise BadTimestamp("the token's signature is not of a known form")
    if attributes["message_digest"] != hashlib.new(algorithm, content).digest():
        raise BadTimestamp("the token was changed after it was signed")
    # Signed as a SET, though it stands in the token under another tag (RFC 5652, 5.4).
    data = signer["signed_attrs"].untag().dump()
    signature = signer["signature"].native
    key, digest = certificate.public_key(), ALGORITHMS[algorithm]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        else:
            raise BadTimestamp("the authority's key is of an unknown kind")
    except InvalidSignature:
        raise BadTimestamp("the authority did not sign this token") from None


def _check_use(certificate: x509.Certificate) -> None:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise UntrustedCertificate("the certificate is not for time-stamping") from None
    if not uses.critical or list(uses.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise UntrustedCertificate("the certificate is not for time-stamping alone")


def check_chain(
    certificate: x509.Certificate,
    between: Sequence[x509.Certificate],
    roots: Iterable[x509.Certificate],
    *,
    at: datetime,
) -> x509.Certificate:
    """The certificate, once it leads to a root and all were good at that time."""
    roots = tuple(roots)
    link = certificate
    for _ in range(LONGEST_CHAIN):
        if not link.not_valid_before_utc <= at <= link.not_valid_after_utc:
            raise Expired("a certificate of the time-stamping authority is out of its time")
        if link in roots:
            return certificate
        issuer = next((one for one in (*roots, *between) if _issued(link, one)), None)
        if issuer is None or issuer == link:
            break
        link = issuer
    raise UntrustedCertificate("the time-stamping authority is not one that is trusted")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return limits.ca

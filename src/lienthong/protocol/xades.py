"""
XAdES signatures over files of a container: baseline B of ETSI EN 319 132-1.

Nothing is canonicalised here: each element that is hashed is *written* in the
form Exclusive XML Canonicalization 1.0 gives it (namespaces declared where they
are first used, attributes in order, no empty-element tags), so its bytes in the
document are the bytes that were hashed. A reader needs no such trick.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.protocol.pki import ED25519, P256, SigningKey

ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ALGORITHMS = {
    P256: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    ED25519: "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
}
"""RFC 9231, 2.3.6 and 2.3.12; both take the key's signature as the bytes it is."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a container."""

    name: str
    """ASCII, without what a URI would escape."""
    kind: str
    """Its media type."""
    data: bytes


def sign(
    files: Sequence[File], key: SigningKey, chain: Sequence[x509.Certificate], at: datetime
) -> bytes:
    """
    ``META-INF/signatures.xml`` over these files.

    ``chain`` begins with the key's own certificate. Raises what the key does
    when it cannot sign.
    """
    properties = _signed_properties(files, chain[0], at)
    info = _signed_info(files, key, properties)
    value = base64.b64encode(key.sign(info.encode())).decode()
    certificates = "".join(
        f"<ds:X509Certificate>{_base64(one.public_bytes(Encoding.DER))}</ds:X509Certificate>"
        for one in chain
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<asic:XAdESSignatures xmlns:asic="{ASIC}">'
        f'<ds:Signature xmlns:ds="{DSIG}" Id="signature">{info}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#signature">'
        f"{properties}</xades:QualifyingProperties></ds:Object>"
        "</ds:Signature></asic:XAdESSignatures>\n"
    ).encode()


def _signed_info(files: Sequence[File], key: SigningKey, properties: str) -> str:
    references = "".join(
        f'<ds:Reference Id="file-{number}" URI="{_attribute(file.name)}">{_digest(file.data)}'
        "</ds:Reference>"
        for number, file in enumerate(files, 1)
    )
    return (
        f'<ds:SignedInfo xmlns:ds="{DSIG}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{ALGORITHMS[key.algorithm]}"></ds:SignatureMethod>'
        f"{references}"
        f'<ds:Reference Type="{SIGNED_PROPERTIES}" URI="#signed-properties"><ds:Transforms>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
        f"{_digest(properties.encode())}</ds:Reference></ds:SignedInfo>"
    )


def _signed_properties(files: Sequence[File], certificate: x509.Certificate, at: datetime) -> str:
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#file-{number}">'
        f"<xades:MimeType>{escape(file.kind)}</xades:MimeType></xades:DataObjectFormat>"
        for number, file in enumerate(files, 1)
    )
    # Here the prefix ds is visible in no element around, so each use declares it again.
    digest = _digest(certificate.public_bytes(Encoding.DER), declared=f' xmlns:ds="{DSIG}"')
    return (
        f'<xades:SignedProperties xmlns:xades="{XADES}" Id="signed-properties">'
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>"
        f"<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{digest}</xades:CertDigest>"
        "</xades:Cert></xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties>"
        "</xades:SignedProperties>"
    )


def _digest(data: bytes, declared: str = "") -> str:
    value = _base64(hashlib.sha256(data).digest())
    return (
        f'<ds:DigestMethod{declared} Algorithm="{SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue{declared}>{value}</ds:DigestValue>"
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})

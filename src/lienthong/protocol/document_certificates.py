"""Certificates that sign documents (RFC 9336), and the lists of those that were revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lienthong.protocol import pki

DOCUMENT_LIFE = timedelta(days=365)
"""Signatures are time-stamped where that can be, and then outlive it."""
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Extended key usage of RFC 9336."""


def issue(
    authority: pki.Authority,
    public: pki.VerifyingKey,
    *,
    subject: x509.Name,
    now: datetime,
    revoked_at: str,
) -> x509.Certificate:
    """
    A certificate that signs documents and nothing else, for a person or a body.

    It lives a year, or as long as the authority when that is shorter. ``revoked_at``
    is the address of the authority's list: only of a certificate that names one do
    readers ask whether it was revoked.
    """
    place = x509.DistributionPoint([x509.UniformResourceIdentifier(revoked_at)], None, None, None)
    life = min(DOCUMENT_LIFE, authority.certificate.not_valid_after_utc - now.astimezone(UTC))
    return (
        authority.leaf(subject, public, now, life)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.CRLDistributionPoints([place]), critical=False)
        .sign(authority.key.private, hashes.SHA256())
    )


def revocation_list(
    authority: pki.Authority,
    revoked: Iterable[tuple[int, datetime]],
    *,
    now: datetime,
    life: timedelta,
) -> x509.CertificateRevocationList:
    """The list (RFC 5280) of these serial numbers, good from a little before now for a life."""
    start = now.astimezone(UTC)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.verifying.public)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(start - pki.BACKDATE)
        .next_update(start + life)
        .add_extension(x509.CRLNumber(int(start.timestamp())), critical=False)
        .add_extension(issuer, critical=False)
    )
    for serial, at in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(authority.key.private, hashes.SHA256())


def is_for_documents(certificate: x509.Certificate) -> bool:
    """Whether its extended key usage is the signing of documents."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return DOCUMENT_SIGNING in usage

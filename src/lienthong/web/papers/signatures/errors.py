"""What can go wrong in signing a document, or in reading a signed one."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, LienThongError, Unavailable


class SigningFailed(LienThongError):
    """The document could not be signed; nothing of it has changed."""

    code = "papers.signing_failed"

    def __init__(self, message: str | None = None, *, diagnostic: str = "", **detail: object):
        super().__init__(message, **detail)
        self.diagnostic = diagnostic
        """What the signer said. Kept out of messages and logs."""


class NoCertificate(Conflict):
    """There is no certificate on this node with which this person or body signs documents."""

    code = "papers.no_certificate"


class CertificateEnded(Conflict):
    """The certificate of this signer is out of its time; it has to be renewed first."""

    code = "papers.certificate_ended"


class NoPlaceToSign(Conflict):
    """The document has no place for this signature: authority and name are not found on a page."""

    code = "papers.no_place_to_sign"


class TimestampMissing(Unavailable):
    """The time-stamping authority did not answer, so the document is not signed."""

    code = "papers.timestamp_missing"


class NotReadable(Invalid):
    """This file cannot be read: it is damaged, too large, or no document of this kind."""

    code = "papers.not_readable"


class NotSigned(Invalid):
    """This file carries no signature."""

    code = "papers.not_signed"

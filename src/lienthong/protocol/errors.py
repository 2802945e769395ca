"""
What can be wrong with a message, a snapshot or a proof.

Each leaf names the suffix of the X-Road fault it becomes (``fault``); the
gateway puts the side in front of it (``Server.ClientProxy.UnknownMember``).
"""

from __future__ import annotations

from lienthong.kernel.errors import Invalid, LienThongError, Refused, Unavailable


class ProtocolError(LienThongError):
    """The exchange could not carry this message."""

    code = "exchange.protocol"
    fault = "InternalError"


class BadIdentifier(ProtocolError, Invalid):
    """This is not an identifier of the exchange."""

    code = "exchange.bad_identifier"
    status = 400
    fault = "BadRequest"


class BadRequestPath(ProtocolError, Invalid):
    """The path is not of the form /r1/instance/class/member/subsystem/service."""

    code = "exchange.bad_request_path"
    status = 400
    fault = "BadRequest"


class BadMessage(ProtocolError, Invalid):
    """The message is not of the form its protocol asks for."""

    code = "exchange.bad_message"
    status = 400

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class BadDigest(ProtocolError, Invalid):
    """The body is not the one its digest names."""

    code = "exchange.bad_digest"
    status = 400
    fault = "InvalidBody"


class MissingSignature(ProtocolError, Refused):
    """The message carries no signature of this exchange."""

    code = "exchange.missing_signature"
    fault = "MissingSignature"


class BadSignature(ProtocolError, Refused):
    """The signature does not belong to what it is on."""

    code = "exchange.bad_signature"
    fault = "SignatureVerification.InvalidSignatureValue"


class UnknownDirectoryKey(BadSignature):
    """
    The directory signed with a key this node does not know.

    Where it has changed its key, its operator gives the new one's name, and
    ``lienthong keys trust-directory NAME`` believes it.
    """

    code = "exchange.unknown_directory_key"


class MalformedSignature(BadSignature):
    """The signature is not in the form this exchange uses."""

    code = "exchange.malformed_signature"
    fault = "SignatureVerification.MalformedSignature"


class Expired(ProtocolError, Refused):
    """The signature, certificate or token is outside the time in which it holds."""

    code = "exchange.expired"
    fault = "SignatureVerification.CertValidityTime"


class UntrustedCertificate(ProtocolError, Refused):
    """The certificate does not lead to a root this gateway trusts."""

    code = "exchange.untrusted_certificate"
    fault = "SignatureVerification.InvalidCertPath"


class UnknownKey(ProtocolError, Refused):
    """No member has an active key with this identifier."""

    code = "exchange.unknown_key"
    fault = "SignatureVerification.CertValidation"


class UnknownMember(ProtocolError, Refused):
    """The exchange knows no such member or subsystem."""

    code = "exchange.unknown_member"
    fault = "UnknownMember"


class UnknownService(ProtocolError, Refused):
    """The subsystem offers no such service."""

    code = "exchange.unknown_service"
    fault = "UnknownService"


class AccessDenied(ProtocolError, Refused):
    """No grant in force allows this request."""

    code = "exchange.access_denied"
    fault = "AccessDenied"

    def __init__(self, message: str | None = None, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        """Why, in one of the words of `lienthong.protocol.reasons`; for the operator's eyes."""


class BadPattern(ProtocolError, Invalid):
    """This is not a path pattern a grant can have."""

    code = "exchange.bad_pattern"
    status = 400
    fault = "BadRequest"


class BadGrant(ProtocolError, Invalid):
    """These are not terms a grant can have."""

    code = "exchange.bad_grant"
    status = 400
    fault = "BadRequest"


class Replayed(ProtocolError, Refused):
    """This request was received before."""

    code = "exchange.replayed"
    fault = "InvalidMessage"


class OutdatedSnapshot(ProtocolError, Unavailable):
    """The snapshot of the directory is too old for this kind of service."""

    code = "exchange.outdated_snapshot"
    fault = "OutdatedGlobalConf"


class RolledBack(ProtocolError, Refused):
    """The snapshot is older than one already seen."""

    code = "exchange.rolled_back"
    fault = "OutdatedGlobalConf"


class LoggingFailed(ProtocolError, Unavailable):
    """The message could not be written to the log, so it was not carried."""

    code = "exchange.logging_failed"
    fault = "LoggingFailed"


class BadProof(ProtocolError, Refused):
    """The proof does not lead to the head it claims."""

    code = "exchange.bad_proof"
    fault = "SignatureVerification.InvalidHashChain"

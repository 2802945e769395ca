"""Errors of the directory."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class NoSuchGrant(NotFound):
    """There is no such access grant."""

    code = "directory.no_such_grant"


class GrantEnded(Conflict):
    """This access grant has already ended."""

    code = "directory.grant_ended"


class NotAService(Invalid):
    """This cannot be registered as a service of an outside system."""

    code = "directory.not_a_service"


class NoSuchGateway(NotFound):
    """The exchange has no such gateway."""

    code = "directory.no_such_gateway"


class NoSuchAccessRequest(NotFound):
    """There is no such request for access."""

    code = "directory.no_such_access_request"


class AlreadyDecided(Conflict):
    """This request for access has already been decided or withdrawn."""

    code = "directory.already_decided"


class AlreadyAsked(Conflict):
    """The same access was asked for and still waits for a decision."""

    code = "directory.already_asked"


class NotTheirs(Refused):
    """Your body is not the one that decides here."""

    code = "directory.not_theirs"


class SameHand(Refused):
    """Who asked for access does not grant it too; another officer has to decide."""

    code = "directory.same_hand"


class BadTerms(Invalid):
    """These terms cannot be asked for or granted."""

    code = "directory.bad_terms"


class KeyElsewhere(Unavailable):
    """The signing key of this body is not here; it asks and decides at its own node."""

    code = "directory.key_elsewhere"


class NoSnapshot(NotFound):
    """No snapshot of the directory has been published yet."""

    code = "directory.no_snapshot"


class NoSuchRequest(NotFound):
    """There is no such request to join."""

    code = "directory.no_such_request"


class RequestOpen(Conflict):
    """A request for this gateway is already open."""

    code = "directory.request_open"


class RequestDecided(Conflict):
    """This request has already been decided."""

    code = "directory.request_decided"


class OwnRequest(Refused):
    """Nobody decides on a request of their own."""

    code = "directory.own_request"


class DecidedAlready(Refused):
    """The same officer decides once; another officer has to."""

    code = "directory.decided_already"


class BadJoinRequest(Invalid):
    """The request to join does not say what it must."""

    code = "directory.bad_join_request"


class GatewayOfAnother(Conflict):
    """This gateway code belongs to another body."""

    code = "directory.gateway_of_another"


class InvitationRefused(Refused):
    """This invitation is unknown, expired, withdrawn or was used with another key."""

    code = "directory.invitation_refused"


class NotInvited(Refused):
    """The invitation or the approval does not cover what was asked."""

    code = "directory.not_invited"


class LetterRefused(Refused):
    """The directory does not know the key this letter is signed with."""

    code = "directory.letter_refused"


class KeyKnown(Conflict):
    """This key is certified already for another holder or purpose."""

    code = "directory.key_known"


class NoSuchCertificate(NotFound):
    """There is no such certificate."""

    code = "directory.no_such_certificate"


class CertificateRevoked(Conflict):
    """This certificate is revoked already."""

    code = "directory.certificate_revoked"


class NotHosted(NotFound):
    """This information system does not stand behind this gateway."""

    code = "directory.not_hosted"


class LastGateway(Conflict):
    """This is the only gateway of the information system; without it nobody reaches it."""

    code = "directory.last_gateway"


class NothingWaits(NotFound):
    """No document of this body waits under this name."""

    code = "directory.nothing_waits"


class DocumentChanged(Conflict):
    """What was signed is not what waits now; fetch it again."""

    code = "directory.document_changed"


class IdTaken(Conflict):
    """Another document has this id already; ask again under a new one."""

    code = "directory.id_taken"


class NotKept(Invalid):
    """The document holds something the directory cannot keep, such as a text too long."""

    code = "directory.not_kept"


class SignatureTooOld(Refused):
    """The signature was made too long ago, or a clock is wrong; sign again."""

    code = "directory.signature_too_old"

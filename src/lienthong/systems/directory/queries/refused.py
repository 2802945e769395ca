"""Refusals of this gateway, put into words: who, what, why, since when, what helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.exchange import gateway_admin
from lienthong.kernel import clock
from lienthong.protocol import reasons

from ..models import AccessGrant, Subsystem
from .register import INSTANCE

# For each reason, then for each end of a fault: why, and what helps.
WORDS = {
    reasons.NO_GRANT: (
        gettext_lazy("This system holds no grant for this service."),
        gettext_lazy("Its body asks for access; the provider decides."),
    ),
    reasons.NOT_YET: (
        gettext_lazy("The grant begins later."),
        gettext_lazy("Wait for its first day, or ask for an earlier one."),
    ),
    reasons.ENDED: (
        gettext_lazy("The grant has ended."),
        gettext_lazy("Its body asks for access anew."),
    ),
    reasons.REVOKED: (
        gettext_lazy("The provider revoked the grant."),
        gettext_lazy("Read the reason in the grant's history; ask anew if it no longer holds."),
    ),
    reasons.METHOD: (
        gettext_lazy("The grant does not allow this HTTP method."),
        gettext_lazy("Call as the grant says, or ask for the method."),
    ),
    reasons.PATH: (
        gettext_lazy("The path lies outside the grant's patterns."),
        gettext_lazy("Call as the grant says, or ask for the path."),
    ),
    reasons.TRAVERSAL: (
        gettext_lazy("The path tries to climb or hides what it means."),
        gettext_lazy("This is a faulty client or an attack: ask the body what it runs."),
    ),
    reasons.UNSIGNED: (
        gettext_lazy("The signatures under the grant do not hold."),
        gettext_lazy("Compare the grant with what both bodies signed; ask anew if in doubt."),
    ),
    reasons.QUOTA_MINUTE: (
        gettext_lazy("The quota of the minute was used up."),
        gettext_lazy("The client slows down, or its body asks for a larger quota."),
    ),
    reasons.QUOTA_DAY: (
        gettext_lazy("The quota of the day was used up."),
        gettext_lazy("The client waits until midnight, or its body asks for a larger quota."),
    ),
    "sslauthenticationfailed": (
        gettext_lazy("The credential is not that of the system the client says it is."),
        gettext_lazy("Give the system its own secret or certificate; look who else has it."),
    ),
    "unknownmember": (
        gettext_lazy("A body or system that the directory does not know."),
        gettext_lazy("Check the identifier; register the system if it is missing."),
    ),
    "unknownservice": (
        gettext_lazy("The provider offers no such service."),
        gettext_lazy("Check the service code and its version."),
    ),
    "invalidmessage": (
        gettext_lazy("The same signed request came twice."),
        gettext_lazy("Look at the network between the gateways; a replay is refused by design."),
    ),
    "certvaliditytime": (
        gettext_lazy("The message or its certificate is outside its time."),
        gettext_lazy("Check the clock of both gateways and when the certificate ends."),
    ),
    "outdatedglobalconf": (
        gettext_lazy("The snapshot of the directory is too old for this class of service."),
        gettext_lazy("Look why the gateway does not reach the directory."),
    ),
    "missingheader": (
        gettext_lazy("A header that this service needs is missing."),
        gettext_lazy("For a changing service the client sends an Idempotency-Key."),
    ),
    "invalidhttpmethod": (
        gettext_lazy("The service does not answer this HTTP method."),
        gettext_lazy("Call the service as its description says."),
    ),
    "invalidbody": (
        gettext_lazy("The body is too long, or is not the one that was signed."),
        gettext_lazy("Look at the client's message and at what stands between the gateways."),
    ),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One kind of refusal between two systems."""

    client: str
    client_name: str
    service: str
    why: str
    helps: str
    fault: str
    by_us: bool
    """Whether this gateway refused as provider; else one of its clients was refused."""
    count: int
    first: datetime
    last: datetime
    message_id: str
    grant: AccessGrant | None


def explained(start: datetime, end: datetime) -> list[Explained]:
    """
    Newest first; raises LogNotReachable.

    What a provider's side of this very gateway refused its own client stands on both
    sides of the log and is told once, by the provider's side, which knows why.
    """
    lines = gateway_admin.refusals(start, end)
    known = {(line.client, line.service, line.fault) for line in lines if line.side == "provider"}
    told = [
        line
        for line in lines
        if line.side == "provider" or (line.client, line.service, line.fault) not in known
    ]
    titles = {f"{INSTANCE}/{row}": row.name for row in Subsystem.objects.select_related("member")}
    grants = AccessGrant.objects.in_bulk([line.grant for line in told if line.grant])
    by_id = {str(key): row for key, row in grants.items()}
    return [_explained(line, titles, by_id.get(line.grant)) for line in told]


def _explained(
    line: gateway_admin.RefusalLine, titles: dict[str, str], grant: AccessGrant | None
) -> Explained:
    end = line.fault.rpartition(".")[2].replace("_", "").lower()
    known = WORDS.get(line.reason) or WORDS.get(end)
    why, helps = known or (
        _("The gateway refused the message."),
        _("Open the newest one and read its fault."),
    )
    return Explained(
        client=line.client,
        client_name=titles.get(line.client, ""),
        service=line.service,
        why=str(why),
        helps=str(helps),
        fault=line.fault,
        by_us=line.side == "provider",
        count=line.count,
        first=clock.local(line.first),
        last=clock.local(line.last),
        message_id=line.message_id,
        grant=grant,
    )

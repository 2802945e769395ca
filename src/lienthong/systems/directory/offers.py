"""Services of the directory to the exchange."""

from __future__ import annotations

from lienthong.exchange.edge import Caller, figures_offer, name_subjects, offer
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import ReportedDays, TakenDays
from lienthong.protocol.housekeeping import REPORT_DAYS, RETURN, WAITING
from lienthong.protocol.signing_desk import (
    AskWaiting,
    ReturnedDocuments,
    SettledDocuments,
    WaitingDocuments,
)

from .figures import FIGURES
from .manifest import SYSTEM
from .queries import register
from .services import signing_desk, totals

figures = figures_offer(SYSTEM, FIGURES)


@offer(REPORT_DAYS)
def report_days(request: ReportedDays, caller: Caller) -> TakenDays:
    """A gateway tells what it counted on the days it has closed; that concerns no person."""
    name_subjects(())
    return TakenDays(totals.take(request.days, message_id=caller.message_id, by=caller.actor))


@offer(WAITING)
def waiting(request: AskWaiting, caller: Caller) -> WaitingDocuments:
    """What waits for the signature of the asking subsystem's member."""
    member = register.member_of(caller.client)
    return WaitingDocuments(signing_desk.waiting_for(member))


@offer(RETURN)
def take_back(request: ReturnedDocuments, caller: Caller) -> SettledDocuments:
    """Signatures and refusals a member made at its own node; no person is named in them."""
    name_subjects(())
    return SettledDocuments(
        signing_desk.take_back(
            request.documents,
            member=register.member_of(caller.client),
            by=caller.actor,
            node=Node.from_environment(),
        )
    )

"""Services of the directory to the exchange."""

from __future__ import annotations

from lienthong.exchange.edge import Caller, figures_offer, name_subjects, offer
from lienthong.protocol.day_totals import ReportedDays, TakenDays
from lienthong.protocol.housekeeping import REPORT_DAYS

from .figures import FIGURES
from .manifest import SYSTEM
from .services import totals

figures = figures_offer(SYSTEM, FIGURES)


@offer(REPORT_DAYS)
def report_days(request: ReportedDays, caller: Caller) -> TakenDays:
    """A gateway tells what it counted on the days it has closed; that concerns no person."""
    name_subjects(())
    return TakenDays(totals.take(request.days, message_id=caller.message_id, by=caller.actor))

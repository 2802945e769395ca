"""Setting from which growth on a reader is told: dated rows, never changed afterwards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.catalogue import Kind, latest
from ..domain.editions import BODY
from ..errors import BadTrendLimit, NotYourFigure
from ..models import TrendLimit
from ..queries.bodies import own_body
from .guards import SECRETARY

MOST = Decimal(100_000)


def set_limit(
    of: str, since: date, up: Decimal, down: Decimal, *, by: Actor, basis: str = ""
) -> TrendLimit:
    """
    Set the growth beyond which a figure, or a kind of figures, is remarked on.

    Raises `BadTrendLimit` for an unknown code, a day that has passed (a month that
    was read keeps its limits) or a share that is not above 0.
    """
    if not by.has(SECRETARY) or own_body(by) != BODY:
        raise NotYourFigure(office=by.office)
    if latest(of) is None and of not in {kind.value for kind in Kind}:
        raise BadTrendLimit(of=of)
    if since < by.legal_day or not 0 < up <= MOST or not 0 < down <= MOST:
        raise BadTrendLimit(of=of)
    with history.acting(by):
        try:
            with transaction.atomic():
                made = TrendLimit.objects.create(
                    of=of,
                    since=since,
                    up=up,
                    down=down,
                    basis=basis.strip()[:300],
                    set_by=str(by),
                    set_at=clock.instant(),
                )
        except IntegrityError:
            raise BadTrendLimit(of=of) from None
        record.done("steering.trend_limit.set", made, by=by, detail={"of": of})
    return made

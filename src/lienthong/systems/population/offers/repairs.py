"""Carrying out what a second officer decided about a number."""

from __future__ import annotations

from uuid import UUID

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.systems.population import shapes
from lienthong.systems.population.errors import NoSuchRepair
from lienthong.systems.population.services import repairs


@edge.offer("repair.carry-out.v1")
def carry_out(request: shapes.CarryOut, caller: Caller) -> shapes.CarriedOut:
    try:
        key = UUID(request.repair)
    except ValueError:
        raise NoSuchRepair from None
    found = repairs.carry_out(repair=key, by=caller.actor)
    edge.name_subjects(found)
    return shapes.CarriedOut(repair=request.repair, numbers=len(found) - 1)

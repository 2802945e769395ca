"""
What population asks through the exchange: of itself, to carry out a decided repair.

A number is given only in an exchange, so that the gateway's log proves it and a restore
steps over it (decisions 0039, 0075).
"""

from __future__ import annotations

from uuid import UUID

from lienthong.exchange.asks import Ask
from lienthong.systems.population import shapes
from lienthong.systems.population.manifest import CARRY_OUT, SYSTEM


def dci_callback(code: str, envelope: shapes.DciEnvelope, partner: str) -> Ask:
    """
    Calls a DCI partner back, at the service of this code of its own subsystem.

    The ``sender_uri`` of a message is not followed: where a partner is reached stands in the
    directory, so nobody makes this register send data to an address of their choice.
    """
    return Ask(SYSTEM, SYSTEM.need("population", code), envelope, partner)


def carry_out(repair: UUID) -> Ask:
    """Asks to give the numbers a second officer has decided on."""
    return Ask(SYSTEM, SYSTEM.need("population", CARRY_OUT), shapes.CarryOut(repair=str(repair)))
